"""Officials' worked examples: a CSV with a case per row, the facts, and in ``expect_*`` what should be answered."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from portal.policy.assessing import Assessment
from portal.policy.facts import FACTS, Facts, FactUnreadable, Provenance, read_day, read_value
from portal.policy.schema import PolicyDocument

EXPECTATIONS = ("verdict", "amount", "instalments", "unmet", "unproven")
OFFERS = ("tier", "card", "nights", "area", "rent")


class ExamplesUnreadable(ValueError):
    """A file of cases that cannot be read; ``sentences`` say everything that is wrong with it."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Case:
    """One row: its name, the facts (all proven by a register) and the expected answers by column."""

    name: str
    facts: Facts
    expected: Mapping[str, str]


def read_cases(path: Path, document: PolicyDocument) -> list[Case]:
    """The cases in the CSV at ``path`` (UTF-8, or GB 18030 as Chinese spreadsheets save it).

    Raises:
        ExamplesUnreadable: with a sentence for everything that is wrong, naming case and column.
    """
    rows = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        problems = list(_problems_of_header(header, document))
        if problems:
            raise ExamplesUnreadable(problems)
        cases: list[Case] = []
        for cells in rows:
            if any(cell.strip() for cell in cells):
                _read_row(header, cells, rows.line_num, cases, problems)
    except csv.Error as error:
        raise ExamplesUnreadable(
            [_("第 %(line)s 行读不懂：%(problem)s") % {"line": rows.line_num, "problem": error}]
        ) from None
    if problems:
        raise ExamplesUnreadable(problems)
    if not cases:
        raise ExamplesUnreadable([_("文件里没有案例")])
    return cases


def answers_of(assessment: Assessment) -> dict[str, str]:
    """The answers as they are written in a file of cases: yuan, and lists joined by ``;``."""
    offer, rent = assessment.offer, assessment.offer.rent_fen
    amount = "" if assessment.amount_fen is None else yuan_text(assessment.amount_fen)
    return {
        "verdict": assessment.verdict.value,
        "amount": amount,
        "instalments": ";".join(yuan_text(part.amount_fen) for part in assessment.instalments),
        "unmet": ";".join(assessment.clauses("unmet")),
        "unproven": ";".join(assessment.clauses("unproven")),
        "tier": offer.tier,
        "card": offer.card,
        "nights": "" if offer.nights is None else str(offer.nights),
        "area": "" if offer.area_m2 is None else str(offer.area_m2),
        "rent": "" if rent is None else yuan_text(rent),
    }


def disagreements(case: Case, assessment: Assessment) -> list[str]:
    """A sentence for every ``expect_*`` column that says something else; lists of clauses are compared as sets."""
    answers = answers_of(assessment)
    return [
        _("案例 %(case)s 的 %(column)s 写的是“%(expected)s”，算出的是“%(answer)s”")
        % {"case": case.name, "column": f"expect_{name}", "expected": expected, "answer": answers[name]}
        for name, expected in case.expected.items()
        if _comparable(name, expected) != _comparable(name, answers[name])
    ]


def yuan_text(amount_fen: int) -> str:
    """Whole fen as yuan without grouping: ``10000``, ``0.50``."""
    yuan, fen = divmod(amount_fen, 100)
    return f"{yuan}.{fen:02d}" if fen else str(yuan)


def _comparable(name: str, text: str) -> str | set[str]:
    if name in ("unmet", "unproven"):
        return {part.strip() for part in text.split(";") if part.strip()}
    return text


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError:
        raise ExamplesUnreadable([_("打不开文件 %(path)s") % {"path": path}]) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ExamplesUnreadable([_("文件 %(path)s 不是文本，请另存为 CSV（UTF-8）") % {"path": path}])


def _problems_of_header(header: list[str], document: PolicyDocument) -> Iterator[str]:
    if not header:
        yield _("文件是空的")
        return
    for name in ("case", "on", *document.reads):
        if name not in header:
            yield _("缺少列 %(column)s，%(code)s 要用到它") % {"column": name, "code": document.code}
    for name in header:
        if header.count(name) > 1:
            yield _("列 %(column)s 出现了不止一次") % {"column": name}
        if name.startswith("expect_") and name.removeprefix("expect_") not in (*EXPECTATIONS, *OFFERS):
            yield _("没有 %(column)s 这样的列，请核对拼写") % {"column": name}


def _read_row(header: list[str], cells: list[str], line: int, cases: list[Case], problems: list[str]) -> None:
    if len(cells) != len(header):
        values = {"line": line, "found": len(cells), "needed": len(header)}
        problems.append(_("第 %(line)s 行有 %(found)s 格，应有 %(needed)s 格") % values)
        return
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    name = row["case"]
    if not name or any(case.name == name for case in cases):
        problems.append(_("第 %(line)s 行：案例名（case）是空的，或者用过了") % {"line": line})
        return
    known: dict[str, Any] = {}
    on: date | None = None
    for column, text in row.items():
        try:
            if column == "on":
                on = read_day(text)
            elif column in FACTS:
                known[column] = read_value(column, text)
        except FactUnreadable as error:
            problems.append(
                _("案例 %(case)s 的 %(column)s：%(problem)s") % {"case": name, "column": column, "problem": error}
            )
    if on is None:
        return
    expected = {column.removeprefix("expect_"): text for column, text in row.items() if column.startswith("expect_")}
    cases.append(Case(name, Facts.of(on, known, Provenance.REGISTER), expected))
