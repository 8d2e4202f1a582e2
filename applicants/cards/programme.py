"""The talent card programme 优才卡: what it asks beyond the profile, and what its approval makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import BigIntegerField, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from applicants.cards.models import LIVE, Card
from applicants.cards.services.applying import detail_of, recognitions_of
from applicants.people.linking import known_as
from applicants.people.models import Person
from portal.casework.models import Application
from portal.casework.programmes import DECLARATION, OwnSection, Programme, grants_of, register

CODE = "talent-card"


def register_programme() -> None:
    """Add the talent card to the registry."""
    from applicants.cards.forms.applying import ContractForm, DeclarationForm, PortraitForm, RecognitionForm
    from applicants.cards.services.issuing import issue_on_approval

    register(
        Programme(
            code=CODE,
            prefix="TC",
            title=_("优才卡"),
            summary=_("一张卡享受停车、景区、就医等礼遇，手机出示即可。"),
            icon="card",
            is_open=False,
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
            on_approved=issue_on_approval,
            grants_of=cards_of,
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
        for row in recognitions_of(application)
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


def declared_facts(application: Application) -> Mapping[str, Any]:
    """The facts of recognitions (TC-1) and of a card held already (TC-5).

    Recognitions that have expired by the application date, or were withdrawn, are left out. Notation of the facts:
    tiers joined by ``;``; ``scheme@area@yuan@date`` joined by ``;``; ``-`` for none.
    """
    detail = detail_of(application)
    facts: dict[str, Any] = {
        "prior_grants": ";".join(
            f"{grant.scheme}@{grant.area_code}@{grant.amount_fen // 100}@{grant.granted_on.isoformat()}"
            for grant in grants_of(application.applicant)
        )
        or "-"
    }
    if detail.has_recognitions is not None:
        on = application.submitted_on or timezone.localdate()
        tiers = [
            row.tier
            for row in recognitions_of(application)
            if row.withdrawn_on is None and (row.expires_on is None or row.expires_on >= on)
        ]
        facts["recognitions"] = ";".join(dict.fromkeys(tiers)) or "-"
    return facts


def cards_of(person: Person) -> QuerySet[Any, Any]:
    """The live card of ``person``, whoever is linked with them, or whoever had the number they have now."""
    everyone = known_as(person)
    same = Q(person__in=everyone.ids) | Q(number_hash__in=everyone.hashes)
    live = Card.objects.filter(same, state__in=LIVE).annotate(fen=Value(0, output_field=BigIntegerField()))
    return live.values_list("application__policy_version__policy__code", "fen", "issued_at")
