"""Check the answers, then send: once, however often it is clicked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applicants.people.answers import answers_of
from portal import clock
from portal.casework.completeness import missing_parts, required_papers
from portal.casework.models import Application, CorrectionItem
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import resubmit_application, submit_application
from portal.casework.states import State
from portal.casework.views.applicant_answers import (
    CHECK,
    PAPERS,
    blocks_of,
    kinds_of,
    on_shelf,
    part_href,
    part_label,
    place_of,
)
from portal.casework.views.applicant_door import own_application
from portal.casework.views.applicant_tasks import changed_items, open_correction
from portal.casework.views.versions import version_sent


@require_safe
@own_application
def application_check(request: HttpRequest, application: Application) -> HttpResponse:
    """Everything that will be sent, on one page, with a way back to each part."""
    if application.state not in (State.DRAFT, State.CORRECTION):
        return redirect("application", id=application.pk)
    missing = missing_parts(application)
    if missing and application.state == State.DRAFT:
        messages.info(request, _("还有没填完的部分。补齐以后就可以核对和提交。"))
        return redirect("application_tasks", id=application.pk)
    answers = answers_of(application.applicant)
    blocks = blocks_of(application, answers | programme(application.programme).own_answers(application))
    document = application.policy_version.parsed
    context = {
        "application": application,
        "document": document,
        "blocks": blocks,
        "kinds": kinds_of(application, required_papers(application, answers), on_shelf(application)),
        "papers_href": reverse("application_papers", args=[application.pk]),
        "is_correction": application.state == State.CORRECTION,
        "place": place_of(application, CHECK),
        "missing": [(part_label(application, name), part_href(application, name)) for name in missing],
        "unchanged": 0,
        "editable_parts": {block.name for block in blocks} | {PAPERS},
    }
    if application.state == State.CORRECTION:
        correction = open_correction(application)
        items = list(correction.items.all())
        context["correction"] = correction
        context["unchanged"] = len(items) - len(changed_items(application, correction))
        context["editable_parts"] = {
            PAPERS if item.kind == CorrectionItem.Kind.PAPER else item.section for item in items
        }
    return render(request, "applicant/check.html", context)


@require_http_methods(["GET", "POST"])
@own_application
def application_submit(request: HttpRequest, application: Application) -> HttpResponse:
    """Send a draft, or a correction; repeated, it leads to the same receipt."""
    if request.method == "GET":
        return redirect("application_check", id=application.pk)
    try:
        if application.state == State.CORRECTION:
            resubmit_application(
                application=application,
                by=request.user,
                at=clock.now(),
                expected_version=version_sent(request),
            )
        else:
            submit_application(application=application, by=request.user, at=clock.now())
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("application_check", id=application.pk)
    return redirect(f"{reverse('application', args=[application.pk])}?sent")
