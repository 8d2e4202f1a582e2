"""Papers: one row per kind that is asked for, and the door to a paper."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from applicants.people.answers import answers_of
from applicants.people.forms import PaperForm
from applicants.people.models import Paper
from applicants.people.papers import ACCEPT
from applicants.people.papers_shown import page_response, paper_response
from applicants.people.refusals import PaperRefused, Unfit
from portal import clock
from portal.audit.services import record
from portal.casework.completeness import SIGNED_FORM, by_hand, editable_papers, missing_parts, required_papers
from portal.casework.doors import visible_to
from portal.casework.models import Application, CorrectionItem, ShelfPaper
from portal.casework.programmes import DECLARATION
from portal.casework.services.advancing import StepRefused
from portal.casework.services.supplying import hand_in_paper, take_back_paper
from portal.casework.states import State
from portal.casework.views.applicant_answers import PAPERS, Kind, kinds_of, on_shelf, place_of
from portal.casework.views.applicant_door import own_application
from portal.casework.views.applicant_tasks import fresh_papers, open_correction
from portal.policy.schema import Paper as PaperAsked


@require_http_methods(["GET", "POST"])
@own_application
def application_papers(request: HttpRequest, application: Application) -> HttpResponse:
    """Upload and remove, one form per kind; a refused file costs nothing that is there already."""
    if application.state not in (State.DRAFT, State.CORRECTION):
        messages.info(request, _("已经提交的材料不能再改。需要补正时，我们会写信告诉您。"))
        return redirect("application", id=application.pk)
    asked = _asked(application, is_at_counter=request.acting_for is not None)
    if not asked:
        messages.info(request, _("材料不用改。请改标出的地方。"))
        return redirect("application_tasks", id=application.pk)
    fault: tuple[str, str] = ("", "")
    if request.method == "POST":
        fault = _act(request, application, [(paper.kind, str(paper.title)) for paper in asked])
        if not fault[1]:
            here = reverse("application_papers", args=[application.pk])
            return redirect(f"{here}#{request.POST.get('kind', '')}")
    kinds = kinds_of(application, asked, on_shelf(application))
    if application.state == State.CORRECTION:
        correction = open_correction(application)
        fresh = fresh_papers(application, correction)
        remarks = {item.name: item.note for item in correction.items.all() if item.kind == CorrectionItem.Kind.PAPER}
        kinds = [replace(kind, remark=remarks.get(kind.kind, ""), is_done=kind.kind in fresh) for kind in kinds]
    context = {
        "application": application,
        "rows": [_row(kind, fault) for kind in kinds],
        "accept": ACCEPT,
        "done": sum(kind.is_done for kind in kinds),
        "total": len(kinds),
        "errors": [(f"file-{fault[0]}" if fault[0] else "", fault[1])] if fault[1] else [],
        "is_correction": application.state == State.CORRECTION,
        "place": place_of(application, PAPERS),
        "following": _following(application),
    }
    return render(request, "applicant/papers.html", context, status=422 if fault[1] else 200)


@login_required
@never_cache
@require_safe
def paper(request: HttpRequest, id: UUID) -> HttpResponse:
    """A paper of one's own, or on the shelf of a file that one may see; anything else is 404.

    Staff are shown pages as pictures (``?view=1&page=2``, ``&zoom=1`` larger) or handed the file; either leaves an
    entry.
    """
    found = Paper.objects.select_related("person").filter(pk=id).first()
    if found is None:
        raise Http404
    is_shown = "view" in request.GET
    if found.person.user_id == request.user.pk:
        return paper_response(found, as_attachment=not is_shown)
    if not ShelfPaper.objects.filter(paper=found, application__in=visible_to(request.user)).exists():
        raise Http404
    if not is_shown:
        record(action="paper.download", actor=request.user, target=found, at=clock.now())
        return paper_response(found)
    number, now = page_number(request, found.pages), clock.now()
    if number is None:
        raise Http404
    try:
        response = page_response(
            found,
            number,
            viewer=request.user,
            business_at=now,
            real_at=timezone.localtime(),
            is_enlarged="zoom" in request.GET,
        )
    except Unfit:
        sentence = _("这一页现在显示不出来。请过一会儿再试，或下载后查看。")
        return HttpResponse(sentence, status=503, content_type="text/plain; charset=utf-8")
    record(action="paper.view", actor=request.user, target=found, at=now, note=f"page {number}")
    return response


def page_number(request: HttpRequest, pages: int) -> int | None:
    """The page (from 1) that the address asks for, the first where it says none; None where there is no such page."""
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 5 else 0
    return number if 1 <= number <= pages else None


def _asked(application: Application, *, is_at_counter: bool) -> list[PaperAsked]:
    """What may be handed in now: all that is required, or what a correction marks; at the counter, signed anew."""
    editable = editable_papers(application)
    if application.state == State.CORRECTION:
        marked = [paper for paper in application.policy_version.parsed.papers if paper.kind in editable]
        return [*marked, by_hand(SIGNED_FORM)] if is_at_counter else marked
    return list(required_papers(application, answers_of(application.applicant)))


def _act(request: HttpRequest, application: Application, choices: list[tuple[str, str]]) -> tuple[str, str]:
    """Do what one of the page's forms asks. Returns (kind, sentence) where it cannot be done."""
    kind = request.POST.get("kind", "")
    try:
        if "remove" in request.POST:
            shelved = application.shelf.filter(removed_at__isnull=True).filter(**_id(request.POST["remove"])).first()
            if shelved:  # a second click finds it gone
                take_back_paper(application=application, shelved=shelved, by=request.user, at=clock.now())
            return "", ""
        form = PaperForm(request.POST, request.FILES, kinds=choices)
        if not form.is_valid():
            known = kind if kind in dict(choices) else ""
            return known, " ".join(sentence for errors in form.errors.values() for sentence in errors)
        hand_in_paper(
            application=application,
            kind=form.cleaned_data["kind"],
            upload=form.cleaned_data["file"],
            by=request.user,
            at=clock.now(),
        )
    except PaperRefused as refusal:
        return kind, refusal.sentence
    except StepRefused as refusal:
        return kind, str(refusal)
    return "", ""


def _id(text: str) -> dict[str, UUID]:
    try:
        return {"pk": UUID(text)}
    except ValueError:
        raise Http404 from None


def _row(kind: Kind, fault: tuple[str, str]) -> dict[str, object]:
    return {"kind": kind, "fault": fault[1] if fault[0] == kind.kind else ""}


def _following(application: Application) -> str:
    if application.state == State.CORRECTION:
        return reverse("application_tasks", args=[application.pk])
    left = missing_parts(application)
    if left == [DECLARATION]:
        return reverse("application_section", args=[application.pk, DECLARATION])
    return reverse("application_tasks" if left else "application_check", args=[application.pk])
