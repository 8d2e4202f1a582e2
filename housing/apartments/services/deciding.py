"""What an approval needs beside the clauses: that a couple can be told to be one."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from applicants.people.models import person_number_hash
from applicants.registers.services import spouse_told
from housing.apartments.services.applying import detail_of
from portal.casework.models import Application, Assessment
from portal.casework.services.advancing import StepRefused


def refuse_unnamed_spouse(application: Application, assessment: Assessment | None, at: datetime) -> None:
    """Let nobody enter rounds without the spouse that the papers or the marriage register name.

    A couple is kept to one unit by both numbers (TA-6), so a missing or wrong one would let it have two. Raises
    StepRefused.
    """
    declared = detail_of(application).spouse_number
    is_married = assessment is not None and assessment.facts["facts"].get("married", {}).get("value") == "yes"
    if is_married and not declared:
        raise StepRefused(_("申请人已婚，但没有填写配偶。请退回补正“家庭情况”。"))
    told = spouse_told(application.applicant, asked_for=application.pk, at=at)
    if told is not None and (not declared or person_number_hash(declared) != person_number_hash(told.number)):
        raise StepRefused(_("填写的配偶和婚姻登记的不一致。请退回补正“家庭情况”。"))
