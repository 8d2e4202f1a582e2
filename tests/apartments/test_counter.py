"""Somebody without an account: a clerk enters, answers and signs for them, with the paper they signed by hand."""

from __future__ import annotations

import pytest
from django.urls import reverse

from applicants.people.models import Paper, Person
from applicants.people.papers import open_paper
from housing.apartments.models import Entrant, Handover, Lease, LeaseSignature, Offer
from housing.apartments.services.entering import leave_round
from housing.apartments.services.handing_over import digest_of
from housing.apartments.services.leaving import give_notice
from housing.apartments.services.offering import accept_offer, end_offer
from housing.apartments.services.refusals import LeaseRefused, OfferRefused, RoundRefused
from housing.apartments.services.renewing import ask_for_renewal, may_decide
from portal.accounts.models import Role
from portal.audit.models import Entry
from portal.casework.models import Application
from portal.notifications.models import Letter
from tests.apartments.counter_making import entered_at_counter
from tests.apartments.lease_making import (
    APRIL,
    furnish,
    keep_contract,
    make_running,
    make_text,
    operator_of,
    read,
    sign,
    write,
)
from tests.apartments.making import AT, DAY, HOUR, make_approved, make_building, make_entrant, make_round, offer_to
from tests.apartments.walking import open_round
from tests.browsing import signed_in
from tests.factories import make_paper, make_staff, make_upload, move_clock, staff

pytestmark = pytest.mark.django_db


def offered(application: Application) -> Offer:
    building = make_building(1)
    return offer_to(make_entrant(make_round(building), application), building.units.get())


def send(application: Application, client=None, *, do: str = "", **form: object):
    url = reverse("counter_apartment", args=[application.pk]) + (f"?do={do}" if do else "")
    scan = {"file": make_upload("签名.jpg"), "is_compared": "on"}
    return (client or signed_in(Role.CLERK)).post(url, scan | form)


def shown(application: Application, name: str = "counter_apartment", *, do: str = "") -> str:
    answer = signed_in(Role.CLERK).get(reverse(name, args=[application.pk]), {"do": do})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_clerk_enters_them_into_a_round():
    application, row = entered_at_counter(), open_round(at=AT)
    move_clock(AT)
    sent_on = signed_in(Role.CLERK).get(reverse("own_apartment", args=[application.pk]))
    assert sent_on.url == reverse("counter_apartment", args=[application.pk])
    assert row.title_zh in shown(application)
    assert row.title_zh in shown(application, "counter_apartment_print")
    code = row.units.first().unit.type.code
    assert send(application, first="").status_code == 422
    assert send(application, first=code, is_compared="").status_code == 422
    assert send(application, first=code).status_code == 302
    entrant = Entrant.objects.get()
    assert (entrant.state, entrant.paper) == ("entered", Paper.objects.get(kind="signed_lease"))
    assert Entry.objects.get(action="entrant.enter").actor == staff(Role.CLERK)
    assert "现在没有等本人办的事。" in shown(application)


@pytest.mark.slow
def test_a_clerk_takes_in_answer_contract_and_list_and_they_live_there():
    application = entered_at_counter()
    offer = offered(application)
    move_clock(AT + HOUR)
    assert offer.unit.label in shown(application, "counter_apartment_print")
    assert send(application, act="x").status_code == 422
    assert Paper.objects.filter(kind="signed_lease").count() == 0  # what leads to nothing is not kept
    assert send(application, act="accept").status_code == 302
    offer.refresh_from_db()
    lease = Lease.objects.get()
    assert (offer.state, offer.answered_by, offer.paper.person) == ("accepted", staff(Role.CLERK), lease.person)

    furnish(lease.unit)
    contract = keep_contract(lease, make_text(), at=AT + HOUR)
    assert lease.number in shown(application, "counter_apartment_print")
    assert send(application, seen="0" * 64).status_code == 422
    assert send(application, seen=contract.sha256).status_code == 302
    row = LeaseSignature.objects.get()
    assert (row.side, row.by, row.proved_with, row.paper is None) == ("tenant", staff(Role.CLERK), "paper", False)
    member = operator_of(lease)
    sign(lease, member=member)
    assert read(lease).state == "signed"

    move_clock(APRIL + HOUR)
    handover = write(lease, member)
    assert "椅子" in shown(application, "counter_apartment_print")
    assert send(application, seen=digest_of(handover)).status_code == 302
    handover = Handover.objects.get()
    assert (read(lease).state, handover.is_signed_by_tenant) == ("running", True)
    assert open_paper(handover.paper)[:2] == b"\xff\xd8"
    desk = signed_in(Role.FIRST_REVIEWER)
    page = desk.get(reverse("desk_lease", args=[lease.pk])).content.decode()
    papers = [offer.paper, row.paper, handover.paper]
    links = [reverse("desk_lease_paper", args=[lease.pk, paper.pk]) for paper in papers]
    assert [link in page for link in links] == [True, True, True]
    assert [desk.get(link).status_code for link in links] == [200, 200, 200]
    assert Entry.objects.filter(action="lease.open_paper").count() == 3
    kinds = set(Letter.objects.filter(reference=application.reference).values_list("kind", flat=True))
    assert kinds == {"unit_offered", "lease_signed", "lease_begun"}


def living_there() -> tuple[Application, Lease]:
    """Somebody without an account who has lived there since 1 April."""
    lease = make_running()
    Application.objects.filter(pk=lease.application_id).update(entered_by=staff(Role.CLERK))
    Person.objects.filter(pk=lease.person_id).update(user=None, entered_by=staff(Role.CLERK))
    return Application.objects.select_related("applicant").get(pk=lease.application_id), lease


