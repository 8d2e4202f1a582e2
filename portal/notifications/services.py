"""Writes letters into the outbox and delivers them by e-mail.

Queueing happens in the business transaction and only inserts. Delivery takes the letter in a short transaction, sends
outside of any, and then notes that it was sent: a worker that dies in between sends the letter again later, under the
same Message-ID.
"""

import logging
import smtplib
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from portal.accounts.models import User
from portal.city import city
from portal.notifications.models import Letter
from portal.notifications.nudging import nudge
from portal.notifications.rendering import KINDS, render_letter

logger = logging.getLogger(__name__)

BATCH = 500
ATTEMPTS = 12  # over about two days; after that the letter is in the portal only
FIRST_WAIT = timedelta(minutes=2)  # also the time a worker has for one attempt
LONGEST_WAIT = timedelta(hours=6)
FAILURES_IN_A_ROW = 3  # then the mail server is away, and the rest of the batch waits for the next sweep


class Delivery(Enum):
    """How an attempt to deliver ended. NOT_WAITING: sent before, in other hands, or not due."""

    SENT = "sent"
    FAILED = "failed"
    NOT_WAITING = "not waiting"


def queue_letter(*, kind: str, recipient: User, reference: str, context: dict, key: str, at: datetime) -> Letter:
    """Write a letter into the outbox, in the transaction of the event it tells of.

    ``key`` names the event: a second call with the same key gives the letter already there. ``context`` is plain JSON
    (see KINDS in rendering). ``at`` is business time. Raises ValueError for a kind that has no template.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no letter of the kind {kind!r}.")
    letter, is_new = Letter.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "recipient": recipient,
            "reference": reference,
            "context": context,
            "created_at": at,
        },
    )
    if is_new:
        nudge("notifications.deliver", letter_id=str(letter.pk))
    return letter


def deliver_letter(letter_id: UUID | str, *, at_real: datetime) -> Delivery:
    """Send one letter by e-mail if it is waiting; safe to call again, and from several workers at once.

    ``at_real`` is real time (mail knows no demo clock).
    """
    letter = _take(letter_id, at_real)
    if letter is None:
        return Delivery.NOT_WAITING
    try:
        _mail(letter).send()
    except Exception as error:  # a letter that cannot be sent must not stop the others
        code = _error_code(error)
        Letter.objects.filter(pk=letter.pk).update(last_error_code=code)
        logger.warning("Letter %s was not sent (%s), attempt %s.", letter.pk, code, letter.attempts)
        return Delivery.FAILED
    Letter.objects.filter(pk=letter.pk).update(emailed_at=at_real, next_try_at=None, last_error_code="")
    return Delivery.SENT


def hand_over_waiting(*, at_real: datetime) -> int:
    """Deliver what is waiting and due, longest waiting first, at most BATCH letters. Return how many were sent."""
    waiting = Letter.objects.filter(next_try_at__lte=at_real).order_by("next_try_at", "pk").values_list("pk", flat=True)
    sent = failures = 0
    for letter_id in list(waiting[:BATCH]):
        outcome = deliver_letter(letter_id, at_real=at_real)
        sent += outcome is Delivery.SENT
        failures = failures + 1 if outcome is Delivery.FAILED else 0
        if failures == FAILURES_IN_A_ROW:
            break
    return sent


def mark_read(*, letter: Letter, at: datetime) -> None:
    """Note when the recipient first read the letter in the portal (business time)."""
    if letter.read_at is None:
        Letter.objects.filter(pk=letter.pk, read_at__isnull=True).update(read_at=at)


def count_unread(user: User) -> int:
    """How many letters the user has not opened in the portal."""
    return user.letters.filter(read_at__isnull=True).count()


def _take(letter_id: UUID | str, at_real: datetime) -> Letter | None:
    """Lock a waiting letter and put its next attempt off, so that nobody else takes it meanwhile."""
    with transaction.atomic():
        letter = (
            Letter.objects.select_for_update(skip_locked=True, of=("self",))  # SQLite locks the whole file instead
            .select_related("recipient")
            .filter(pk=letter_id, next_try_at__lte=at_real)
            .first()
        )
        if letter is None:
            return None
        letter.attempts += 1
        is_last = letter.attempts >= ATTEMPTS
        letter.next_try_at = None if is_last else at_real + min(FIRST_WAIT * 2 ** (letter.attempts - 1), LONGEST_WAIT)
        letter.save(update_fields=["attempts", "next_try_at"])
        return letter


def _mail(letter: Letter) -> EmailMessage:
    rendered = render_letter(letter)
    address = settings.PORTAL_URL + reverse("letter", args=[letter.pk])
    with translation.override(letter.recipient.language):
        body = render_to_string(
            "notifications/email.txt", {"paragraphs": rendered.paragraphs, "address": address, "city": city()}
        )
    host = urlsplit(settings.PORTAL_URL).hostname or "localhost"
    headers = {"Message-ID": f"<letter-{letter.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(rendered.subject, body, to=[letter.recipient.email], headers=headers)


def _error_code(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp {error.smtp_code}"
    return type(error).__name__[:60]
