"""Writes letters into the outbox and delivers them by e-mail.

Queueing happens in the business transaction and only inserts. Delivery takes the letter in a short transaction, sends
outside of any, and then notes that it was sent: a worker that dies in between leaves the letter to be sent again a
minute later, under the same Message-ID.

A server that is away is asked by one letter in a sweep, which costs no letter anything: once it is back, all of them go
out. A letter that the server refuses, while it takes others, waits longer each time and is given up in the end.
"""

import logging
import smtplib
import time
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from portal.accounts.models import User
from portal.city import city
from portal.notifications.models import Letter
from portal.notifications.nudging import nudge
from portal.notifications.rendering import KINDS, render_letter
from portal.notifications.texting import queue_text

logger = logging.getLogger(__name__)

BATCH = 1000
TURN_SECONDS = 15  # then the next sweep goes on: whoever takes a letter must be able to send it within WAIT
WAIT = timedelta(
    minutes=1
)  # the time a worker has for one letter, and until a server that is away is asked by it again
ATTEMPTS = 12  # of a letter that is refused, over about two days; after that it is in the portal only
FIRST_WAIT = timedelta(minutes=2)  # after its first refusal
LONGEST_WAIT = timedelta(hours=6)
PUT_OFF_IN_A_ROW = 3  # then the server takes nothing now, and the rest of the batch waits for the next sweep
AWAY = "away "  # how the code of an error begins that says something about the server and not about the letter


class Delivery(Enum):
    """How an attempt to deliver ended. NOT_WAITING: sent before, in other hands, or not due."""

    SENT = "sent"
    REFUSED = "refused"  # this letter
    PUT_OFF = "put off"  # not now, and nobody knows whether it is the letter or the server
    AWAY = "away"  # nothing can be sent on this connection
    NOT_WAITING = "not waiting"


