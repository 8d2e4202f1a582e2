"""Threads that want the same money, on a real PostgreSQL."""

import pytest
from django.core.files.storage import default_storage

from portal.casework.services.advancing import StepRefused
from subsidies.models import Roll, RollLine
from subsidies.services.bank_results import apply_bank_result, upload_bank_result
from subsidies.services.issuing import issue_roll
from tests.factories import staff
from tests.subsidies.paying import ANSWERED, LATER, bank_row, collected, csv_file, issued, quick_payable, rejected

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_one_payable_collected_by_many_stands_on_one_line(race):
    payable = quick_payable()
    staff("finance")
    outcomes = race(8, lambda _number: collected(payable))
    assert sum(isinstance(outcome, Roll) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, StepRefused) for outcome in outcomes) == 7
    assert RollLine.objects.count() == 1


def test_overlapping_choices_never_share_a_payable(race):
    payables = [quick_payable() for _turn in range(4)]
    staff("finance")
    race(4, lambda number: collected(payables[number], payables[(number + 1) % 4]))
    live = list(RollLine.objects.order_by("id").values_list("payable", flat=True))
    assert len(live) == len(set(live))


def test_a_roll_issued_by_many_has_one_file_of_each_format(race):
    roll = collected(quick_payable())
    outcomes = race(6, lambda _number: issue_roll(roll=Roll.objects.get(pk=roll.pk), by=staff("finance"), at=LATER))
    assert [outcome for outcome in outcomes if not isinstance(outcome, Roll)] == []
    assert Roll.objects.get().state == "issued"
    assert [outcome.xlsx_sha256 for outcome in outcomes if outcome.state == "issued"] != []
    kept = default_storage.listdir(f"rolls/{roll.pk.hex}")[1]
    assert sorted(name.split(".")[1] for name in kept) == ["csv", "csv", "pdf", "xlsx"]


def test_a_bank_file_sent_and_applied_by_many_counts_once(race):
    roll = issued(quick_payable(), quick_payable())
    content = csv_file(bank_row(roll), bank_row(roll, 2) | rejected())

    def both(_number: int) -> object:
        result = upload_bank_result(roll=roll, content=content, by=staff("finance"), at=ANSWERED)
        return apply_bank_result(result=result, by=staff("finance"), at=ANSWERED)

    outcomes = race(5, both)
    assert len({outcome.pk for outcome in outcomes}) == 1
    assert [line.result for line in roll.lines.order_by("position")] == ["paid", "rejected"]
