"""What a simulation's page shows: sentences, bars and tables made of its tally, the changed files, and its file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from portal.accounts.models import User
from portal.casework.doors import desk_applications
from portal.casework.models import Simulation, SimulationChange
from portal.casework.services.simulating import NO_CLAUSE, clauses_of, document_of, moves
from portal.casework.states import State
from portal.policy.models import PolicyVersion
from portal.ui.figures import amount_text, day_time_text, listed, yuan_text

FILES_SHOWN = 50
ROWS_AT_ONCE = 500
VERDICTS = {
    "eligible": gettext_lazy("符合"),
    "undetermined": gettext_lazy("待定"),
    "ineligible": gettext_lazy("不符合"),
}
LETTERS = {"m": gettext_lazy("符合"), "u": gettext_lazy("待证实"), "n": gettext_lazy("不符合")}
LOOKS = {
    "eligible": "met",
    "undetermined": "unproven",
    "ineligible": "unmet",
    "m": "met",
    "u": "unproven",
    "n": "unmet",
}
GROUPS = {"open": gettext_lazy("在办"), "past": gettext_lazy("已办结")}
TAGS = {
    Simulation.State.WAITING: ("default", "clock", gettext_lazy("等待开始")),
    Simulation.State.RUNNING: ("active", "half", gettext_lazy("正在计算")),
    Simulation.State.DONE: ("ok", "check", gettext_lazy("已完成")),
    Simulation.State.FAILED: ("urgent", "alert", gettext_lazy("没有完成")),
    Simulation.State.STOPPED: ("default", "minus-circle", gettext_lazy("已停止")),
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Bar:
    """One bar of a plot: what it says in words, and its parts as (look, from, width) in percent of the plot."""

    label: str
    text: str
    parts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class ClauseRow:
    """How many files a clause answers differently. ``kind``: kept, new (no "before") or dropped (no "after")."""

    code: str
    text: str
    kind: str
    met: int
    unproven: int
    unmet: int

    @property
    def files(self) -> int:
        """All of them."""
        return self.met + self.unproven + self.unmet


def state_tag(simulation: Simulation) -> dict[str, Any]:
    """How far it is, for ``{% tag %}``."""
    kind, icon, text = TAGS[Simulation.State(simulation.state)]
    return {"kind": kind, "icon": icon, "text": text}


def bar_of(label: str, text: str, parts: Sequence[tuple[str, int]], whole: int) -> Bar:
    """A bar of ``parts`` (look, size) beside each other, in a plot that is ``whole`` wide."""
    found, start = [], 0
    for look, size in parts:
        if size > 0:
            found.append((look, f"{start / whole * 100:.2f}%", f"{size / whole * 100:.2f}%"))
            start += size
    return Bar(label, text, tuple(found))


class Figures:
    """The tally of a simulation in tables and bars."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation, self.tally = simulation, simulation.results
        self.changed, self.changed_verdict, self.changed_amount, self.unreadable, self.unchecked = (
            self.count(name) for name in ("changed", "changed_verdict", "changed_amount", "unreadable", "unchecked")
        )

    def count(self, *key: str) -> int:
        """One number of the tally."""
        found: int = self.tally.get("/".join(key), 0)
        return found

    @property
    def judged(self) -> int:
        """The files that have a result before and after."""
        return self.simulation.done - self.unreadable - self.unchecked

    def fen(self, side: str) -> int:
        """What all files cost, ``before`` or ``after``, in whole fen."""
        return sum(self.count("cost", group, side) for group in GROUPS)

    @property
    def difference_fen(self) -> int:
        """How much more it would cost; negative where it would cost less."""
        return self.fen("after") - self.fen("before")

    @property
    def summary(self) -> str:
        """What came out, in two sentences."""
        files = ngettext(
            "算过 %(count)s 件申请，其中 %(changed)s 件的结论或金额会改变。",
            "算过 %(count)s 件申请，其中 %(changed)s 件的结论或金额会改变。",
            self.judged,
        ) % {"count": f"{self.judged:,}", "changed": f"{self.changed:,}"}
        if self.difference_fen > 0:
            cost = _("费用从 %(before)s增加到 %(after)s，多 %(difference)s。")
        elif self.difference_fen < 0:
            cost = _("费用从 %(before)s减少到 %(after)s，少 %(difference)s。")
        else:
            cost = _("费用不变，仍是 %(before)s。")
        fen = {"before": self.fen("before"), "after": self.fen("after"), "difference": abs(self.difference_fen)}
        values = {name: yuan_text(amount) for name, amount in fen.items()}
        return pgettext("two sentences", "%(first)s%(second)s") % {"first": files, "second": cost % values}

    def matrix(self) -> list[dict[str, Any]]:
        """Verdict before by verdict after: a row for each before, with its total."""
        rows = []
        for before, label in VERDICTS.items():
            files = [sum(self.count("verdict", group, before, after) for group in GROUPS) for after in VERDICTS]
            cells = [
                {"files": number, "is_same": before == after, "label": VERDICTS[after]}
                for after, number in zip(VERDICTS, files, strict=True)
            ]
            rows.append({"label": label, "cells": cells, "total": sum(files)})
        return rows

    def matrix_totals(self) -> list[int]:
        """How many files have each verdict after, and all."""
        after = [
            sum(self.count("verdict", group, before, verdict) for group in GROUPS for before in VERDICTS)
            for verdict in VERDICTS
        ]
        return [*after, sum(after)]

    def verdict_bars(self) -> list[Bar]:
        """The verdicts before and after."""
        rows = self.matrix()
        before, after = [row["total"] for row in rows], self.matrix_totals()[:-1]
        return [
            bar_of(label, _split(VERDICTS, files), list(zip(LOOKS_OF_VERDICTS, files, strict=True)), self.judged)
            for label, files in ((_("现在"), before), (_("按草稿"), after))
            if self.judged
        ]

    def clause_rows(self) -> list[ClauseRow]:
        """The clauses that answer some file differently, in the draft's order, then those it drops."""
        document = document_of(self.simulation)
        texts = {clause.code: str(clause.text) for clause in document.clauses}
        for version in PolicyVersion.objects.filter(policy=self.simulation.policy_id):
            texts |= {clause.code: str(clause.text) for clause in version.parsed.clauses if clause.code not in texts}
        rows = []
        for code, text in texts.items():
            kept = [sum(self.count("clause", code, old + new) for old in LETTERS if old != new) for new in LETTERS]
            new = [self.count("clause", code, f"{NO_CLAUSE}{letter}") for letter in LETTERS]
            dropped = [self.count("clause", code, f"{letter}{NO_CLAUSE}") for letter in LETTERS]
            kinds = (("kept", kept), ("new", new), ("dropped", dropped))
            rows += [ClauseRow(code, text, kind, *files) for kind, files in kinds if any(files)]
        return rows

    def same_clauses(self, rows: Iterable[ClauseRow]) -> str:
        """The draft's other clauses, side by side: ``LS-1、LS-2``."""
        moved = {row.code for row in rows}
        return listed(it.code for it in document_of(self.simulation).clauses if it.code not in moved)

    def clause_bars(self, rows: Iterable[ClauseRow]) -> list[Bar]:
        """The same as bars."""
        rows = list(rows)
        most = max((row.files for row in rows), default=0)
        return [
            bar_of(
                f"{row.code} {CLAUSE_KINDS[row.kind]}".strip(),
                _split(LETTERS, (row.met, row.unproven, row.unmet)),
                (("met", row.met), ("unproven", row.unproven), ("unmet", row.unmet)),
                most,
            )
            for row in rows
        ]

    def cost_rows(self) -> list[dict[str, Any]]:
        """What open, past and all files cost before and after, in whole fen."""
        rows = [
            (label, self.count("cost", group, "before"), self.count("cost", group, "after"))
            for group, label in GROUPS.items()
        ]
        rows.append((_("合计"), self.fen("before"), self.fen("after")))
        return [
            {"label": label, "before_fen": before, "after_fen": after, "difference_fen": after - before}
            for label, before, after in rows
        ]

    def cost_bars(self) -> list[Bar]:
        """What open and past files cost before and after."""
        rows = self.cost_rows()[:-1]
        most = max((row[side] for row in rows for side in ("before_fen", "after_fen")), default=0)
        return [
            bar_of(
                _("%(group)s，%(side)s") % {"group": row["label"], "side": side},
                yuan_text(row[name]),
                ((look, row[name]),),
                most or 1,
            )
            for row in rows
            for side, name, look in ((_("现在"), "before_fen", "before"), (_("按草稿"), "after_fen", "after"))
            if most
        ]


