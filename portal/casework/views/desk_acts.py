"""What is done to a file on its page: steps, settling facts, proving the number, looking at it in full."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from applicants.people.answers import number_hashes_of
from applicants.people.refusals import Refused
from applicants.people.services import prove_number
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.casework.doors import DESK_ROLES, open_file
from portal.casework.forms.desk import STEP_FORMS, ProveForm, StepForm, unmet_clauses
from portal.casework.forms.settling import SettleForm
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused, advance, possible_steps
from portal.casework.services.checking import settle_facts
from portal.casework.services.finding import reveal_person
from portal.casework.views.desk import file_address
from portal.casework.views.desk_file import ACTS, file_page, id_cards, may_prove
from portal.casework.views.desk_reading import Reading, clause_rows, given_text
from portal.casework.views.versions import version_sent
from portal.casework.workflow import STEPS, reader_of
from portal.policy.calendar import add_years
from portal.ui.figures import day_text
from portal.ui.telling import told_beside

LATEST_SETTLED_YEARS = 10  # a paper may speak of what is to come, an end of a contract for one
DONE = {
    "accept": gettext_lazy("%(reference)s 已受理。"),
    "pass_first": gettext_lazy("%(reference)s 已通过初审，转到下一环节。"),
    "pass_second": gettext_lazy("%(reference)s 已通过复审，转到下一环节。"),
    "approve": gettext_lazy("%(reference)s 已批准，决定书已发给申请人。"),
    "return": gettext_lazy("%(reference)s 已退回补正，通知已发给申请人。"),
    "refuse": gettext_lazy("%(reference)s 不予批准，决定书已发给申请人。"),
    "send_back": gettext_lazy("%(reference)s 已退回初审。"),
    "uphold_reconsideration": gettext_lazy("%(reference)s 已退回重新审核，答复已发给申请人。"),
    "dismiss_reconsideration": gettext_lazy("%(reference)s 维持不予批准，复核决定书已发给申请人。"),
}


@bureau_only(*DESK_ROLES)
@require_http_methods(["GET", "POST"])
@never_cache
def step(request: HttpRequest, id: UUID, step: str) -> HttpResponse:
    """Take one step of the table: a page to fill in or confirm, and its POST."""
    application = open_file(request.user, id)
    roles = {row.role for row in STEPS if row.name == step and row.role in Role.values}
    if step not in STEP_FORMS or not request.user.has_role(*roles):
        raise Http404
    reading = Reading.of(application)
    form = STEP_FORMS[step](
        request.POST or None,
        document=reading.document,
        asked=programme(application.programme),
        unmet=unmet_clauses(reading.findings),
    )
    if request.method == "POST" and form.is_valid():
        try:
            advance(
                application,
                step,
                actor=request.user,
                at=clock.now(),
                expected_version=version_sent(request),
                **form.details(),
            )
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
            application = open_file(request.user, id)
        else:
            messages.success(request, DONE[step] % {"reference": application.reference})
            return redirect("desk")
    return _step_page(request, reading, step, form)


def _step_page(request: HttpRequest, reading: Reading, step: str, form: StepForm) -> HttpResponse:
    application = open_file(request.user, reading.application.pk)
    now_possible = {row.name: blocked for row, blocked in possible_steps(application, request.user, at=clock.now())}
    if request.method == "GET" and step not in now_possible:
        messages.error(request, _("这件申请现在不能这样办理。"))
        return redirect("desk_file", application.pk)
    rows = clause_rows(reading, may_settle=False)
    return render(
        request,
        "desk/step.html",
        {
            "application": application,
            "document": reading.document,
            "step": step,
            "act": ACTS[step],
            "form": form,
            "blocked": now_possible.get(step) if request.method == "GET" else None,
            "not_met": [row for row in rows if row.answer in ("unmet", "unproven")],
            "assessment": reading.assessment,
            "given": given_text(reading),
            "instalments": _instalments(reading),
        },
    )


def _instalments(reading: Reading) -> list[dict[str, object]]:
    parts = reading.assessment.result["instalments"] if reading.assessment else []
    return [
        {
            "label": _("第 %(number)s 期，%(day)s 起")
            % {"number": part["number"], "day": day_text(date.fromisoformat(part["due_on"]))},
            "amount_fen": part["amount_fen"],
        }
        for part in parts
        if len(parts) > 1
    ]


@bureau_only(Role.FIRST_REVIEWER, Role.APPROVER)
@require_POST
@never_cache
def settle(request: HttpRequest, id: UUID) -> HttpResponse:
    """Note what a paper shows of one clause's facts, and assess again."""
    application = open_file(request.user, id)
    if not request.user.has_role(reader_of(application.policy_version.parsed.stages)):
        raise Http404
    reading = Reading.of(application)
    code = request.POST.get("clause", "")
    found = next((row for row in clause_rows(reading, may_settle=True) if row.clause.code == code and row.form), None)
    if found is None:
        raise Http404
    form = SettleForm(
        request.POST,
        clause=found.clause,
        values=found.form.values,
        shelf=reading.shelf_for(found.clause),
        latest=add_years(clock.today(), LATEST_SETTLED_YEARS),
    )
    if form.is_valid():
        try:
            settle_facts(
                application=application,
                values=form.facts,
                paper=form.chosen_paper,
                by=request.user,
                at=clock.now(),
                expected_version=version_sent(request),
            )
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
            application = open_file(request.user, id)
        else:
            messages.success(request, _("%(clause)s 的事实已认定，并重新核对。") % {"clause": code})
            return redirect(file_address(id, paper=request.POST.get("shown", "")))
    return file_page(request, application, tab="review", settling=form)


@bureau_only(Role.CLERK, Role.FIRST_REVIEWER, Role.APPROVER)
@require_POST
@never_cache
def prove(request: HttpRequest, id: UUID) -> HttpResponse:
    """Note that name and number were compared with a paper, or with the card at the counter."""
    application = open_file(request.user, id)
    if not request.user.has_role(Role.CLERK, reader_of(application.policy_version.parsed.stages)):
        raise Http404
    if not may_prove(application, request.user):
        messages.error(request, _("证件号码已经核实，或者这件申请现在不能由您核实。"))
        return redirect("desk_file", id)
    reading = Reading.of(application)
    form = ProveForm(request.POST, cards=id_cards(reading))
    if form.is_valid():
        with told_beside(form, None, Refused):
            prove_number(
                person=application.applicant,
                by=request.user,
                at=clock.now(),
                paper=form.cards.get(form.cleaned_data["paper"]),
                # The number on the page is the submitted one; one that the profile has changed since is not proven.
                seen_hash=number_hashes_of(reading.answers["identity"])[0],
            )
            messages.success(request, _("证件号码已核实。"))
            return redirect(file_address(id, paper=request.POST.get("shown", "")))
    return file_page(request, application, tab="review", proving=form)


@bureau_only(*DESK_ROLES)
@require_POST
@never_cache
def reveal(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show name and numbers in full, this once; that somebody looked is kept."""
    application = open_file(request.user, id)
    reveal_person(application=application, by=request.user, at=clock.now())
    return file_page(request, application, tab=request.POST.get("tab", ""), is_revealed=True)
