"""Forms about money and the end of a lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from applicants.people.fields import TOO_LONG, DayField, LineField, PickField, PlainForm, ReasonForm
from housing.apartments.forms.lease import HandoverForm
from housing.apartments.models import Handover, HandoverLine, LossReport
from housing.apartments.services.handing_over import Line
from housing.apartments.services.receiving import HEADS
from subsidies.services.bank_files import LARGEST_FILE, amount_fen

Condition = HandoverLine.Condition
YES_NO = (("yes", gettext_lazy("是")), ("no", gettext_lazy("否")))
DEDUCTED = (Condition.DAMAGED, Condition.MISSING)


class YuanField(forms.CharField):
    """An amount in yuan, as people write it; the value is whole fen."""

    def __init__(self, *, missing: Any = "", **kwargs: Any) -> None:
        attrs = {"class": "is-short", "inputmode": "decimal"}
        super().__init__(required=bool(missing), max_length=20, widget=forms.TextInput(attrs=attrs), **kwargs)
        self.error_messages |= {"required": missing, "max_length": TOO_LONG}

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        """``1,000.50`` → 100050. Raises ValidationError."""
        text = super().clean(value).replace("\0", "").strip()
        if not text:
            return None
        fen = amount_fen(text)
        if fen is None:
            raise forms.ValidationError(gettext_lazy("请写成 1000 或 1000.50 的样子。"))
        return fen


def note_field(label: Any, *, is_needed: bool = True) -> forms.CharField:
    """Some lines of text."""
    return forms.CharField(
        label=label,
        required=is_needed,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": TOO_LONG},
    )


class PaymentForm(PlainForm):
    """Money that came in."""

    lease = LineField(label=gettext_lazy("租约编号"), missing=gettext_lazy("请填写租约编号。"), most=32)
    bank_reference = LineField(label=gettext_lazy("银行流水号"), missing=gettext_lazy("请填写银行流水号。"), most=60)
    amount = YuanField(label=gettext_lazy("金额（元）"), missing=gettext_lazy("请填写金额。"))
    received_on = DayField(label=gettext_lazy("入账日"), missing=gettext_lazy("请填写入账日。"))


class PaymentFileForm(PlainForm):
    """A bank's list."""

    file = forms.FileField(
        label=gettext_lazy("银行来账文件"),
        help_text=format_lazy(gettext_lazy("XLSX 或 CSV，要有这些列：{heads}"), heads=" · ".join(HEADS)),
        error_messages={"required": gettext_lazy("请选择文件。"), "empty": gettext_lazy("这个文件是空的。")},
    )

    def read(self) -> bytes:
        """Its bytes, at most one more than may be; on a valid form."""
        return self.cleaned_data["file"].read(LARGEST_FILE + 1)


class NoticeForm(PlainForm):
    """The last day in the unit."""

    until = DayField(label=gettext_lazy("最后一天"), missing=gettext_lazy("请选择最后一天。"))
    agreed = forms.BooleanField(
        label=gettext_lazy("我要退租，知道登记以后不能撤回"),
        error_messages={"required": gettext_lazy("请勾选确认。")},
    )


class RenewalForm(PlainForm):
    """How things stand now."""

    in_post = PickField(
        label=gettext_lazy("您现在还在石狮的单位工作吗？"), choices=YES_NO, missing=gettext_lazy("请选择是或否。")
    )
    has_home = PickField(
        label=gettext_lazy("您或家人在石狮有住房了吗？"), choices=YES_NO, missing=gettext_lazy("请选择是或否。")
    )
    note = note_field(gettext_lazy("其他要说明的"), is_needed=False)

    @property
    def answers(self) -> dict[str, Any]:
        """What is said, as it is kept; of a valid form."""
        data = self.cleaned_data
        return {"is_in_post": data["in_post"] == "yes", "has_home": data["has_home"] == "yes", "note": data["note"]}


class LossForm(PlainForm):
    """What has changed."""

    kind = PickField(
        label=gettext_lazy("有什么变化"), choices=LossReport.Kind.choices, missing=gettext_lazy("请选择一项。")
    )
    happened_on = DayField(label=gettext_lazy("从哪天起"), missing=gettext_lazy("请填写日期。"))
    note = note_field(gettext_lazy("说明"), is_needed=False)


class ViolationForm(PlainForm):
    """Which breach, when, and what was seen."""

    kind = PickField(label=gettext_lazy("是哪一种"), missing=gettext_lazy("请选择是哪一种。"))
    happened_on = DayField(label=gettext_lazy("发生的日期"), missing=gettext_lazy("请填写日期。"))
    note = note_field(gettext_lazy("看到了什么"))

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(str(place), text) for place, text in enumerate(kinds)]

    def clean_kind(self) -> int:
        """Its place in the policy's list."""
        return int(self.cleaned_data["kind"])


class DecisionForm(ReasonForm):
    """What a person decides, and why; ``choices`` are the ways it may go."""

    answer = PickField(label=gettext_lazy("决定"), missing=gettext_lazy("请选择怎么决定。"))
    field_order = ("answer", "reason")

    def __init__(self, *args: Any, choices: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].choices = list(choices)


class InSpiteForm(DecisionForm):
    """The same where a clause is not met: to grant it all the same takes a tick."""

    in_spite = forms.BooleanField(label=gettext_lazy("有条款不符合，我仍然同意续租"), required=False)
    field_order = ("answer", "in_spite", "reason")


class InspectionForm(HandoverForm):
    """A hand-over on the way out: what is lost or damaged may cost something."""

    def __init__(self, *args: Any, items: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(*args, items=items, **kwargs)
        for item in items:
            self.fields[f"deduction_{item.position}"] = YuanField(label=gettext_lazy("扣款（元）"))

    @classmethod
    def initial_of(cls, written: Handover) -> dict[str, Any]:
        """What was written down before, to be written anew."""
        costs = {f"deduction_{it.position}": f"{it.deduction_fen / 100:g}" for it in written.lines.all()
                 if it.deduction_fen}  # fmt: skip
        return super().initial_of(written) | costs

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The items with their fields, for the page."""
        return [{**row, "deduction": self[f"deduction_{row['item'].position}"]} for row in super().rows]

    def clean(self) -> dict[str, Any]:
        """Only what is lost or damaged costs something."""
        data = super().clean() or {}
        for item in self.items:
            name = f"deduction_{item.position}"
            if data.get(name) and data.get(f"condition_{item.position}") not in DEDUCTED:
                self.add_error(name, gettext_lazy("只有损坏或缺失的才扣款。"))
        return data

    @property
    def lines(self) -> list[Line]:
        """The items as they were found."""
        costs = self.cleaned_data
        return [replace(it, deduction_fen=costs.get(f"deduction_{it.position}") or 0) for it in super().lines]
