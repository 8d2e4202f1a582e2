"""What can go wrong with the sandbox's registers, and where it is switched on."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from applicants.registers.catalogue import REGISTERS
from portal.demo.sandbox.answers import USUAL_LAG

FAULTS = {
    "": _("正常答复"),
    "unavailable": _("暂停服务（503）"),
    "error": _("对方出错（500）"),
    "hang": _("一直不答复"),
    "refuse": _("挂断连接"),
    "quota": _("查询次数用完（429）"),
    "pending": _("以后才有结果（202）"),
    "redirect": _("转到别的地址"),
    "other_person": _("答的是另一个人"),
    "other_request": _("答的是另一次查询"),
    "bad_signature": _("签名不对"),
    "future": _("日期在今天以后"),
    "not_json": _("不是 JSON"),
    "truncated": _("答到一半断开"),
    "schema": _("字段类型不对"),
    "huge": _("答复太大"),
}
EVERY = "*"
LONGEST_LATENCY, LONGEST_LAG, LONGEST_RETRY = 60.0, 24, 86_400


class SwitchWrong(ValueError):
    """A switch that does not exist, or a value it does not take."""


@dataclass(frozen=True, slots=True)
class Switch:
    """How a register answers: one fault or none, after ``latency`` seconds; ``lag`` in months (insurance only).

    ``retry_after`` is what it asks for in seconds where the fault allows that; 0 leaves it out.
    """

    fault: str = ""
    latency: float = 0.0
    lag: int = USUAL_LAG
    retry_after: int = 0

    def changed(self, values: Mapping[str, Any]) -> Switch:
        """This switch with some values changed, from text or typed. Raises SwitchWrong."""
        try:
            found = replace(
                self,
                fault=str(values.get("fault", self.fault)),
                latency=float(values.get("latency", self.latency)),
                lag=int(values.get("lag", self.lag)),
                retry_after=int(values.get("retry_after", self.retry_after)),
            )
        except (TypeError, ValueError, OverflowError):
            raise SwitchWrong("latency, lag and retry_after are numbers") from None
        if found.fault not in FAULTS:
            raise SwitchWrong(f"a fault is one of {', '.join(filter(None, FAULTS))}")
        if not (
            0 <= found.latency <= LONGEST_LATENCY
            and 0 <= found.lag <= LONGEST_LAG
            and 0 <= found.retry_after <= LONGEST_RETRY
        ):
            raise SwitchWrong("latency, lag or retry_after is out of range")
        return found


@dataclass
class Switchboard:
    """The switches by register and person; the most particular one counts. Safe to use from several threads."""

    _set: dict[tuple[str, str], Switch] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def for_question(self, register: str, number: str) -> Switch:
        """How ``register`` answers about the person of that number."""
        with self._lock:
            for place in ((register, number), (EVERY, number), (register, ""), (EVERY, "")):
                if found := self._set.get(place):
                    return found
        return Switch()

    def set(self, register: str, number: str = "", **values: Any) -> None:
        """Change one switch; ``register`` may be ``*``, and ``number`` empty for everybody. Raises SwitchWrong."""
        if register != EVERY and register not in REGISTERS:
            raise SwitchWrong(f"a register is one of {', '.join(REGISTERS)}, or {EVERY}")
        with self._lock:
            switch = self._set.get((register, number), Switch()).changed(values)
            if register == EVERY:  # what was set for one register gives way
                self._set = {place: kept for place, kept in self._set.items() if place[1] != number}
            self._set[register, number] = switch

    def reset(self) -> None:
        """Everything answers again."""
        with self._lock:
            self._set.clear()

    def shown(self) -> list[tuple[str, str, Switch]]:
        """How each register answers about everybody, then what is set for single people: register, number, switch."""
        everybody = [(code, "", self.for_question(code, "")) for code in REGISTERS]
        with self._lock:
            return everybody + [(code, number, switch) for (code, number), switch in self._set.items() if number]
