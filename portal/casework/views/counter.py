"""The counter: a clerk begins an application for the person before them, prints what is to be signed, takes it in."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from applicants.people.answers import answers_of
from applicants.people.choices import NumberKind
from applicants.people.masking import desk_mask_number
from applicants.people.models import Person
from applicants.people.refusals import PaperRefused
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, User, grants_as
from portal.casework.completeness import BY_HAND, SIGNED_FORM, SIGNED_REQUEST, by_hand
from portal.casework.doors import counter_applications
from portal.casework.forms.entering import NEW, EnterForm, RequestForm
from portal.casework.models import Application
from portal.casework.programmes import all_programmes, programme
from portal.casework.services.advancing import StepRefused
from portal.casework.services.entering import Holders, counter_drafts, enter_application, holders_of
from portal.casework.services.handing_over import HANDERS, waiting_letters
from portal.casework.services.supplying import hand_in_paper
from portal.casework.states import State
from portal.casework.views.applicant_answers import blocks_of, limits_text, on_shelf
from portal.casework.views.applicant_start import privacy_rows
from portal.policy.models import PolicyVersion
from portal.policy.services import versions_in_force
from portal.policy.terms import PaperLimits
from portal.ui.telling import told_beside

MOST = 50


@bureau_only(*HANDERS)
@require_http_methods(["GET", "POST"])
@never_cache
def counter(request: HttpRequest) -> HttpResponse:
    """Begin an application for the person before the clerk; drafts to go on with; letters to hand over."""
    on, at = clock.today(), clock.now()
    is_clerk = request.user.has_role(Role.CLERK)
    if request.method == "POST" and not is_clerk:
        raise Http404
    versions = _versions(request.user, on) if is_clerk else []
    policies = [(version.policy.code, str(version.parsed.title)) for version in versions]
    data = request.POST if request.method == "POST" else None
    form = EnterForm(data, on=on, policies=policies)
    asked = _offer(form, request.user)
    if data is not None and form.is_valid():
        chosen = form.cleaned_data["person"]
        if not asked or chosen:
            code = form.cleaned_data["policy"]
            known = asked if asked else Holders(None)
            with told_beside(form, "person" if asked else "number", StepRefused):
                row = enter_application(
                    identity=form.identity,
                    person=next((it for it in _people(known) if str(it.pk) == chosen), None),
                    programme_code=next(it.policy.programme for it in versions if it.policy.code == code),
                    policy_code=code,
                    by=request.user,
                    at=at,
                )
                return redirect("application_tasks", row.pk)
    context = {
        "form": form,
        "is_clerk": is_clerk,
        "has_policies": bool(policies),
        "asks_who": bool(asked),
        "drafts": counter_drafts(request.user)[:MOST],
        "letters": waiting_letters(request.user).count(),
    }
    return render(request, "desk/counter/counter.html", context, status=422 if form.errors else 200)


@bureau_only(Role.CLERK)
@require_safe
@never_cache
def counter_print(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """The application form, or a request, with everything that is known filled in: to be signed by hand."""
    application = _open(request, id)
    if kind not in BY_HAND or (kind == SIGNED_REQUEST) == (application.state == State.DRAFT):
        raise Http404
    document, asked = application.policy_version.parsed, programme(application.programme)
    answers = answers_of(application.applicant) | asked.own_answers(application)
    context = {
        "application": application,
        "document": document,
        "title": by_hand(kind).title,
        "is_form": kind == SIGNED_FORM,
        "name": application.applicant.legal_name,
        "blocks": blocks_of(application, answers) if kind == SIGNED_FORM else [],
        "rows": privacy_rows([document]) if kind == SIGNED_FORM else [],
        "today": clock.today(),
    }
    return render(request, "desk/counter/print.html", context)


@bureau_only(Role.CLERK)
@require_http_methods(["GET", "POST"])
@never_cache
def counter_request(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take in what the person signed by hand after the application was sent: to withdraw, or to ask for more."""
    application = _open(request, id)
    if application.state == State.DRAFT:
        return redirect("application_tasks", id=id)
    form = RequestForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with told_beside(form, "file", PaperRefused, StepRefused):
            hand_in_paper(
                application=application,
                kind=SIGNED_REQUEST,
                upload=form.cleaned_data["file"],
                by=request.user,
                at=clock.now(),
            )
            return redirect("counter_request", id=id)
    context = {
        "application": application,
        "form": form,
        "papers": [row.paper for row in on_shelf(application) if row.kind == SIGNED_REQUEST],
        "limits": limits_text(PaperLimits()),
    }
    return render(request, "desk/counter/request.html", context, status=422 if form.errors else 200)


def _open(request: HttpRequest, pk: UUID) -> Application:
    """What was entered at this counter; every page that shows it carries the banner. Raises Http404."""
    found = counter_applications(request.user).select_related("applicant", "policy_version__policy")
    row = found.filter(pk=pk).first()
    if row is None:
        raise Http404
    request.acting_for = row
    return row


def _versions(user: User, on: date) -> list[PolicyVersion]:
    """The versions in force that this clerk may enter applications under."""
    covered = {grant.programme for grant in grants_as(user, [Role.CLERK])}
    codes = [it.code for it in all_programmes() if it.is_open and covered & {"", it.code}]
    found = [version for code in codes for version in versions_in_force(code, on)]
    return [version for version in found if "clerk" in version.parsed.submitted_by]


def _people(known: Holders) -> list[Person]:
    return [known.proven] if known.proven else list(known.claims)


def _offer(form: EnterForm, user: User) -> Holders | None:
    """Let the clerk say who of the people known under the number it is; None where there is nobody to choose."""
    if not form.is_bound:
        return None
    form.full_clean()  # once for the number, and again with the people it may be
    kind, number = form.cleaned_data.get("number_kind"), form.cleaned_data.get("number")
    if not kind or not number:
        return None
    known = holders_of(kind, number)
    people = _people(known)
    if not people:
        return None
    choices = [(str(it.pk), _one_line(it)) for it in people]
    form.offer(choices if known.proven else [*choices, (NEW, _("都不是，作为新的一位录入"))])
    form.full_clean()
    return known


def _one_line(row: Person) -> str:
    """A person for the clerk to recognise; whoever claims a number without a proof is told by their account."""
    known = {
        "name": row.name_masked,
        "kind": NumberKind(row.number_kind).label,
        "number": desk_mask_number(row.number),
        "account": _account(row),
    }
    if row.is_proven:
        return _("%(name)s，%(kind)s %(number)s，已核实，%(account)s") % known
    return _("%(name)s，%(kind)s %(number)s，未核实，%(account)s。只有本人说得出这个账号，才选这一位") % known


def _account(row: Person) -> str:
    if row.user is None:
        return _("没有网上账号")
    name, _at, host = (row.user.email or "").partition("@")
    return _("账号 %(account)s") % {"account": f"{name[:1]}***@{host}"} if host else _("用手机号登录的账号")
