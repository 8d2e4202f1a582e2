"""Apartments at the counter: for somebody without an account a clerk prints what is to be signed, and takes it in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from applicants.people.models import Paper
from applicants.people.refusals import PaperRefused, Refused
from housing.apartments.exports.contract import in_groups
from housing.apartments.forms.counter import NoticeByHandForm, SignedByHandForm
from housing.apartments.forms.entering import AnswerForm, EnterForm
from housing.apartments.forms.rent import RenewalForm
from housing.apartments.models import OfferState, Round
from housing.apartments.programme import CODE
from housing.apartments.services.applying import detail_of, requested_types
from housing.apartments.services.at_counter import Waiting, take_in, what_may_be_asked, what_waits
from housing.apartments.services.entering import enter_round, leave_round, types_in
from housing.apartments.services.handing_over import digest_of, sign_handover
from housing.apartments.services.leaving import first_day_to_leave, give_notice
from housing.apartments.services.offering import accept_offer, end_offer
from housing.apartments.services.outlook import places_of_application, terms_of_offer
from housing.apartments.services.renewing import ask_for_renewal
from housing.apartments.services.signing import by_hand, sign_contract
from housing.apartments.views.lease_doors import takes_a_form
from housing.apartments.views.lease_words import lease_tag
from housing.apartments.views.own_words import place_tag, place_text
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.casework.doors import counter_applications
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.states import State
from portal.casework.views.versions import version_sent
from portal.ui.telling import told_beside

ASKS = {
    "leave": gettext_lazy("退出这个批次"),
    "notice": gettext_lazy("退租"),
    "renewal": gettext_lazy("申请续租"),
}


@bureau_only(Role.CLERK)
@takes_a_form
@never_cache
def counter_apartment(request: HttpRequest, id: UUID) -> HttpResponse:
    """Where it stands, and the one thing that waits for the person's hand; a POST takes in what they signed."""
    application, at = _open(request, id), clock.now()
    waiting, asks = _waiting(application, request), what_may_be_asked(application, at=at)
    row = _picked(waiting, request)
    answer = _answer_form(request, application, waiting, row)
    is_sent = request.method == "POST"
    form = SignedByHandForm(request.POST if is_sent else None, request.FILES or None)
    if is_sent and form.is_valid() and (answer is None or answer.is_valid()):
        with told_beside(form, None, Refused, StepRefused), told_beside(form, "file", PaperRefused):
            take_in(lambda paper: _do(request, application, waiting, row, answer, paper),
                    application=application, upload=form.cleaned_data["file"], by=request.user, at=at)  # fmt: skip
            messages.success(request, _("已录入。"))
            return redirect("counter_apartment", id=id)
        waiting = _waiting(application, request)
    places, forms = places_of_application(application), [it for it in (answer, form) if it is not None]
    context = {
        **_shown(request, application, waiting, row),
        "form": form,
        "answer": answer,
        "forms": forms,
        "asks": [(code, ASKS[code]) for code in asks],
        "places": [{"place": it, "tag": place_tag(it), "text": place_text(it)} for it in places],
        "leases": [{"lease": it, "state": lease_tag(it)} for it in application.leases.select_related("previous")],
    }
    status = 422 if any(it.errors for it in forms) else 200
    return render(request, "apartments/counter/one.html", context, status=status)


@bureau_only(Role.CLERK)
@require_safe
@never_cache
def counter_apartment_print(request: HttpRequest, id: UUID) -> HttpResponse:
    """What waits, on paper, with room for a signature."""
    application = _open(request, id)
    waiting = _waiting(application, request)
    context = _shown(request, application, waiting, _picked(waiting, request))
    return render(request, "apartments/counter/print.html", context)


def _open(request: HttpRequest, id: UUID) -> Application:
    """An approved application that was entered at this counter; its pages carry the banner. Raises Http404."""
    rows = counter_applications(request.user).select_related("applicant", "policy_version__policy")
    request.acting_for = get_object_or_404(rows, pk=id, programme=CODE, state=State.APPROVED)
    return request.acting_for


