"""Everything that may be paid collected into one roll, in batches, by workers that may be killed."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from applicants.people.services import give_account
from portal.audit.models import Entry
from portal.casework.services.advancing import StepRefused
from subsidies.models import Payable, Roll
from subsidies.services import collecting, rolls
from subsidies.services.collecting import collect_all, due_by_programme, run_collecting
from subsidies.services.issuing import issue_roll
from subsidies.services.rolls import collect_roll, drop_roll
from subsidies.tasks import sweep_rolls
from subsidies.views import payables as payables_page
from tests.factories import make_staff, move_clock, staff
from tests.subsidies.paying import LATER, cancelled, collected, quick_payable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def batches_of_two(monkeypatch):
    monkeypatch.setattr(collecting, "BATCH", 2)
    monkeypatch.setattr(rolls, "BATCH", 2)


def five() -> list[Payable]:
    """Due one after the other; the second is cancelled, the fourth has another account that nobody has compared."""
    found = [quick_payable(due_on=date(2023, 10, day)) for day in (10, 12, 13, 14)]
    found.insert(1, quick_payable(due_on=date(2023, 10, 11), **cancelled()))
    give_account(person=found[3].person, values={"number": "6217001870001234567"}, by=None, at=LATER)
    return found


def begun() -> Roll:
    return collect_all(programme="living-subsidy", by=staff("finance"), at=LATER)


def turn(roll: Roll, *, seconds: float | None = None) -> Roll:
    run_collecting(roll_id=roll.pk, at=LATER, at_real=timezone.now(), seconds=seconds)
    roll.refresh_from_db()
    return roll


def on_it(roll: Roll) -> list[tuple[int, Payable]]:
    return [(line.position, line.payable) for line in roll.lines.order_by("position")]


@pytest.mark.slow
def test_all_that_may_be_paid_is_collected_by_due_date_and_the_rest_stays_behind():
    first, _gone, third, _changed, fifth = five()
    quick_payable(due_on=date(2024, 1, 1))
    roll = begun()
    assert (roll.state, roll.candidates, on_it(roll)) == ("collecting", 4, [])
    assert turn(roll).state == "collected"
    assert on_it(roll) == [(1, first), (2, third), (3, fifth)]
    entries = Entry.objects.filter(target_id=str(roll.pk)).order_by("recorded_at", "id")
    assert [(entry.action, entry.actor, entry.note) for entry in entries] == [
        ("roll.collect_all", staff("finance"), "4"),
        ("roll.collect", staff("finance"), "3"),
    ]
    assert issue_roll(roll=roll, by=staff("finance"), at=LATER).state == "issued"


@pytest.mark.slow
def test_what_a_killed_worker_left_is_found_and_nothing_stands_on_it_twice():
    payables = five()
    roll = turn(begun(), seconds=-1)
    assert on_it(roll) == [(1, payables[0]), (2, payables[2])]
    Roll.objects.update(heartbeat=timezone.now())
    assert len(on_it(turn(roll))) == 2
    Roll.objects.update(heartbeat=timezone.now() - timedelta(seconds=61))
    for _sweep in range(9):  # a turn ends after ten seconds, however slow the machine is
        sweep_rolls()
    assert on_it(roll) == [(1, payables[0]), (2, payables[2]), (3, payables[4])]
    roll.refresh_from_db()
    assert (roll.state, roll.looked_at, roll.candidates) == ("collected", 4, 4)


@pytest.mark.slow
def test_what_another_roll_took_meanwhile_stays_on_that_one():
    payables = five()
    roll = begun()
    other = collect_roll(payable_ids=[payables[4].pk], by=make_staff("finance"), at=LATER)
    assert on_it(turn(roll)) == [(1, payables[0]), (2, payables[2])]
    assert on_it(other) == [(1, payables[4])]


@pytest.mark.slow
def test_a_short_one_is_collected_at_once_and_one_without_lines_is_dropped():
    payable = quick_payable()
    roll = begun()
    assert (roll.state, on_it(roll)) == ("collected", [(1, payable)])
    drop_roll(roll=roll, by=staff("finance"), at=LATER)
    give_account(person=payable.person, values={"number": "6217001870001234567"}, by=None, at=LATER)
    with pytest.raises(StepRefused, match="现在没有可以发放的款项"):
        begun()
    assert list(Roll.objects.order_by("number").values_list("state", flat=True)) == ["dropped", "dropped"]


def test_while_it_is_collected_it_is_not_issued_and_no_second_one_is_begun():
    five()
    roll = begun()
    with pytest.raises(StepRefused, match="还在汇总，做完以后才能签发"):
        issue_roll(roll=roll, by=staff("finance"), at=LATER)
    with pytest.raises(StepRefused, match=f"{roll.number} 正在汇总"):
        begun()


@pytest.mark.slow
def test_a_dropped_one_gives_everything_back_and_the_worker_stops():
    five()
    roll = turn(begun(), seconds=-1)
    drop_roll(roll=roll, by=staff("finance"), at=LATER)
    assert turn(roll).state == "dropped"
    assert due_by_programme(staff("finance"), LATER.date()) == {"living-subsidy": 4}


def test_lines_of_a_dropped_roll_that_were_not_freed_are_freed_by_the_sweep():
    roll = collected(quick_payable())
    Roll.objects.filter(pk=roll.pk).update(state="dropped")
    sweep_rolls()
    assert not roll.lines.filter(is_live=True).exists()


@pytest.mark.slow
def test_after_several_failures_what_was_collected_stands_and_the_page_says_so(monkeypatch):
    move_clock(LATER)
    payables = five()
    roll = turn(begun(), seconds=-1)
    monkeypatch.setattr(collecting, "evidence_of", lambda _payables: 1 / 0)
    for _turn in range(3):
        turn(roll)
        Roll.objects.update(heartbeat=None)
    roll.refresh_from_db()
    assert (roll.state, on_it(roll)) == ("collected", [(1, payables[0]), (2, payables[2])])
    client = Client()
    client.force_login(staff("finance"))
    assert "汇总没有做完就停下了" in client.get(f"/desk/rolls/{roll.number}/").content.decode()


def test_nobody_collects_what_they_approved_or_what_is_elsewhere():
    quick_payable()
    elsewhere = make_staff("finance", town="lingxiu")
    with pytest.raises(StepRefused, match="现在没有可以发放的款项"):
        collect_all(programme="living-subsidy", by=elsewhere, at=LATER)
    for role in ("approver", "administrator", "auditor"):
        with pytest.raises(StepRefused, match="现在没有可以发放的款项"):
            collect_all(programme="living-subsidy", by=staff(role), at=LATER)


@pytest.mark.slow
def test_finance_collects_all_from_the_page_and_sees_how_far_it_is(monkeypatch):
    move_clock(LATER)
    monkeypatch.setattr(payables_page, "PAGE", 3)
    five()
    client = Client()
    client.force_login(staff("finance"))
    page = client.get("/desk/payables/").content.decode()
    assert "一次性生活补贴：汇总全部 4 笔" in page
    answer = client.post("/desk/payables/collect-all/", {"programme": "living-subsidy"})
    assert (answer.status_code, answer["Location"]) == (302, "/desk/rolls/FF-2023-0001/")
    turn(Roll.objects.get(), seconds=-1)
    shown = client.get(answer["Location"]).content.decode()
    assert ("看过 2/4 笔" in shown, "roll_issue" in shown, "/issue/" in shown) == (True, False, False)
    assert "正在汇总" in client.get("/desk/rolls/").content.decode()
    assert "正在汇总" in client.get("/desk/payables/?view=on_a_roll").content.decode()
    for hostile in ("", "\0", "nothing", "x" * 9_000):
        assert client.post("/desk/payables/collect-all/", {"programme": hostile}).status_code == 302
