"""Forms of the desk about buildings, kinds of unit, units, what stands in them, closures and photos."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from applicants.people.fields import NOT_LISTED, OFF, TOO_LONG, DayField, LineField, PlainForm
from applicants.people.names import tidy
from housing import forms as shared
from housing.apartments.models import UnitType
from housing.apartments.services.stock import places_without_building
from housing.forms import MOST_FEN, SHORT, HundredthsField, PlaceField, StockForm, lines_field, number_field

MOST_AREA_DM2 = 1_000_00
MOST_ITEMS, LONGEST_ZH, LONGEST_EN = 200, 40, 80
MOST_UNITS = 200  # at a time


class BuildingForm(StockForm):
    """What the public reads of a building; its name and address are the place's."""

    about_zh = lines_field(gettext_lazy("介绍"), gettext_lazy("交通、周边和公寓里有什么"))
    about_en = lines_field(gettext_lazy("英文介绍"))
    is_open = forms.BooleanField(label=gettext_lazy("向公众公开"), required=False)


class NewBuildingForm(BuildingForm):
    """A place that becomes a building; it is shown once it has units."""

    is_open = None  # type: ignore[assignment]
    place = PlaceField(gettext_lazy("合作单位（公寓企业）里还没有登记为公寓的地点"))
    field_order = ("place",)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].queryset = places_without_building(today)  # type: ignore[attr-defined]


class TypeForm(PlainForm):
    """A kind of unit."""

    code = forms.SlugField(
        label=gettext_lazy("代码"),
        help_text=gettext_lazy("写在公开的名单里，以后不能改。小写英文字母、数字和短横线，例如 two-room"),
        max_length=20,
        widget=forms.TextInput(attrs=SHORT),
        error_messages={
            "required": gettext_lazy("请填写代码。"),
            "invalid": gettext_lazy("只能用英文字母、数字和短横线。"),
            "max_length": TOO_LONG,
        },
    )
    title_zh = LineField(label=gettext_lazy("名称"), missing=gettext_lazy("请填写名称。"), most=40, attrs=OFF)
    title_en = LineField(label=gettext_lazy("英文名称"), most=80, attrs=OFF)
    rooms = number_field(gettext_lazy("几个房间"), gettext_lazy("请填写有几个房间。"), least=1, most=20)
    household_from = number_field(gettext_lazy("最少几口人"), gettext_lazy("请填写最少几口人。"), least=1, most=20)
    household_to = number_field(gettext_lazy("最多几口人"), gettext_lazy("请填写最多几口人。"), least=1, most=20)
    is_retired = forms.BooleanField(
        label=gettext_lazy("停用这种房型"),
        help_text=gettext_lazy("不能再添加这种房源，也不能再申请。已有的房源照旧。"),
        required=False,
    )

    def __init__(self, *args: Any, type: UnitType | None = None, **kwargs: Any) -> None:
        columns = [name for name in self.base_fields if name != "is_retired"]
        known = {name: getattr(type, name) for name in columns} if type else {"household_from": 1}
        super().__init__(*args, **kwargs | {"initial": known | {"is_retired": bool(type and type.retired_at)}})
        if type:
            self.fields["code"].disabled = True
        else:
            del self.fields["is_retired"]

    def clean(self) -> dict[str, Any]:
        """From fewer to more people."""
        data = super().clean() or {}
        if {"household_from", "household_to"} <= data.keys() and data["household_to"] < data["household_from"]:
            self.add_error("household_to", _("不能比最少的人数少。"))
        return data