def queue_letter(*, kind: str, recipient: User | None, reference: str, context: dict, key: str, at: datetime) -> Letter:
    """Write a letter into the outbox, in the transaction of the event it tells of.

    ``key`` names the event: a second call with the same key gives the letter already there. ``context`` is plain JSON
    (see KINDS in rendering). ``at`` is business time. Without a recipient the letter goes on paper, to the person of
    the file in ``reference``. Raises ValueError for a kind that has no template.
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
            **({} if recipient and (recipient.email or context.get("mail_to")) else {"next_try_at": None}),
        },
    )
    if is_new and recipient:
        queue_text(letter)
        nudge("notifications.deliver", letter_id=str(letter.pk))
    return letter


def deliver_letter(letter_id: UUID | str, *, at_real: datetime) -> Delivery:
    """Send one letter by e-mail if it is waiting; safe to call again, and from several workers at once.

    ``at_real`` is real time (mail knows no demo clock). In the minute after the server was found away nobody waits for
    it here: that is left to the sweep.
    """
    if Letter.objects.filter(last_error_code__startswith=AWAY, next_try_at__gt=at_real).exists():
        return Delivery.NOT_WAITING
    connection = get_connection()
    try:
        return _deliver(letter_id, at_real, connection, takes_others=False)
    finally:
        _hang_up(connection)


def hand_over_waiting(*, at_real: datetime) -> int:
    """Deliver what is waiting and due on one connection, for TURN_SECONDS at most. Return how many were sent.

    Those that failed before come last: letters that were put off hold up nobody, and are told from a server that
    takes nothing by the others having gone out.
    """
    waiting = Letter.objects.filter(next_try_at__lte=at_real).order_by("last_error_code", "next_try_at", "pk")
    ends = time.monotonic() + TURN_SECONDS
    connection = get_connection()
    sent = put_off = 0
    takes_others = False
    try:
        for letter_id in list(waiting.values_list("pk", flat=True)[:BATCH]):
            outcome = _deliver(letter_id, at_real, connection, takes_others=takes_others)
            sent += outcome is Delivery.SENT
            put_off = put_off + 1 if outcome is Delivery.PUT_OFF else 0
            is_cut = outcome is Delivery.AWAY and takes_others  # some servers take so many letters on a connection
            if is_cut:
                _hang_up(connection)
            elif outcome is Delivery.AWAY or put_off == PUT_OFF_IN_A_ROW:
                break
            takes_others = not is_cut and (takes_others or outcome is Delivery.SENT)
            if time.monotonic() > ends:
                break
    finally:
        _hang_up(connection)
    return sent


def mark_read(*, letter: Letter, at: datetime) -> None:
    """Note when the recipient first read the letter in the portal (business time)."""
    if letter.read_at is None:
        Letter.objects.filter(pk=letter.pk, read_at__isnull=True).update(read_at=at)


def count_unread(user: User) -> int:
    """How many letters the user has not opened in the portal."""
    return user.letters.filter(read_at__isnull=True).count()


def _deliver(letter_id: UUID | str, at_real: datetime, connection: BaseEmailBackend, *, takes_others: bool) -> Delivery:
    """Send a waiting letter; ``takes_others``: the server has just taken another one on this connection."""
    letter = _take(letter_id, at_real)
    if letter is None:
        return Delivery.NOT_WAITING
    try:
        message = _mail(letter)
        connection.open()
        connection.send_messages([message])
    except Exception as error:  # a letter that cannot be sent must not stop the others
        code, outcome = _what_it_means(error)
        if outcome is Delivery.PUT_OFF and takes_others:
            outcome = Delivery.REFUSED
        noted: dict = {"last_error_code": (AWAY + code if outcome is Delivery.AWAY else code)[:60]}
        if outcome is Delivery.REFUSED:
            noted |= {"attempts": letter.attempts + 1, "next_try_at": _next_try(letter.attempts + 1, at_real)}
        Letter.objects.filter(pk=letter.pk).update(**noted)
        logger.warning("Letter %s was not sent (%s, %s).", letter.pk, outcome.value, code)
        return outcome
    Letter.objects.filter(pk=letter.pk).update(emailed_at=at_real, next_try_at=None, last_error_code="")
    return Delivery.SENT


def _take(letter_id: UUID | str, at_real: datetime) -> Letter | None:
    """Lock a waiting letter and put it off, so that nobody else takes it meanwhile."""
    with transaction.atomic():
        letter = (
            Letter.objects.select_for_update(skip_locked=True, of=("self",))  # SQLite locks the whole file instead
            .select_related("recipient")
            .filter(pk=letter_id, next_try_at__lte=at_real)
            .first()
        )
        if letter is not None:
            letter.next_try_at = at_real + WAIT
            letter.save(update_fields=["next_try_at"])
        return letter


def _next_try(refusals: int, at_real: datetime) -> datetime | None:
    """When a letter that was refused so often is tried again; never, in the end."""
    return None if refusals >= ATTEMPTS else at_real + min(FIRST_WAIT * 2 ** (refusals - 1), LONGEST_WAIT)


def _hang_up(connection: BaseEmailBackend) -> None:
    with suppress(OSError):  # also whatever smtplib raises: nobody is there to be told good-bye
        connection.close()


def _mail(letter: Letter) -> EmailMessage:
    rendered = render_letter(letter)
    address = settings.PORTAL_URL + reverse("letter", args=[letter.pk])
    with translation.override(letter.recipient.language):
        body = render_to_string(
            "notifications/email.txt", {"paragraphs": rendered.paragraphs, "address": address, "city": city()}
        )
    host = urlsplit(settings.PORTAL_URL).hostname or "localhost"
    headers = {"Message-ID": f"<letter-{letter.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    address = letter.context.get("mail_to") or letter.recipient.email
    return EmailMessage(rendered.subject, body, to=[address], headers=headers)


def _what_it_means(error: Exception) -> tuple[str, Delivery]:
    """A short code without personal data, and whom the error is about (RFC 5321 section 4.2.1)."""
    code = None
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ((code, _words),) = error.recipients.values()  # a letter has one addressee
    elif isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
    name = f"smtp {code}" if code else type(error).__name__
    if isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)) and code != 421:
        return name, Delivery.PUT_OFF if 400 <= code < 500 else Delivery.REFUSED
    # No connection, no greeting, no sign-in, our own sender refused, hung up … (smtplib's errors are OSErrors too).
    return name, Delivery.AWAY if isinstance(error, OSError) else Delivery.REFUSED
