"""Forms of the desk about rounds, and of entrants who do not agree with a result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from applicants.people.fields import (
    NOT_LISTED,
    OFF,
    TOO_LONG,
    DayField,
    LineField,
    PickField,
    PlainForm,
    ReasonField,
    ReasonForm,
)
from housing.apartments.draw import DrawRefused, normalised_value
from housing.apartments.models import Mode, Round, Unit

NOT_A_MOMENT = gettext_lazy("请写完整的日期和时间，例如 2026-03-02 09:00。")


class MomentField(forms.DateTimeField):
    """A moment, to the minute, in the business time zone."""

    def __init__(self, *, missing: Any = "", **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "class": "is-short"})
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"]
        super().__init__(required=bool(missing), input_formats=formats, widget=widget, **kwargs)
        self.error_messages |= {"required": missing, "invalid": NOT_A_MOMENT}

    def to_python(self, value: Any) -> Any:
        """Read what browsers and people write. Raises ValidationError."""
        try:
            return super().to_python(value.replace("\x00", "") if isinstance(value, str) else value)
        except (OverflowError, ValueError):  # the first and the last year of the calendar, in another zone
            raise ValidationError(self.error_messages["invalid"]) from None


class RoundForm(PlainForm):
    """A round before it is open: its times, how it ranks, the public value, its units."""

    title_zh = LineField(
        label=gettext_lazy("名称"),
        missing=gettext_lazy("请填写批次的名称。"),
        help_text=gettext_lazy("写明年份和批次"),
        attrs=OFF,
    )
    title_en = LineField(label=gettext_lazy("英文名称"), most=100, attrs=OFF)
    mode = PickField(label=gettext_lazy("怎么排位"), missing=gettext_lazy("请选择怎么排位。"), choices=Mode.choices)
    opens_at = MomentField(label=gettext_lazy("开始报名"), missing=gettext_lazy("请填写开始报名的时间。"))
    freezes_at = MomentField(
        label=gettext_lazy("锁定名单"),
        missing=gettext_lazy("请填写锁定名单的时间。"),
        help_text=gettext_lazy("到这个时间截止报名，名单马上公布，不再改动"),
    )
    draw_at = MomentField(
        label=gettext_lazy("排位或者摇号"),
        missing=gettext_lazy("请填写排位或者摇号的时间。"),
        help_text=gettext_lazy("摇号的，要等公开数值产生以后"),
    )
    lease_starts_on = DayField(label=gettext_lazy("起租日"), missing=gettext_lazy("请填写起租日。"))
    public_value_zh = LineField(
        label=gettext_lazy("公开数值"),
        help_text=gettext_lazy("摇号才要填。写明是什么、在哪里查，例如：4 月 10 日上证综合指数收盘点位，见上交所网站"),
        most=200,
        attrs=OFF,
    )
    public_value_en = LineField(label=gettext_lazy("公开数值的英文说明"), most=300, attrs=OFF)
    public_value_at = MomentField(
        label=gettext_lazy("公开数值什么时候产生"), help_text=gettext_lazy("要在锁定名单以后")
    )
    units = forms.MultipleChoiceField(
        label=pgettext_lazy("homes", "房源"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("别的批次正在用的房源不在这里"),
        error_messages={
            "required": gettext_lazy("请选择房源。"),
            "invalid_choice": NOT_LISTED,
            "invalid_list": NOT_LISTED,
        },
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=999_999_999)

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(unit.pk), f"{unit.building.name} {unit.label} · {unit.type.title}") for unit in units]
        self.fields["units"].choices = choices  # type: ignore[attr-defined]

    @classmethod
    def initial_from(cls, row: Round) -> dict[str, Any]:
        """What the form shows of a round that is there."""
        known = {name: getattr(row, name) for name in cls.base_fields if name != "units"}
        moments = {name: timezone.localtime(value) for name, value in known.items() if name.endswith("_at") and value}
        return known | moments | {"units": [str(pk) for pk in row.units.values_list("unit_id", flat=True)]}

    @classmethod
    def initial_for_another(cls, row: Round) -> dict[str, Any]:
        """What is taken over from a round that is run again: everything but its times."""
        known = cls.initial_from(row)
        return {name: known[name] for name in ("title_zh", "title_en", "mode", "units")}

    def clean(self) -> dict[str, Any]:
        """A lottery names its public value."""
        data = super().clean() or {}
        if data.get("mode") in (Mode.LOTTERY, Mode.TIERS_THEN_LOTTERY):
            if not data.get("public_value_zh") and "public_value_zh" not in self.errors:
                self.add_error("public_value_zh", gettext_lazy("摇号的批次，请写明用哪个公开数值。"))
            if not data.get("public_value_at") and "public_value_at" not in self.errors:
                self.add_error("public_value_at", gettext_lazy("请写明公开数值什么时候产生。"))
        elif data.get("mode"):  # nothing to name where no lot decides
            data |= {"public_value_zh": "", "public_value_en": "", "public_value_at": None}
        return data

    @property
    def values(self) -> dict[str, Any]:
        """The columns of the round."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("version", "units")}

    @property
    def chosen(self) -> list[UUID]:
        """The units."""
        return [UUID(pk) for pk in self.cleaned_data["units"]]


