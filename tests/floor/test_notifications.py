"""The outbox: one letter per event, delivered once, whatever becomes of the broker and the mail server."""

import logging
import math
import smtplib
import socket
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.notifications import nudging, services
from portal.notifications.models import Letter
from portal.notifications.services import Delivery, deliver_letter, hand_over_waiting, queue_letter

AT = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
CONTEXT = {
    "name": "林晚舟",
    "reference": "LS-2026-000012",
    "programme_title": {"zh": "一次性生活补贴", "en": "One-off living subsidy"},
    "due_on": "2026-11-18",
}


@pytest.fixture
def person(db):
    return User.objects.create_user("person@example.org")


@pytest.fixture(autouse=True)
def _nobody_was_away_lately(monkeypatch):
    monkeypatch.setattr(nudging, "_quiet_until", 0.0)


def queue(person: User, key: str = "1:receipt", **more) -> Letter:
    given = {"kind": "receipt", "reference": "LS-2026-000012", "context": CONTEXT, "at": AT} | more
    return queue_letter(recipient=person, key=key, **given)


class FailingMail(EmailBackend):
    """A mail server that answers some letters, or all of them, as ``error`` says."""

    asked = 0
    error: OSError
    fails: Callable[[str], bool]

    def send_messages(self, messages):
        type(self).asked += 1
        if type(self).fails(messages[0].to[0]):
            raise type(self).error
        return super().send_messages(messages)


REFUSED = smtplib.SMTPRecipientsRefused({"person@example.org": (550, b"nobody, person@example.org")})
PUT_OFF = smtplib.SMTPRecipientsRefused({"person@example.org": (450, b"later, person@example.org")})


