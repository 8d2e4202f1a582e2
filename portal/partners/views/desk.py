"""The bureau's list of partners, their places and their managers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applicants.people.numbers import compact
from applicants.people.refusals import Refused
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.partners.choices import MemberRole, MemberState, PartnerKind
from portal.partners.forms import CloseForm, ManagerForm, PartnerForm, PlaceForm
from portal.partners.models import Partner, PartnerMember, PartnerPlace
from portal.partners.services import members, partners
from portal.partners.services.accounts import current_account
from portal.ui.asking import older_than, place_of
from portal.ui.telling import form_page, told_above, told_beside

PAGE = 50
STANDINGS = ("open", "over", "all")


@require_safe
@bureau_only(Role.ADMINISTRATOR, Role.AUDITOR)
def desk_partners(request: HttpRequest) -> HttpResponse:
    """Partners, newest first, narrowed by kind, by whether they are open, and by name or credit code."""
    wanted = {name: request.GET.get(name, "").strip()[:60] for name in ("kind", "standing", "q")}
    wanted["standing"] = wanted["standing"] if wanted["standing"] in STANDINGS else "open"
    today = clock.today()
    found = Partner.objects.order_by("-created_at", "-id")
    open_ones = Partner.objects.open_on(today).values("pk")
    if wanted["standing"] == "open":
        found = found.filter(pk__in=open_ones)
    elif wanted["standing"] == "over":
        found = found.exclude(pk__in=open_ones)
    if wanted["kind"] in PartnerKind.values:
        found = found.filter(kind=wanted["kind"])
    if wanted["q"]:
        q, code = wanted["q"], compact(wanted["q"])
        named = Q(name_zh__icontains=q) | Q(name_en__icontains=q)
        found = found.filter(named | Q(credit_code__startswith=code) if code else named)
    if request.GET.get("before"):
        found = older_than(found, request.GET["before"], "created_at")
    found = found.annotate(
        open_places=Count("places", filter=Q(places__closed_at=None), distinct=True),
        people=Count("members", filter=~Q(members__state=MemberState.LEFT), distinct=True),
    )
    rows = list(found[: PAGE + 1])
    following = ""
    if len(rows) > PAGE:
        rows.pop()
        following = "?" + urlencode(wanted | {"before": place_of(rows[-1], "created_at")})
    context = {
        "rows": [{"partner": row, "is_open": row.is_open_on(today)} for row in rows],
        "wanted": wanted,
        "kinds": PartnerKind.choices,
        "following": following,
        "may_change": request.user.has_role(Role.ADMINISTRATOR),
    }
    return render(request, "partners/desk_partners.html", context)


@require_safe
@bureau_only(Role.ADMINISTRATOR, Role.AUDITOR)
def desk_partner(request: HttpRequest, id: UUID) -> HttpResponse:
    """One partner: its contract, places and managers. Its other people are the manager's to keep, and are counted."""
    partner = get_object_or_404(Partner.objects.select_related("closed_by"), pk=id)
    people = PartnerMember.objects.filter(partner=partner).select_related("user")
    context = {
        "partner": partner,
        "is_open": partner.is_open_on(clock.today()),
        "places": partner.places.order_by(F("closed_at").asc(nulls_first=True), "name_zh", "id"),
        "managers": people.filter(role=MemberRole.MANAGER).order_by("added_at", "id"),
        "others": people.exclude(role=MemberRole.MANAGER).exclude(state=MemberState.LEFT).count(),
        "account": current_account(partner),
        "may_change": request.user.has_role(Role.ADMINISTRATOR),
    }
    return render(request, "partners/desk_partner.html", context)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_partner_new(request: HttpRequest) -> HttpResponse:
    """Add a partner."""
    form = PartnerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        with told_beside(form, "credit_code", partners.AlreadyThere):
            row = partners.add_partner(values=values, by=request.user, at=clock.now())
            messages.success(request, _("已添加。接着添加地点，再邀请负责人。"))
            return redirect("desk_partner", row.pk)
    return form_page(request, "partners/desk_partner_form.html", form)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_partner_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change a partner's data."""
    partner = get_object_or_404(Partner, pk=id)
    form = PartnerForm(request.POST if request.method == "POST" else None, initial=PartnerForm.initial_from(partner))
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        expected = form.cleaned_data["version"] or 0
        try:
            partners.change_partner(
                partner=partner, values=values, expected_version=expected, by=request.user, at=clock.now()
            )
        except partners.AlreadyThere as refusal:
            form.add_error("credit_code", refusal.sentence)
        except partners.ChangedMeanwhile as refusal:
            form.add_error("name_zh", refusal.sentence)
        except Refused as refusal:
            form.add_error("kind", refusal.sentence)
        else:
            messages.success(request, _("已保存。"))
            return redirect("desk_partner", partner.pk)
    return form_page(request, "partners/desk_partner_form.html", form, partner=partner)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_partner_close(request: HttpRequest, id: UUID) -> HttpResponse:
    """End the work with a partner, with a reason."""
    partner = get_object_or_404(Partner, pk=id, closed_at=None)
    form = CloseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _done(
            request,
            partner,
            _("已停止合作，所有设备已停用。"),
            partners.close_partner,
            partner=partner,
            reason=form.cleaned_data["reason"],
        )
    return form_page(request, "partners/desk_partner_close.html", form, partner=partner)