class EmptyForm(PlainForm):
    """An act that asks nothing."""


class WitnessForm(PlainForm):
    """Who is there for the draw."""

    name = LineField(label=gettext_lazy("姓名"), missing=gettext_lazy("请填写见证人的姓名。"), most=30, attrs=OFF)
    function = LineField(
        label=gettext_lazy("身份"),
        missing=gettext_lazy("请填写见证人的身份。"),
        help_text=gettext_lazy("例如：市公证处公证员、报名人代表"),
        attrs=OFF,
    )
    has_agreed = forms.BooleanField(
        label=gettext_lazy("本人同意公开姓名和身份"),
        error_messages={"required": gettext_lazy("见证人同意公开姓名和身份，才能登记。")},
    )


class DrawForm(PlainForm):
    """The public value, as its source says it; checked twice, since a draw runs once."""

    public_value = forms.CharField(
        label=gettext_lazy("公开数值"),
        max_length=200,
        help_text=gettext_lazy("照来源上的写法填，例如 4012.33"),
        widget=forms.TextInput(attrs=OFF | {"class": "is-short"}),
        error_messages={"required": gettext_lazy("请填写公开数值。"), "max_length": TOO_LONG},
    )
    is_checked = forms.BooleanField(
        label=gettext_lazy("已经和见证人一起对照来源核对。摇号只能进行一次"),
        error_messages={"required": gettext_lazy("请先核对，再勾选。")},
    )

    def clean_public_value(self) -> str:
        """As it goes into the seed. Raises ValidationError."""
        try:
            return normalised_value(self.cleaned_data["public_value"])
        except DrawRefused as refusal:
            raise ValidationError(str(refusal)) from None


class AnnulForm(PlainForm):
    """Why a round is to be void."""

    reason = ReasonField(
        label=gettext_lazy("理由"),
        missing=gettext_lazy("请写明理由。"),
        help_text=gettext_lazy("会公布，不要写到任何人的个人信息"),
    )


class WhyForm(PlainForm):
    """Why an entrant does not agree with a result."""

    reason = forms.CharField(
        label=gettext_lazy("您为什么不同意"),
        help_text=gettext_lazy("写明事实和理由。有证明材料的，请带到窗口。"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=2000,
        error_messages={"required": gettext_lazy("请写明您的理由。"), "max_length": TOO_LONG},
    )


class AnswerForm(ReasonForm):
    """The answer to a reconsideration; the reason stands in the letter."""

    outcome = PickField(
        label=gettext_lazy("决定"),
        missing=gettext_lazy("请选择一项。"),
        choices=[("upheld", gettext_lazy("支持，撤销结果")), ("dismissed", gettext_lazy("维持结果"))],
    )
