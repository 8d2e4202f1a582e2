"""Forms of the catalogue of benefits and of the verifier."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from applicants.cards.models import QUOTAS, Benefit, Gives
from applicants.people.fields import NOT_LISTED, OFF, DayField, LineField, PickField, PlainForm, ReasonField
from portal.partners.models import PartnerPlace
from portal.policy.facts import TIERS

NOT_A_COUNT = gettext_lazy("请写 1 到 999 的整数。")


class CountField(forms.IntegerField):
    """A small whole number that may be left empty."""

    def __init__(self, *, most: int = 999, wrong: Any = NOT_A_COUNT, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs=OFF | {"inputmode": "numeric", "class": "is-short"})
        super().__init__(required=False, min_value=1, max_value=most, widget=widget, **kwargs)
        self.error_messages["invalid"] = wrong
        for validator in self.validators:
            validator.message = wrong  # type: ignore[attr-defined]


class SeveralField(forms.MultipleChoiceField):
    """Some of a short list, all of it visible."""

    def __init__(self, *, missing: Any = "", **kwargs: Any) -> None:
        super().__init__(required=bool(missing), widget=forms.CheckboxSelectMultiple, **kwargs)
        self.error_messages |= {"required": missing, "invalid_choice": NOT_LISTED, "invalid_list": NOT_LISTED}


class BenefitForm(PlainForm):
    """One benefit: for whom, where, how often, for how much, and when."""

    title_zh = LineField(
        label=gettext_lazy("名称"),
        missing=gettext_lazy("请填写名称。"),
        help_text=gettext_lazy("例如：景区免费入园"),
        attrs=OFF,
    )
    title_en = LineField(label=gettext_lazy("英文名称"), most=100, attrs=OFF)
    note_zh = LineField(
        label=gettext_lazy("说明"), most=200, help_text=gettext_lazy("例如：每次 2 小时"), attrs={"autocomplete": "off"}
    )
    note_en = LineField(label=gettext_lazy("英文说明"), most=300, attrs=OFF)
    kinds = SeveralField(label=gettext_lazy("卡种"), missing=gettext_lazy("请选择卡种。"))
    tiers = SeveralField(
        label=gettext_lazy("层次"),
        choices=lambda: [(code, label) for code, label in TIERS.items()],
        help_text=gettext_lazy("不选：这些卡种的所有层次"),
    )
    gives = PickField(
        label=gettext_lazy("价格"), missing=gettext_lazy("请选择价格怎么算。"), choices=lambda: Gives.choices
    )
    percent_off = CountField(
        label=gettext_lazy("减百分之几"),
        most=99,
        wrong=gettext_lazy("请写 1 到 99 的整数。"),
        help_text=gettext_lazy("打折才填。八折是减 20"),
    )
    price = forms.DecimalField(
        label=gettext_lazy("优惠价（元）"),
        required=False,
        min_value=Decimal(0),
        max_digits=8,
        decimal_places=2,
        widget=forms.TextInput(attrs=OFF | {"inputmode": "decimal", "class": "is-short"}),
        help_text=gettext_lazy("优惠价才填"),
    )
    per_day = CountField(label=pgettext_lazy("benefit", "每天几次"))
    per_month = CountField(label=pgettext_lazy("benefit", "每月几次"))
    per_quarter = CountField(label=pgettext_lazy("benefit", "每季度几次"))
    per_year = CountField(label=pgettext_lazy("benefit", "每年几次"))
    in_all = CountField(label=pgettext_lazy("benefit", "总共几次"), help_text=gettext_lazy("换了新卡，次数接着算"))
    claim_days = CountField(
        label=gettext_lazy("领取后几天内用"),
        most=366,
        wrong=gettext_lazy("请写 1 到 366 的整数。"),
        help_text=gettext_lazy("要先领取再用的才填；1 是只限当天"),
    )
    begins_on = DayField(label=gettext_lazy("开始"), missing=gettext_lazy("请填写开始的日期。"))
    ends_on = DayField(label=gettext_lazy("结束"), help_text=gettext_lazy("当天还有效；不填：一直有效"))
    places = forms.ModelMultipleChoiceField(
        label=gettext_lazy("在哪些地点用"),
        queryset=PartnerPlace.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("几个地点的次数合起来算；不选：到窗口办理，这里不记录使用"),
        error_messages=dict.fromkeys(("invalid_choice", "invalid_pk_value", "invalid_list"), NOT_LISTED),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=999_999_999)

    def __init__(
        self, *args: Any, kinds: Iterable[tuple[str, str]], places: QuerySet[PartnerPlace], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = list(kinds)  # type: ignore[attr-defined]
        self.fields["places"].queryset = places  # type: ignore[attr-defined]
        self.fields["places"].label_from_instance = lambda place: f"{place.name} · {place.partner.name}"  # type: ignore[attr-defined]
        self.fields["price"].error_messages |= dict.fromkeys(
            ("invalid", "max_digits", "max_decimal_places", "max_whole_digits"), _("请写金额，例如 30 或 19.90。")
        )
        for validator in self.fields["price"].validators:
            validator.message = _("请写金额，例如 30 或 19.90。")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The price is said in the way that was chosen; a longer window allows no less; the end comes after."""
        data = super().clean() or {}
        gives, percent, price = data.get("gives"), data.get("percent_off"), data.pop("price", None)
        if gives == Gives.PERCENT and percent is None and "percent_off" not in self.errors:
            self.add_error("percent_off", _("请填写减百分之几。"))
        if gives == Gives.PRICE and price is None and "price" not in self.errors:
            self.add_error("price", _("请填写优惠价。"))
        data["percent_off"] = percent if gives == Gives.PERCENT else None
        data["price_fen"] = int(price * 100) if gives == Gives.PRICE and price is not None else None
        for shorter, longer in combinations(QUOTAS, 2):
            if data.get(shorter) and data.get(longer) and data[longer] < data[shorter]:
                self.add_error(longer, _("不能比更短的时间里可用的次数还少。"))
                break
        begins, ends = data.get("begins_on"), data.get("ends_on")
        if begins and ends and ends < begins:
            self.add_error("ends_on", _("结束不能早于开始。"))
        return data

    @classmethod
    def initial_from(cls, benefit: Benefit) -> dict[str, Any]:
        """What the form shows of a benefit that is there."""
        plain = {name: getattr(benefit, name) for name in cls.base_fields if name not in ("price", "places")}
        price = Decimal(benefit.price_fen) / 100 if benefit.price_fen is not None else None
        return plain | {"price": price, "places": list(benefit.places.all())}


class CloseBenefitForm(PlainForm):
    """Why a benefit ends."""

    reason = ReasonField(label=gettext_lazy("停止的理由"), missing=gettext_lazy("请写明停止的理由。"))


class UndoForm(PlainForm):
    """Why a use is taken back."""

    reason = ReasonField(
        label=gettext_lazy("为什么撤回"),
        missing=gettext_lazy("请写明为什么撤回。"),
        help_text=gettext_lazy("例如：点错了。不要写持卡人的姓名"),
    )
