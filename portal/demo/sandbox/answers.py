"""What the sandbox's registers reply: a pure function of the city, the register and the request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from applicants.registers.asking import Answered, Question, Trouble, Unavailable
from applicants.registers.http import read_reply, request_body
from portal.demo.sandbox.city import City, months_between
from portal.wire.signing import sign_reply

USUAL_LAG = 1  # months: insurance data end with the month before
# How long an answer holds, in days.
VALID_DAYS = {"household": 30, "education": 90, "insurance": 31, "business": 30, "grants": 7}


def reply_to(
    known: City, register: str, asked: Mapping[str, Any], *, today: date, lag: int = USUAL_LAG
) -> dict[str, Any]:
    """The reply of ``register`` on ``today``; its insurance data end ``lag`` months before."""
    person = known.people.get(asked["number"])
    record = None
    if person and person["name"] == asked["name"] and person["records"].get(register) is not None:
        record = _record(known, register, person["records"][register], asked, today=today, lag=lag)
    return {
        "request": asked["request"],
        "person": asked["number"][-4:],
        "as_of": today.isoformat(),
        "valid_until": (today + timedelta(days=VALID_DAYS.get(register, 1))).isoformat(),
        "found": record is not None,
        "record": record,
    }


def _record(
    known: City, register: str, kept: Mapping[str, Any], asked: Mapping[str, Any], *, today: date, lag: int
) -> dict[str, Any] | None:
    if register == "insurance":
        return _insurance(kept, today, lag)
    if register == "business":
        code = asked.get("credit_code", "")
        business = known.businesses.get(code)
        return {**business, "role": kept["roles"].get(code)} if business else None
    if register in ("property", "grants"):
        spouse, told = asked.get("spouse"), kept["spouse"]
        fits = spouse and told and told["number_last4"] == spouse["number"][-4:]
        return {**kept, "spouse": told if fits else None}
    return dict(kept)


def _insurance(kept: Mapping[str, Any], today: date, lag: int) -> dict[str, Any]:
    number = today.year * 12 + today.month - 1 - lag
    until = f"{number // 12:04d}-{number % 12 + 1:02d}"
    months = [it for it in kept["months"] if it["month"] <= until]
    if kept["goes_on"] and len(months) == len(kept["months"]) and months:
        last = months[-1]
        for month in months_between(last["month"], until)[1:]:
            days = {"month": month, "due_on": f"{month}-28", "paid_on": f"{month}-15"}
            months.append({**last, **days})
    return {"data_month": until, "months": months}


@dataclass(frozen=True, slots=True)
class InHouse:
    """Asks the city without a network; the reply is read as if it had come over one."""

    known: City
    lag: int = USUAL_LAG

    def ask(self, question: Question) -> Answered | Unavailable:
        """Ask once."""
        if self.known.is_pending(question.register, question.number):
            return Unavailable(Trouble.PENDING)
        path = f"/{question.register}"
        today = timezone.localdate(question.at)
        reply = reply_to(self.known, question.register, json.loads(request_body(question)), today=today, lag=self.lag)
        content = json.dumps(reply, ensure_ascii=False).encode()
        return read_reply(question, content, sign_reply("in-house", path, content), key="in-house", path=path)
