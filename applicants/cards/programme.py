"""The talent card programme 优才卡: what it asks beyond the profile, and what its approval makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, Q, QuerySet, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applicants.cards.models import LIVE, CardState, Recognition
from applicants.cards.services.applying import detail_of, recognitions_of, tiers_on
from applicants.cards.services.standing import cards_known_as
from applicants.people.models import Person
from portal.casework.models import Application
from portal.casework.programmes import DECLARATION, OwnSection, Programme, prior_grants, register

CODE = "talent-card"


def register_programme() -> None:
    """Add the talent card to the registry."""
    from applicants.cards.forms.applying import ContractForm, DeclarationForm, PortraitForm, RecognitionForm
    from applicants.cards.services.issuing import issue_on_approval
    from applicants.cards.services.outlook import card_outlook
    from applicants.cards.services.rechecking import weigh_answers
    from applicants.cards.services.standing import tier_on

    register(
        Programme(
            code=CODE,
            prefix="TC",
            title=_("优才卡"),
            summary=_("一张卡享受停车、景区、就医等礼遇，手机出示即可。"),
            icon="card",
            is_open=True,
            is_one_off=True,
            sections=("identity", "education", "employment"),
            own_sections=(
                OwnSection(
                    "recognitions",
                    _("人才认定"),
                    RecognitionForm,
                    is_complete=lambda application: detail_of(application).has_recognitions is not None,
                    answers=recognition_answers,
                    page="card_recognitions",
                ),
                OwnSection(
                    "contract",
                    _("合同期限"),
                    ContractForm,
                    is_complete=contract_is_complete,
                    answers=contract_answers,
                ),
                OwnSection(
                    "portrait",
                    _("证件照"),
                    PortraitForm,
                    is_complete=lambda application: detail_of(application).portrait_id is not None,
                    answers=portrait_answers,
                    page="card_portrait",
                    picture=portrait_address,
                ),
                OwnSection(
                    DECLARATION,
                    _("声明"),
                    DeclarationForm,
                    is_complete=lambda application: detail_of(application).is_declared_true,
                    answers=lambda application: {"is_declared_true": detail_of(application).is_declared_true},
                ),
            ),
            facts=declared_facts,
            facts_about=facts_about,
            on_approved=issue_on_approval,
            on_register_answer=weigh_answers,
            gives={"card_tier": tier_on},
            grants_of=cards_of,
            outlook=card_outlook,
        )
    )


def recognition_answers(application: Application) -> Mapping[str, Any]:
    """What is claimed, as a submission keeps it."""
    claimed = [
        {
            "tier": row.tier,
            "title": row.title,
            "issued_by": row.issued_by,
            "document_number": row.document_number,
            "recognised_on": row.recognised_on.isoformat(),
            "expires_on": row.expires_on.isoformat() if row.expires_on else "",
        }
        for row in recognitions_of(application.applicant)
    ]
    return {"has_recognitions": detail_of(application).has_recognitions, "recognitions": claimed}


def contract_is_complete(application: Application) -> bool:
    """Whether the contract's end is known, or that it has none."""
    detail = detail_of(application)
    return detail.is_contract_open_ended is True or detail.contract_ends_on is not None


def contract_answers(application: Application) -> Mapping[str, Any]:
    """The contract's end, as a submission keeps it."""
    detail = detail_of(application)
    ends_on = detail.contract_ends_on.isoformat() if detail.contract_ends_on else ""
    return {"is_contract_open_ended": detail.is_contract_open_ended, "contract_ends_on": ends_on}


def portrait_answers(application: Application) -> Mapping[str, Any]:
    """Which portrait, as a submission keeps it."""
    portrait = detail_of(application).portrait_id
    return {"portrait": str(portrait) if portrait else ""}


def portrait_address(answers: Mapping[str, Any]) -> str:
    """Where the portrait of a submission is shown."""
    portrait = answers.get("portrait")
    return reverse("portrait_image", args=[portrait]) if portrait else ""


def declared_facts(application: Application) -> Mapping[str, Any]:
    """The facts of recognitions (TC-1) and of a card held already (TC-5)."""
    on = application.submitted_on or timezone.localdate(application.created_at)
    facts = {"prior_grants": prior_grants(application.applicant, on=on)}
    if detail_of(application).has_recognitions is not None:
        facts["recognitions"] = tiers_on(recognitions_of(application.applicant), on)
    return facts


def facts_about(person: Person, on: date) -> Mapping[str, Any]:
    """The recognitions somebody claims; nothing where they never claimed any. One query."""
    claimed = list(Recognition.objects.filter(person=person).order_by("claimed_at", "id"))
    return {"recognitions": tiers_on(claimed, on)} if claimed else {}


def cards_of(person: Person, on: date | None = None) -> QuerySet[Any, Any]:
    """The live card of ``person``, whoever is linked with them, or whoever had the number they have now.

    One that may be renewed on the day ``on`` does not stand against an application of that day.
    """
    live = cards_known_as(person).filter(state__in=LIVE)
    if on is not None:
        renewable = Q(state=CardState.ACTIVE, renewal_opens_on__lte=on, renewal_closes_on__gte=on)
        live = live.exclude(renewable)
    live = live.annotate(fen=Value(0, output_field=BigIntegerField()))
    return live.values_list("application__policy_version__policy__code", "fen", "issued_at")