def test_a_clerk_takes_in_that_they_leave_a_round():
    application = entered_at_counter()
    offer = offered(application)
    move_clock(AT + HOUR)
    assert "?do=leave" in shown(application)
    assert "我退出这个批次" in shown(application, "counter_apartment_print", do="leave")
    assert send(application, do="leave").status_code == 302
    offer.refresh_from_db()
    entrant = offer.entrant
    assert (offer.state, entrant.state, entrant.leaving_paper.person) == ("withdrawn", "left", application.applicant)
    assert not Letter.objects.filter(kind="offer_withdrawn").exists()
    assert "?do=leave" not in shown(application)


def test_a_clerk_takes_in_a_notice():
    application, lease = living_there()
    move_clock(APRIL + HOUR)
    assert "?do=notice" in shown(application)
    assert "?do=renewal" not in shown(application)
    assert "2026 年 5 月 1 日" in shown(application, "counter_apartment_print", do="notice")
    version = str(read(lease).version)
    assert send(application, do="notice", until="2026-04-20", version=version).status_code == 422
    assert send(application, do="notice", until="2026-05-15", version="1").status_code == 422
    assert Paper.objects.filter(kind="signed_lease").count() == 0
    assert send(application, do="notice", until="2026-05-15", version=version).status_code == 302
    event = lease.events.get(kind="give_notice")
    assert (read(lease).state, event.actor, event.paper) == ("ending", staff(Role.CLERK), Paper.objects.get())
    page = signed_in(Role.FIRST_REVIEWER).get(reverse("desk_lease", args=[lease.pk])).content.decode()
    assert reverse("desk_lease_paper", args=[lease.pk, event.paper_id]) in page


def test_a_clerk_takes_in_that_they_want_to_stay_and_decides_nothing_about_it():
    application, lease = living_there()
    move_clock(APRIL + 300 * DAY)
    assert "?do=renewal" in shown(application)
    assert "我申请续租" in shown(application, "counter_apartment_print", do="renewal")
    assert send(application, do="renewal", in_post="yes").status_code == 422
    assert send(application, do="renewal", in_post="yes", has_home="no").status_code == 302
    row = lease.renewal_requests.get()
    assert (row.asked_by, row.is_in_post, row.has_home, row.paper) == (
        staff(Role.CLERK), True, False, Paper.objects.get(),
    )  # fmt: skip
    assert not may_decide(row, make_staff(Role.CLERK))
    assert may_decide(row, staff(Role.APPROVER))
    both = make_staff(Role.CLERK, Role.APPROVER)
    row.asked_by = both
    assert not may_decide(row, both)


def test_nobody_gives_notice_asks_or_leaves_for_them_without_their_paper():
    application, lease = living_there()
    clerk, approver = staff(Role.CLERK), staff(Role.APPROVER)
    theirs, own = make_paper(make_approved().applicant), make_paper(application.applicant)
    entrant = make_entrant(make_round(make_building(1)), application)
    day = APRIL + 300 * DAY
    for by, paper in ((clerk, None), (clerk, theirs), (approver, own)):
        known = {"by": by, "at": day, "paper": paper}
        with pytest.raises(LeaseRefused, match="权限"):
            give_notice(lease_id=lease.pk, until=day.date() + 40 * DAY, expected_version=read(lease).version, **known)
        with pytest.raises(LeaseRefused, match="权限"):
            ask_for_renewal(lease_id=lease.pk, is_in_post=True, has_home=False, note="", **known)
        with pytest.raises(RoundRefused, match="本人"):
            leave_round(entrant_id=entrant.pk, **known)


def test_a_clerk_takes_in_a_refusal_and_the_place_is_kept():
    application = entered_at_counter()
    offer = offered(application)
    move_clock(AT + HOUR)
    assert send(application, act="refuse").status_code == 302
    offer.refresh_from_db()
    assert (offer.state, offer.entrant.state, offer.paper.uploaded_by) == ("refused", "ranked", staff(Role.CLERK))


def test_nobody_answers_without_the_paper_of_that_person_nor_for_themselves():
    application = entered_at_counter()
    offer, clerk, other = offered(application), staff(Role.CLERK), make_approved()
    theirs = make_paper(other.applicant)
    own = make_paper(application.applicant)
    for by, evidence in ((clerk, None), (clerk, theirs), (staff(Role.APPROVER), own)):
        with pytest.raises(OfferRefused):
            accept_offer(offer_id=offer.pk, by=by, at=AT, paper=evidence)
        with pytest.raises(OfferRefused):
            end_offer(offer_id=offer.pk, state="refused", by=by, at=AT, paper=evidence)
    move_clock(AT + HOUR)
    elsewhere = signed_in(make_staff(Role.CLERK, programme="lodging"))
    for client in (elsewhere, signed_in(Role.APPROVER)):
        assert send(application, client, act="accept").status_code == 404
    Person.objects.filter(pk=application.applicant_id).update(user=clerk)
    assert send(application, act="accept").status_code == 404
    assert send(other, act="accept").status_code == 404
    assert Lease.objects.count() == 0


@pytest.mark.parametrize("form", [{"file": "x"}, {"seen": "\0" * 500, "act": "\0"}, {"unit": "x", "act": "accept"}])
def test_nonsense_at_the_counter_is_answered_beside_the_field(form):
    application = entered_at_counter()
    offered(application)
    move_clock(AT + HOUR)
    assert send(application, **form).status_code == 422
    assert Lease.objects.count() == 0