LOOKS_OF_VERDICTS = [LOOKS[verdict] for verdict in VERDICTS]
CLAUSE_KINDS = {"kept": "", "new": gettext_lazy("（新增）"), "dropped": gettext_lazy("（删去）")}


def _split(labels: Mapping[str, Any], files: Sequence[int]) -> str:
    said = (f"{label} {number:,}" for label, number in zip(labels.values(), files, strict=True))
    return listed(said)


# ── files that change ──────────────────────────────────────────────────────────────────────────────────────────────


class ChangeReader:
    """Puts the changes of one simulation into words; asks the database once."""

    def __init__(self, simulation: Simulation) -> None:
        self.clauses = clauses_of(PolicyVersion.objects.filter(policy=simulation.policy_id))
        self.codes = tuple(clause.code for clause in document_of(simulation).clauses)
        self.words = {letter: str(label) for letter, label in LETTERS.items()}
        self.moved = {
            "kept": _("%(clause)s 由%(before)s变为%(after)s"),
            "new": _("%(clause)s 新增，%(after)s"),
            "dropped": _("%(clause)s 删去，原来%(before)s"),
        }
        self.verdicts = {verdict: str(label) for verdict, label in VERDICTS.items()}
        self.states = {state.value: str(state.label) for state in State}
        self.joint = pgettext("between two clauses", "；")

    def clause_changes(self, change: SimulationChange) -> list[str]:
        """The clauses that answer this file differently, a phrase for each."""
        version = change.application.policy_version_id
        found = moves(self.clauses[version], change.clauses_before, self.codes, change.clauses_after)
        said = []
        for code, (before, after) in found:
            if before != after:
                kind = "new" if before == NO_CLAUSE else "dropped" if after == NO_CLAUSE else "kept"
                words = {"before": self.words.get(before, ""), "after": self.words.get(after, "")}
                said.append(self.moved[kind] % {"clause": code, **words})
        return said

    def difference_fen(self, change: SimulationChange) -> int:
        """What the file costs more; an undetermined one costs nothing yet."""
        return (change.amount_fen_after or 0) - (change.amount_fen_before or 0)

    def row(self, change: SimulationChange, may_open: bool) -> dict[str, Any]:
        """A line of the page's list."""
        return {
            "reference": change.application.reference,
            "href": reverse("desk_file", args=[change.application_id]) if may_open else "",
            "state": self.states[change.application.state],
            "before": self.verdicts[change.verdict_before],
            "after": self.verdicts[change.verdict_after],
            "is_same_verdict": change.verdict_before == change.verdict_after,
            "before_fen": change.amount_fen_before,
            "after_fen": change.amount_fen_after,
            "difference_fen": self.difference_fen(change),
            "clauses": self.clause_changes(change),
        }

    def cells(self, change: SimulationChange) -> list[str]:
        """A line of the file."""
        amounts = (change.amount_fen_before, change.amount_fen_after, self.difference_fen(change))
        texts = [
            change.application.reference or "",
            self.states[change.application.state],
            self.verdicts[change.verdict_before],
            self.verdicts[change.verdict_after],
        ]
        figures = ["" if fen is None else amount_text(fen).replace(",", "") for fen in amounts]
        return [*map(safe_text, texts), *figures, safe_text(self.joint.join(self.clause_changes(change)))]


