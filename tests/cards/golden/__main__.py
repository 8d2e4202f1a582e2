"""Keeps the faces as they are drawn now. Look at each of them before they are committed."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from tests.cards.golden import DRAWN, FOLDER, small  # noqa: E402  (settings come first)

for name, draw in DRAWN.items():
    small(draw()).quantize(64, dither=0).save(FOLDER / f"{name}.png", optimize=True)
