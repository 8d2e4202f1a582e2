"""Entering a round and leaving it. Writes the entrants' states entered and left; the rest is services/offering.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from applicants.people.linking import known_as
from applicants.people.models import Paper, Person, person_number_hashes
from housing.apartments.models import (
    LIVE_ROUNDS,
    STANDING,
    ApartmentRequest,
    Entrant,
    EntrantAdult,
    EntrantState,
    EntrantWish,
    Lease,
    LeaseAdult,
    LeaseState,
    OfferState,
    Round,
    RoundState,
    UnitType,
)
from housing.apartments.services.applying import types_sentence, write_order
from housing.apartments.services.changing import speaks_for, terms_in
from housing.apartments.services.offering import end_offer
from housing.apartments.services.refusals import RoundRefused
from housing.apartments.services.rounds import lock_round
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.models import Application
from portal.casework.services.advancing import lock_application
from portal.casework.states import State
from portal.policy.assessing import Assessment


def enter_round(
    *,
    round_id: UUID,
    application_id: UUID,
    types: Sequence[UnitType],
    by: User,
    at: datetime,
    paper: Paper | None = None,
) -> Entrant:
    """Enter the household of an approved application into an open round, wishing for ``types`` in that order.

    What the ranking looks at is copied: tier of the deciding assessment, household, wishes. Who has left an open round
    enters it anew, with a new number; who stands in it already, for the same types, stays as they are. ``paper`` is
    what the applicant signed by hand, where a clerk takes it in. Raises RoundRefused, and StepRefused where the
    application is gone.
    """
    with transaction.atomic():
        application = lock_application(application_id)
        row = lock_round(round_id)
        request = _request_of(application, by=by, paper=paper)
        entrant = Entrant.objects.filter(round=row, application=application).first()
        if entrant is not None and entrant.state in STANDING:
            if [it.type for it in entrant.wishes.select_related("type")] == list(types):
                return entrant
            raise RoundRefused(_("您已经报名参加这个批次。要换房型，请先退出，再重新报名。"))
        if row.state != RoundState.OPEN or not row.opens_at <= at < row.freezes_at:
            raise RoundRefused(_("这个批次现在不能报名。"))
        if why := types_sentence(types, request.household_size):
            raise RoundRefused(why)
        if not set(types) <= set(types_in(row)):
            raise RoundRefused(_("请从这个批次的房型里选。"))
        adults = adults_of(application, request)
        _refuse_elsewhere([one for hashes in adults for one in hashes], row)
        row.entrant_count += 1
        row.save(update_fields=["entrant_count"])
        entrant = entrant or Entrant(round=row, application=application)
        entrant.number = row.entrant_count
        entrant.tier = tier_of(application)
        entrant.household_size = request.household_size or 1
        entrant.needs_accessible = request.needs_accessible
        entrant.state, entrant.state_at, entrant.entered_at = EntrantState.ENTERED, at, at
        entrant.paper = paper
        entrant.save()
        entrant.wishes.all().delete()
        write_order(EntrantWish(entrant=entrant, type=it) for it in types)
        try:
            with transaction.atomic():
                EntrantAdult.objects.bulk_create(
                    EntrantAdult(round=row, entrant=entrant, number_hash=hashes[0]) for hashes in adults
                )
        except IntegrityError:
            raise RoundRefused(_("一对夫妻只能一方报名：您或您的配偶已经报名参加这个批次。")) from None
        record(action="entrant.enter", actor=by, target=entrant, at=at, note=f"round {row.number}")
        return entrant


def leave_round(*, entrant_id: UUID, by: User, at: datetime, paper: Paper | None = None) -> Entrant:
    """Leave a round at any time before a unit is accepted; an open offer is withdrawn. Raises RoundRefused.

    ``paper`` is what the entrant signed by hand, where a clerk takes it in.

    After the freeze the entrant stays in the published list, and is passed over.
    """
    with transaction.atomic():
        known = Entrant.objects.values_list("application_id", "round_id").get(pk=entrant_id)
        application = lock_application(known[0])
        row = lock_round(known[1])
        if not speaks_for(application, by, paper):
            raise RoundRefused(_("只有报名的本人可以退出。"))
        Entrant.objects.select_for_update(no_key=True).values_list("pk").get(pk=entrant_id)
        for offer in Entrant.objects.get(pk=entrant_id).offers.filter(state=OfferState.OPEN):
            end_offer(offer_id=offer.pk, state=OfferState.WITHDRAWN, by=by, at=at, paper=paper)
        entrant = Entrant.objects.get(pk=entrant_id)
        if entrant.state == EntrantState.LEFT:
            return entrant
        if entrant.state not in STANDING:
            raise RoundRefused(_("您已经不在等候选房，不用退出。"))
        entrant.state, entrant.state_at, entrant.leaving_paper = EntrantState.LEFT, at, paper
        entrant.save(update_fields=["state", "state_at", "leaving_paper"])
        entrant.adults.all().delete()
        record(action="entrant.leave", actor=by, target=entrant, at=at, note=f"round {row.number}")
        return entrant


def rounds_to_enter(application: Application, *, at: datetime) -> QuerySet[Round]:
    """The rounds that are open now and that the application does not stand in, those that freeze first, first."""
    standing = Entrant.objects.filter(application=application, state__in=STANDING).values("round")
    rounds = Round.objects.filter(state=RoundState.OPEN, opens_at__lte=at, freezes_at__gt=at)
    return rounds.exclude(pk__in=standing).order_by("freezes_at", "pk")


def types_in(row: Round) -> list[UnitType]:
    """The kinds of unit that a round lets out, or let out, in the order of the catalogue."""
    return types_by_round([row])[row.pk]


def types_by_round(rounds: Iterable[Round]) -> dict[UUID, list[UnitType]]:
    """The same for many; one query."""
    found: dict[UUID, list[UnitType]] = {row.pk: [] for row in rounds}
    types = UnitType.objects.filter(units__rounds__round__in=found).annotate(round_id=F("units__rounds__round"))
    for it in types.distinct():
        found[it.round_id].append(it)
    return found


def is_used_up(application: Application) -> bool:
    """Whether the approval has led to a lease: one that was cancelled before anybody moved in does not count."""
    return Lease.objects.filter(application=application).exclude(state=LeaseState.CANCELLED).exists()


def tier_of(application: Application) -> str:
    """The tier that the deciding assessment gives, as the ladder calls it.

    Raises RoundRefused where there is none, or none that its policy has a price for.
    """
    newest = application.assessments.order_by("-number").first()
    tier = Assessment.from_json(newest.result).offer.tier if newest else ""
    if not any(tier in row.tiers for row in terms_in(application.policy_version).prices):
        raise RoundRefused(_("您的申请没有定下层次，不能报名。请联系我们。"))
    return tier


def adults_of(application: Application, request: ApartmentRequest) -> list[list[str]]:
    """The keyed hashes of each number of the couple, under every key, the newest first: the applicant's (those of
    everybody linked with them, too) and the spouse's.
    """
    people = Person.objects.filter(pk__in=known_as(application.applicant).ids).order_by("pk")
    own = [person_number_hashes(it.number, it.number_kind) for it in people if it.number]
    spouse = [person_number_hashes(request.spouse_number)] if request.spouse_number else []
    return list({hashes[0]: hashes for hashes in [*own, *spouse]}.values())


def _request_of(application: Application, *, by: User, paper: Paper | None) -> ApartmentRequest:
    """The household of an application that may enter rounds. Raises RoundRefused."""
    request = ApartmentRequest.objects.filter(application=application, household_size__isnull=False).first()
    if not speaks_for(application, by, paper):
        raise RoundRefused(_("只有申请人本人可以报名。"))
    if request is None or application.state != State.APPROVED:
        raise RoundRefused(_("申请批准以后才能报名。"))
    if is_used_up(application):
        raise RoundRefused(_("这件申请已经租到房，不能再报名。"))
    return request


def _refuse_elsewhere(hashes: Sequence[str], row: Round) -> None:
    """Nobody of the household rents an apartment, or waits for one in another round."""
    if LeaseAdult.objects.filter(number_hash__in=hashes).exists():
        raise RoundRefused(_("一对夫妻租一套：您或您的配偶已经租了一套人才公寓。"))
    waits = Q(entrant__state__in=STANDING, round__state__in=LIVE_ROUNDS)
    if EntrantAdult.objects.filter(waits, number_hash__in=hashes).exclude(round=row).exists():
        raise RoundRefused(_("您或您的配偶正在参加另一个批次。请先退出那一个，再报名。"))
