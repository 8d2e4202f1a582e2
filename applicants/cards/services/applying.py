"""What an applicant for a card fills in: recognitions, contract, portrait, declaration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.cards.models import LIVE, Card, CardApplication, Recognition
from applicants.people.models import Person
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, lock_application
from portal.casework.services.keeping import keep_answers, refuse_closed
from portal.policy.conditions.study import RecognisedAs
from portal.policy.facts import write_value
from portal.policy.schema import PolicyDocument

MOST_RECOGNITIONS = 8


def detail_of(application: Application) -> CardApplication:
    """The card's own row of ``application``; an unsaved empty one where nothing was filled in yet."""
    rows = CardApplication.objects.select_related("portrait")
    return rows.filter(application=application).first() or CardApplication(pk=application.pk, application=application)


def recognitions_of(person: Person) -> list[Recognition]:
    """What the person claims now, the first claimed first; what was withdrawn or turned down is no claim any more."""
    stand = Recognition.objects.filter(person=person, removed_at__isnull=True, withdrawn_on__isnull=True)
    return list(stand.order_by("claimed_at", "id"))


def tiers_on(recognitions: Iterable[Recognition], on: date) -> str:
    """The fact ``recognitions`` (TC-1): the tiers of those that count on that day, ``-`` for none."""
    return write_value(tuple(dict.fromkeys(row.tier for row in recognitions if row.counts_on(on)))) or "-"


def recognised_tiers(document: PolicyDocument) -> list[str]:
    """The tiers that the document's ladder gives to recognitions, the highest first."""
    tiers = [tier for rung in document.ladder for it in rung.when if isinstance(it, RecognisedAs) for tier in it.tiers]
    return list(dict.fromkeys(tiers))


keep = partial(keep_answers, detail_of=detail_of)  # columns of the card's own row


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
        refuse_closed(row, "recognitions")
        claimed = recognitions_of(row.applicant)
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
    """Take a claim back; twice is once. Without any left, the question is open again.

    Raises StepRefused, also for one that a live card rests on: that is for a reviewer to withdraw.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        refuse_closed(row, "recognitions")
        is_confirmed = Recognition.objects.filter(pk=recognition.pk, confirmed_at__isnull=False).exists()
        if is_confirmed and Card.objects.filter(person=row.applicant, state__in=LIVE).exists():
            raise StepRefused(_("现在的卡是按这项认定办的，不能在这里删除。认定被取消的，请告诉工作人员。"))
        removed = Recognition.objects.filter(pk=recognition.pk, person=row.applicant, removed_at__isnull=True)
        if removed.update(removed_at=at):
            record(action="recognition.remove", actor=by, target=recognition, at=at)
        if not recognitions_of(row.applicant):
            keep(row, "recognitions", {"has_recognitions": None}, by=by, at=at)


def claim_no_recognition(*, application: Application, by: User, at: datetime) -> None:
    """Answer that there is none. Raises StepRefused where some are claimed."""
    if recognitions_of(application.applicant):
        raise StepRefused(_("请先删去已填的人才认定。"))
    keep(application, "recognitions", {"has_recognitions": False}, by=by, at=at)
