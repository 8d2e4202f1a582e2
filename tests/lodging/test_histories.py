"""Random histories of a site over New Year: whatever happens in whatever order, the rows stay true.

Each history is played through the services in a savepoint of its own. What is refused is refused whole; after every
step all that the design promises is counted anew from the rows.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from applicants.people.refusals import Refused
from housing.lodging.limits import Limits
from housing.lodging.machine import PURPOSES
from housing.lodging.models import (
    ANYBODY,
    KEPT,
    BedClosure,
    BedNight,
    ForfeitedNight,
    RoomNight,
    Sex,
    SiteKind,
    SiteRate,
    Stay,
    StayState,
    WaitingPlace,
    WaitingState,
)
from housing.lodging.nights import ONE_DAY, Nights, night_of
from housing.lodging.services import operating
from housing.lodging.services.applying import Wish, choose_bed, kept_stay
from housing.lodging.services.arriving import check_in
from housing.lodging.services.availability import fitting_beds, free_beds
from housing.lodging.services.changing import change_stay
from housing.lodging.services.closing import close_bed, reopen_bed
from housing.lodging.services.deciding import book_on_approval, hold_on_submission
from housing.lodging.services.expiring import pass_beds_on
from housing.lodging.services.missing import leave_due, miss_due
from housing.lodging.services.settling import nights_used
from housing.lodging.services.waiting import accept_offer, join_line, leave
from portal.accounts.models import Role
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import start_application
from portal.policy.services import load_policy
from tests.factories import SHANGHAI, staff
from tests.histories import Played, play
from tests.lodging.making import CODE, POLICY, beds_of, make_graduate, make_site, start_lodging
from tests.lodging.staying import make_porter

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BEGINS = datetime(2026, 12, 23, 9, 0, tzinfo=SHANGHAI)  # a Wednesday: arrivals from the 28th on
SHIPPED = Limits(per_stay=7, in_total=7, stays=1)  # LODGE-2023, JL-8
YEARLY = Limits(per_stay=7, in_total=12, per_year=4, stays=3)  # binds on either side of New Year

people = st.integers(0, 4)
counts = st.sampled_from([1, 2, 3, 4, 7, 8])
soon = st.integers(0, 6)


def submit_and_approve(draft: Application, *, at: datetime) -> None:
    """What both hooks of the programme do."""
    hold_on_submission(draft, at)
    book_on_approval(draft, None, at)


class History(Played):
    """A site of three rooms, five people and a porter; ``now`` only goes on."""

    refusals = (Refused, StepRefused)
    limits, policy_code = SHIPPED, POLICY
    pace = timedelta(0)

    @initialize(is_mixed=st.booleans(), guests=st.integers(0, 4), soon=soon, count=st.integers(1, 5))
    def begin(self, is_mixed: bool, guests: int, soon: int, count: int) -> None:
        """Some people are in house already, or everybody has still to ask."""
        world = type(self).make()
        self.people = world["people"]
        self.drafts = [Application.objects.get(pk=draft.pk) for draft in world["drafts"]]
        self.site = world["sites"][is_mixed]
        self.beds, self.clerk = beds_of(self.site), staff(Role.ADMINISTRATOR)
        self.porter = world["porters"][is_mixed]
        self.now = BEGINS
        self.is_swept = True
        self.slept: set[tuple[Any, Any, Any]] = set()
        for who in range(guests):
            self.book(who, soon, count, False)
            self.approve(who)
        for who in range(guests):
            self.somebodys_first_evening_comes(who, 19)
            self.arrive(who)

    # ── what people do ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(who=people, soon=soon, count=counts, accessible=st.booleans())
    def book(self, who: int, soon: int, count: int, accessible: bool) -> None:
        self.act(choose_bed, self.drafts[who], self.wish(who, soon, count, accessible), by=self.user(who))

    @rule(who=people, soon=soon, count=counts)
    def wait(self, who: int, soon: int, count: int) -> None:
        self.act(join_line, self.drafts[who], self.wish(who, soon, count, False), by=self.user(who))

    @rule(who=people)
    def accept(self, who: int) -> None:
        self.act(accept_offer, self.drafts[who], by=self.user(who))

    @rule(who=people)
    def stop_waiting(self, who: int) -> None:
        self.act(leave, self.drafts[who], by=self.user(who))

    @rule(who=people)
    def cancel(self, who: int) -> None:
        if stay := self.stay(who, StayState.BOOKED):
            self.act(change_stay, stay.pk, "cancel", by=self.user(who))

    @rule(who=people)
    def apply_again(self, who: int) -> None:
        if self.drafts[who].state == "approved":
            asked = {"programme_code": CODE, "policy_code": self.policy_code, "privacy_read_at": self.now}
            with suppress(StepRefused):
                self.drafts[who] = start_application(user=self.user(who), **asked, at=self.now)

    # ── what the office and the site do ────────────────────────────────────────────────────────────────────────────

    @rule(who=people)
    def approve(self, who: int) -> None:
        """The walk of the application is left out; what its submission and approval do to the bed is not."""
        draft = self.drafts[who]
        if draft.state == "draft" and self.act(submit_and_approve, draft):
            draft.state, draft.reference = "approved", f"T-{draft.pk.hex[:12]}"
            values = {"state": draft.state, "reference": draft.reference, "name_masked": "林**"}
            Application.objects.filter(pk=draft.pk).update(
                **values, submitted_at=self.now, submitted_on=self.now.date()
            )

    @rule(who=people)
    def arrive(self, who: int) -> None:
        if stay := self.stay(who, StayState.BOOKED):
            self.act(check_in, stay_id=stay.pk, member=self.porter)

    @rule(who=people, count=st.integers(1, 4))
    def extend(self, who: int, count: int) -> None:
        if stay := self.stay(who, StayState.IN):
            self.act(operating.extend, **self.at_counter(stay), count=count)

    @rule(who=people, bed=st.integers(0, 4))
    def move(self, who: int, bed: int) -> None:
        if stay := self.stay(who, StayState.BOOKED, StayState.IN):
            self.act(operating.move, **self.at_counter(stay), bed=self.beds[bed], reason="换床")

    @rule(who=people)
    def leave_early(self, who: int) -> None:
        if stay := self.stay(who, StayState.IN):
            self.act(operating.leave, **self.at_counter(stay))

    @rule(bed=st.integers(0, 4), soon=soon, count=st.integers(1, 3))
    def close(self, bed: int, soon: int, count: int) -> None:
        nights = Nights(night_of(self.now) + soon * ONE_DAY, count)
        self.act(close_bed, bed=self.beds[bed], nights=nights, reason="维修", by=self.clerk)

    @rule(number=st.integers(0, 3))
    def reopen(self, number: int) -> None:
        closures = list(BedClosure.objects.filter(ended_at=None).order_by("from_on", "bed__room__label", "bed__label"))
        for closure in closures[number : number + 1]:
            self.act(reopen_bed, closure_id=closure.pk, from_on=night_of(self.now), by=self.clerk)

    # ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(hours=st.sampled_from([1, 5, 9, 12, 13, 24, 39]), is_swept=st.booleans())
    def time_passes(self, hours: int, is_swept: bool) -> None:
        self.now += timedelta(hours=hours)
        if is_swept:
            self.sweep()

    @rule(who=people, hour=st.sampled_from([14, 19, 23]))
    def somebodys_first_evening_comes(self, who: int, hour: int) -> None:
        """So that arrivals are no rarity among all these hours; what was due on the way is swept on the way."""
        stay = self.stay(who, StayState.BOOKED)
        if stay is None:
            return
        evening = datetime.combine(stay.first_on, datetime.min.time(), SHANGHAI).replace(hour=hour)
        while self.now + timedelta(hours=12) < evening:
            self.now += timedelta(hours=12)
            self.sweep()
        self.now = max(self.now, evening)

    @rule()
    def sweep(self) -> None:
        """Twice: the second time there is nothing left to do."""
        for _turn in range(2):
            done = (pass_beds_on(at=self.now), miss_due(at=self.now), leave_due(at=self.now))
            pass_beds_on(at=self.now)  # what a missed bed gives to the line
        assert done == (0, 0, 0)
        self.is_swept = True

    # ── what is always so ──────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def no_bed_is_given_twice(self) -> None:
        given = Counter(BedNight.objects.values_list("bed", "on"))
        assert [key for key, times in given.items() if times > 1] == []

    @invariant()
    def no_night_is_lost(self) -> None:
        """A stay has the very nights of its days, for the purpose of its state; closed beds have theirs; no others."""
        wanted = Counter()
        for stay in Stay.objects.all():
            if stay.state in PURPOSES:
                wanted.update((stay.pk, None, on, str(PURPOSES[StayState(stay.state)])) for on in stay.planned.dates)
        for row in BedClosure.objects.all():
            last = row.until_on if row.ended_at is None else min(row.until_on, night_of(row.ended_at) - ONE_DAY)
            days = Nights.between(row.from_on, last).dates if last >= row.from_on else []
            wanted.update((None, row.pk, on, "closed") for on in days)
        assert Counter(BedNight.objects.values_list("stay", "closure", "on", "purpose")) == wanted

    @invariant()
    def what_was_slept_stays_slept(self) -> None:
        if not hasattr(self, "site"):
            return
        used = BedNight.objects.filter(purpose="used")
        found = set(used.values_list("stay", "bed", "on"))
        assert self.slept <= found
        self.slept |= {row for row in found if row[2] < night_of(self.now)}
        months = {on.replace(day=1) for _stay, _bed, on in self.slept}
        paid = sum(it.night_count for month in months for it in nights_used(self.site, month, at=self.now))
        assert paid == len(self.slept)

    @invariant()
    def a_room_night_stands_where_guests_are(self) -> None:
        guests = BedNight.objects.filter(stay__isnull=False)
        rows = set(guests.values_list("bed__room", "on", "room_night__sex", "room_night__room", "room_night__on"))
        assert all((room, on) == (shared, evening) for room, on, _sex, shared, evening in rows)
        sexes = {(room, on): sex for room, on, sex, _shared, _evening in rows}
        standing = {(room, on): sex for room, on, sex in RoomNight.objects.values_list("room", "on", "sex")}
        assert standing == sexes
        for sex, room_sex in guests.values_list("stay__sex", "room_night__sex"):
            assert room_sex in (sex, ANYBODY)

    @invariant()
    def no_limit_is_exceeded(self) -> None:
        limits = self.limits
        for person in getattr(self, "people", []):
            stays = list(Stay.objects.filter(person=person, state__in=KEPT))
            rows = (model.objects.filter(stay__in=stays) for model in (BedNight, ForfeitedNight))
            nights = [on for found in rows for on in found.values_list("on", flat=True)]
            assert len(nights) <= limits.in_total
            if limits.per_year:
                assert max(Counter(on.year for on in nights).values(), default=0) <= limits.per_year
            come = [stay for stay in stays if stay.state != StayState.NO_SHOW]
            assert all(stay.planned.count <= limits.per_stay for stay in come)
            years = Counter(stay.first_on.year for stay in come)
            assert max(years.values(), default=0) <= limits.stays

    @invariant()
    def the_line_has_no_gap(self) -> None:
        """Places count on from one; after a sweep nobody waits for a bed that is free. An offer is a held bed."""
        if not hasattr(self, "site"):
            return
        for offer in WaitingPlace.objects.filter(state=WaitingState.OFFERED).select_related("stay"):
            assert offer.stay.state in (StayState.HELD,)
            assert offer.stay.nights.count() == offer.stay.planned.count
        live = WaitingPlace.objects.filter(state__in=[WaitingState.WAITING, WaitingState.OFFERED])
        assert max(Counter(live.values_list("booking", flat=True)).values(), default=1) == 1
        if self.is_swept:
            for place in WaitingPlace.objects.filter(state=WaitingState.WAITING):
                beds = fitting_beds(place.site, place.nights, place.sex, needs_accessible=place.needs_accessible)
                assert not beds.exists()
        self.is_swept = False

    @invariant()
    def the_free_beds_are_those_without_a_night(self) -> None:
        if hasattr(self, "site"):
            shown = free_beds(self.site, Nights(night_of(self.now), 10))
            taken = Counter(BedNight.objects.filter(bed__in=self.beds).values_list("on", flat=True))
            assert [it.total for it in shown] == [len(self.beds) - taken[it.on] for it in shown]

    @invariant()
    def every_step_has_its_event(self) -> None:
        for stay in Stay.objects.prefetch_related("events"):
            assert sorted(event.version for event in stay.events.all()) == list(range(1, stay.version + 1))

    # ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def user(self, who: int) -> Any:
        return self.people[who].user

    def wish(self, who: int, soon: int, count: int, accessible: bool) -> Wish:
        first = max(night_of(self.now) + 3 * ONE_DAY, (BEGINS + 5 * ONE_DAY).date()) + soon * ONE_DAY
        sex = Sex.FEMALE if who < 3 else Sex.MALE
        return Wish(self.site, Nights(first, count), sex, needs_accessible=accessible)

    def stay(self, who: int, *states: str) -> Stay | None:
        """What becomes of somebody's newest application, where it stands like that."""
        stay = kept_stay(self.drafts[who])
        return stay if stay is not None and stay.state in states else None

    def at_counter(self, stay: Stay) -> dict[str, Any]:
        return {"stay_id": stay.pk, "member": self.porter, "expected_version": stay.version}


