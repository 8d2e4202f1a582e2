"""A part fails, and comes back. What held before holds afterwards, within two minutes (docs/faults.md)."""

import json
import time
import uuid
from datetime import timedelta

import pytest
import redis
from django.db.models import F
from django.utils import timezone

from portal.casework.models import Application, Assessment, Submission
from portal.casework.states import State
from portal.notifications.models import Letter, LetterText
from portal.notifications.services import hand_over_waiting, queue_letter
from portal.notifications.texting import hand_over_texts
from tests import factories as make
from tests.drill.afterwards import (
    IS_WHOLE,
    LETTERS,
    PEOPLE,
    check_aftermath,
    check_handed_over,
    give_phones,
    is_all_done,
    make_drafts,
    press_submit,
)

pytestmark = [pytest.mark.drill, pytest.mark.postgres, pytest.mark.slow, pytest.mark.xdist_group("drill")]


def test_a_worker_is_killed_while_it_checks(parts, gate):
    drafts = make_drafts()
    closed = gate("casework_assessment")
    assert [press_submit(draft) for draft in drafts] == [302] * PEOPLE
    parts.worker.wait_until(closed.waiting)
    parts.worker.kill()
    closed.open()
    assert Assessment.objects.count() == 0
    parts.worker.restart()
    check_aftermath(parts, drafts)


def test_a_worker_is_killed_while_it_hands_over_a_letter(parts):
    drafts = make_drafts()
    parts.mail.may_answer.clear()
    assert [press_submit(draft) for draft in drafts] == [302] * PEOPLE
    parts.worker.wait_until(lambda: parts.mail.taken)
    parts.worker.kill()
    in_hand = list(parts.mail.taken)
    parts.mail.may_answer.set()
    if not IS_WHOLE:  # the minute that a worker has for a letter is over
        Letter.objects.update(next_try_at=F("next_try_at") - timedelta(minutes=1))
        LetterText.objects.filter(sent_at=None).update(next_try_at=F("next_try_at") - timedelta(minutes=1))
    parts.worker.restart()
    check_aftermath(parts, drafts, in_hand=in_hand)
    assert sorted(parts.mail.taken[name] for name in in_hand) == [2] * len(in_hand)


def test_the_scheduler_runs_twice(parts):
    parts.schedule(2)
    people = [make.make_person() for _turn in range(PEOPLE)]
    give_phones([person.user for person in people])
    rows = [make.make_application_in("correction", person=person) for person in people]
    due_on = rows[0].corrections.get().due_on
    last_day = make.AT.replace(month=due_on.month, day=due_on.day)
    make.move_clock(last_day)
    parts.worker.wait_until(lambda: Letter.objects.filter(kind="correction_reminder").count() == PEOPLE)
    make.move_clock(last_day + timedelta(days=10))
    is_lapsed = Application.objects.filter(state=State.LAPSED)
    parts.worker.wait_until(lambda: is_lapsed.count() == PEOPLE)
    check_aftermath(parts, rows, kinds=["receipt", "correction_needed", "correction_reminder", "lapsed"])


def test_broker_and_cache_are_away_while_people_submit(parts, race):
    drafts = make_drafts()
    parts.stop_broker()
    began = time.monotonic()
    assert race(PEOPLE, lambda number: press_submit(drafts[number])) == [302] * PEOPLE
    assert time.monotonic() - began < 30  # a page does not wait for either
    assert (Submission.objects.count(), Assessment.objects.count()) == (PEOPLE, 0)
    parts.start_broker()
    check_aftermath(parts, drafts)


def test_every_message_is_delivered_twice(parts):
    parts.worker.kill()
    parts.celery.control.purge()
    drafts = make_drafts()
    assert [press_submit(draft) for draft in drafts] == [302] * PEOPLE
    sweeps = 8 if IS_WHOLE else 2
    parts.worker.wait_until(lambda: waiting_messages(parts) >= 2 * PEOPLE + sweeps)
    parts.schedule(0)
    said_twice = say_again(parts)
    assert said_twice >= 2 * PEOPLE + sweeps  # a check and a letter for each, and the sweeps
    parts.schedule(1)
    parts.worker.restart()
    check_aftermath(parts, drafts)


