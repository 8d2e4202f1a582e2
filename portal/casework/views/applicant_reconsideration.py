"""Asking for a reconsideration of a refusal: why, with papers, looked over, sent; and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applicants.people.refusals import PaperRefused
from portal import clock
from portal.casework.completeness import FOR_RECONSIDERATION
from portal.casework.deadlines import is_in_time, last_days_to_ask
from portal.casework.forms.reconsidering import ReconsiderationForm
from portal.casework.models import Application, Reconsideration, ShelfPaper
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import ask_reconsideration, withdraw_reconsideration
from portal.casework.services.supplying import hand_in_paper, take_back_paper
from portal.casework.states import State
from portal.casework.views.applicant_after import ProofForm
from portal.casework.views.applicant_answers import limits_text
from portal.casework.views.applicant_door import asked_by_hand, own_application
from portal.casework.views.versions import version_sent
from portal.policy.calendar import DatedDay
from portal.policy.services import stored_calendar
from portal.policy.terms import PaperLimits
from portal.ui.telling import told_above, told_beside


@require_http_methods(["GET", "POST"])
@own_application
@asked_by_hand
def reconsideration_new(request: HttpRequest, application: Application) -> HttpResponse:
    """Reason and papers on one page, a page to look them over, then sent. Only what the buttons say is done."""
    if application.state == State.RECONSIDERATION:  # a second click, the back button
        return redirect("application", id=application.pk)
    last = last_day(application)
    if last is None:
        messages.info(request, _("这件申请现在不能申请复核。"))
        return redirect("application", id=application.pk)
    if request.method != "POST":
        return _page(request, application, last, ReconsiderationForm())
    proof = _change_papers(request, application)
    if proof.errors or "upload" in request.POST or "remove" in request.POST:
        written = ReconsiderationForm(initial={"reason": request.POST.get("reason", "")})
        return _page(request, application, last, written, proof)
    form = ReconsiderationForm(request.POST)
    if form.is_valid() and "send" in request.POST:
        with told_beside(form, None, StepRefused):
            ask_reconsideration(
                application=application,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=clock.now(),
                expected_version=version_sent(request),
            )
            return redirect(reverse("application", args=[application.pk]) + "?sent")
    elif form.is_valid() and "edit" not in request.POST:
        context = {"application": application, "form": form, "papers": handed_in(application), **_around(application)}
        return render(request, "applicant/reconsideration_check.html", context)
    if "edit" in request.POST and form.is_valid():
        form = ReconsiderationForm(initial=form.cleaned_data)
    return _page(request, application, last, form)


@require_http_methods(["GET", "POST"])
@own_application
@asked_by_hand
def reconsideration_withdraw(request: HttpRequest, application: Application) -> HttpResponse:
    """Take it back after asking once more; the refusal stands."""
    if request.method == "POST":
        with told_above(request, StepRefused):
            withdraw_reconsideration(
                application=application, by=request.user, at=clock.now(), expected_version=version_sent(request)
            )
            messages.success(request, _("复核申请已撤回。"))
        return redirect("application", id=application.pk)
    if application.state != State.RECONSIDERATION:
        messages.info(request, _("这件申请没有在复核。"))
        return redirect("application", id=application.pk)
    return render(request, "applicant/reconsideration_withdraw.html", {"application": application})


def last_day(application: Application) -> DatedDay | None:
    """Until when a reconsideration may be asked for, None once that day is over or where there is none."""
    last = last_days_to_ask([application], stored_calendar()).get(application.pk)
    return last if last and is_in_time(last, clock.today()) else None


def handed_in(application: Application) -> list[ShelfPaper]:
    """The papers on the shelf that are to show that the refusal is wrong."""
    shelf = application.shelf.filter(kind=FOR_RECONSIDERATION, removed_at__isnull=True).select_related("paper")
    return list(shelf.order_by("added_at", "id"))


def _change_papers(request: HttpRequest, application: Application) -> ProofForm:
    """Take back the paper that is named, or hand in the file that was chosen, whichever button sent it."""
    proof = _proof(request.POST, request.FILES)
    proof.fields["file"].required = "upload" in request.POST
    with told_beside(proof, "file", PaperRefused, StepRefused):
        if "remove" in request.POST:
            shelved = next((it for it in handed_in(application) if str(it.pk) == request.POST["remove"]), None)
            if shelved:  # a second click finds it gone
                take_back_paper(application=application, shelved=shelved, by=request.user, at=clock.now())
        elif proof.is_valid() and proof.cleaned_data["file"]:
            hand_in_paper(
                application=application,
                kind=FOR_RECONSIDERATION,
                upload=request.FILES["file"],
                by=request.user,
                at=clock.now(),
            )
    return proof


def _proof(*sent: Any) -> ProofForm:
    """The box for one file, with its words: a form keeps those it is first asked for."""
    form = ProofForm(*sent)
    form.fields["file"].label = _("复核材料")
    form.fields["file"].help_text = _("能说明事实的材料。可以不传；有几份的，一份一份传。")
    return form


def _page(
    request: HttpRequest,
    application: Application,
    last: DatedDay,
    form: ReconsiderationForm,
    proof: ProofForm | None = None,
) -> HttpResponse:
    proof = proof or _proof()
    proof.fields["file"].required = False
    context = {
        "application": application,
        "form": form,
        "proof": proof,
        "forms": [it for it in (form, proof) if it.errors],
        "papers": handed_in(application),
        "limits": limits_text(PaperLimits()),
        "last": last,
        **_around(application),
    }
    return render(request, "applicant/reconsideration.html", context, status=422 if context["forms"] else 200)


def _around(application: Application) -> dict[str, Any]:
    document = application.policy_version.parsed
    return {
        "document": document,
        "rule": document.reconsideration_rule,
        "decision": application.decisions.order_by("at", "id").last(),
    }


def reconsideration_of(application: Application) -> Reconsideration | None:
    """The newest one, open or answered."""
    return application.reconsiderations.order_by("number").last()
