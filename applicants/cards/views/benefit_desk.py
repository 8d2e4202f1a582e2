"""The bureau's catalogue of benefits: the list, one with its history, the form, on and off, the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applicants.cards.forms.benefits import BenefitForm, CloseBenefitForm
from applicants.cards.models import Benefit, BenefitChange, BenefitState
from applicants.cards.services import catalogue
from applicants.cards.views.benefit_rows import benefit_row, kind_titles
from applicants.people.refusals import Refused
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.partners.choices import DEVICE_ROLES, MemberRole
from portal.partners.models import Partner, PartnerPlace
from portal.policy.facts import TIERS
from portal.ui.telling import form_page, told_above, told_beside

STATES = (*BenefitState.values, "all")
GIVING = [kind for kind, roles in DEVICE_ROLES.items() if MemberRole.CARD_VERIFIER in roles]


@require_safe
@bureau_only(Role.ADMINISTRATOR, Role.AUDITOR)
def desk_benefits(request: HttpRequest) -> HttpResponse:
    """The catalogue, by state; and what the policy promises that is not in it yet."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    found = Benefit.objects.prefetch_related("places__partner").annotate(
        used=Count("uses", filter=Q(uses__undone_at=None), distinct=True)
    )
    if state != "all":
        found = found.filter(state=state) if state else found.exclude(state=BenefitState.CLOSED)
    today, may_change = clock.today(), request.user.has_role(Role.ADMINISTRATOR)
    kinds = kind_titles(today)
    context = {
        "rows": [_row(benefit, kinds) for benefit in found.order_by("state", "title_zh", "id")],
        "state": state,
        "states": BenefitState.choices,
        "missing": catalogue.missing_of_policy(today) if may_change else [],
        "may_change": may_change,
    }
    return render(request, "cards/benefits/desk_list.html", context)


@require_safe
@bureau_only(Role.ADMINISTRATOR, Role.AUDITOR)
def desk_benefit(request: HttpRequest, id: UUID) -> HttpResponse:
    """One benefit, and every change of it."""
    benefit = get_object_or_404(Benefit.objects.prefetch_related("places__partner"), pk=id)
    context = {
        **_row(benefit, kind_titles(clock.today())),
        "used": benefit.uses.filter(undone_at=None).count(),
        "tiers": [TIERS.get(tier, tier) for tier in benefit.tiers],
        "changes": _history(benefit),
        "may_change": request.user.has_role(Role.ADMINISTRATOR) and benefit.state != BenefitState.CLOSED,
    }
    return render(request, "cards/benefits/desk_one.html", context)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_benefit_new(request: HttpRequest) -> HttpResponse:
    """Add a benefit; it is off until somebody turns it on."""
    form = _form(request, None)
    if form.is_valid():
        benefit = catalogue.add_benefit(values=form.cleaned_data, by=request.user, at=clock.now())
        messages.success(request, _("已添加，还没有开放。核对以后再开放。"))
        return redirect("desk_benefit", benefit.pk)
    return form_page(request, "cards/benefits/desk_form.html", form)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_benefit_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change a benefit that is not closed."""
    benefit = _open_one(id)
    form = _form(request, benefit)
    if form.is_valid():
        expected = form.cleaned_data["version"] or 0
        with told_beside(form, "title_zh", Refused):
            catalogue.change_benefit(
                benefit=benefit, values=form.cleaned_data, expected_version=expected, by=request.user, at=clock.now()
            )
            messages.success(request, _("已保存。"))
            return redirect("desk_benefit", benefit.pk)
    return form_page(request, "cards/benefits/desk_form.html", form, benefit=benefit)


@bureau_only(Role.ADMINISTRATOR)
@require_POST
def desk_benefit_switch(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give it, or no longer for a while."""
    act = request.POST.get("act", "")
    if act not in (BenefitState.ON, BenefitState.OFF):
        raise Http404
    is_on = act == BenefitState.ON
    sentence = _("已开放。") if is_on else _("已暂停，持卡人看不到这项礼遇。")
    return _done(request, id, sentence, catalogue.switch_benefit, is_on=is_on)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_benefit_close(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a benefit for good, with a reason."""
    benefit = _open_one(id)
    form = CloseBenefitForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        return _done(request, id, _("已停止。"), catalogue.close_benefit, reason=reason)
    return form_page(request, "cards/benefits/desk_close.html", form, benefit=benefit)


@bureau_only(Role.ADMINISTRATOR)
@require_POST
def desk_benefits_take_in(request: HttpRequest) -> HttpResponse:
    """Take in what the policy's catalogue promises and is not here yet."""
    added = len(catalogue.add_from_policy(by=request.user, at=clock.now()))
    sentence = ngettext("添加了 %(added)d 项，还没有开放。", "添加了 %(added)d 项，还没有开放。", added)
    messages.success(request, sentence % {"added": added})
    return redirect("desk_benefits")


def _open_one(id: UUID) -> Benefit:
    return get_object_or_404(Benefit.objects.exclude(state=BenefitState.CLOSED), pk=id)


def _places(benefit: Benefit | None) -> QuerySet[PartnerPlace]:
    """Where a benefit may be given today, and where this one is given already."""
    partners = Partner.objects.open_on(clock.today()).filter(kind__in=GIVING)
    may_be = Q(partner__in=partners, closed_at=None)
    known = may_be | Q(pk__in=benefit.places.values("pk")) if benefit else may_be
    return PartnerPlace.objects.filter(known).select_related("partner").order_by("partner__name_zh", "name_zh", "id")


def _form(request: HttpRequest, benefit: Benefit | None) -> BenefitForm:
    initial = BenefitForm.initial_from(benefit) if benefit else {"begins_on": clock.today()}
    return BenefitForm(
        request.POST if request.method == "POST" else None,
        kinds=kind_titles(clock.today()).items(),
        places=_places(benefit),
        initial=initial,
    )


def _row(benefit: Benefit, kinds: dict[str, str]) -> dict[str, Any]:
    places = sorted(benefit.places.all(), key=lambda place: (place.partner.name_zh, place.name_zh, str(place.pk)))
    return benefit_row(benefit) | {"kinds": [kinds.get(kind, kind) for kind in benefit.kinds], "places": places}


def _history(benefit: Benefit) -> list[dict[str, Any]]:
    """Every change, newest first, with the fields that then became something else."""
    labels = {name: field.label for name, field in BenefitForm.base_fields.items()}
    labels |= {"price_fen": BenefitForm.base_fields["price"].label}
    changes: list[BenefitChange] = list(benefit.changes.select_related("by").order_by("version"))
    rows, before = [], {}
    for change in changes:
        fields = [labels[name] for name, value in change.values.items() if before and before.get(name) != value]
        rows.append({"change": change, "fields": fields})
        before = change.values
    return rows[::-1]


def _done(request: HttpRequest, id: UUID, sentence: str, act: Callable[..., None], **details: Any) -> HttpResponse:
    benefit = get_object_or_404(Benefit, pk=id)
    with told_above(request, Refused):
        act(benefit=benefit, **details, by=request.user, at=clock.now())
        messages.success(request, sentence)
    return redirect("desk_benefit", id)
