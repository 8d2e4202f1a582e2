"""Drawing and ranking 100,000 entrants, beside Python's own sort of as many SHA-256 digests.

    DEMO=1 .venv/bin/python -m benchmarks.draw [entrants]

The list is frozen beforehand, as it is in the portal; a draw is commitment, seed, a lot for each entrant, and their
order. Rounds take turns in one process, with the garbage collector off. Prints for both modes that draw lots the best
of each and their ratio, and how long freezing the list and writing the result file take. The rankings are checked
against an order by plain text.
"""

import gc
import hashlib
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

MOST = 5.0  # times the bare sort
ROUNDS = 9
LADDER = ("L1", "L2", "L3", "L4", "L5", "-")
DRAWN_AT = datetime(2026, 12, 16, 2, tzinfo=UTC)


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of this process, and what came of it."""
    begun = time.process_time()
    found = act()
    return time.process_time() - begun, found


def compare(count: int) -> int:
    """Freeze, draw, sort, print; 1 where a draw takes longer than it may."""
    from housing.apartments.draw import Entrant, Mode

    entrants = tuple(Entrant(number, LADDER[number % 6], 2, ("one-room",), "林*") for number in range(1, count + 1))
    digests = [hashlib.sha256(b"%d" % number).digest() for number in range(count)]
    gc.disable()
    return max(compare_mode(mode, entrants, digests) for mode in (Mode.LOTTERY, Mode.TIERS_THEN_LOTTERY))


def compare_mode(mode: Any, entrants: tuple[Any, ...], digests: list[bytes]) -> int:
    """The same in one mode."""
    from housing.apartments.draw import EntrantList, draw

    def freeze() -> EntrantList:
        frozen = EntrantList("AP-2026-001", mode, LADDER, "closing index", entrants)
        _published = frozen.sha256  # kept by the list from here on
        return frozen

    freezing, listing = timed(freeze)
    taken: dict[str, list[float]] = {"drawn": [], "sorted": []}
    for _round in range(ROUNDS):
        seconds, result = timed(lambda: draw(listing, drawn_at=DRAWN_AT, secret="5" * 64, public_value="3892.10"))
        taken["drawn"].append(seconds)
        taken["sorted"].append(timed(lambda: sorted(digests))[0])
    writing, content = timed(result.to_bytes)
    lots = {it.number: hashlib.sha256(f"{result.seed} {it.number}".encode()).hexdigest() for it in entrants}
    place = {it.number: LADDER.index(it.tier) if mode.is_by_tier else 0 for it in entrants}
    if result.ranking != tuple(sorted(lots, key=lambda number: (place[number], lots[number]))):
        raise SystemExit("The ranking is another one.")
    drawn, bare = (min(taken[kind]) for kind in ("drawn", "sorted"))
    sys.stdout.write(
        f"{len(entrants)} entrants ({mode}) drawn and ranked in {drawn:.3f} s, as many digests sorted in {bare:.3f} s, "
        f"ratio {drawn / bare:.1f} (at most {MOST}); list frozen in {freezing:.2f} s, result file of "
        f"{len(content) / 1e6:.1f} MB written in {writing:.2f} s\n"
    )
    return int(drawn / bare > MOST)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.exit(compare(int(sys.argv[1]) if sys.argv[1:] else 100_000))
