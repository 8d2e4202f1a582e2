"""Forms of the desk, of the manager and of a device."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import NOT_LISTED, OFF, TOO_LONG, DayField, LineField, PickField, PlainForm, ReasonField
from applicants.people.numbers import parse_account_number, parse_branch_code, parse_credit_code, parse_mobile
from portal.accounts.models import User
from portal.city import town_choices
from portal.partners.choices import DEVICE_ROLES, MemberRole, PartnerKind
from portal.partners.models import Partner, PartnerPlace
from portal.partners.pins import parse_new_pin, parse_pin

PIN_BOX = OFF | {"inputmode": "numeric", "maxlength": "6", "class": "is-short th-pin"}


class PartnerForm(PlainForm):
    """An organisation and its contract with the city."""

    kind = PickField(
        label=gettext_lazy("类型"), missing=gettext_lazy("请选择类型。"), choices=lambda: PartnerKind.choices
    )
    name_zh = LineField(label=gettext_lazy("名称"), missing=gettext_lazy("请填写名称。"), attrs=OFF)
    name_en = LineField(label=gettext_lazy("英文名称"), most=100, attrs=OFF)
    credit_code = LineField(
        label=gettext_lazy("统一社会信用代码"),
        missing=gettext_lazy("请填写统一社会信用代码。"),
        parse=parse_credit_code,
        attrs=OFF | {"maxlength": "30"},
    )
    contact_name = LineField(label=gettext_lazy("联系人"), missing=gettext_lazy("请填写联系人。"), most=40, attrs=OFF)
    contact_phone = LineField(
        label=gettext_lazy("联系人手机"),
        missing=gettext_lazy("请填写联系人的手机号码。"),
        parse=parse_mobile,
        attrs=OFF | {"inputmode": "tel"},
    )
    active_from = DayField(label=gettext_lazy("合作开始"), missing=gettext_lazy("请填写合作开始的日期。"))
    active_to = DayField(label=gettext_lazy("合作到期"), help_text=gettext_lazy("当天还有效；不填：一直有效"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=999_999_999)

    def clean(self) -> dict[str, Any]:
        """The end comes after the beginning."""
        data = super().clean() or {}
        begins, ends = data.get("active_from"), data.get("active_to")
        if begins and ends and ends < begins:
            self.add_error("active_to", _("合作到期不能早于合作开始。"))
        return data

    @classmethod
    def initial_from(cls, partner: Partner) -> dict[str, Any]:
        """What the form shows of a partner that is there."""
        return {name: getattr(partner, name) for name in cls.base_fields}


class AccountForm(PlainForm):
    """The account that the city pays to, in the partner's own name."""

    number = LineField(
        label=gettext_lazy("银行账号"),
        missing=gettext_lazy("请填写银行账号。"),
        parse=parse_account_number,
        attrs=OFF | {"inputmode": "numeric", "maxlength": "60"},
    )
    bank_name = LineField(label=gettext_lazy("开户银行"), missing=gettext_lazy("请填写开户银行。"), attrs=OFF)
    branch_code = LineField(
        label=gettext_lazy("联行号"),
        parse=parse_branch_code,
        help_text=gettext_lazy("12 位数字，可以问开户银行；不知道的可以不填。"),
        attrs=OFF | {"inputmode": "numeric", "maxlength": "24"},
    )


class AccountSettleForm(PlainForm):
    """With which paper an account was compared."""

    note = LineField(
        label=gettext_lazy("和哪份材料核对"),
        missing=gettext_lazy("请写明和哪份材料核对过。"),
        help_text=gettext_lazy("例如：2026 年合同第 3 页、开户许可证"),
        most=120,
        attrs=OFF,
    )


class CloseForm(PlainForm):
    """Why the work with a partner ends."""

    reason = ReasonField(label=gettext_lazy("停止合作的理由"), missing=gettext_lazy("请写明停止合作的理由。"))


class PlaceForm(PlainForm):
    """Where a partner's people work."""

    name_zh = LineField(
        label=gettext_lazy("名称"),
        missing=gettext_lazy("请填写名称。"),
        help_text=gettext_lazy("例如：港湾酒店狮城大道店"),
        attrs=OFF,
    )
    name_en = LineField(label=gettext_lazy("英文名称"), most=100, attrs=OFF)
    address = LineField(label=gettext_lazy("地址"), missing=gettext_lazy("请填写地址。"), most=120, attrs=OFF)
    town = PickField(
        label=gettext_lazy("镇（街道）"),
        missing=gettext_lazy("请选择镇（街道）。"),
        choices=town_choices,
        widget=forms.Select,
    )
    is_closed = forms.BooleanField(
        label=gettext_lazy("这个地点不再使用"), required=False, help_text=gettext_lazy("以后可以恢复")
    )


