"""What the faces of a card cost: both drawn and encoded, against encoding two pictures that are there already.

    DEMO=1 .venv/bin/python -m benchmarks.cards [rounds]

A round draws both faces of a card at 300 dpi and encodes them as PNG, as the portal does; then Pillow encodes the same
two pictures, ready in memory, as it does unasked. What all cards of a kind share is drawn before the first round, as in
a worker that has made a card before. Every card has another name and number. Prints the ratio of the medians.
"""

from __future__ import annotations

import os
import sys
import time
from io import BytesIO
from statistics import median

MOST = 2.5
ROUNDS = 40
NAMES = ("林晓航", "欧阳", "阿卜杜热合曼·艾力", "Maximilian Alexander von Hohenberg-Weiss", "㛃𬭎𬱖")


def main(rounds: int) -> int:
    """Run the rounds, print, and answer 1 where the faces cost more than they may."""
    import django

    django.setup()
    from dataclasses import replace

    from applicants.cards.faces import faces, output
    from tests.cards.golden import face

    base = face(NAMES[0])
    faces.front(base), faces.back(base)
    taken: dict[str, list[float]] = {"faces": [], "encoding": []}
    for number in range(rounds):
        card = replace(base, name=NAMES[number % len(NAMES)], number=f"8135058100{number:05d}")
        start = time.perf_counter()
        pictures = [faces.front(card), faces.back(card)]
        made = [output.print_png(picture) for picture in pictures]
        taken["faces"].append(time.perf_counter() - start)
        start = time.perf_counter()
        for picture in pictures:
            picture.save(BytesIO(), "PNG")
        taken["encoding"].append(time.perf_counter() - start)
    drawn, encoded = (median(taken[what]) * 1000 for what in ("faces", "encoding"))
    ratio = drawn / encoded
    size, weight = pictures[0].size, sum(map(len, made)) // 1000
    sys.stdout.write(
        f"both faces ({size[0]} by {size[1]} pixels, {weight} kB): {drawn:.1f} ms drawn and encoded, {encoded:.1f} ms "
        f"encoding two ready pictures, ratio {ratio:.2f} (at most {MOST})\n"
    )
    return int(ratio > MOST)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
