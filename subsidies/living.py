"""The living subsidy programme 一次性生活补贴: what it asks beyond the profile, and what its approval makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Min, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from applicants.people.linking import known_as
from applicants.people.models import Person
from portal.casework.models import Application, Assessment
from portal.casework.programmes import DECLARATION, OwnSection, Programme, prior_grants, register
from portal.policy.assessing import Assessment as Assessed
from portal.policy.facts import Grant
from subsidies.models import LivingSubsidy, Payable

CODE = "living-subsidy"


def register_programme() -> None:
    """Add the living subsidy to the registry."""
    from subsidies.forms import DeclarationForm
    from subsidies.services.doubting import weigh_answers
    from subsidies.services.outlook import payment_outlook

    register(
        Programme(
            code=CODE,
            prefix="LS",
            title=_("一次性生活补贴"),
            summary=_("来石狮就业或创业的高校毕业生，符合条件可以申请，直接发到社会保障卡。"),
            icon="coin",
            is_open=True,
            is_one_off=True,
            sections=("identity", "education", "employment", "account"),
            own_sections=(
                OwnSection(
                    DECLARATION,
                    _("声明和公示告知"),
                    DeclarationForm,
                    is_complete=declaration_is_complete,
                    answers=declaration_answers,
                ),
            ),
            facts=declared_facts,
            on_approved=create_payables,
            on_register_answer=weigh_answers,
            grants_of=living_subsidies_of,
            outlook=payment_outlook,
        )
    )


def declaration_of(application: Application) -> LivingSubsidy:
    """The declaration row of ``application``; an unsaved empty one where nothing was declared yet."""
    return LivingSubsidy.objects.filter(application=application).first() or LivingSubsidy(
        pk=application.pk, application=application
    )


def declaration_is_complete(application: Application) -> bool:
    """Whether truth is declared, the public notice agreed to and earlier grants answered."""
    row = declaration_of(application)
    has_notice = application.policy_version.parsed.notice is not None
    return row.is_declared_true and row.has_earlier_grants is not None and (row.is_notice_agreed or not has_notice)


def declaration_answers(application: Application) -> Mapping[str, Any]:
    """What was declared, as a submission keeps it."""
    row = declaration_of(application)
    return {
        "is_declared_true": row.is_declared_true,
        "is_notice_agreed": row.is_notice_agreed,
        "has_earlier_grants": row.has_earlier_grants,
        "earlier_scheme": row.earlier_scheme,
        "earlier_area": row.earlier_area,
        "earlier_grants": row.earlier_grants,
    }


def declared_facts(application: Application) -> Mapping[str, Any]:
    """The fact of earlier grants (LS-8, YT-6): what the person declared and what this portal granted, together."""
    row = declaration_of(application)
    earlier = Grant(row.earlier_scheme, row.earlier_area, 0, application.submitted_on or date.min)
    declared = [earlier] if row.has_earlier_grants else []
    return {"prior_grants": prior_grants(application.applicant, *declared)}


def living_subsidies_of(person: Person, _on: date | None = None) -> QuerySet[Any, Any]:
    """What this portal has granted ``person``, whoever is linked with them, or whoever had the number they have now.

    One grant per approved application, with what is left of it where a part was cancelled.

    An application keeps the number it was accepted with: what was granted stays with that number when its person's
    changes.
    """
    everyone = known_as(person)
    same = Q(person__in=everyone.ids) | Q(application__number_hash__in=everyone.hashes)
    payables = Payable.objects.filter(same, programme=CODE, kind=Payable.Kind.INSTALMENT, cancelled_at__isnull=True)
    rows = payables.values("application", "policy_code").annotate(fen=Sum("gross_fen"), since=Min("approved_at"))
    return rows.order_by().values_list("policy_code", "fen", "since")


def create_payables(application: Application, assessment: Assessment, at: datetime) -> None:
    """Make one payable per instalment of the approved amount; called inside the approval's transaction."""
    plan = {rule.number: rule for rule in application.policy_version.parsed.instalments}
    for part in Assessed.from_json(assessment.result).instalments:
        Payable.objects.create(
            programme=CODE,
            town=application.town,
            policy_code=application.policy_version.policy.code,
            application=application,
            person=application.applicant,
            number=part.number,
            gross_fen=part.amount_fen,
            net_fen=part.amount_fen,  # neither policy has tax withheld (policy-facts 3.4: silent)
            due_on=part.due_on,
            approved_by=application.approver,
            approved_at=at,
            is_recheck_needed=bool(plan[part.rule].recheck),
        )
