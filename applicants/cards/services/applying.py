"""What an applicant for a card fills in: recognitions, contract, portrait, declaration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.cards.models import CardApplication, Recognition
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.completeness import editable_fields
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, lock_application
from portal.policy.conditions.study import RecognisedAs
from portal.policy.schema import PolicyDocument

MOST_RECOGNITIONS = 8


def detail_of(application: Application) -> CardApplication:
    """The card's own row of ``application``; an unsaved empty one where nothing was filled in yet."""
    rows = CardApplication.objects.select_related("portrait")
    return rows.filter(application=application).first() or CardApplication(pk=application.pk, application=application)


def recognitions_of(application: Application) -> list[Recognition]:
    """What the person claims now, the first claimed first."""
    claimed = Recognition.objects.filter(person=application.applicant, removed_at__isnull=True)
    return list(claimed.order_by("claimed_at", "id"))


def recognised_tiers(document: PolicyDocument) -> list[str]:
    """The tiers that the document's ladder gives to recognitions, the highest first."""
    tiers = [tier for rung in document.ladder for it in rung.when if isinstance(it, RecognisedAs) for tier in it.tiers]
    return list(dict.fromkeys(tiers))


def keep(
    application: Application, section: str, values: Mapping[str, Any], *, by: User, at: datetime
) -> CardApplication:
    """Write ``values`` of one of the card's sections; the same again changes nothing. Raises StepRefused."""
    with transaction.atomic():
        row = lock_application(application.pk)
        detail = detail_of(row)
        changed = [name for name, value in values.items() if getattr(detail, name) != value]
        _refuse_closed(row, section, set(changed))
        for name in changed:
            setattr(detail, name, values[name])
        if changed:
            detail.save()
            record(action=f"{section}_saved", actor=by, target=row, at=at, fields=sorted(changed))
        return detail


def claim_recognition(
    *,
    application: Application,
    tier: str,
    title: str,
    issued_by: str,
    document_number: str,
    recognised_on: date,
    expires_on: date | None,
    by: User,
    at: datetime,
) -> Recognition:
    """Add a recognition to what the person claims; the very same again is the one already there. Raises StepRefused."""
    values = {"tier": tier, "title": title, "issued_by": issued_by, "document_number": document_number}
    with transaction.atomic():
        row = lock_application(application.pk)
        _refuse_closed(row, "recognitions", {"recognitions"})
        claimed = recognitions_of(row)
        for there in claimed:
            if there.recognised_on == recognised_on and all(getattr(there, name) == values[name] for name in values):
                return there
        if len(claimed) >= MOST_RECOGNITIONS:
            raise StepRefused(_("最多填 %(count)s 项人才认定。") % {"count": MOST_RECOGNITIONS})
        made = Recognition.objects.create(
            person=row.applicant, recognised_on=recognised_on, expires_on=expires_on, claimed_at=at, **values
        )
        keep(row, "recognitions", {"has_recognitions": True}, by=by, at=at)
        record(action="recognition.claim", actor=by, target=made, at=at, fields=sorted(values))
        return made


def remove_recognition(*, application: Application, recognition: Recognition, by: User, at: datetime) -> None:
    """Take a claim back; twice is once. Without any left, the question is open again. Raises StepRefused."""
    with transaction.atomic():
        row = lock_application(application.pk)
        _refuse_closed(row, "recognitions", {"recognitions"})
        removed = Recognition.objects.filter(pk=recognition.pk, person=row.applicant, removed_at__isnull=True)
        if removed.update(removed_at=at):
            record(action="recognition.remove", actor=by, target=recognition, at=at)
        if not recognitions_of(row):
            keep(row, "recognitions", {"has_recognitions": None}, by=by, at=at)


def claim_no_recognition(*, application: Application, by: User, at: datetime) -> None:
    """Answer that there is none. Raises StepRefused where some are claimed."""
    if recognitions_of(application):
        raise StepRefused(_("请先删去已填的人才认定。"))
    keep(application, "recognitions", {"has_recognitions": False}, by=by, at=at)


def _refuse_closed(application: Application, section: str, changed: set[str]) -> None:
    editable = editable_fields(application, section)
    if section == "recognitions" and editable:
        editable = editable | {"has_recognitions"}  # the answer follows what is claimed
    if editable is not None and not changed <= editable:
        raise StepRefused(_("这一部分现在不能再改。"))
