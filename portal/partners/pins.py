"""Which PINs are too easy to guess: the first ones that anybody would try."""

from __future__ import annotations

import re
from itertools import pairwise

from django.utils.translation import gettext as _

from applicants.people.numbers import compact
from applicants.people.refusals import NumberInvalid

DIGITS = 6


def parse_pin(text: str) -> str:
    """The six digits in ``text``, full width made half width. Raises NumberInvalid for anything else."""
    pin = compact(text)
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", pin):
        raise NumberInvalid(_("PIN 是 6 位数字。"))
    return pin


def parse_new_pin(text: str) -> str:
    """As ``parse_pin``, but refuses what is easily guessed."""
    pin = parse_pin(text)
    if is_easily_guessed(pin):
        raise NumberInvalid(_("这个 PIN 太容易猜到。请不要用连续、重复的数字。"))
    return pin


def is_easily_guessed(pin: str) -> bool:
    """Few digits (111222), runs up or down (345678, 987654, 135791), one half twice (168168), or mirrored (123321)."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    half = DIGITS // 2
    is_a_run = len(steps) == 1
    return len(set(pin)) <= 2 or is_a_run or pin[:half] == pin[half:] or pin == pin[::-1]