def changed_files(simulation: Simulation) -> Any:
    """The changes with their applications, by reference."""
    columns = ("application__reference", "application__state", "application__policy_version_id")
    found = simulation.changes.select_related("application").order_by("application__reference")
    return found.only(*columns, *(field.attname for field in SimulationChange._meta.concrete_fields))


def change_rows(simulation: Simulation, user: User) -> list[dict[str, Any]]:
    """The first changed files, linked where the file is on the desk of ``user``."""
    reader = ChangeReader(simulation)
    changes = list(changed_files(simulation)[:FILES_SHOWN])
    on_desk = desk_applications(user).filter(pk__in=[change.application_id for change in changes])
    openable = set(on_desk.order_by().values_list("pk", flat=True))
    return [reader.row(change, change.application_id in openable) for change in changes]


def safe_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Echo:
    def write(self, line: str) -> str:
        return line


def changes_csv(simulation: Simulation) -> Iterator[bytes]:
    """The list as a file, UTF-8 with a byte order mark, a few rows in memory at a time. Words are those of now."""
    reader, lines = ChangeReader(simulation), csv.writer(_Echo())
    heads = [
        _("申请编号"), _("状态"), _("现在的结论"), _("按草稿的结论"), _("现在的金额（元）"), _("按草稿的金额（元）"),
        _("差额（元）"), _("条款变化"),
    ]  # fmt: skip

    def made() -> Iterator[bytes]:
        yield b"\xef\xbb\xbf" + lines.writerow(heads).encode()
        for change in changed_files(simulation).iterator(ROWS_AT_ONCE):
            yield lines.writerow(reader.cells(change)).encode()

    return made()


def simulations_of_text(sha256: str) -> list[dict[str, str]]:
    """The last five simulations of exactly that text, newest first: what the draft's page links to."""
    found = Simulation.objects.filter(sha256=sha256).order_by("-asked_at", "-id")[:5]
    return [
        {"href": reverse("simulation", args=[row.pk]), "when": day_time_text(row.asked_at), "text": outcome_text(row)}
        for row in found
    ]


def outcome_text(simulation: Simulation) -> str:
    """How it stands in a few words: the state, or how many files change and what it costs."""
    if simulation.state != Simulation.State.DONE:
        return str(TAGS[Simulation.State(simulation.state)][2])
    figures = Figures(simulation)
    values = {"count": f"{figures.changed:,}", "difference": yuan_text(figures.difference_fen)}
    return (
        ngettext(
            "%(count)s 件会改变，费用差额 %(difference)s",
            "%(count)s 件会改变，费用差额 %(difference)s",
            figures.changed,
        )
        % values
    )
