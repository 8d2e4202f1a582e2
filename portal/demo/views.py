"""The developers' page of the demo: sign-ins with their codes, mail sent, the portal's clock."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from applicants.cards import tasks as cards
from applicants.people.labels import FIELD_LABELS, display_value
from applicants.people.models import Person, person_number_hash
from housing.apartments import tasks as apartments
from housing.lodging import tasks as lodging
from portal import clock
from portal.accounts.models import RoleGrant, User
from portal.casework.tasks import sweep_checks, sweep_due
from portal.city import city
from portal.demo.accounts import APPLICANT, HOLDER, PASSWORD, code_of
from portal.demo.inventing import Invented
from portal.demo.mailbox import newest_mails
from portal.demo.partners import manager_of, operators
from portal.demo.sandbox.city import SPARE_POLICIES, spare_people
from portal.demo.sandbox.texts import newest_texts
from portal.demo.switching_texts import POSITIONS, position_now, turn_to
from portal.partners.models import PartnerMember
from portal.partners.services.devices import make_link
from portal.policy.services import stored_calendar
from portal.sms import gateway
from portal.ui.asking import number_in
from portal.ui.figures import day_text, listed
from subsidies.tasks import sweep_before_paying, sweep_rechecks

MAILS_SHOWN = 30
TEXTS_SHOWN = 20
LARGEST_MOVE = 250  # working days, about a year
# What comes due with time, in the order in which one thing makes room for another.
SWEEPS = (
    sweep_checks,
    sweep_due,
    sweep_rechecks,
    sweep_before_paying,
    cards.sweep_terms,
    cards.weigh_expired_recognitions,
    lodging.sweep_stays,
    lodging.sweep_holds,
    lodging.make_monthly_statements,
    apartments.sweep_rounds,
    apartments.sweep_signatures,
    apartments.sweep_terms,
    apartments.sweep_bills,
    apartments.sweep_arrears,
    apartments.sweep_offers,
)


@never_cache
def demo(request: HttpRequest) -> HttpResponse:
    """Show who can sign in, what was written to them, and what day the portal takes it to be."""
    bureau = User.objects.filter(role_grants__isnull=False).distinct().order_by("pk")
    bureau = bureau.prefetch_related(
        Prefetch("role_grants", RoleGrant.objects.order_by("pk")),
        Prefetch("authenticator_set", Authenticator.objects.order_by("pk")),
    )
    accounts = [
        {
            "email": user.email,
            "name": user.display_name,
            "roles": listed(grant.get_role_display() for grant in user.role_grants.all()),
            "town": listed(sorted({str(_town(grant.town)) for grant in user.role_grants.all() if grant.town})),
            "code": code_of(user),
        }
        for user in bureau
    ]
    address = request.GET.get("to", "").strip()
    context = {
        "accounts": accounts,
        "applicant": APPLICANT.email,
        "holder": HOLDER.email,
        "password": PASSWORD,
        "mails": newest_mails(MAILS_SHOWN, to=address),
        "address": address,
        "now": clock.now(),
        "largest_move": LARGEST_MOVE,
        "spare": _spare(),
        "sandbox": settings.REGISTER_URL,
        "operators": operators(),
        "texts_switch": POSITIONS.items() if gateway.is_offered() else None,
        "texts_now": position_now() if gateway.is_offered() else None,
        "texts": newest_texts(settings.DEMO_TEXTS, TEXTS_SHOWN) if gateway.is_offered() else None,
    }
    return render(request, "demo/demo.html", context)


def _spare() -> list[dict[str, Any]]:
    """Invented people whom the sandbox's registers know and nobody has applied as yet: the policy, what to fill in."""
    people = zip(spare_people(clock.today()), SPARE_POLICIES, strict=True)
    hashes = {person_number_hash(str(one.identity["number"])): (one, policy) for one, policy in people}
    used = set(Person.objects.filter(number_hash__in=hashes).values_list("number_hash", flat=True))
    return [{"policy": policy, "rows": _rows(one)} for key, (one, policy) in hashes.items() if key not in used]


def _rows(one: Invented) -> list[dict[str, Any]]:
    return [
        {"label": FIELD_LABELS[section][name], "value": display_value(section, name, _plain(value))}
        for section in ("identity", "education", "employment", "account")
        for name, value in getattr(one, section).items()
        if value not in ("", None, True, False)
    ]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _town(code: str) -> object:
    found = city().town(code)
    return found.name if found else code


@require_POST
def demo_move_clock(request: HttpRequest) -> HttpResponse:
    """Move the portal's clock forward by working days and let everything that came due happen."""
    count = number_in(request.POST.get("working_days", "")) or 0
    if not 1 <= count <= LARGEST_MOVE:
        messages.error(request, _("请填 1 到 %(most)s 之间的整数。") % {"most": LARGEST_MOVE})
        return redirect("demo")
    now = clock.now()
    day = stored_calendar().add_working_days(timezone.localdate(now), count).day
    local = timezone.localtime(now)
    clock.move_to(timezone.make_aware(datetime.combine(day, local.time())))
    for sweep in SWEEPS:
        sweep()
    messages.success(request, _("现在是 %(day)s。到期的事项已经办了。") % {"day": day_text(day)})
    return redirect("demo")


@require_POST
def demo_texts(request: HttpRequest) -> HttpResponse:
    """Let the gateway of text messages work, lag or fail."""
    code = request.POST.get("texts", "")
    if code not in POSITIONS or not gateway.is_offered():
        messages.error(request, _("请选一种。"))
    elif turn_to(code, at=timezone.now()):
        messages.success(request, _("短信网关：%(how)s。") % {"how": POSITIONS[code].label})
    else:
        messages.error(request, _("短信网关没有答应，什么也没有改。"))
    return redirect("demo")


@require_POST
def demo_partner_link(request: HttpRequest, id: UUID) -> HttpResponse:
    """Make an operator's link in the name of their manager, and open it."""
    member = get_object_or_404(PartnerMember.objects.filter(pk__in=[one.pk for one in operators()]), pk=id)
    token = make_link(member=member, by=manager_of(member).user, at=clock.now())
    return redirect("partner_enrol", token)
