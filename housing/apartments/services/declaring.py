"""What an application for an apartment declares: answers as a submission keeps them, facts as the policy reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from applicants.people.linking import known_as
from applicants.people.masking import desk_mask_number
from applicants.people.models import Person, person_number_hashes
from housing.apartments.models import LIVE_LEASES, NO_TIER, Lease, LeaseAdult
from housing.apartments.services.applying import detail_of, requested_types
from portal.casework.models import Application
from portal.casework.programmes import prior_grants
from portal.city import city
from portal.policy.facts import Grant, write_value

NONE = "-"


def household_answers(application: Application) -> Mapping[str, Any]:
    """The household, as a submission keeps it; of the spouse's number only what staff see."""
    detail = detail_of(application)
    return {
        "household_size": detail.household_size,
        "has_spouse": detail.has_spouse,
        "spouse_name": detail.spouse_name,
        "spouse_number": desk_mask_number(detail.spouse_number) if detail.spouse_number else "",
        "spouse_tier": detail.spouse_tier,
        "tier": detail.tier,
        "has_home": detail.has_home,
        "needs_accessible": detail.needs_accessible,
    }


def type_answers(application: Application) -> Mapping[str, Any]:
    """The kinds of unit, as a submission keeps them: titles in both languages, in the order of liking."""
    types = requested_types(application)
    return {"types": [{"zh": it.title_zh, "en": it.title_en or it.title_zh} for it in types]}


def declaration_answers(application: Application) -> Mapping[str, Any]:
    """What is ticked."""
    detail = detail_of(application)
    return {"is_declared_true": detail.is_declared_true, "is_notice_agreed": detail.is_notice_agreed}


def declared_facts(application: Application) -> Mapping[str, Any]:
    """The facts of recognitions (TA-1, the ladder), of homes (TA-5), of the spouse (TA-6) and of leases (TA-7).

    Whoever says that there is a home declares nothing of it: a reviewer reads the record of the register.
    """
    detail = detail_of(application)
    facts: dict[str, Any] = {"prior_grants": prior_grants(application.applicant, on=application.submitted_on)}
    if detail.tier:
        facts["recognitions"] = _tier(detail.tier)
    if detail.has_spouse is not None:
        facts["married"] = "yes" if detail.has_spouse else "no"
    if detail.has_home is False:
        facts |= {"homes": NONE, "children_homes": NONE}
    if detail.has_spouse:
        facts["spouse_recognitions"] = _tier(detail.spouse_tier)
        facts["spouse_grants"] = spouse_leases(detail.spouse_number)
        if detail.has_home is False:
            facts["spouse_homes"] = NONE
    return facts


def leases_of(person: Person, _on: date | None = None) -> QuerySet[Any, Any]:
    """What is let to ``person``, whoever is linked with them, or whoever had the number they have now.

    What has ended counts no more (TA-7: rents none yet); a renewal that waits counts as what it renews.
    """
    everyone = known_as(person)
    same = Q(person__in=everyone.ids) | Q(application__number_hash__in=everyone.hashes)
    return _granted(same)


def spouse_leases(number: str) -> str:
    """The fact ``spouse_grants``: the leases in which the holder of ``number`` is tenant or spouse."""
    hashes = person_number_hashes(number)
    lives_there = Exists(LeaseAdult.objects.filter(lease=OuterRef("pk"), number_hash__in=hashes))
    rows = _granted(Q(person__number_hash__in=hashes) | Q(application__number_hash__in=hashes) | Q(lives_there))
    grants = tuple(Grant(scheme, city().code, fen, timezone.localdate(at)) for scheme, fen, at in rows)
    return write_value(grants) or NONE


def _granted(same: Q) -> QuerySet[Any, Any]:
    leases = Lease.objects.filter(same, state__in=LIVE_LEASES).exclude(previous__state__in=LIVE_LEASES)
    since = Coalesce("offer__state_at", "state_at")  # of a renewal that runs: its beginning
    leases = leases.annotate(fen=Value(0, output_field=BigIntegerField()), since=since)
    return leases.order_by().values_list("application__policy_version__policy__code", "fen", "since")


def _tier(answer: str) -> str:
    return NONE if answer in ("", NO_TIER) else answer
