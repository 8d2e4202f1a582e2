"""People who submit, and what holds for them whatever failed: one check, one letter, one text, a whole trail."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from io import StringIO

from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.phones import give_phone
from portal.audit.models import Entry
from portal.casework.models import Application, Assessment, Submission
from portal.casework.services.checking import unchecked_submissions
from portal.notifications.models import Letter, LetterText
from tests import factories as make
from tests.drill.conftest import Parts

IS_WHOLE = os.environ.get("DRILL") == "whole"
PEOPLE = 20 if IS_WHOLE else 3
LETTERS = 1000 if IS_WHOLE else 40
RECOVERY = 120  # seconds


def give_phones(users: Sequence[User], *, first: int = 0) -> None:
    """Let each be told of letters by SMS too."""
    for number, user in enumerate(users, start=first):
        give_phone(user=user, number=f"+86138{number:08d}", at=timezone.now())


def make_drafts(count: int = PEOPLE) -> list[Application]:
    """Drafts ready to be submitted, of people with e-mail and phone."""
    drafts = [make.make_draft() for _turn in range(count)]
    give_phones([draft.applicant.user for draft in drafts])
    return drafts


def press_submit(draft: Application) -> int:
    """The status that the page for submitting answers its applicant with."""
    client = Client(raise_request_exception=False)
    client.force_login(draft.applicant.user)
    return client.post(reverse("application_submit", args=[draft.pk]), {"version": "0"}).status_code


def is_all_done() -> bool:
    """Whether nothing waits any more: no check, no letter, no text, no entry without its seal."""
    return not (
        unchecked_submissions()
        or Letter.objects.filter(next_try_at__isnull=False).exists()
        or LetterText.objects.filter(next_try_at__isnull=False).exists()
        or Entry.objects.filter(sequence__isnull=True).exists()
    )


def check_aftermath(
    parts: Parts, rows: Sequence[Application], *, kinds: Sequence[str] = ("receipt",), in_hand: Sequence[str] = ()
) -> None:
    """Wait until all is done, two minutes at most; then every file is checked once and every step told once.

    ``kinds`` are the letters each file has, ``in_hand`` the Message-IDs that were in hand when a process died.
    """
    parts.worker.wait_until(is_all_done, seconds=RECOVERY)
    assert Submission.objects.count() == len(rows)
    checks = Assessment.objects.filter(trigger="automatic").values_list("submission__application", flat=True)
    assert Counter(checks) == Counter({row.pk: 1 for row in rows})
    told = Letter.objects.values_list("recipient", "kind")
    assert Counter(told) == Counter({(row.applicant.user_id, kind): 1 for row in rows for kind in kinds})
    check_handed_over(parts, in_hand=in_hand)
    parts.worker.wait_until(is_every_entry_sealed_and_whole)


def is_every_entry_sealed_and_whole() -> bool:
    """Whether ``verify_audit`` holds for all there is; raises CommandError where something is wrong."""
    answer = StringIO()
    call_command("verify_audit", language="zh", stdout=answer, no_color=True)
    return answer.getvalue().startswith(f"{Entry.objects.count()} 条记录完好")


def check_handed_over(parts: Parts, *, in_hand: Sequence[str] = ()) -> None:
    """Every letter reached the mail server once (or twice, if it was ``in_hand``), and every phone once."""
    letters = [str(pk) for pk in Letter.objects.values_list("pk", flat=True)]
    once = Counter(f"<letter-{pk}@127.0.0.1>" for pk in letters)
    assert parts.mail.taken in (once, once + Counter(in_hand))
    assert Counter(text["message"] for text in parts.sms.taken()) == Counter(f"letter-{pk}" for pk in letters)