class UnitForm(StockForm):
    """What one household rents."""

    label = LineField(label=gettext_lazy("房号"), missing=gettext_lazy("请填写房号。"), most=20, attrs=SHORT)
    type: forms.ModelChoiceField[UnitType] = forms.ModelChoiceField(
        label=gettext_lazy("房型"),
        queryset=None,
        empty_label=gettext_lazy("请选择"),
        error_messages={
            "required": gettext_lazy("请选择房型。"),
            "invalid_choice": NOT_LISTED,
            "invalid_pk_value": NOT_LISTED,
        },
    )
    floor = number_field(gettext_lazy("楼层"), gettext_lazy("请填写楼层。"), least=-3, most=120)
    area_dm2 = HundredthsField(
        label=gettext_lazy("面积（平方米）"),
        missing=gettext_lazy("请填写面积。"),
        wrong=gettext_lazy("请写面积，例如 60 或 60.5。"),
        most=MOST_AREA_DM2,
    )
    market_rent_fen = HundredthsField(
        label=gettext_lazy("市场租金（元/月）"),
        help_text=gettext_lazy("已签的租约不受影响"),
        missing=gettext_lazy("请填写市场租金。"),
        wrong=gettext_lazy("请写金额，例如 2000 或 1999.50。"),
        most=MOST_FEN,
    )
    is_accessible = forms.BooleanField(label=gettext_lazy("无障碍"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        type: Any = self.fields["type"]
        type.widget.attrs["class"] = "is-short"
        own = getattr(self.initial.get("type"), "pk", None)  # a unit may stay of a kind that is retired by now
        type.queryset = UnitType.objects.filter(Q(retired_at=None) | Q(pk=own))
        type.label_from_instance = lambda row: row.title


class NewUnitsForm(UnitForm):
    """One new unit, or several that are alike, numbered from ``label`` to ``until``."""

    until = LineField(
        label=gettext_lazy("到哪个房号"),
        help_text=gettext_lazy("一次添加同样的多套时填，例如从 301 到 312"),
        most=20,
        attrs=SHORT,
    )

    labels: list[str]

    def clean(self) -> dict[str, Any]:
        """The names that the building gets, as ``labels``; ``label`` and ``until`` are not needed any more."""
        data = super().clean() or {}
        first, last = data.pop("label", ""), data.pop("until", "")
        if first and last:
            self._number(first, last)
        elif first:
            self.labels = [first]
        return data

    def _number(self, first: str, last: str) -> None:
        """``labels`` from one to the other: their last digits count, what stands before those is the same."""
        ends = [re.fullmatch(r"(.*?)([0-9]{1,9})", label) for label in (first, last)]
        begin, end = ends
        if not begin or not end or begin[1] != end[1] or len(begin[2]) != len(end[2]):
            self.add_error("until", _("两个房号要写得一样，只有末尾的数字不同，例如 301 和 312。"))
        elif not 0 <= int(end[2]) - int(begin[2]) < MOST_UNITS:
            self.add_error("until", _("要从小到大，一次最多 %(count)s 套。") % {"count": MOST_UNITS})
        else:
            numbers = range(int(begin[2]), int(end[2]) + 1)
            self.labels = [f"{begin[1]}{number:0{len(begin[2])}}" for number in numbers]


class InventoryForm(PlainForm):
    """What stands in a unit, a line each: name, count, English name."""

    items = forms.CharField(
        label=gettext_lazy("屋里的物品"),
        help_text=gettext_lazy("一行写一件：中文名称，数量，英文名称"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
        error_messages={"max_length": TOO_LONG},
    )

    @staticmethod
    def text_of(items: Any) -> str:
        """The lines of an inventory that is there."""
        return "\n".join("，".join(filter(None, [it.name_zh, str(it.count), it.name_en])) for it in items)

    def clean_items(self) -> list[tuple[str, str, int]]:
        """Chinese name, English name, count. Raises ValidationError with the line."""
        lines = [tidy(line) for line in self.cleaned_data["items"].replace("\x00", "").splitlines()]
        items = [self._read(number, line) for number, line in enumerate(lines, 1) if line]
        if len(items) > MOST_ITEMS:
            text = ngettext("最多写 %(count)s 件。", "最多写 %(count)s 件。", MOST_ITEMS)
            raise ValidationError(text % {"count": MOST_ITEMS})
        return items

    def _read(self, number: int, line: str) -> tuple[str, str, int]:
        zh, count, en = (*(part.strip() for part in line.replace(",", "，").split("，", 2)), "", "")[:3]
        is_count = not count or (count.isascii() and count.isdigit() and 1 <= int(count) <= 999)
        if not zh or not is_count or len(zh) > LONGEST_ZH or len(en) > LONGEST_EN:
            raise ValidationError(_("第 %(number)s 行写法不对。请写：名称，数量，英文名称。") % {"number": number})
        return zh, en, int(count or 1)


class ClosureForm(shared.ClosureForm):
    """From which day to which a unit is closed, and why."""

    too_early, ends_before = gettext_lazy("最早从今天起停用。"), gettext_lazy("最后一天不能早于第一天。")

    from_on = DayField(label=gettext_lazy("从哪一天"), missing=gettext_lazy("请填写从哪一天起停用。"))
    until_on = DayField(
        label=gettext_lazy("到哪一天"),
        missing=gettext_lazy("请填写停用到哪一天。"),
        help_text=gettext_lazy("这一天也停用"),
    )
    reason = shared.closing_reason(gettext_lazy("例如：卫生间防水维修"))


class PhotoForm(shared.PhotoForm):
    """A picture of a unit."""

    help_texts = {
        "picture": gettext_lazy("JPEG 或 PNG，不超过 10 MB，横拍的更好。不要拍到住户。"),
        "caption_zh": gettext_lazy("看不见照片的人靠它知道拍的是什么，例如：朝南的客厅，带阳台"),
    }
