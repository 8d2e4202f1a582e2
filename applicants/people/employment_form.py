"""The section on employer and insurance, with up to four ranges of insured months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people import numbers
from applicants.people.choices import EmployerKind, InsuredWith, YesNo
from applicants.people.fields import DayField, LineField, MonthField, PickField
from applicants.people.labels import FIELD_LABELS
from applicants.people.models import Employment, Person
from applicants.people.section_form import CODE_ATTRS, SectionForm
from portal.city import town_choices

ROWS = 4
PARTS = ("from", "to", "employer", "late")


@dataclass(frozen=True)
class InsuredRow:
    """One range on the page; all but the first are folded away until something stands in them."""

    legend: str
    fields: list[forms.BoundField]
    is_first: bool

    @property
    def is_open(self) -> bool:
        """Whether something was filled in, or has to be mended; who pays is always filled in."""
        return any(field.errors or (field.value() and not isinstance(field.field, PickField)) for field in self.fields)


def _names(row: int) -> tuple[str, str, str, str]:
    return tuple(f"insured_{row}_{part}" for part in PARTS)  # type: ignore[return-value]


class EmploymentForm(SectionForm):
    """The present employer, and the months insured as the record shows them."""

    section = "employment"
    answers = Employment.ANSWERS
    answer_behind = {name: "insured_ranges" for row in range(1, ROWS + 1) for name in _names(row)}

    employer_name = LineField(
        missing=gettext_lazy("请填写用人单位名称。"),
        help_text=gettext_lazy("和您签劳动合同的单位全称；劳务派遣的，填派遣单位。自己创业的，填营业执照上的名称。"),
        attrs={"autocomplete": "organization"},
    )
    credit_code = LineField(
        missing=gettext_lazy("请填写统一社会信用代码。"),
        parse=numbers.parse_credit_code,
        help_text=gettext_lazy("18 位，在营业执照或登记证书上。"),
        attrs={**CODE_ATTRS, "maxlength": "30"},
    )
    employer_kind = PickField(
        missing=gettext_lazy("请选择单位类型。"),
        choices=EmployerKind.choices,
        help_text=gettext_lazy("不确定的，可以问单位人事。"),
    )
    town = PickField(
        widget=forms.Select,
        missing=gettext_lazy("请选择单位所在的镇（街道）。"),
        choices=lambda: [("", _("请选择")), *town_choices()],
        help_text=gettext_lazy("您的申请由这里的工作人员先看。"),
    )
    started_on = DayField(
        missing=gettext_lazy("请填写入职日期。"),
        help_text=gettext_lazy("劳动合同开始的日期；创业的，填营业执照的成立日期。"),
    )
    first_job_in_city = PickField(
        missing=gettext_lazy("请选择是不是首次在本市就业。"),
        choices=YesNo.choices,
        help_text=gettext_lazy("以前没有在本市工作并参保的，选“是”。"),
    )
    first_insured_on = DayField(
        help_text=gettext_lazy("参保证明上的首次参保时间；只有月份的，填当月 1 日。还没有参保的不填。"),
    )
    in_post = PickField(missing=gettext_lazy("请选择现在是不是仍在这家单位。"), choices=YesNo.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.insured_legend = FIELD_LABELS["employment"]["insured_ranges"]
        self.insured_rows = [
            InsuredRow(_("第 %(row)s 段") % {"row": row}, [self[name] for name in _names(row)], row == 1)
            for row in range(1, ROWS + 1)
        ]

    @classmethod
    def initial_from(cls, person: Person) -> dict[str, Any]:
        """The stored answers, the ranges spread over the rows."""
        employment = Employment.objects.filter(person=person).first() or Employment(person=person)
        initial = {name: getattr(employment, name) for name in cls.answers}
        for row, stored in enumerate(initial["insured_ranges"], start=1):
            initial |= {f"insured_{row}_{part}": stored[part] for part in PARTS}
        return initial

    def plain_fields(self) -> list[forms.BoundField]:
        """All but the rows of insured months."""
        return [field for field in self if field.name not in self.answer_behind]

    def clean(self) -> dict[str, Any]:
        """Check the days, and put the rows of months together, the oldest first."""
        data = super().clean()
        self.must_be_past("started_on", "first_insured_on")
        ranges = sorted(self._ranges(data), key=lambda item: item[1]["from"])
        for (_row, earlier), (row, later) in pairwise(ranges):
            if later["from"] <= earlier["to"]:
                self.add_error(f"insured_{row}_from", _("这一段和另一段有相同的月份。同一个月只填一次，请核对。"))
        data["insured_ranges"] = [stored for _row, stored in ranges]
        return data

    def _ranges(self, data: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        this_month = f"{self.on:%Y-%m}"
        for row in range(1, ROWS + 1):
            first_name, last_name, employer_name, late_name = _names(row)
            first, last = data.get(first_name), data.get(last_name)
            if first is None or last is None or not (first or last):  # unreadable, which is said already, or empty
                continue
            if not first:
                self.add_error(first_name, _("请填写这一段的开始月份。"))
            elif not last:
                self.add_error(last_name, _("请填写这一段的结束月份；还在缴的，填已经缴到的月份。"))
            elif last < first:
                self.add_error(last_name, _("结束月份不能早于开始月份。请核对。"))
            elif last > this_month:
                self.add_error(last_name, _("参保月份不能晚于本月。请填已经缴到的月份。"))
            else:
                employer = data.get(employer_name) or InsuredWith.PRESENT
                yield row, {"from": first, "to": last, "employer": str(employer), "late": bool(data.get(late_name))}


def _row_fields(row: int) -> dict[str, forms.Field]:
    first, last, employer, late = _names(row)
    return {
        first: MonthField(label=gettext_lazy("从哪个月")),
        last: MonthField(label=gettext_lazy("到哪个月")),
        employer: PickField(label=gettext_lazy("由谁缴"), choices=InsuredWith.choices, initial=InsuredWith.PRESENT),
        late: forms.BooleanField(label=gettext_lazy("这几个月是事后补缴的"), required=False),
    }


for _number in range(1, ROWS + 1):
    EmploymentForm.base_fields.update(_row_fields(_number))
