"""The facts one clause reads, in proper controls, and the paper that proves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.answers import OTHER_EMPLOYER
from applicants.people.choices import InsuredWith
from applicants.people.fields import MonthField, PickField, PlainForm
from applicants.people.refusals import Refused
from portal.casework.forms.facts import DOMESTIC, fields_of, notation_of
from portal.casework.models import ShelfPaper
from portal.policy.facts import FACTS, FactUnreadable, InsuredRange, month_text, read_value
from portal.policy.schema import Clause

SPARE_ROWS = 2
FIRST_DAY = date(1900, 1, 1)  # a day before this is a slip of the pen
ROW_PARTS = ("from", "to", "employer", "late")


@dataclass(frozen=True)
class InsuredRow:
    """One range of insured months on the page."""

    number: int
    fields: list[forms.BoundField]


class SettleForm(PlainForm):
    """What a paper shows of the facts of one clause. A fact left empty is not settled by this paper.

    ``values`` are the present values of all facts as text; ``shelf`` the papers to choose from, the likeliest first;
    no day is taken that is after ``latest``.
    """

    paper = PickField(
        label=gettext_lazy("凭哪份材料"), missing=gettext_lazy("请选择凭哪份材料认定。"), widget=forms.Select
    )

    def __init__(
        self,
        data: Any = None,
        *,
        clause: Clause,
        values: Mapping[str, str],
        shelf: Sequence[tuple[ShelfPaper, str]],
        latest: date = date.max,
    ) -> None:
        super().__init__(data, prefix=clause.code)
        self.clause, self.values, self.latest = clause, values, latest
        self.papers = {str(item.pk): item.paper for item, _title in shelf}
        self.fields["paper"].choices = [(str(item.pk), title) for item, title in shelf]
        self.rows = 0
        self.added: dict[str, list[str]] = {}  # the controls of each fact
        for name in clause.reads:
            self._add(name, values.get(name, ""))

    def _add(self, name: str, text: str) -> None:
        if FACTS[name].form == "insurance":
            self._add_insurance(text)
            return
        added = fields_of(name, text)
        self.fields |= added
        self.added[name] = list(added)

    def _add_insurance(self, text: str) -> None:
        present = self.values.get("employer", "")
        try:
            read = read_value("insurance", text)
        except FactUnreadable:
            read = ()
        ranges: tuple[InsuredRange, ...] = read if isinstance(read, tuple) else ()
        self.rows = len(ranges) + SPARE_ROWS
        for number in range(1, self.rows + 1):
            shown = ranges[number - 1] if number <= len(ranges) else None
            whose = InsuredWith.PRESENT if shown is None or shown.employer == present else InsuredWith.OTHER
            row = {
                "from": MonthField(label=_("从"), initial=month_text(shown.first) if shown else ""),
                "to": MonthField(label=_("到"), initial=month_text(shown.last) if shown else ""),
                "employer": PickField(
                    label=_("由谁缴"), choices=InsuredWith.choices, initial=whose, widget=forms.Select
                ),
                "late": forms.BooleanField(label=_("补缴"), required=False, initial=bool(shown and shown.is_late)),
            }
            self.fields |= {f"insured_{number}_{part}": field for part, field in row.items()}
        self.fields["insured_none"] = forms.BooleanField(
            label=_("材料显示没有参保"), required=False, initial=text == "-"
        )

    def plain_fields(self) -> list[forms.BoundField]:
        """Every fact but the insured months."""
        return [self[field] for fields in self.added.values() for field in fields]

    def insured_rows(self) -> list[InsuredRow]:
        """The ranges of insured months; none where the clause does not read them."""
        return [
            InsuredRow(number, [self[f"insured_{number}_{part}"] for part in ROW_PARTS])
            for number in range(1, self.rows + 1)
        ]

    def clean(self) -> dict[str, Any]:
        """Put the facts into their notation (``facts``); at least one."""
        data = super().clean()
        for name in (field for fields in self.added.values() for field in fields):
            if isinstance(day := data.get(name), date) and not FIRST_DAY <= day <= self.latest:
                years = {"first": FIRST_DAY.year, "last": self.latest.year}
                self.add_error(name, _("日期要在 %(first)s 年到 %(last)s 年之间。请对照材料核对。") % years)
        self.facts = {}
        for name in self.added:
            try:
                if text := notation_of(name, data):
                    self.facts[name] = "" if text == DOMESTIC else text
            except Refused as refusal:
                self.add_error(f"{name}_none", refusal.sentence)
        if self.rows and (insurance := self._insurance(data)):
            self.facts["insurance"] = insurance
        if not self.facts and not self.errors:
            raise forms.ValidationError(_("请至少认定一项事实。"))
        return data

    def _insurance(self, data: Mapping[str, Any]) -> str:
        ranges = []
        for number in range(1, self.rows + 1):
            first, last, employer, late = (data.get(f"insured_{number}_{part}") for part in ROW_PARTS)
            if first is None or last is None or not (first or last):  # unreadable, which is said already, or empty
                continue
            if not first or not last:
                self.add_error(f"insured_{number}_{'to' if first else 'from'}", _("开始和结束的月份都要填。"))
            elif last < first:
                self.add_error(f"insured_{number}_to", _("结束月份不能早于开始月份。请核对。"))
            else:
                ranges.append((first, last, employer, late, number))
        ranges.sort()
        for earlier, later in pairwise(ranges):
            if later[0] <= earlier[1]:
                self.add_error(f"insured_{later[4]}_from", _("这一段和另一段有相同的月份。请核对。"))
        if not ranges:
            return "-" if data.get("insured_none") else ""
        if data.get("insured_none"):
            self.add_error("insured_none", _("已经填了参保月份，就不要再勾“没有参保”。"))
        present = notation_of("employer", {"employer": data.get("employer") or self.values.get("employer", "")})
        return ";".join(
            f"{first}/{last}:{OTHER_EMPLOYER if employer == InsuredWith.OTHER else present}{'!' if late else ''}"
            for first, last, employer, late, _number in ranges
        )

    @property
    def chosen_paper(self) -> Any:
        """The paper chosen, after validation."""
        return self.papers[self.cleaned_data["paper"]]
