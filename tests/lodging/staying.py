"""Booked stays, and the people who look after them at the counter, made through the real services."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

from housing.lodging.models import Bar, Site, Stay
from housing.lodging.services.arriving import check_in
from housing.lodging.services.changing import change_stay
from housing.lodging.services.missing import miss_stay
from portal.casework.models import Application
from portal.notifications.models import Letter
from portal.partners.models import PartnerMember
from portal.policy.services import load_policy
from tests.factories import SHANGHAI, move_clock
from tests.lodging.making import AT, FIRST, make_stay
from tests.partners.making import MORNING, PIN, make_manager, make_operator, phone_of

EVENING = datetime(2026, 3, 9, 20, 0, tzinfo=SHANGHAI)  # of FIRST
MIDNIGHT = EVENING + timedelta(hours=4)  # the policy keeps a bed until 23:59
DAY = timedelta(days=1)
_serial = count(1)


def make_booked(site: Site, *, at: datetime = AT, **asked: Any) -> Stay:
    """A stay of somebody new, approved."""
    return book(make_stay(site, at=at, **asked), at=at)


def book(stay: Stay, *, at: datetime = AT) -> Stay:
    """Approve the application behind a held stay."""
    approved = {"state": "approved", "reference": f"LG-2026-{next(_serial):06d}", "name_masked": "林**"}
    Application.objects.filter(pk=stay.booking_id).update(**approved, submitted_at=at, submitted_on=at.date())
    return change_stay(stay.pk, "book", by=None, at=at)


def make_guest(site: Site, porter: PartnerMember, **asked: Any) -> Stay:
    """Somebody in house since the evening of the 9th, where nothing else is said."""
    stay = make_booked(site, **asked)
    at = EVENING + timedelta(days=(stay.first_on - FIRST).days)
    return check_in(stay_id=stay.pk, member=porter, at=at)


def keep_unused_nights(stay: Stay) -> None:
    """Put the stay under a policy that does not give unused nights back."""
    text = Path(settings.BASE_DIR, "housing/policy/LODGE-2023.yaml").read_text(encoding="utf-8")
    text = text.replace("code: LODGE-2023", "code: LODGE-2023-B")
    text = text.replace("unused_nights_return: true", "unused_nights_return: false")
    Application.objects.filter(pk=stay.booking_id).update(policy_version=load_policy(text, at=AT))
    stay.refresh_from_db()


def make_porter(site: Site, name: str = "陈前台") -> PartnerMember:
    """An operator of the site; the second one has the first one's manager."""
    partner = site.place.partner
    manager = partner.members.filter(role="manager").first() or make_manager(partner)
    return make_operator(manager, site.place, name=name)


def counter_of(porter: PartnerMember, *, at: datetime = EVENING) -> Client:
    """The porter's phone, its PIN just typed."""
    move_clock(MORNING)
    phone = phone_of(porter)
    move_clock(at)
    phone.post("/partner/pin/", {"pin": PIN})
    return phone


def browser_of(stay: Stay) -> Client:
    """The guest's own browser, signed in."""
    browser = Client()
    browser.force_login(stay.person.user)
    return browser


def make_bar(stay: Stay, *, times: int = 2) -> Bar:
    """A bar proposed for a booked stay that nobody came to, as the rule has it for the second miss."""
    miss_stay(stay.pk, at=MIDNIGHT)
    stay.refresh_from_db()
    bar, _made = Bar.objects.get_or_create(
        stay=stay, defaults={"person": stay.person, "days": 90, "times": times, "proposed_at": MIDNIGHT}
    )
    return bar


def letters_to(stay: Stay) -> list[str]:
    """The kinds of the letters to its guest about stays, the oldest first."""
    rows = Letter.objects.filter(recipient=stay.person.user).order_by("created_at", "id")
    return [kind for kind in rows.values_list("kind", flat=True) if kind.startswith(("stay_", "bar_"))]
