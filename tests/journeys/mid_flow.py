"""Pages that one comes to only in the middle of something: a code on its way, a PIN asked again, a slip just used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from applicants.people.services import prove_number
from housing.lodging.services.arriving import check_in
from housing.lodging.services.codes import code_of
from housing.lodging.services.settling import make_statement
from portal.accounts.models import Role
from portal.recovery.services import issue_recovery
from tests.browsing import signed_in
from tests.factories import AT, make_person, make_user, staff
from tests.floor.phoning import OTHER, a_minute_passes, ask
from tests.lodging.making import make_lodging_draft, make_site
from tests.lodging.settling import arrived, make_hotel, reception
from tests.lodging.staying import counter_of, make_booked, make_porter
from tests.lodging.waiting import full_site, waiter
from tests.partners.making import MORNING, a_hotel, phone_of

FEBRUARY = date(2026, 2, 1)


def browsers_in_the_middle() -> Iterator[tuple[str, Client, list[str]]]:
    """Who is in the middle of what, their browser, and the addresses that are open to it. Needs the SMS gateway."""
    a_minute_passes()  # for the limit on texts
    awaiting_code = Client()
    ask(awaiting_code)
    yield "awaiting a code", awaiting_code, [reverse("account_phone_code")]

    _manager, operator = a_hotel()
    pages = [reverse(name) for name in ("partner", "partner_pin_change", "partner_pin")]
    yield "at an enrolled device", phone_of(operator), pages

    site = make_site(2, 2)
    porter, tonight = make_porter(site), make_booked(site, first=MORNING.date())
    make_booked(site, first=MORNING.date() + timedelta(days=1))
    guest = make_booked(site, first=MORNING.date())
    counter = counter_of(porter, at=MORNING)
    check_in(stay_id=guest.pk, member=porter, at=MORNING)
    pages = [reverse("partner_lodging"), reverse("partner_arrival", args=[code_of(tonight, at=MORNING).token])]
    pages += [reverse("partner_stay", args=[stay.pk]) for stay in (tonight, guest)]
    yield "at the counter of a site", counter, pages

    choosing, waiting = make_lodging_draft(make_site(1)), waiter(full_site()[0])
    for who, row, name in (("at a bed", choosing, "lodging_booking"), ("in a line", waiting, "lodging_waiting")):
        yield who, signed_in(row.applicant.user), [reverse(name, args=[row.pk])]

    hotel, manager = make_hotel()
    arrived(hotel, reception(hotel, manager), first=FEBRUARY.replace(day=10))
    row = make_statement(site=hotel, month=FEBRUARY, by=None, at=MORNING)
    pages = [reverse("partner_settlements"), reverse("partner_settlement", args=[row.pk])]
    yield "settling a month", signed_in(manager.user), pages

    a_minute_passes()
    given_back = at_the_slip()
    given_back.post(reverse("recovery_phone"), {"phone": OTHER})
    pages = [reverse(name) for name in ("recovery_address", "recovery_phone", "recovery_phone_code")]
    yield "with a slip", given_back, pages


def at_the_slip() -> Client:
    """A browser in which the slip of the counter has just been used."""
    person = prove_number(person=make_person(make_user()), by=staff(Role.CLERK), at=AT)
    given = {"name": person.legal_name, "number": person.number, "paper_kind": "resident_id"}
    _row, code = issue_recovery(person=person, **given, by=staff(Role.CLERK), at=AT, at_real=timezone.now())
    client = Client()
    client.post(reverse("recovery"), {"code": code, "number": person.number})
    return client
