"""Who submits by API is told that it was done where it was done, and nowhere else."""

import pytest

from portal.casework.models import Application, Submission
from portal.casework.states import State
from tests import factories as make
from tests.api.calling import Caller, problem_of
from tests.lodging.making import load_lodging_policy

pytestmark = pytest.mark.django_db
REFUSED = (409, "/api/docs/#refused")


@pytest.fixture(autouse=True)
def _october_2023(db):
    make.load_policies()
    make.move_clock()


def submit(row, *, version, key="k"):
    return Caller(row.applicant.user).send("post", "api_submit", row.pk, body={"version": version}, Idempotency_Key=key)


@pytest.mark.parametrize("version", [1, 7])
def test_a_draft_of_another_version_is_not_submitted(version):
    draft = make.make_draft()
    assert problem_of(submit(draft, version=version))[:2] == REFUSED
    assert (Application.objects.get().state, Submission.objects.count()) == (State.DRAFT, 0)
    assert submit(draft, version=0).json()["state"] == "check"


@pytest.mark.slow
@pytest.mark.parametrize("state", [State.WITHDRAWN, State.REFUSED, State.LAPSED, State.APPROVED])
@pytest.mark.parametrize("seen", ["before it was sent", "now"])
def test_nothing_is_submitted_once_it_has_ended_and_nobody_is_told_so(state, seen):
    row = make.make_application_in(state)
    answer = submit(row, version=row.version if seen == "now" else 0)
    assert problem_of(answer)[:2] == REFUSED
    assert Application.objects.get().state == state


@pytest.mark.slow
def test_a_repeat_with_another_key_is_told_what_was_submitted_and_a_first_call_that_came_late_is_refused():
    draft = make.make_draft()
    assert submit(draft, version=0, key="first").status_code == 200
    repeat = submit(draft, version=0, key="second")
    assert (repeat.status_code, repeat.json()["state"], repeat.json()["version"]) == (200, "check", 1)
    assert problem_of(submit(draft, version=1, key="third"))[:2] == REFUSED
    assert Submission.objects.count() == 1


@pytest.mark.slow
def test_a_correction_is_sent_once_however_often_the_call_is_repeated():
    row = make.make_application_in(State.CORRECTION)
    assert problem_of(submit(row, version=row.version - 1, key="late"))[:2] == REFUSED
    first = submit(row, version=row.version, key="first")
    assert (first.status_code, first.json()["version"]) == (200, row.version + 1)
    assert submit(row, version=row.version, key="second").json() == first.json()
    assert Submission.objects.count() == 2


@pytest.mark.slow
def test_the_profile_is_changed_by_the_draft_that_asks_for_the_section():
    me = make.make_person()
    make.start_draft(me)
    load_lodging_policy(at=make.AT)
    caller = Caller(me.user)
    begun = {"programme": "lodging", "policy": "LODGE-2023", "is_privacy_read": True}  # it asks nothing of a job
    assert caller.send("post", "api_applications", body=begun).status_code == 201
    answer = caller.send("patch", "api_profile", body={"employment": {"started_on": "2023-07-04"}})
    assert (answer.status_code, answer.json()["employment"]["started_on"]) == (200, "2023-07-04")