@pytest.fixture
def world() -> dict[str, Any]:
    """Made once: two hotels (rooms of one sex, mixed rooms) and five people with a draft each."""
    sites = [make_site(2, 2, 1, accessible=1, kind=SiteKind.HOTEL, has_same_sex_rooms=it) for it in (True, False)]
    for site in sites:
        SiteRate.objects.create(
            site=site, from_on=BEGINS.date(), night_fen=100, set_by=staff(Role.ADMINISTRATOR), set_at=BEGINS
        )
    people = [make_graduate(at=BEGINS) for _number in range(5)]
    return {
        "sites": sites,
        "porters": [make_porter(site) for site in sites],
        "people": people,
        "drafts": [start_lodging(person, at=BEGINS) for person in people],
    }


def test_no_history_breaks_what_is_promised(world):
    play(History, world, examples=15, steps=25)


class HistoryOfYears(History):
    """Under a policy whose nights are limited in each calendar year, and that gives several stays."""

    limits, policy_code = YEARLY, "LODGE-2023-B"


def test_no_history_breaks_a_yearly_limit_over_new_year(world):
    text = Path(settings.BASE_DIR, "housing/policy/LODGE-2023.yaml").read_text(encoding="utf-8")
    text = text.replace("code: LODGE-2023", "code: LODGE-2023-B")
    text = text.replace("per_stay: 7, in_total: 7, stays: 1", "per_stay: 7, in_total: 12, per_year: 4, stays: 3")
    Application.objects.update(policy_version=load_policy(text, at=BEGINS))
    play(HistoryOfYears, world, examples=15, steps=25)
