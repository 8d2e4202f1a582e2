"""Worked examples of the rent for the public page: made by the very functions that make the bills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from housing.apartments.pricing import RentPlan, entitled_dm2, percents_of
from housing.apartments.services.outlook import Year, years_of
from portal.policy.offers import Rung
from portal.policy.schema import PolicyDocument

DM2_PER_M2 = 100
LARGER = 5 / 4  # of the area entitled to


@dataclass(frozen=True)
class Example:
    """A unit of so many m² for a tier, at the policy's market rent."""

    tier: str  # its title
    area_m2: float
    entitled_m2: float
    market_fen: int
    years: tuple[Year, ...]


def examples_of(document: PolicyDocument) -> list[Example]:
    """One example for each tier of the ladder that gets an apartment: a unit of exactly the area it is entitled to."""
    return [_example(document, rung, 1) for rung in _rungs(document)]


def larger_example(document: PolicyDocument) -> Example | None:
    """Somebody of the last rung but one in a unit a quarter larger: what is beyond costs the market rent."""
    rungs = _rungs(document)
    return _example(document, rungs[-2:][0], LARGER) if rungs else None


def _rungs(document: PolicyDocument) -> list[Rung]:
    rows = document.apartment.units if document.apartment else ()
    return [rung for rung in document.ladder if any(rung.code in row.tiers for row in rows)]


def _example(document: PolicyDocument, rung: Rung, share: float) -> Example:
    terms = document.apartment
    if terms is None:
        raise ValueError("A policy of apartments has terms of apartments.")
    entitled = entitled_dm2(terms, rung.code)
    area = int(entitled * share)
    market = area * terms.market_rent_yuan_per_m2 * 100 // DM2_PER_M2
    plan = RentPlan(market, area, entitled, percents_of(terms, rung.code), date(2026, 1, 1))
    return Example(str(rung.title), area / DM2_PER_M2, entitled / DM2_PER_M2, market, years_of(plan))
