"""The sandbox's own page: what each register does now, and switches for it."""

from __future__ import annotations

from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation

from applicants.registers.catalogue import REGISTERS
from portal.demo.sandbox.answers import USUAL_LAG
from portal.demo.sandbox.city import City
from portal.demo.sandbox.switches import EVERY, FAULTS, LONGEST_LAG, LONGEST_LATENCY, LONGEST_RETRY, Switchboard

LOOK = Path(__file__).resolve().parents[2] / "ui" / "static" / "ui"
KINDS = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def page(board: Switchboard, city: City, token: str, *, language: str, is_wrong: bool) -> bytes:
    """The page in Chinese, or English for the language ``en``."""
    with translation.override("en" if language == "en" else "zh-hans"):
        context = {
            "rows": [
                {
                    "title": REGISTERS[code].title if code in REGISTERS else "",
                    "number": number,
                    "now": now,
                    "fault": FAULTS[now.fault],
                    "lags": code in ("insurance", EVERY),
                }
                for code, number, now in board.shown()
            ],
            "registers": REGISTERS.values(),
            "faults": FAULTS.items(),
            "usual_lag": USUAL_LAG,
            "people": len(city.people),
            "token": token,
            "language": "en" if language == "en" else "zh-hans",
            "is_wrong": is_wrong,
            "longest_latency": int(LONGEST_LATENCY),
            "longest_lag": LONGEST_LAG,
            "longest_retry": LONGEST_RETRY,
        }
        return render_to_string("demo/sandbox.html", context).encode()


def static_file(path: str) -> tuple[str, bytes] | None:
    """Kind and content of one of the portal's style sheets or pictures under ``/ui/``."""
    if not path.startswith("/ui/"):
        return None
    found = (LOOK / path.removeprefix("/ui/")).resolve()
    if not found.is_relative_to(LOOK) or found.suffix not in KINDS or not found.is_file():
        return None
    return KINDS[found.suffix], found.read_bytes()