def _waiting(application: Application, request: HttpRequest) -> Waiting:
    """What the person came for, where the address says so and they may; else what waits for them."""
    asked = what_may_be_asked(application, at=clock.now()).get(request.GET.get("do", ""))
    return asked or what_waits(application, at=clock.now())


def _picked(waiting: Waiting, request: HttpRequest) -> Round | None:
    """Of the rounds that may be entered the one that is asked for, else the first."""
    wanted = request.GET.get("round", "")
    return next((it for it in waiting.rounds if it.number == wanted), next(iter(waiting.rounds), None))


def _answer_form(
    request: HttpRequest, application: Application, waiting: Waiting, row: Round | None
) -> BaseForm | None:
    """What is to be filled in beside the paper."""
    data = request.POST if request.method == "POST" else None
    if waiting.notice_of is not None:
        return NoticeByHandForm(data)
    if waiting.renewal_of is not None:
        return RenewalForm(data)
    if waiting.offer is not None:
        return AnswerForm(data, units=terms_of_offer(waiting.offer).units)
    if row is None:
        return None
    household = detail_of(application).household_size or 1
    return EnterForm(data, types=types_in(row), liked=requested_types(application), household_size=household)


def _do(
    request: HttpRequest,
    application: Application,
    waiting: Waiting,
    row: Round | None,
    answer: BaseForm | None,
    paper: Paper,
) -> object:
    """Do what waits, with the paper. Raises Refused, StepRefused."""
    known: dict[str, Any] = {"by": request.user, "at": clock.now(), "paper": paper}
    seen = request.POST.get("seen", "")[:64]
    if waiting.handover is not None:
        return sign_handover(handover_id=waiting.handover.pk, seen_sha256=seen, **known)
    if waiting.contract_of is not None:
        return sign_contract(lease_id=waiting.contract_of.pk, seen_sha256=seen, proof=by_hand(at=known["at"]), **known)
    if waiting.offer is not None and isinstance(answer, AnswerForm):
        act, picked = request.POST.get("act", ""), answer.cleaned_data["unit"]
        if act == "accept":
            return accept_offer(offer_id=waiting.offer.pk, unit_id=UUID(picked) if picked else None, **known)
        if act == "refuse":
            return end_offer(offer_id=waiting.offer.pk, state=OfferState.REFUSED, **known)
        raise Refused(_("请选择接受还是放弃。"))
    if row is not None and isinstance(answer, EnterForm):
        return enter_round(round_id=row.pk, application_id=application.pk, types=answer.chosen(), **known)
    if waiting.leaves is not None:
        return leave_round(entrant_id=waiting.leaves.pk, **known)
    if (lease := waiting.notice_of) is not None and isinstance(answer, NoticeByHandForm):
        until = answer.cleaned_data["until"]
        return give_notice(lease_id=lease.pk, until=until, expected_version=version_sent(request), **known)
    if waiting.renewal_of is not None and isinstance(answer, RenewalForm):
        return ask_for_renewal(lease_id=waiting.renewal_of.pk, **answer.answers, **known)
    raise Refused(_("现在没有等本人办的事。"))


def _shown(request: HttpRequest, application: Application, waiting: Waiting, row: Round | None) -> dict[str, Any]:
    contract = waiting.contract_of.contract if waiting.contract_of else None
    asked_of = waiting.notice_of or waiting.renewal_of
    return {
        "application": application,
        "waiting": waiting,
        "round": row,
        "row": waiting.handover,
        "lease": waiting.handover.lease if waiting.handover else waiting.contract_of or asked_of,
        "asked_of": asked_of,
        "do": request.GET.get("do", "") if asked_of or waiting.leaves else "",
        "first_to_leave": first_day_to_leave(asked_of, on=clock.today()) if waiting.notice_of else None,
        "seen": digest_of(waiting.handover) if waiting.handover else contract.sha256 if contract else "",
        "digest": in_groups(digest_of(waiting.handover) if waiting.handover else contract.sha256 if contract else ""),
        "terms": terms_of_offer(waiting.offer) if waiting.offer else None,
        "photo_page": "desk_handover_photo",
        "today": clock.today(),
    }
