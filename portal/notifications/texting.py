"""Tells people by text message that a letter is there, beside the e-mail or instead of it.

Queued with the letter, in the business transaction; sent outside of any. The message's id is the letter's, so a gateway
that was asked twice sends once. While the gateway is away nothing is given up for three days, and once it is back
everything goes out within two minutes: one message in a sweep asks for it, and is tried again a minute later, whatever
time the gateway would like; the others wait only for the next sweep.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from portal.notifications.models import Letter, LetterText
from portal.sms import gateway
from portal.sms.templates import in_language

logger = logging.getLogger(__name__)

BATCH = 1000
WAIT = timedelta(minutes=1)  # also the time a worker has for one attempt
WORTH_TELLING = timedelta(days=3)  # after that the letter has been seen, or is in the portal and the mail only
TURN_SECONDS = 15  # then the next sweep goes on: whoever takes a message must be able to send it within WAIT


def queue_text(letter: Letter) -> None:
    """Have the recipient told of a new letter, where there is a phone and it is wanted. In the letter's transaction."""
    recipient = letter.recipient
    if recipient and recipient.phone_id and gateway.is_offered() and recipient.phone.gets_letters:
        LetterText.objects.create(letter=letter)


def deliver_text(letter_id: UUID | str, *, at_real: datetime) -> bool | None:
    """Send one message if it is waiting. True: taken; False: not taken now; None: nothing was waiting, or given up.

    Safe to call again, and from several workers at once. ``at_real`` is real time. In the minute after the gateway was
    found away nobody waits for it here: that is left to the sweep.
    """
    if LetterText.objects.filter(last_error_code__gt="", next_try_at__gt=at_real).exists():
        return None
    return _deliver(letter_id, at_real)


def hand_over_texts(*, at_real: datetime) -> int:
    """Send what is waiting and due, for TURN_SECONDS at most. Return how many were taken."""
    if not gateway.is_offered():
        return 0
    waiting = LetterText.objects.filter(next_try_at__lte=at_real).order_by("attempts", "next_try_at", "pk")
    ends = time.monotonic() + TURN_SECONDS
    taken = 0
    for letter_id in list(waiting.values_list("pk", flat=True)[:BATCH]):  # those that failed before come last
        outcome = _deliver(letter_id, at_real)
        taken += outcome is True
        if outcome is False or time.monotonic() > ends:
            break
    return taken


def _deliver(letter_id: UUID | str, at_real: datetime) -> bool | None:
    text = _take(letter_id, at_real)
    if text is None:
        return None
    letter = text.letter
    phone = letter.recipient.phone if letter.recipient else None
    if phone is None or not phone.gets_letters or at_real - text.queued_at > WORTH_TELLING:
        _note(text, next_try_at=None)
        return None
    try:
        gateway.send(
            phone=phone.number,
            template=in_language("letter" if letter.reference else "letter_plain", letter.recipient.language),
            values={"reference": letter.reference} if letter.reference else {},
            message_id=f"letter-{letter.pk}",
        )
    except gateway.NotSent as problem:
        logger.warning("Letter %s was not told by SMS (%s), attempt %s.", letter.pk, problem.trouble, text.attempts)
        later = None if problem.is_final else at_real + WAIT
        _note(text, last_error_code=problem.trouble.value, next_try_at=later)
        return None if problem.is_final else False
    _note(text, sent_at=at_real, next_try_at=None, last_error_code="")
    return True


def _take(letter_id: UUID | str, at_real: datetime) -> LetterText | None:
    """Lock a waiting message and put its next attempt off, so that nobody else takes it meanwhile."""
    with transaction.atomic():
        text = (
            LetterText.objects.select_for_update(skip_locked=True, of=("self",))  # SQLite locks the whole file instead
            .select_related("letter__recipient__phone")
            .filter(pk=letter_id, next_try_at__lte=at_real)
            .first()
        )
        if text is not None:
            text.attempts += 1
            text.next_try_at = at_real + WAIT
            text.save(update_fields=["attempts", "next_try_at"])
        return text


def _note(text: LetterText, **values: object) -> None:
    LetterText.objects.filter(pk=text.pk).update(**values)
