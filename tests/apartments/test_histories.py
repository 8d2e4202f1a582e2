"""Random histories of rounds, offers, leases and exits: whatever happens in whatever order, the rows stay true.

Each history is played through the services in a savepoint of its own. What is refused is refused whole; after every
step all that the design promises is counted anew from the rows (promises.py).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from housing.apartments.models import (
    LIVE_ROUNDS,
    LIVING_IN,
    STANDING,
    Contract,
    Entrant,
    Lease,
    LeaseState,
    Mode,
    Offer,
    OfferState,
    Round,
    RoundState,
    RoundUnit,
    Unit,
    UnitClosure,
)
from housing.apartments.services import annulling, closing, drawing, occupying, opening, reconsidering
from housing.apartments.services.changing import change_lease
from housing.apartments.services.entering import enter_round, leave_round
from housing.apartments.services.freezing import freeze_due
from housing.apartments.services.handing_over import digest_of, inventory_for, sign_handover, write_handover
from housing.apartments.services.offering import accept_offer, end_offer
from housing.apartments.services.outlook import apartment_outlook
from housing.apartments.services.passing_on import pass_on
from housing.apartments.services.signing import Proof, lapse_unsigned, sign_contract
from housing.apartments.services.withdrawing import withdraw_offer
from portal.accounts.models import Role
from portal.casework.models import Application
from portal.casework.programmes import prior_grants
from tests.apartments.lease_making import furnish, make_text
from tests.apartments.making import AT, DAY, load_apartment_policy, make_approved, make_building, make_type
from tests.apartments.promises import Promises
from tests.apartments.walking import give_tier
from tests.factories import SHANGHAI, make_person, make_staff, staff
from tests.histories import play
from tests.partners.making import make_manager, make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TIERS = ("MST", "PHD", "BSC", "MST", "L3")  # of the five people; the first two are a couple

people = st.integers(0, 4)
modes = st.sampled_from(list(Mode))
soon = st.sampled_from([0, 20, 45, 200])  # days


class History(Promises):
    """A building of four units in two kinds, five people of whom two are a couple; ``now`` only goes on."""

    @initialize(mode=modes, guests=st.integers(0, 5), is_drawn=st.booleans(), accepting=st.integers(0, 3))
    def begin(self, mode: str, guests: int, is_drawn: bool, accepting: int) -> None:
        """Nothing is there yet, or a round is open, or drawn, or some have rented."""
        vars(self).update(type(self).make())
        self.now, self.is_swept = AT, False
        self.lived: set[tuple[Any, date]] = set()
        self.applications = [Application.objects.get(pk=one.pk) for one in self.applications]
        if not guests:
            return
        self.a_round_opens(mode, 4)
        for who in range(guests):
            self.enter(who, [0, 1])
        if is_drawn:
            self.the_round_is_drawn(True)
            for who in range(accepting):
                self.accept(who)
                self.both_sign(who)
                self.move_in(who)

    # ── rounds ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(mode=modes, count=st.integers(1, 4))
    def a_round_opens(self, mode: str, count: int) -> None:
        """Of so many of the units that no other round has; people enter for a week."""
        if Round.objects.filter(state__in=LIVE_ROUNDS).count() > 1:
            return
        draws_at = self.now + 10 * DAY
        values = {
            "title_zh": "一批",
            "mode": mode,
            "opens_at": self.now,
            "freezes_at": self.now + 7 * DAY,
            "draw_at": draws_at,
            "lease_starts_on": (draws_at.date() + 30 * DAY).replace(day=1),
        }
        if mode in (Mode.LOTTERY, Mode.TIERS_THEN_LOTTERY):
            values |= {"public_value_zh": "上证综合指数收盘", "public_value_at": draws_at}
        units = [unit.pk for unit in opening.choosable_units()[:count]]
        if row := self.act(opening.make_round, values=values, units=units, by=self.admin):
            self.act(opening.open_round, row.pk, by=self.admin)

    @rule(is_published=st.booleans())
    def the_round_is_drawn(self, is_published: bool) -> None:
        """Its moment comes: the list freezes, the draw runs, the ranks are written, the result is public."""
        row = self.round(RoundState.OPEN, RoundState.FROZEN)
        if row is None:
            return
        for moment in (row.freezes_at, row.draw_at):
            self.now = max(self.now, moment)
            self.sweep()
        self.act(drawing.note_witness, row.pk, name="杨公证", function="公证员", has_agreed=True, by=self.admin)
        self.act(drawing.draw_round, row.pk, public_value="3012.55" if row.commitment else "", by=self.admin)
        self.act(drawing.write_ranks, row.pk)
        if is_published:
            self.publish()

    @rule()
    def publish(self) -> None:
        if row := self.round(RoundState.DRAWN):
            self.act(drawing.publish_round, row.pk, by=self.admin)
            self.sweep()

    @rule()
    def annul(self) -> None:
        if row := self.round(RoundState.OPEN, RoundState.FROZEN, RoundState.DRAWN, RoundState.PUBLISHED):
            self.act(annulling.propose_annulment, row.pk, reason="系统故障", by=self.admin)
            self.act(annulling.confirm_annulment, row.pk, by=self.second_admin)
            self.sweep()

    @rule(who=people, is_upheld=st.booleans())
    def reconsider(self, who: int, is_upheld: bool) -> None:
        for entrant in Entrant.objects.filter(application=self.applications[who]):
            if asked := self.act(reconsidering.ask_reconsideration, entrant.pk, reason="请再核对", by=self.user(who)):
                said = {"is_upheld": is_upheld, "answer": "已核对", "by": self.approver}
                self.act(reconsidering.decide_reconsideration, asked.pk, **said)
                self.sweep()

    @rule()
    def close(self) -> None:
        if row := self.round(RoundState.PUBLISHED):
            self.act(closing.close_round, row.pk, by=self.admin)
            self.sweep()

    # ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(who=people, wishes=st.permutations([0, 1]))
    def enter(self, who: int, wishes: list[int]) -> None:
        if row := self.round(RoundState.OPEN):
            wished = [self.types[one] for one in wishes]
            fitting = [kind for kind in wished if kind.is_for(self.applications[who].apartment_request.household_size)]
            there = set(RoundUnit.objects.filter(round=row).values_list("unit__type", flat=True))
            types = [kind for kind in fitting if kind.pk in there]
            asked = {"application_id": self.applications[who].pk, "types": types, "by": self.user(who)}
            self.act(enter_round, round_id=row.pk, **asked)

    @rule(who=people)
    def leave(self, who: int) -> None:
        for entrant in Entrant.objects.filter(application=self.applications[who], state__in=STANDING):
            self.act(leave_round, entrant_id=entrant.pk, by=self.user(who))

    @rule(who=people)
    def accept(self, who: int) -> None:
        if offer := self.offer(who):
            self.act(accept_offer, offer_id=offer.pk, by=self.user(who))

    @rule(who=people)
    def refuse(self, who: int) -> None:
        if offer := self.offer(who):
            self.act(end_offer, offer_id=offer.pk, state=OfferState.REFUSED, by=self.user(who))
            self.sweep()

    @rule(who=people)
    def an_offer_is_taken_back(self, who: int) -> None:
        if offer := self.offer(who):
            self.act(withdraw_offer, offer_id=offer.pk, reason="水管漏水", by=self.admin)

    @rule(who=people)
    def apply_again(self, who: int) -> None:
        """Where they are told that they may: nothing of theirs stands against it. The walk there is left out."""
        row = self.applications[who]
        issued = apartment_outlook([row], self.now.date())[row.pk].issued
        if issued and issued.is_over:
            assert prior_grants(row.applicant) == "-"
            spouse = row.apartment_request.spouse_number
            again = make_approved(row.applicant, spouse_number=spouse, household=2 if spouse else 1, at=self.now)
            self.applications[who] = give_tier(again, TIERS[who], at=self.now)

    # ── leases ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(who=people)
    def both_sign(self, who: int) -> None:
        self.sign(who, is_tenant=False)
        self.sign(who, is_tenant=True)

    @rule(who=people, is_tenant=st.booleans())
    def sign(self, who: int, is_tenant: bool) -> None:
        if lease := self.lease(who, LeaseState.DRAFTED):
            self.draw_contracts()
            by = {"by": self.user(who)} if is_tenant else {"by": self.porter.user, "member": self.porter}
            proof, seen = Proof(self.now, "password" if is_tenant else "pin"), Contract.objects.get(lease=lease).sha256
            self.act(sign_contract, lease_id=lease.pk, seen_sha256=seen, proof=proof, **by)

    @rule(who=people)
    def cancel(self, who: int) -> None:
        if lease := self.lease(who, LeaseState.DRAFTED, LeaseState.SIGNED):
            self.act(change_lease, lease.pk, "cancel", by=self.user(who), reason="不来石狮了")

    @rule(who=people)
    def move_in(self, who: int) -> None:
        if lease := self.lease(who, LeaseState.SIGNED):
            self.now = max(self.now, datetime.combine(lease.starts_on, AT.time(), SHANGHAI))
            self.hand_over(lease, "in")

    @rule(who=people, days=st.sampled_from([0, 30, 90]))
    def give_notice(self, who: int, days: int) -> None:
        if lease := self.lease(who, LeaseState.RUNNING):
            until = min(self.now.date() + days * DAY, lease.ends_on)
            self.act(change_lease, lease.pk, "give_notice", by=self.user(who), until=until)

    @rule(who=people, name=st.sampled_from(["lose_status", "terminate", "restore"]), days=soon)
    def the_office_decides(self, who: int, name: str, days: int) -> None:
        if lease := self.lease(who, *LIVING_IN):
            until = self.now.date() + days * DAY
            self.act(change_lease, lease.pk, name, by=self.approver, until=until, reason="核查结果")

    @rule(who=people)
    def move_out(self, who: int) -> None:
        if lease := self.lease(who, *LIVING_IN):
            self.hand_over(lease, "out")

    def hand_over(self, lease: Lease, direction: str) -> None:
        lines = inventory_for(lease, direction)
        said = {"on": self.now.date(), "key_count": 2, "meters": {"water": "1"}, "note": "", "lines": lines}
        if row := self.act(write_handover, lease_id=lease.pk, direction=direction, member=self.porter, **said):
            self.act(sign_handover, handover_id=row.pk, seen_sha256=digest_of(row), by=lease.person.user)

    # ── units and time ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(unit=st.integers(0, 3), days=soon, count=st.sampled_from([1, 40, 366]))
    def close_unit(self, unit: int, days: int, count: int) -> None:
        first = self.now.date() + days * DAY
        asked = {"unit": self.units[unit], "first": first, "last": first + (count - 1) * DAY, "reason": "维修"}
        self.act(occupying.close_unit, **asked, by=self.admin)

    @rule(number=st.integers(0, 1))
    def reopen_unit(self, number: int) -> None:
        for closure in UnitClosure.objects.filter(ended_at=None).order_by("from_on", "pk")[number : number + 1]:
            self.act(occupying.reopen_unit, closure_id=closure.pk, from_on=self.now.date(), by=self.admin)

    @rule(days=st.sampled_from([1, 3, 8, 31, 120]), is_swept=st.booleans())
    def time_passes(self, days: int, is_swept: bool) -> None:
        self.now += days * DAY
        self.is_swept = False
        if is_swept:
            self.sweep()

    @rule()
    def sweep(self) -> None:
        """Twice: the second time there is nothing left to do."""
        for _turn in range(2):
            done = (freeze_due(at=self.now), drawing.rank_due(at=self.now), closing.finish_due(at=self.now))
            done += (lapse_unsigned(at=self.now), pass_on(at=self.now))
        assert done == (0, 0, 0, 0, 0)
        self.is_swept = True

    # ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def draw_contracts(self) -> None:
        """As the sweep does, without drawing a PDF each time (tests/apartments/test_signing.py draws them)."""
        for lease in Lease.objects.filter(state=LeaseState.DRAFTED, contract=None):
            values = {"template": self.text, "stored_as": f"contracts/{lease.pk}", "sha256": "c0" * 32, "size": 1}
            Contract.objects.create(lease=lease, text={}, made_at=self.now, **values)

    def user(self, who: int) -> Any:
        return self.applications[who].applicant.user

    def round(self, *states: str) -> Round | None:
        return Round.objects.filter(state__in=states).order_by("state_at", "number").first()

    def offer(self, who: int) -> Offer | None:
        return Offer.objects.filter(state=OfferState.OPEN, entrant__application=self.applications[who]).first()

    def lease(self, who: int, *states: str) -> Lease | None:
        person = self.applications[who].applicant
        return Lease.objects.filter(person=person, state__in=states).select_related("person", "unit").first()


@pytest.fixture
def world() -> dict[str, Any]:
    """Made once: four units, five people with an approval each, an operator and those who decide."""
    load_apartment_policy()
    types = [make_type(), make_type("two-room", rooms=2, to=4)]
    building = make_building(4)
    Unit.objects.filter(building=building, label="104").update(type=types[1])
    units = list(building.units.all())
    for unit in units:
        furnish(unit)
    people = [make_person(at=AT) for _turn in range(5)]
    spouses = [people[1].number, people[0].number, "", "", ""]
    sizes = [2, 2, 1, 3, 1]
    rows = zip(people, spouses, sizes, TIERS, strict=True)
    return {
        "types": types,
        "units": units,
        "applications": [
            give_tier(make_approved(one, spouse_number=spouse, household=size), tier)
            for one, spouse, size, tier in rows
        ],
        "admin": staff(Role.ADMINISTRATOR),
        "second_admin": make_staff(Role.ADMINISTRATOR),
        "approver": staff(Role.APPROVER),
        "porter": make_operator(
            make_manager(building.place.partner), building.place, role="apartment_operator", name="蔡管家"
        ),
        "text": make_text(),
    }


def test_no_history_breaks_what_is_promised(world):
    play(History, world, examples=15, steps=25)