@pytest.mark.parametrize("mail_fault", ["stopped", "greylisting"])
def test_mail_and_text_messages_are_away_for_a_day(parts, mail_fault):
    people = [make.make_user() for _turn in range(PEOPLE)]
    give_phones(people)
    parts.worker.kill()  # its day is lived through here, at the hours of the day
    parts.sms.switch("unavailable")
    if mail_fault == "stopped":
        parts.mail.stop()
    else:
        parts.mail.puts_off = True
    start = timezone.now()
    for number in range(LETTERS):
        queue(people[number % PEOPLE], str(number), at_real=start)
    for hour in range(24):
        assert hand_over_waiting(at_real=start + timedelta(hours=hour)) == 0
        assert hand_over_texts(at_real=start + timedelta(hours=hour)) == 0
    assert set(Letter.objects.values_list("attempts", flat=True)) == {0}  # it cost no letter anything
    asked = 24 if mail_fault == "stopped" else 72
    assert Letter.objects.exclude(last_error_code="").count() <= asked
    assert parts.mail.connections == (0 if mail_fault == "stopped" else 24)
    # The day is over; in the whole drill the last of the letters was tried just now, and waits for its minute.
    day = timedelta(hours=23 if IS_WHOLE and mail_fault == "stopped" else 24)
    Letter.objects.update(next_try_at=F("next_try_at") - day)
    LetterText.objects.update(next_try_at=F("next_try_at") - day, queued_at=start - day)
    parts.mail.puts_off = False
    if mail_fault == "stopped":
        parts.mail.start()
    parts.sms.switch()
    parts.worker.restart()
    parts.worker.wait_until(is_all_done)
    assert Letter.objects.count() == LETTERS
    check_handed_over(parts)


def test_the_connection_of_a_page_is_dropped_in_the_middle_of_a_step(parts, gate, meanwhile):
    drafts = make_drafts(2)
    closed = gate("casework_steptaken")
    answers = []
    pressing = meanwhile(lambda: answers.append(press_submit(drafts[0])))
    parts.worker.wait_until(closed.waiting)
    closed.cut()
    pressing.join(60)
    assert answers == [500]
    assert (Submission.objects.count(), Letter.objects.count()) == (0, 0)
    assert set(Application.objects.values_list("state", "reference")) == {("draft", None)}
    closed.open()
    assert [press_submit(draft) for draft in drafts] == [302, 302]  # pressed again
    assert sorted(Application.objects.values_list("reference", flat=True)) == ["LS-2023-000001", "LS-2023-000002"]
    check_aftermath(parts, drafts)


def test_the_connection_of_the_worker_is_dropped_in_the_middle_of_a_step(parts, gate):
    drafts = make_drafts()
    parts.worker.kill()
    assert [press_submit(draft) for draft in drafts] == [302] * PEOPLE
    closed = gate("casework_steptaken")
    parts.worker.restart()
    parts.worker.wait_until(closed.waiting)
    closed.cut()
    closed.open()
    check_aftermath(parts, drafts)


# ── the doings of a drill ──────────────────────────────────────────────────────────────────────────────────────────


def queue(person, key, *, at_real):
    letter = queue_letter(
        kind="receipt",
        recipient=person,
        reference="LS-2023-000012",
        context={"name": "林晚舟", "programme_title": {"zh": "一次性生活补贴", "en": "One-off living subsidy"}},
        key=key,
        at=make.AT,
    )
    Letter.objects.filter(pk=letter.pk).update(next_try_at=at_real)
    LetterText.objects.filter(pk=letter.pk).update(next_try_at=at_real)


def waiting_messages(parts):
    with redis.Redis(unix_socket_path=str(parts.socket)) as broker:
        return broker.llen("celery")


def say_again(parts):
    """Put every waiting message into the queue once more, right behind itself; gives how many there were."""
    with redis.Redis(unix_socket_path=str(parts.socket)) as broker:
        messages = broker.lrange("celery", 0, -1)
        broker.delete("celery")
        for message in messages:
            again = json.loads(message)
            again["properties"]["delivery_tag"] = str(uuid.uuid4())  # the same task, handed over once more
            broker.rpush("celery", message, json.dumps(again))
    return len(messages)
