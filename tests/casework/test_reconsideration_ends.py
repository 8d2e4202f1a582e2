"""How a reconsideration ends: one decider at a time, a dismissal with a letter of its own, a withdrawal with none."""

from datetime import timedelta

import pytest

from portal.casework.models import Application, Reconsideration
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.services.drafting import start_application, withdraw_reconsideration
from portal.casework.states import OPEN
from portal.notifications.models import Letter
from tests import factories as make
from tests.casework.test_reconsidering import ask, decide, now

pytestmark = pytest.mark.django_db


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_decides(race):
    row = make.make_application_in("reconsideration")
    deciders = [make.staff("administrator"), make.make_staff("administrator")]
    at = row.state_at + timedelta(hours=1)

    def act(number):
        step = ("uphold_reconsideration", "dismiss_reconsideration")[number]
        return advance(
            row, step, actor=deciders[number], at=at, expected_version=row.version, clause="LS-1", note="看过材料。"
        )

    outcomes = race(2, act)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Application", "FileChanged"]
    found = Reconsideration.objects.get()
    assert (now(row).state, found.outcome) in {("first_review", "upheld"), ("refused", "dismissed")}
    assert row.decisions.count() == (2 if found.outcome == "dismissed" else 1)
    assert Letter.objects.filter(kind__in=["reconsideration_upheld", "reconsideration_dismissed"]).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_asking_and_applying_anew_at_once_one_holds(race):
    row = make.make_application_in("refused")
    at = row.state_at + timedelta(hours=1)

    def act(number):
        if number % 2:
            return ask(row, at=at)
        return start_application(
            user=row.applicant.user,
            programme_code="living-subsidy",
            policy_code="LS-2022",
            privacy_read_at=at,
            at=at,
        )

    outcomes = race(4, act)

    assert [it for it in outcomes if isinstance(it, Exception) and not isinstance(it, StepRefused)] == []
    assert Application.objects.filter(applicant=row.applicant, state__in=OPEN).count() == 1


# ── dismissed and withdrawn ────────────────────────────────────────────────────────────────────────────────────────


def test_dismissed_the_refusal_stands_by_a_decision_of_its_own():
    row = make.make_application_in("reconsideration")

    done = decide(row, "dismiss_reconsideration", make.staff("administrator"), clause="LS-1", note="证明不足。")

    assert done.state == "refused"
    first, second = row.decisions.order_by("at")
    assert (second.outcome, second.clause, second.reason, second.signed_by) == (
        "refused",
        "LS-1",
        "证明不足。",
        make.staff("administrator"),
    )
    found = Reconsideration.objects.get()
    assert (found.refusal, found.decision, found.outcome) == (first, second, "dismissed")
    letter = Letter.objects.get(kind="reconsideration_dismissed").context
    assert (letter["clause"], letter["reason"], letter["review_days"], letter["reconsider_by"]) == (
        "LS-1",
        "证明不足。",
        60,
        "",
    )
    with pytest.raises(StepRefused, match="这个决定不能申请复核，或者已经申请过。"):
        ask(row)


def test_a_dismissal_names_clause_and_reason():
    row = make.make_application_in("reconsideration")
    administrator = make.staff("administrator")
    with pytest.raises(StepRefused, match="请选择不符合的条款。"):
        decide(row, "dismiss_reconsideration", administrator, note="维持。")
    with pytest.raises(StepRefused, match="请写明理由。"):
        decide(row, "dismiss_reconsideration", administrator, clause="LS-1")


def test_withdrawn_the_refusal_stands_and_nothing_is_signed():
    row = make.make_application_in("reconsideration")
    done = withdraw_reconsideration(
        application=row, by=row.applicant.user, at=row.state_at, expected_version=row.version
    )
    again = withdraw_reconsideration(
        application=row, by=row.applicant.user, at=row.state_at, expected_version=row.version
    )
    assert (done.state, again.state, row.decisions.count()) == ("refused", "refused", 1)
    assert (Reconsideration.objects.get().outcome, Reconsideration.objects.get().decided_by) == ("withdrawn", None)
    assert Letter.objects.filter(kind="reconsideration_withdrawn").count() == 1
    with pytest.raises(StepRefused, match="这个决定不能申请复核，或者已经申请过。"):
        ask(row)
