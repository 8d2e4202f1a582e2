"""What an application for lodging declares: answers as a submission keeps them, facts as the policy reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from applicants.people.models import Person
from housing.lodging.limits import most_in_a_year, stays_in_year
from housing.lodging.services.applying import detail_of
from housing.lodging.services.counting import taken_by
from portal.casework.models import Application


def booking_answers(application: Application) -> Mapping[str, Any]:
    """Site, nights and needs, as a submission keeps them."""
    detail = detail_of(application)
    place = detail.site.place if detail.site else None
    return {
        "site": {"zh": place.name_zh, "en": place.name_en or place.name_zh} if place else "",
        "first_on": detail.first_on.isoformat() if detail.first_on else "",
        "night_count": detail.night_count,
        "sex": detail.sex,
        "needs_accessible": detail.needs_accessible,
        "needs": detail.needs,
    }


def job_search_answers(application: Application) -> Mapping[str, Any]:
    """The proof of looking for a job, as a submission keeps it."""
    detail = detail_of(application)
    issued_on = detail.job_proof_on.isoformat() if detail.job_proof_on else ""
    return {"job_proof": detail.job_proof, "job_proof_on": issued_on}


def declaration_answers(application: Application) -> Mapping[str, Any]:
    """Whether the declaration is ticked."""
    return {"is_declared_true": detail_of(application).is_declared_true}


def declared_facts(application: Application) -> Mapping[str, Any]:
    """The facts of the stay asked for, of those had before, of the proof, and of what the declaration says.

    The declaration says that there is no home and no insurance in the city: registers and papers may say otherwise.
    """
    detail, facts = detail_of(application), dict[str, Any]()
    if detail.nights is not None:
        taken = taken_by(application.applicant, without=detail)
        facts |= {
            "arrive_on": detail.nights.first,
            "nights_wanted": str(detail.nights.count),
            "nights_used": str(len(taken.nights)),
            "nights_in_a_year": str(most_in_a_year(taken.nights, detail.nights)),
            "stays_this_year": str(stays_in_year(taken, detail.nights.first.year)),
        }
    if detail.job_proof and detail.job_proof_on:
        facts["job_proofs"] = f"{detail.job_proof}@{detail.job_proof_on.isoformat()}"
    if detail.is_declared_true:
        facts |= {"homes": "-", "insurance": "-"}
    return facts


def facts_about(person: Person, on: date) -> Mapping[str, Any]:
    """The free nights that somebody has had, whatever is applied for."""
    return {"nights_used": str(len(taken_by(person).nights))}


def town_of(application: Application) -> str:
    """The town of the site: whose people decide."""
    site = detail_of(application).site
    return site.place.town if site else ""
