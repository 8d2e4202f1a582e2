"""Forms of the desk about sites, rooms, beds, closures, photos and rates."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import OFF, DayField, LineField, PickField, PlainForm
from housing import forms as shared
from housing.forms import MOST_FEN, HundredthsField, PlaceField, StockForm, lines_field, number_field
from housing.lodging.models import SiteKind
from housing.lodging.nights import EVENING, MORNING
from housing.lodging.services.rooms import MOST_BEDS
from housing.lodging.services.sites import places_without_site


class SiteForm(StockForm):
    """What the public and the rules know of a site. Its name and address are the place's."""

    kind = PickField(label=gettext_lazy("类型"), missing=gettext_lazy("请选择类型。"), choices=SiteKind.choices)
    about_zh = lines_field(gettext_lazy("介绍"), gettext_lazy("怎么去、附近有什么、房间什么样"))
    about_en = lines_field(gettext_lazy("英文介绍"))
    house_rules_zh = lines_field(gettext_lazy("住宿须知"), gettext_lazy("一行写一条"), 6)
    house_rules_en = lines_field(gettext_lazy("英文住宿须知"), gettext_lazy("一行写一条"), 6)
    has_same_sex_rooms = forms.BooleanField(
        label=gettext_lazy("同一间房只住同一性别"),
        required=False,
        help_text=gettext_lazy("今后的晚上有了客人，就不能再改"),
    )
    hold_until = forms.TimeField(
        label=gettext_lazy("当晚床位保留到"),
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        help_text=gettext_lazy("不填：按政策规定。晚上 18:00 以后；早上六点以前的时间算第二天凌晨。"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "is-short"}),
        error_messages={"invalid": gettext_lazy("请写时间，例如 22:00。")},
    )
    is_open = forms.BooleanField(
        label=gettext_lazy("开放预订"), required=False, help_text=gettext_lazy("公众能看到，并且可以预订")
    )

    def clean_hold_until(self) -> time | None:
        """An hour of the evening or of the night: earlier nobody could have come."""
        until: time | None = self.cleaned_data["hold_until"]
        if until is not None and MORNING <= until < EVENING:
            raise ValidationError(_("保留时间要在晚上 18:00 到第二天早上 6:00 以前。"))
        return until


class NewSiteForm(SiteForm):
    """A place that becomes a site; it is opened once it has beds."""

    is_open = None  # type: ignore[assignment]
    place = PlaceField(gettext_lazy("合作单位（酒店旅馆）里还没有开住宿点的地点"))
    field_order = ("place",)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].queryset = places_without_site(today)  # type: ignore[attr-defined]
        self.initial.setdefault("has_same_sex_rooms", True)


class RoomForm(PlainForm):
    """A new room with its beds."""

    label = LineField(label=gettext_lazy("房间号"), missing=gettext_lazy("请填写房间号。"), most=20, attrs=OFF)
    beds = number_field(gettext_lazy("几张床"), gettext_lazy("请填写有几张床。"), least=1, most=MOST_BEDS)
    accessible = number_field(
        gettext_lazy("其中无障碍床位"),
        gettext_lazy("没有的填 0。"),
        least=0,
        most=MOST_BEDS,
        help_text=gettext_lazy("轮椅能到床边，下铺，卫生间有扶手"),
    )

    def clean(self) -> dict[str, Any]:
        """No more accessible beds than beds."""
        data = super().clean() or {}
        if {"beds", "accessible"} <= data.keys() and data["accessible"] > data["beds"]:
            self.add_error("accessible", _("无障碍床位不能比床位多。"))
        return data


class RoomChangeForm(RoomForm):
    """Another name, and more beds."""

    beds = number_field(gettext_lazy("再加几张床"), gettext_lazy("不加的填 0。"), least=0, most=MOST_BEDS)


class BedForm(PlainForm):
    """A bed's name, and whether it is without barriers."""

    label = LineField(label=gettext_lazy("床号"), missing=gettext_lazy("请填写床号。"), most=20, attrs=OFF)
    is_accessible = forms.BooleanField(label=gettext_lazy("无障碍床位"), required=False)


class ClosureForm(shared.ClosureForm):
    """From which night to which a bed is closed, and why."""

    too_early, ends_before = gettext_lazy("最早从今晚起停用。"), gettext_lazy("最后一晚不能早于第一晚。")

    from_on = DayField(label=gettext_lazy("从哪一晚"), missing=gettext_lazy("请填写从哪一晚起停用。"))
    until_on = DayField(
        label=gettext_lazy("到哪一晚"),
        missing=gettext_lazy("请填写停用到哪一晚。"),
        help_text=gettext_lazy("这一晚也停用"),
    )
    reason = shared.closing_reason(gettext_lazy("例如：空调维修"))


class RateForm(PlainForm):
    """What the city pays for a night, from an evening on."""

    from_on = DayField(label=gettext_lazy("从哪一晚起"), missing=gettext_lazy("请填写从哪一晚起。"))
    night = HundredthsField(
        label=gettext_lazy("每晚价格（元）"),
        missing=gettext_lazy("请填写每晚的价格。"),
        wrong=gettext_lazy("请写金额，例如 128 或 128.50。"),
        most=MOST_FEN,
    )


class PhotoForm(shared.PhotoForm):
    """A picture of a site."""

    help_texts = {
        "picture": gettext_lazy("JPEG 或 PNG，不超过 10 MB，横拍的更好。不要拍到住客。"),
        "caption_zh": gettext_lazy("看不见照片的人靠它知道拍的是什么，例如：四人间，靠窗两张上下铺"),
    }
