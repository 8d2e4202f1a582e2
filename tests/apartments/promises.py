"""What the design promises of units, offers, rounds and leases, counted anew from the rows whatever happened."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

from hypothesis.stateful import invariant

from housing.apartments.draw_checks import check_result
from housing.apartments.models import (
    LIVE_LEASES,
    LIVE_ROUNDS,
    STANDING,
    Entrant,
    EntrantAdult,
    EntrantState,
    Lease,
    LeaseAdult,
    LeaseState,
    Mode,
    Offer,
    OfferState,
    Round,
    RoundFile,
    RoundState,
    RoundUnit,
    Unit,
    UnitClosure,
    UnitDay,
)
from housing.apartments.pricing import ONE_DAY
from housing.apartments.services import drawing
from housing.apartments.services.entering import adults_of
from portal.casework.models import Application
from tests.factories import SHANGHAI
from tests.histories import Played

ALLOWED = 2  # refusals, APT-2023
RANKED = (RoundState.DRAWN, RoundState.PUBLISHED, RoundState.CLOSED, RoundState.SUPERSEDED)


class Promises(Played):
    """``lived`` is what was lived in units before today; right after a sweep nobody waits for what is free."""

    lived: set[tuple[Any, date]]

    @invariant()
    def every_day_of_a_unit_has_one_use_and_none_is_lost(self) -> None:
        """A lease that was not cancelled has the very days of its term, a closure those it was not ended before."""
        wanted: Counter[Any] = Counter()
        for lease in Lease.objects.exclude(state=LeaseState.CANCELLED):
            wanted.update((lease.unit_id, on, lease.pk, None) for on in days_of(lease.starts_on, lease.ends_on))
        for row in UnitClosure.objects.all():
            last = row.until_on if row.ended_at is None else min(row.until_on, local(row.ended_at) - ONE_DAY)
            wanted.update((row.unit_id, on, None, row.pk) for on in days_of(row.from_on, last))
        assert Counter(UnitDay.objects.values_list("unit", "on", "lease", "closure")) == wanted
        assert max(Counter((unit, on) for unit, on, _lease, _closure in wanted).values(), default=1) == 1

    @invariant()
    def what_was_lived_stays(self) -> None:
        if hasattr(self, "now"):
            there = UnitDay.objects.filter(lease__moved_in_on__isnull=False, on__lt=self.now.date())
            found = set(there.values_list("lease", "on"))
            assert self.lived <= found
            self.lived = found

    @invariant()
    def an_offer_stands_for_who_may_answer_it(self) -> None:
        """One for an entrant, one for a unit, only while a result stands, and never of a unit that is let."""
        offers = list(Offer.objects.filter(state=OfferState.OPEN).select_related("entrant", "round"))
        offered = {row.pk for row in Entrant.objects.filter(state=EntrantState.OFFERED)}
        assert sorted(offer.entrant_id for offer in offers) == sorted(offered)
        named = [offer.unit_id for offer in offers if offer.unit_id]
        assert len(named) == len(set(named))
        assert {offer.round.state for offer in offers} <= {RoundState.PUBLISHED}
        for offer in offers:
            assert (offer.unit_id is None) == (offer.round.mode == Mode.FIRST_COME)
            days = UnitDay.objects.filter(unit=offer.unit_id, on=offer.lease_starts_on)
            assert not days.exists()

    @invariant()
    def an_accepted_offer_has_its_lease(self) -> None:
        accepted = set(Offer.objects.filter(state=OfferState.ACCEPTED).values_list("pk", "unit", "entrant"))
        leases = set(Lease.objects.filter(previous=None).values_list("offer", "unit", "offer__entrant"))
        assert leases == accepted
        housed = set(Entrant.objects.filter(state=EntrantState.HOUSED).values_list("pk", flat=True))
        assert housed == {entrant for _offer, _unit, entrant in accepted}

    @invariant()
    def refusals_are_counted_and_bounded(self) -> None:
        for entrant in Entrant.objects.prefetch_related("offers"):
            counted = [it for it in entrant.offers.all() if it.state in (OfferState.REFUSED, OfferState.EXPIRED)]
            assert entrant.refusals == len(counted) <= ALLOWED + 1
            if entrant.state == EntrantState.PASSED_OUT:
                assert entrant.refusals == ALLOWED + 1
            elif entrant.state in (EntrantState.RANKED, EntrantState.OFFERED):
                assert entrant.refusals <= ALLOWED

    @invariant()
    def a_couple_stands_once_and_rents_once(self) -> None:
        """The hashes of adults are there for the live leases and the standing entrants, and for nobody else."""
        leases = Lease.objects.filter(state__in=LIVE_LEASES).exclude(
            previous__isnull=False, state__in=["drafted", "signed"]
        )
        wanted = Counter(one for lease in leases for one in self.adults(lease.application_id))
        assert Counter(LeaseAdult.objects.values_list("number_hash", flat=True)) == wanted
        assert max(wanted.values(), default=1) == 1
        gone = [EntrantState.LEFT, EntrantState.UNSERVED]
        kept = Entrant.objects.exclude(state__in=gone)
        asked = Counter((it.round_id, one) for it in kept for one in self.adults(it.application_id))
        assert Counter(EntrantAdult.objects.values_list("round", "number_hash")) == asked
        assert max(asked.values(), default=1) == 1
        live = kept.filter(state__in=STANDING, round__state__in=LIVE_ROUNDS)
        waits = Counter(one for it in live for one in self.adults(it.application_id))
        assert max(waits.values(), default=1) == 1

    @invariant()
    def ranks_are_those_of_the_file_and_the_file_holds(self) -> None:
        """Also of results that were taken back: they stay published, and still replay."""
        for row in Round.objects.filter(state__in=RANKED):
            content = bytes(RoundFile.objects.get(round=row, kind=RoundFile.Kind.RESULT).content)
            asked = {"commitment": row.commitment, "entrants_sha256": row.entrants_sha256}
            assert [it for it in check_result(content, **asked) if it.outcome == "failed"] == []
            ranked = Entrant.objects.filter(round=row).exclude(rank=None).order_by("rank")
            numbers, ranks = [it.number for it in ranked], [it.rank for it in ranked]
            assert (numbers, ranks) == (drawing.ranking_of(row), list(range(1, len(ranks) + 1)))
        unranked = Round.objects.exclude(state__in=[*RANKED, RoundState.ANNULLED])
        assert not Entrant.objects.filter(round__in=unranked).exclude(rank=None).exists()

    @invariant()
    def a_round_that_is_over_keeps_nothing(self) -> None:
        live = Counter(RoundUnit.objects.filter(released_at=None).values_list("unit", flat=True))
        assert max(live.values(), default=1) == 1
        over = Round.objects.exclude(state__in=LIVE_ROUNDS)
        assert not RoundUnit.objects.filter(round__in=over, released_at=None).exists()
        assert not Entrant.objects.filter(round__in=over, state__in=STANDING).exists()

    @invariant()
    def nobody_waits_for_a_unit_that_is_free(self) -> None:
        """After a sweep: who still waits does not wish for anything that is free, or has refused it."""
        if not getattr(self, "is_swept", False):
            return
        for entrant in Entrant.objects.filter(state=EntrantState.RANKED, round__state=RoundState.PUBLISHED):
            offers = entrant.offers.filter(state__in=[OfferState.REFUSED, OfferState.EXPIRED])
            refused = set(offers.values_list("type" if entrant.round.mode == Mode.FIRST_COME else "unit", flat=True))
            for unit in Unit.objects.filter(rounds__round=entrant.round, rounds__released_at=None, retired_at=None):
                seen = unit.type_id if entrant.round.mode == Mode.FIRST_COME else unit.pk
                is_wished = entrant.wishes.filter(type=unit.type_id).exists()
                is_taken = unit.days.filter(on__gte=self.now.date()).exists()
                is_taken |= unit.offers.filter(state=OfferState.OPEN).exists()
                assert seen in refused or not is_wished or is_taken, (entrant.number, unit.label)
        self.is_swept = False

    @invariant()
    def no_state_is_without_its_event(self) -> None:
        for lease in Lease.objects.prefetch_related("events"):
            events = sorted(lease.events.all(), key=lambda it: it.version)
            assert [it.version for it in events] == list(range(1, lease.version + 1))
            assert events[-1].to_state == lease.state
            assert [it.from_state for it in events[1:]] == [it.to_state for it in events[:-1]]

    def adults(self, application_id: Any) -> list[str]:
        row = Application.objects.select_related("applicant", "apartment_request").get(pk=application_id)
        return [hashes[0] for hashes in adults_of(row, row.apartment_request)]


def days_of(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + number * ONE_DAY for number in range((last - first).days + 1)]


def local(at: datetime) -> date:
    """The day on which a stored moment falls in Shishi."""
    return at.astimezone(SHANGHAI).date()