@pytest.fixture
def failing_mail(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.FailingMail"
    monkeypatch.setattr(FailingMail, "asked", 0)
    monkeypatch.setattr(FailingMail, "error", REFUSED, raising=False)
    monkeypatch.setattr(FailingMail, "fails", staticmethod(lambda address: True), raising=False)
    return FailingMail


# ── queueing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_event_writes_one_letter(person):
    first = queue(person)
    second = queue(person, context={"name": "somebody else"})
    assert second.pk == first.pk
    assert Letter.objects.get().context == CONTEXT
    queue(person, key="1:accepted", kind="accepted")
    assert Letter.objects.count() == 2


def test_a_queued_letter_waits_unread_and_sealed(person):
    letter = queue(person)
    found = Letter.objects.get()
    assert (found.kind, found.recipient, found.reference, found.created_at) == ("receipt", person, "LS-2026-000012", AT)
    assert (found.read_at, found.emailed_at, found.attempts, found.last_error_code) == (None, None, 0, "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT context FROM notifications_letter")
        (stored,) = cursor.fetchone()
    assert stored.startswith("v1:")
    assert "林晚舟" not in str(letter)
    assert mail.outbox == []


def test_an_event_undone_writes_no_letter(person):
    with pytest.raises(RuntimeError), transaction.atomic():
        queue(person)
        raise RuntimeError
    assert not Letter.objects.exists()


def test_a_kind_nobody_wrote_is_refused_at_once(person):
    with pytest.raises(ValueError, match="no letter of the kind"):
        queue(person, kind="greeting")


# ── delivery ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_letter_is_sent_with_its_words_its_page_and_a_stable_id(person, settings):
    settings.PORTAL_URL = "https://talent.example.gov.cn"
    letter = queue(person)
    assert deliver_letter(letter.pk, at_real=timezone.now()) is Delivery.SENT
    (sent,) = mail.outbox
    assert sent.to == ["person@example.org"]
    assert sent.subject == "已收到您的申请：一次性生活补贴（LS-2026-000012）"
    assert sent.message()["Message-ID"] == f"<letter-{letter.pk}@talent.example.gov.cn>"
    assert sent.body.startswith(
        "林晚舟，您好：\n\n已收到您的“一次性生活补贴”申请，编号 LS-2026-000012。您现在不需要做什么。\n"
    )
    assert f"https://talent.example.gov.cn/messages/{letter.pk}/" in sent.body


def test_delivering_again_sends_nothing(person):
    letter = queue(person)
    now = timezone.now()
    assert deliver_letter(letter.pk, at_real=now) is Delivery.SENT
    assert deliver_letter(letter.pk, at_real=now + timedelta(days=9)) is Delivery.NOT_WAITING
    assert len(mail.outbox) == 1
    found = Letter.objects.get()
    assert (found.emailed_at, found.attempts, found.next_try_at) == (now, 0, None)


def test_a_letter_that_is_not_there_is_not_waiting(db):
    assert deliver_letter(uuid.uuid4(), at_real=timezone.now()) is Delivery.NOT_WAITING


def test_a_refused_letter_waits_twice_as_long_each_time_and_is_given_up_in_the_end(person, failing_mail):
    letter = queue(person)
    now = timezone.now()
    waits = []
    while (letter := Letter.objects.get(pk=letter.pk)).next_try_at:
        now = max(now, letter.next_try_at)
        assert deliver_letter(letter.pk, at_real=now) is Delivery.REFUSED
        letter.refresh_from_db()
        waits.append(letter.next_try_at and (letter.next_try_at - now) // timedelta(minutes=1))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360, None]
    assert failing_mail.asked == 12
    assert (letter.last_error_code, letter.emailed_at) == ("smtp 550", None)


def test_a_failure_is_logged_without_personal_data(person, failing_mail, caplog):
    letter = queue(person)
    deliver_letter(letter.pk, at_real=timezone.now())
    lines = [line for line in caplog.messages if "was not sent" in line]
    assert lines == [f"Letter {letter.pk} was not sent (refused, smtp 550)."]


def test_a_worker_that_died_while_sending_leaves_the_letter_to_the_sweep(person):
    letter = queue(person)
    now = timezone.now()
    assert services._take(letter.pk, now) is not None  # and then it died
    assert hand_over_waiting(at_real=now) == 0
    assert hand_over_waiting(at_real=now + timedelta(minutes=1)) == 1
    assert len(mail.outbox) == 1


def test_the_sweep_sends_what_is_due(person):
    letters = [queue(person, key=str(number)) for number in range(3)]
    Letter.objects.filter(pk=letters[1].pk).update(next_try_at=timezone.now() + timedelta(hours=1))
    assert hand_over_waiting(at_real=timezone.now()) == 2
    assert hand_over_waiting(at_real=timezone.now()) == 0


AWAY = [
    (ConnectionRefusedError(), "away ConnectionRefusedError"),
    (TimeoutError(), "away TimeoutError"),
    (smtplib.SMTPServerDisconnected(), "away SMTPServerDisconnected"),
    (smtplib.SMTPConnectError(421, b"too many"), "away smtp 421"),
    (smtplib.SMTPAuthenticationError(535, b"no"), "away smtp 535"),
    (smtplib.SMTPSenderRefused(550, b"no", "no-reply@localhost"), "away smtp 550"),
    (smtplib.SMTPDataError(421, b"closing"), "away smtp 421"),
]


@pytest.mark.parametrize(("error", "code"), AWAY)
def test_a_mail_server_that_is_away_is_asked_once_in_a_sweep_and_costs_no_letter_anything(
    person, failing_mail, error, code
):
    failing_mail.error = error
    for number in range(10):
        queue(person, key=str(number))
    now = timezone.now()
    assert hand_over_waiting(at_real=now) == 0
    assert failing_mail.asked == 1
    tried = Letter.objects.get(next_try_at=now + timedelta(minutes=1))
    assert (tried.attempts, tried.last_error_code) == (0, code)
    assert Letter.objects.filter(next_try_at__lte=now, attempts=0, last_error_code="").count() == 9


def test_while_a_mail_server_is_away_a_nudge_leaves_it_to_the_sweep(person, failing_mail):
    failing_mail.error = ConnectionRefusedError()
    first, second = queue(person, key="1"), queue(person, key="2")
    now = timezone.now()
    assert deliver_letter(first.pk, at_real=now) is Delivery.AWAY
    assert deliver_letter(second.pk, at_real=now + timedelta(seconds=59)) is Delivery.NOT_WAITING
    assert deliver_letter(second.pk, at_real=now + timedelta(seconds=60)) is Delivery.AWAY
    assert failing_mail.asked == 2


def test_a_mail_server_that_puts_everything_off_is_asked_three_times_in_a_sweep(person, failing_mail):
    failing_mail.error = PUT_OFF
    for number in range(10):
        queue(person, key=str(number))
    now = timezone.now()
    assert hand_over_waiting(at_real=now) == 0
    assert failing_mail.asked == 3
    found = Letter.objects.filter(next_try_at=now + timedelta(minutes=1))
    assert list(found.values_list("attempts", "last_error_code")) == [(0, "smtp 450")] * 3


def test_a_letter_that_is_put_off_while_others_are_taken_counts_as_refused_and_holds_up_nobody(person, failing_mail):
    failing_mail.error = PUT_OFF
    failing_mail.fails = staticmethod(lambda address: address == "person@example.org")
    full = [queue(person, key=str(number)) for number in range(2)]
    other = User.objects.create_user("other@example.org")
    now = timezone.now()
    assert hand_over_waiting(at_real=now) == 0
    for number in range(5):
        queue(other, key=f"other {number}")
    assert hand_over_waiting(at_real=now + timedelta(minutes=1)) == 5
    found = Letter.objects.filter(pk__in=[letter.pk for letter in full]).values_list("attempts", "next_try_at")
    assert list(found) == [(1, now + timedelta(minutes=3))] * 2


def test_a_server_that_hangs_up_after_some_letters_is_called_again(person, failing_mail):
    failing_mail.error = smtplib.SMTPServerDisconnected()
    failing_mail.fails = staticmethod(lambda address: failing_mail.asked in (4, 9))
    for number in range(10):
        queue(person, key=str(number))
    now = timezone.now()
    assert hand_over_waiting(at_real=now) == 8
    assert hand_over_waiting(at_real=now + timedelta(minutes=1)) == 2


def test_one_letter_that_cannot_be_made_does_not_stop_the_others(person):
    broken = queue(person, key="broken")
    Letter.objects.filter(pk=broken.pk).update(kind="gone", next_try_at=timezone.now() - timedelta(hours=1))
    queue(person, key="whole")
    assert hand_over_waiting(at_real=timezone.now()) == 1
    assert Letter.objects.get(pk=broken.pk).last_error_code == "TemplateDoesNotExist"


def test_two_workers_send_a_letter_once(race, monkeypatch):
    monkeypatch.setattr(nudging, "_quiet_until", math.inf)  # a worker of an earlier test may live, and would be faster
    letter = queue(User.objects.create_user("person@example.org"))
    now = timezone.now()
    outcomes = race(2, lambda number: deliver_letter(letter.pk, at_real=now))
    assert sorted(outcome.name for outcome in outcomes) == ["NOT_WAITING", "SENT"]
    assert len(mail.outbox) == 1


# ── the nudge ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def black_hole():
    """A TCP port that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(5)
        yield listening


def test_a_broker_that_is_not_there_costs_one_attempt_and_no_exception(
    person, settings, tmp_path, caplog, django_capture_on_commit_callbacks
):
    settings.CELERY_BROKER_URL = f"redis+socket://{tmp_path / 'none.sock'}"
    with django_capture_on_commit_callbacks(execute=True):
        first, second = queue(person, key="1"), queue(person, key="2")
    assert [line for line in caplog.messages if "nudged" in line] == [
        "The worker was not nudged for notifications.deliver (OperationalError); the sweep will find it."
    ]
    assert not any("example.org" in line or str(first.pk) in line for line in caplog.messages)
    assert Letter.objects.filter(pk__in=[first.pk, second.pk], emailed_at=None).count() == 2


def test_a_broker_that_never_answers_is_asked_once(settings, black_hole):
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{black_hole.getsockname()[1]}/0"
    assert [nudging.publish_once("notifications.deliver", letter_id="1") for _ in range(5)] == [False] * 5
    assert connections_made(black_hole) == 1


def connections_made(listening: socket.socket) -> int:
    listening.settimeout(0.2)
    made = 0
    try:
        while True:
            listening.accept()[0].close()
            made += 1
    except TimeoutError:
        return made


def test_after_a_while_the_broker_is_asked_again(settings, black_hole, monkeypatch):
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{black_hole.getsockname()[1]}/0"
    nudging.publish_once("notifications.deliver", letter_id="1")
    monkeypatch.setattr(nudging, "_quiet_until", 0.0)
    nudging.publish_once("notifications.deliver", letter_id="1")
    assert connections_made(black_hole) == 2


def test_a_nudge_waits_for_the_commit_and_names_the_letter_only(person, django_capture_on_commit_callbacks, caplog):
    caplog.set_level(logging.WARNING)
    with django_capture_on_commit_callbacks() as waiting:
        letter = queue(person)
        queue(person)
    (call,) = waiting
    assert (call.args, call.keywords) == (("notifications.deliver",), {"letter_id": str(letter.pk)})


def test_the_worker_sends_a_letter_soon_after_the_commit(worker):
    letter = queue(User.objects.create_user("person@example.org"))
    worker.wait_until(lambda: Letter.objects.filter(pk=letter.pk, emailed_at__isnull=False).exists())
