"""What the database itself refuses about money."""

import pytest
from django.db import IntegrityError, transaction

from subsidies.models import Payable, Roll, RollLine
from tests.factories import staff
from tests.subsidies.paying import LATER, collected, issued, quick_payable

pytestmark = pytest.mark.django_db


def breaks(name: str, act) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act()


def new_line(roll: Roll, payable: Payable, **changes: object) -> RollLine:
    values = {
        "roll": roll, "payable": payable, "position": 9, "approved_by": staff("approver"),
        "collected_by": staff("finance"), "gross_fen": 100, "tax_fen": 0, "net_fen": 100,
    }  # fmt: skip
    return RollLine.objects.create(**values | changes)


def test_one_live_line_per_payable():
    payable = quick_payable()
    roll = collected(payable)
    breaks("one_live_line_per_payable|UNIQUE.*payable", lambda: new_line(roll, payable))
    new_line(roll, payable, is_live=False)


def test_one_line_per_position():
    roll = collected(quick_payable())
    breaks("one_line_per_roll_position|UNIQUE.*position", lambda: new_line(roll, quick_payable(), position=1))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("who_approved_does_not_collect", {"collected_by": "approver"}),
        ("who_approved_does_not_issue", {"issued_by": "approver"}),
        ("line_net_is_gross_less_tax", {"net_fen": 99}),
        ("line_net_is_gross_less_tax", {"gross_fen": 5, "tax_fen": 5, "net_fen": 0}),
        ("a_rejected_line_is_not_live_and_names_why", {"result": "rejected", "result_code": "销户"}),
        ("a_rejected_line_is_not_live_and_names_why", {"result": "rejected", "is_live": False}),
    ],
)
def test_a_line_that_cannot_be_true_is_refused(name, changes):
    roll, payable = collected(quick_payable()), quick_payable()
    values = {key: staff(value) if key.endswith("_by") else value for key, value in changes.items()}
    breaks(name, lambda: new_line(roll, payable, **values))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("net_is_gross_less_tax", {"net_fen": 999_999}),
        ("net_is_gross_less_tax", {"gross_fen": 0, "net_fen": 0}),
        ("net_is_gross_less_tax", {"tax_fen": -1, "net_fen": 1_000_001}),
        ("a_payee_is_a_person_or_an_organisation", {"organisation": "某单位"}),
        ("a_recheck_names_person_and_paper", {"rechecked_at": LATER}),
    ],
)
def test_a_payable_that_cannot_be_true_is_refused(name, changes):
    payable = quick_payable()
    breaks(name, lambda: Payable.objects.filter(pk=payable.pk).update(**changes))


def test_one_payable_per_instalment():
    payable = quick_payable()
    payable.pk = None
    breaks("one_payable_per_instalment|UNIQUE.*number", lambda: payable.save(force_insert=True))


@pytest.mark.parametrize("changes", [{"xlsx_name": ""}, {"xlsx_sha256": ""}, {"count": 0}, {"issued_by": None}])
@pytest.mark.slow
def test_an_issued_roll_has_file_count_and_sum(changes):
    roll = issued(quick_payable())
    breaks("an_issued_roll_has_file_count_and_sum", lambda: Roll.objects.filter(pk=roll.pk).update(**changes))
