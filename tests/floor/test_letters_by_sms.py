"""Letters told by text message: each once, whatever becomes of the gateway, and only to who wants it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.phones import choose_letters_by_sms, give_phone, user_of_phone
from portal.notifications import texting
from portal.notifications.models import Letter, LetterText
from portal.notifications.services import hand_over_waiting, queue_letter
from portal.notifications.tasks import deliver, sweep
from portal.notifications.texting import deliver_text, hand_over_texts

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
PHONE = "+8613800138000"
CONTEXT = {
    "name": "林晚舟",
    "programme_title": {"zh": "一次性生活补贴", "en": "One-off living subsidy"},
    "due_on": "2026-11-18",
}
TOLD = "【人才港湾】您有一封新信，编号 LS-2026-000012，请登录查看。"


def somebody(number: str = PHONE, language: str = "zh-hans") -> User:
    return user_of_phone(number=number, language=language, at=timezone.now())


def queue(person: User, key: str = "1:receipt", reference: str = "LS-2026-000012") -> Letter:
    return queue_letter(kind="receipt", recipient=person, reference=reference, context=CONTEXT, key=key, at=AT)


@pytest.mark.slow
def test_a_letter_is_told_once_by_its_reference_alone(sms):
    letter = queue(somebody())
    now = timezone.now()
    assert (hand_over_texts(at_real=now), hand_over_texts(at_real=now + timedelta(days=1))) == (1, 0)
    (taken,) = sms.taken()
    assert (taken["phone"], taken["text"], taken["message"]) == (PHONE, TOLD, f"letter-{letter.pk}")
    text = LetterText.objects.get()
    assert (text.sent_at, text.next_try_at, text.attempts, text.last_error_code) == (now, None, 1, "")


def test_a_letter_has_one_message_and_what_was_sent_is_not_sent_again(sms):
    letter = queue(somebody())
    queue(letter.recipient)  # the same event
    assert LetterText.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        LetterText.objects.create(letter=letter)
    with pytest.raises(IntegrityError, match="a_text_that_was_sent_is_not_sent_again"), transaction.atomic():
        LetterText.objects.update(sent_at=timezone.now())


@pytest.mark.slow
def test_who_has_no_address_gets_no_mail_and_who_has_both_gets_both(sms):
    queue(somebody())
    both = User.objects.create_user("person@example.org")
    give_phone(user=both, number="+8613900139000", at=timezone.now())
    queue(both, "2:receipt")
    queue(User.objects.create_user("mail@example.org"), "3:receipt")
    sweep()
    assert sorted(message.to[0] for message in mail.outbox) == ["mail@example.org", "person@example.org"]
    assert sorted(sms.texts()) == [(PHONE, TOLD), ("+8613900139000", TOLD)]


def test_the_nudge_sends_both(sms):
    both = User.objects.create_user("person@example.org")
    give_phone(user=both, number=PHONE, at=timezone.now())
    deliver(letter_id=str(queue(both).pk))
    assert (len(mail.outbox), sms.texts()) == (1, [(PHONE, TOLD)])


def test_an_english_account_is_told_in_english_and_a_letter_without_reference_without(sms):
    person = somebody(language="en")
    queue(person)
    queue(person, "2", reference="")
    sweep()
    assert {text for _phone, text in sms.texts()} == {
        "【人才港湾】You have a new letter, reference LS-2026-000012. Please sign in to read it.",
        "【人才港湾】You have a new letter. Please sign in to read it.",
    }


def test_who_does_not_want_it_is_not_told_even_of_what_waits(sms):
    person = somebody()
    queue(person)
    choose_letters_by_sms(user=person, wanted=False)
    person.phone.refresh_from_db()
    queue(person, "2:receipt")
    assert LetterText.objects.count() == 1
    sweep()
    assert (sms.texts(), LetterText.objects.filter(next_try_at__isnull=False).count()) == ([], 0)


def test_a_message_goes_to_the_number_of_the_day_it_is_sent(sms):
    person = somebody()
    queue(person)
    give_phone(user=person, number="+85251234567", at=timezone.now())
    sweep()
    assert sms.texts() == [("+85251234567", TOLD)]


def test_without_a_gateway_nothing_is_queued_and_the_letter_is_in_the_portal():
    letter = queue(somebody())
    sweep()
    assert (LetterText.objects.count(), letter.recipient.letters.count(), len(mail.outbox)) == (0, 1, 0)


# ── the gateway is away ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["unavailable", "error", "quota", "hang_up"])
def test_after_a_day_without_a_gateway_everything_goes_out_within_two_minutes(sms, fault):
    person, start = somebody(), timezone.now()
    for number in range(10):
        queue(person, str(number))
    sms.switch(fault)
    for hour in range(25):
        assert hand_over_texts(at_real=start + timedelta(hours=hour)) == 0
    assert sms.texts() == []
    sms.switch()
    back = start + timedelta(days=1)
    taken = [hand_over_texts(at_real=back + timedelta(seconds=15 * sweep)) for sweep in range(1, 9)]
    assert (sum(taken), len(sms.texts())) == (10, 10)


def test_a_gateway_that_is_away_is_asked_once_in_a_sweep(sms):
    for number in range(10):
        queue(somebody(), str(number))
    sms.switch("unavailable")
    hand_over_texts(at_real=timezone.now())
    assert sorted(LetterText.objects.values_list("attempts", flat=True)) == [0] * 9 + [1]


def test_while_a_gateway_is_away_a_nudge_leaves_it_to_the_sweep(sms):
    first, second = queue(somebody()), queue(somebody(), "2")
    sms.switch("unavailable")
    now = timezone.now()
    assert deliver_text(first.pk, at_real=now) is False
    assert deliver_text(second.pk, at_real=now + timedelta(seconds=59)) is None
    assert sorted(LetterText.objects.values_list("attempts", flat=True)) == [0, 1]


def test_a_message_whose_answer_was_lost_reaches_the_phone_once(sms):
    queue(somebody())
    sms.switch("lost")
    now = timezone.now()
    assert hand_over_texts(at_real=now) == 0
    sms.switch()
    assert hand_over_texts(at_real=now + timedelta(minutes=1)) == 1
    assert sms.texts() == [(PHONE, TOLD)]


def test_a_worker_that_died_while_sending_leaves_the_message_to_the_sweep(sms):
    letter, now = queue(somebody()), timezone.now()
    assert texting._take(letter.pk, now) is not None  # and then it died
    assert hand_over_texts(at_real=now) == 0
    assert hand_over_texts(at_real=now + timedelta(minutes=1)) == 1


def test_what_the_gateway_refuses_and_what_is_three_days_old_is_given_up(sms, caplog):
    refused, now = queue(somebody()), timezone.now()
    sms.switch("refuse")
    assert deliver_text(refused.pk, at_real=now) is None
    old = queue(refused.recipient, "2")
    sms.switch()
    assert deliver_text(old.pk, at_real=now + timedelta(days=3, minutes=1)) is None
    assert hand_over_texts(at_real=now + timedelta(days=4)) == 0
    assert set(LetterText.objects.values_list("last_error_code", "next_try_at")) == {("refused", None), ("", None)}
    assert [line for line in caplog.messages if "SMS" in line] == [
        f"Letter {refused.pk} was not told by SMS (refused), attempt 1."
    ]


def test_mail_goes_out_while_the_gateway_is_away(sms):
    both = User.objects.create_user("person@example.org")
    give_phone(user=both, number=PHONE, at=timezone.now())
    queue(both)
    sms.switch("unavailable")
    assert hand_over_waiting(at_real=timezone.now()) == 1
    assert len(mail.outbox) == 1


@pytest.mark.slow
def test_two_workers_tell_of_a_letter_once(race, sms):
    letter, now = queue(somebody()), timezone.now()
    outcomes = race(2, lambda number: deliver_text(letter.pk, at_real=now))
    assert sorted(map(str, outcomes)) == ["None", "True"]
    assert LetterText.objects.get().attempts == 1
