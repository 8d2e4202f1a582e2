"""A call under an Idempotency-Key counts once, also when it is sent at the same moment from many sides."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.api.idempotency import KeyReused, Outcome, forget_old_keys, once
from portal.api.models import IdempotencyKey
from portal.casework.models import Application, Submission
from tests import factories as make
from tests.api.calling import Caller, problem_of


def submit(caller, pk, key="k", version=0):
    return caller.send("post", "api_submit", pk, body={"version": version}, Idempotency_Key=key)


@pytest.fixture
def draft(db):
    make.move_clock()
    return make.make_draft()


@pytest.mark.slow
def test_the_same_key_gets_the_first_answer_even_when_the_file_has_moved_on(draft):
    me = Caller(draft.applicant.user)
    first = submit(me, draft.pk)
    moved = Application.objects.get(pk=draft.pk)
    me.send("post", "api_withdraw", draft.pk, body={"version": moved.version})
    again = submit(me, draft.pk)
    assert (again.status_code, again.json()) == (200, first.json())
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert Submission.objects.count() == 1


@pytest.mark.slow
def test_the_same_key_with_another_body_or_for_another_application_is_refused(draft):
    me = Caller(draft.applicant.user)
    submit(me, draft.pk)
    assert problem_of(submit(me, draft.pk, version=1))[:2] == (422, "/api/docs/#key-taken")
    other = Caller(make.make_draft().applicant.user)
    assert submit(other, other.get("api_applications").json()["results"][0]["id"]).status_code == 200  # keys are mine


@pytest.mark.parametrize("key", ["", "x" * 201, "钥匙"])
def test_a_submission_needs_a_usable_key(draft, key):
    me = Caller(draft.applicant.user)
    answer = submit(me, draft.pk, key=key)
    assert problem_of(answer)[:2] == (400, "/api/docs/#key-missing")
    assert Submission.objects.count() == 0


def test_neither_key_nor_answer_is_kept_in_the_clear(draft):
    submit(Caller(draft.applicant.user), draft.pk, key="my-own-number-350581")
    row = IdempotencyKey.objects.values().get()
    assert "350581" not in str(row)
    assert row["body"].startswith("v1:")


def test_a_call_that_fails_leaves_no_key(db):
    user = make.make_user()

    def fail():
        raise ZeroDivisionError

    words = {"user": user, "endpoint": "x", "key": "k", "digest": "d", "at_real": timezone.now()}
    with pytest.raises(ZeroDivisionError):
        once(**words, act=fail)
    assert once(**words, act=lambda: Outcome(200, [1])) == Outcome(200, [1])
    assert once(**words, act=fail) == Outcome(200, [1], is_replayed=True)
    with pytest.raises(KeyReused):
        once(**words | {"digest": "other"}, act=fail)


def test_keys_are_kept_for_a_day(db):
    user, now = make.make_user(), timezone.now()
    for hours in (1, 23, 25, 48):
        at = now - timedelta(hours=hours)
        once(user=user, endpoint="x", key=str(hours), digest="d", at_real=at, act=lambda: Outcome(200, 1))
    assert (forget_old_keys(at_real=now), IdempotencyKey.objects.count()) == (2, 2)


@pytest.mark.postgres
def test_of_many_calls_at_once_one_submits_and_all_get_its_answer(race):
    make.move_clock()
    draft = make.make_draft()
    callers = [Caller(draft.applicant.user) for _number in range(8)]
    answers = race(8, lambda number: submit(callers[number], draft.pk))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.content for answer in answers}) == 1
    assert sorted("Idempotent-Replayed" in answer for answer in answers) == [False] + [True] * 7
    assert (Submission.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


@pytest.mark.postgres
def test_different_keys_at_once_submit_once_all_the_same(race):
    make.move_clock()
    draft = make.make_draft()
    callers = [Caller(draft.applicant.user) for _number in range(6)]
    answers = race(6, lambda number: submit(callers[number], draft.pk, key=f"k{number}"))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert (Submission.objects.count(), IdempotencyKey.objects.count()) == (1, 6)
