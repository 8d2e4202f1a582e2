"""Capital figures as a cashier writes them (支付结算办法)."""

import pytest

from subsidies.amount_words import capital_amount


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (110, "壹元壹角整"),
        (101, "壹元零壹分"),
        (1_000_000, "壹万元整"),
        (12_000_000, "壹拾贰万元整"),
        (10_001_001, "壹拾万零壹拾元零壹分"),
        (1_000_010_000, "壹仟万零壹佰元整"),
        (10_000_000_100, "壹亿零壹元整"),
        (123_456_789_012, "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分"),
    ],
)
def test_amounts_are_written_in_capital_figures(fen, words):
    assert capital_amount(fen) == words