class ManagerForm(PlainForm):
    """Who is to manage a partner's people and devices."""

    name = LineField(label=gettext_lazy("姓名"), missing=gettext_lazy("请填写姓名。"), most=30, attrs=OFF)
    email = forms.EmailField(
        label=gettext_lazy("邮箱"),
        help_text=gettext_lazy("邀请链接发到这个邮箱，72 小时内有效"),
        max_length=254,
        error_messages={
            "required": gettext_lazy("请填写邮箱。"),
            "invalid": gettext_lazy("这个邮箱地址不完整，请检查。"),
            "max_length": TOO_LONG,
        },
    )


class MemberForm(PlainForm):
    """Somebody who works with a device: the name they are called by, what they do, and where."""

    name = LineField(
        label=gettext_lazy("称呼"),
        missing=gettext_lazy("请填写称呼。"),
        help_text=gettext_lazy("工作上用的名字，例如：陈前台"),
        most=30,
        attrs=OFF,
    )
    role = PickField(label=gettext_lazy("角色"), missing=gettext_lazy("请选择角色。"), choices=())
    places = forms.ModelMultipleChoiceField(
        label=gettext_lazy("工作地点"),
        queryset=PartnerPlace.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("请选择工作地点。"),
            "invalid_choice": NOT_LISTED,
            "invalid_pk_value": NOT_LISTED,
            "invalid_list": NOT_LISTED,
        },
    )

    def __init__(self, *args: Any, partner: Partner, places: Iterable[PartnerPlace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = DEVICE_ROLES[PartnerKind(partner.kind)]
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        self.fields["places"].queryset = places  # type: ignore[attr-defined]
        self.fields["places"].label_from_instance = lambda place: place.name  # type: ignore[attr-defined]
        if not self.is_bound and len(roles) == 1:
            self.initial.setdefault("role", MemberRole(roles[0]).value)


class NewPinForm(PlainForm):
    """A PIN chosen at enrolment, twice."""

    pin = LineField(
        label=gettext_lazy("设一个 6 位数字的 PIN"),
        missing=gettext_lazy("请设一个 PIN。"),
        help_text=gettext_lazy("不要用生日、连续或重复的数字；不要告诉别人"),
        parse=parse_new_pin,
        widget=forms.PasswordInput,
        attrs=PIN_BOX,
    )
    again = LineField(
        label=gettext_lazy("再输入一次 PIN"),
        missing=gettext_lazy("请再输入一次 PIN。"),
        widget=forms.PasswordInput,
        parse=parse_pin,
        attrs=PIN_BOX,
    )

    def clean(self) -> dict[str, Any]:
        """Both are the same."""
        data = super().clean() or {}
        if {"pin", "again"} <= data.keys() and data["pin"] != data["again"]:
            self.add_error("again", _("两次输入的 PIN 不一样。"))
        return data


class PinForm(PlainForm):
    """The PIN of a device."""

    pin = LineField(
        label=gettext_lazy("PIN"),
        missing=gettext_lazy("请输入 PIN。"),
        parse=parse_pin,
        widget=forms.PasswordInput,
        attrs=PIN_BOX,
    )


class ChangePinForm(NewPinForm):
    """Another PIN, by whoever knows the one there is."""

    field_order = ("old", "pin", "again")
    old = LineField(
        label=gettext_lazy("现在的 PIN"),
        missing=gettext_lazy("请输入现在的 PIN。"),
        parse=parse_pin,
        widget=forms.PasswordInput,
        attrs=PIN_BOX,
    )

    def clean(self) -> dict[str, Any]:
        """The new one is another."""
        data = super().clean()
        if "pin" in data and data["pin"] == data.get("old"):
            self.add_error("pin", _("新的 PIN 要和现在的不一样。"))
        return data


class PasswordForm(PlainForm):
    """The first password of an invited manager."""

    password = forms.CharField(
        label=gettext_lazy("设一个密码"),
        help_text=gettext_lazy("至少 10 个字符，不能全是数字，也不要用常见的密码"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": gettext_lazy("请设一个密码。"), "max_length": TOO_LONG},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Refuse what is easily guessed."""
        password = self.cleaned_data["password"]
        try:
            password_validation.validate_password(password, self.user)
        except ValidationError as error:
            raise ValidationError(error.messages) from None
        return password
