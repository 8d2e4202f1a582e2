"""Letters to keep as PDF: the decision and the receipt, drawn from the same text as on the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import clock
from portal.audit.services import record
from portal.casework.doors import open_visible
from portal.casework.models import Application
from portal.casework.views.applicant_answers import on_shelf
from portal.casework.views.applicant_decision import letter_context
from portal.city import city
from portal.printing.letter import letter_pdf


@login_required
@never_cache
@require_safe
def decision_pdf(request: HttpRequest, id: UUID) -> HttpResponse:
    """The newest decision letter, for the applicant and for staff who may see the file; every download is audited."""
    application = open_visible(request.user, id)
    found = application.decisions.select_related("signed_by").order_by("at", "id").last()
    if found is None:
        raise Http404
    context = letter_context(application, found)
    title = _("决定书 %(number)s") % {"number": found.number}
    content = _letter(request, "applicant/decision_letter.html", context, title=title, at=found.at)
    return _handed_over(request, content, f"decision-{application.reference}.pdf", "decision.download", found)


@login_required
@never_cache
@require_safe
def receipt_pdf(request: HttpRequest, id: UUID) -> HttpResponse:
    """The receipt of the newest submission, for the same people."""
    application = open_visible(request.user, id)
    submission = application.submissions.order_by("number").last()
    if submission is None:
        raise Http404
    context = receipt_context(application, submission)
    title = _("提交回执 %(reference)s") % {"reference": application.reference}
    content = _letter(request, "applicant/receipt_letter.html", context, title=title, at=submission.at)
    return _handed_over(request, content, f"receipt-{application.reference}.pdf", "receipt.download", submission)


def receipt_context(application: Application, submission: Any) -> dict[str, Any]:
    """What the receipt says: who handed in what, under which number, and when."""
    document = application.policy_version.parsed
    there = {row.kind for row in on_shelf(application)}
    return {
        "application": application,
        "submission": submission,
        "document": document,
        "name": submission.answers["identity"]["legal_name"],
        "papers": [paper.title for paper in document.papers if paper.kind in there],
        "digest": " ".join(submission.digest[at : at + 8] for at in range(0, len(submission.digest), 8)),
    }


def _letter(request: HttpRequest, template: str, context: dict[str, Any], *, title: str, at: datetime) -> bytes:
    language = get_language() or "zh-hans"
    office = str(city().office)
    html = render_to_string(template, context, request=request)
    tongue = "en" if language == "en" else "zh-CN"
    return letter_pdf(html, title=title, foot=f"{office}  {title}", language=tongue, at=at)


def _handed_over(request: HttpRequest, content: bytes, name: str, action: str, target: Model) -> HttpResponse:
    record(action=action, actor=request.user, target=target, at=clock.now())
    return HttpResponse(
        content,
        headers={
            "Content-Type": "application/pdf",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
