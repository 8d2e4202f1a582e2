"""Which PINs are taken."""

import pytest

from applicants.people.refusals import NumberInvalid
from portal.partners.pins import parse_new_pin, parse_pin


@pytest.mark.parametrize("typed", ["402917", " 402917 ", "４０２９１７", "402-917"])
def test_six_digits_are_read_however_they_are_typed(typed):
    assert parse_new_pin(typed) == "402917"


@pytest.mark.parametrize("typed", ["", "40291", "4029171", "40291a", "٤٠٢٩١٧", "四〇二九一七"])
def test_anything_else_is_no_pin(typed):
    with pytest.raises(NumberInvalid):
        parse_pin(typed)


@pytest.mark.parametrize(
    "easy",
    ["111111", "112211", "121212", "123456", "654321", "012345", "789012", "135791", "168168", "520025", "888988"],
)
def test_what_anybody_would_try_first_is_refused(easy):
    with pytest.raises(NumberInvalid):
        parse_new_pin(easy)
    assert parse_pin(easy) == easy  # only when it is chosen