@bureau_only(Role.ADMINISTRATOR)
@require_POST
def desk_partner_reopen(request: HttpRequest, id: UUID) -> HttpResponse:
    """Work with a closed partner again."""
    partner = get_object_or_404(Partner, pk=id)
    return _done(request, partner, _("已恢复合作。设备要重新登记。"), partners.reopen_partner, partner=partner)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_place_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Add a place."""
    return _place(request, get_object_or_404(Partner, pk=id), None)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_place(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change a place, or stop using it."""
    place = get_object_or_404(PartnerPlace.objects.select_related("partner"), pk=id)
    return _place(request, place.partner, place)


def _place(request: HttpRequest, partner: Partner, place: PartnerPlace | None) -> HttpResponse:
    known = {name: getattr(place, name) for name in ("name_zh", "name_en", "address", "town")} if place else {}
    initial = known | {"is_closed": place is not None and place.closed_at is not None}
    form = PlaceForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        with told_beside(form, "name_zh", Refused):
            partners.save_place(partner=partner, place=place, values=form.cleaned_data, by=request.user, at=clock.now())
            messages.success(request, _("已保存。"))
            return redirect("desk_partner", partner.pk)
    return form_page(request, "partners/desk_place.html", form, partner=partner, place=place)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_manager_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Invite a manager by e-mail."""
    partner = get_object_or_404(Partner, pk=id)
    form = ManagerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        with told_beside(form, "email", Refused):
            members.invite_manager(
                partner=partner, email=data["email"], name=data["name"], by=request.user, at=clock.now()
            )
            messages.success(request, _("邀请已发出。"))
            return redirect("desk_partner", partner.pk)
    return form_page(request, "partners/desk_manager.html", form, partner=partner)


@bureau_only(Role.ADMINISTRATOR)
@require_POST
def desk_manager(request: HttpRequest, id: UUID) -> HttpResponse:
    """Invite a manager again, or let one go."""
    found = PartnerMember.objects.select_related("partner", "user").filter(role=MemberRole.MANAGER)
    member = get_object_or_404(found, pk=id)
    if request.POST.get("act") == "leave":
        return _done(request, member.partner, _("已移除负责人。"), members.say_goodbye, member=member)
    return _done(request, member.partner, _("邀请已重新发出。"), members.send_invitation, member=member)


def _done(
    request: HttpRequest, shown: Partner, sentence: str, act: Callable[..., None], **details: Any
) -> HttpResponse:
    with told_above(request, Refused):
        act(**details, by=request.user, at=clock.now())
        messages.success(request, sentence)
    return redirect("desk_partner", shown.pk)
