"""What an applicant for an apartment is asked beyond the shared profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from applicants.cards.services.applying import recognised_tiers, recognitions_of
from applicants.people.fields import LineField, PickField
from applicants.people.names import clean_name
from applicants.people.numbers import parse_resident_number
from housing.apartments.models import NO_TIER, UnitType
from housing.apartments.services.applying import (
    HOUSEHOLD,
    MOST_TYPES,
    choose_types,
    detail_of,
    keep,
    requested_types,
    types_sentence,
)
from portal.accounts.models import User
from portal.casework.forms.own_sections import (
    YES_OR_NO,
    KeptDeclarationForm,
    KeptForm,
    NoticeAgreedForm,
    OwnSectionForm,
)
from portal.casework.models import Application
from portal.policy.facts import TIERS
from portal.policy.texts import Text
from portal.ui.figures import listed

YES_NO = (("yes", gettext_lazy("是")), ("no", gettext_lazy("否")))
MOST_PEOPLE = 12


class _KeptForm(KeptForm):
    detail_of, keep = staticmethod(detail_of), staticmethod(keep)


class HouseholdForm(_KeptForm):
    """Who moves in, the spouse, recognitions of both, homes in the city. What is asked of a spouse is one answer."""

    section = HOUSEHOLD
    labels = {
        "household_size": gettext_lazy("一起住的人数"),
        "has_spouse": gettext_lazy("配偶"),
        "tier": gettext_lazy("您的人才认定"),
        "has_home": gettext_lazy("家庭在本市的住房"),
        "needs_accessible": gettext_lazy("无障碍需要"),
    }

    household_size = forms.IntegerField(
        label=gettext_lazy("一起住几个人？"),
        help_text=gettext_lazy("连您自己在内。人数决定可以选哪些房型。"),
        min_value=1,
        max_value=MOST_PEOPLE,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "is-short", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("请填写一起住几个人。"),
            "invalid": gettext_lazy("请填写人数，用数字。"),
            "min_value": gettext_lazy("至少 1 个人，就是您自己。"),
            "max_value": gettext_lazy("人数太多了。请只填一起搬进来住的人。"),
        },
    )
    has_spouse = PickField(
        label=gettext_lazy("您已婚吗？"),
        help_text=gettext_lazy("一对夫妻只租一套，按层次高的一方。"),
        choices=YES_NO,
        missing=gettext_lazy("请选择您是否已婚。"),
    )
    spouse_name = LineField(
        label=gettext_lazy("配偶姓名"), parse=clean_name, most=100, needed=gettext_lazy("（已婚的必填）")
    )
    spouse_number = LineField(
        label=gettext_lazy("配偶的居民身份证号码"),
        help_text=gettext_lazy("只用来核对一对夫妻租一套，加密保存。"),
        most=30,
        parse=lambda text: parse_resident_number(text).number,
        needed=gettext_lazy("（已婚的必填）"),
        attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"},
    )
    spouse_tier = PickField(
        label=gettext_lazy("配偶的人才认定"), widget=forms.Select, needed=gettext_lazy("（已婚的必填）")
    )
    tier = PickField(
        label=gettext_lazy("您有人才认定吗？"),
        help_text=gettext_lazy("有几项的，选最高的一项，认定文件在“上传材料”里上传。没有认定的，按学历分层次。"),
        widget=forms.Select,
        missing=gettext_lazy("请选择有没有人才认定。"),
    )
    has_home = PickField(
        label=gettext_lazy("您、配偶或未成年子女在本市有住房，或者近年卖过住房吗？"),
        choices=YES_NO,
        missing=gettext_lazy("请选择家庭在本市有没有住房。"),
    )
    needs_accessible = forms.BooleanField(label=gettext_lazy("需要无障碍的房源"), required=False)

    field_order = ("household_size", "tier", "has_spouse", "spouse_name", "spouse_number", "spouse_tier", "has_home")

    def __init__(self, data: Mapping[str, Any] | None = None, *, application: Application, **more: Any) -> None:
        super().__init__(data, application=application, **more)
        rungs = [(tier, TIERS[tier]) for tier in recognised_tiers(application.policy_version.parsed)]
        for name in ("tier", "spouse_tier"):
            self.fields[name].choices = [("", _("请选择")), (NO_TIER, _("没有")), *rungs]

    def stored(self) -> dict[str, Any]:
        """What stands there now; a recognition claimed for the talent card is proposed."""
        stored = super().stored()
        for name in ("has_spouse", "has_home"):
            stored[name] = YES_OR_NO[stored[name]]
        if not stored["tier"]:
            order = recognised_tiers(self.application.policy_version.parsed)
            claimed = {row.tier for row in recognitions_of(self.application.applicant)}
            stored["tier"] = next((tier for tier in order if tier in claimed), "")
        return stored

    def opened_with(self, name: str) -> str:
        """What is said of the spouse belongs to whether there is one."""
        return "has_spouse" if name.startswith("spouse_") else name

    def clean(self) -> dict[str, Any]:
        """Ask a married person for the spouse; the spouse is somebody else."""
        data = super().clean()
        if data.get("has_spouse") != "yes":
            return data
        asked = {
            "spouse_name": _("请填写配偶姓名。"),
            "spouse_number": _("请填写配偶的居民身份证号码。"),
            "spouse_tier": _("请选择配偶有没有人才认定。"),
        }
        for name, sentence in asked.items():
            if not data.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        number = data.get("spouse_number")
        if number and number == self.application.applicant.number:
            self.add_error("spouse_number", _("这是您自己的号码。请填写配偶的号码。"))
        if data.get("household_size") == 1:
            self.add_error("household_size", _("夫妻一起住，至少 2 个人。配偶不搬来住的，也请算上。"))
        return data

    def values(self) -> dict[str, Any]:
        """The open answers as they are kept."""
        given = super().values()
        return given | {name: given[name] == "yes" for name in ("has_spouse", "has_home") if name in given}

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Answers as (answer, label, words), as a submission keeps them."""
        size, married, home = (answers.get(name) for name in ("household_size", "has_spouse", "has_home"))
        spouse = [answers.get("spouse_name", ""), answers.get("spouse_number", "")]
        if tier := _tier_words(answers.get("spouse_tier", "")):
            spouse.append(_("人才认定：%(tier)s") % {"tier": tier})
        rows = {
            "household_size": ngettext("%(count)s 人", "%(count)s 人", size) % {"count": size} if size else "",
            "tier": _tier_words(answers.get("tier", "")),
            "has_spouse": "" if married is None else listed(it for it in spouse if it) if married else _("未婚"),
            "has_home": "" if home is None else _("有") if home else _("没有，近年也没有卖过"),
            "needs_accessible": _("需要无障碍的房源") if answers.get("needs_accessible") else _("没有特别需要"),
        }
        return [(name, str(HouseholdForm.labels[name]), str(text)) for name, text in rows.items()]


class TypeField(PickField):
    """One of the kinds of unit in use, by its code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Select, choices=type_choices, **kwargs)


def type_choices() -> list[tuple[str, str]]:
    """The kinds of unit in use, with the households they are for."""
    rows = UnitType.objects.filter(retired_at=None)
    return [("", _("请选择")), *((it.code, type_label(it)) for it in rows)]


def type_label(type: UnitType) -> str:
    """A kind of unit in a list of choices."""
    values = {"type": type.title, "first": type.household_from, "last": type.household_to}
    if type.household_from == type.household_to:
        return ngettext("%(type)s（%(last)s 人）", "%(type)s（%(last)s 人）", type.household_to) % values
    return _("%(type)s（%(first)s 至 %(last)s 人）") % values


class TypesForm(OwnSectionForm):
    """Up to three kinds of unit in the order of liking: one answer. A round asks again, and proposes these."""

    labels = {"types": gettext_lazy("想要什么房型")}
    answer_behind = {"first": "types", "second": "types", "third": "types"}

    first = TypeField(
        label=gettext_lazy("最想要的房型"),
        help_text=gettext_lazy("轮到您时，先看这一种有没有。"),
        missing=gettext_lazy("请选择最想要的房型。"),
    )
    second = TypeField(label=gettext_lazy("其次"))
    third = TypeField(label=gettext_lazy("再次"))

    def stored(self) -> dict[str, Any]:
        """What stands there now."""
        codes = [it.code for it in requested_types(self.application)]
        return dict(zip(self.base_fields, codes, strict=False))

    def opened_with(self, name: str) -> str:
        """The kinds are changed together."""
        return "types"

    def clean(self) -> dict[str, Any]:
        """Kinds that differ and that are for such a household."""
        data = super().clean()
        if not self.errors and (why := types_sentence(self.chosen(), detail_of(self.application).household_size)):
            self.add_error("first", why)
        return data

    def chosen(self) -> list[UnitType]:
        """The kinds, the one liked most first."""
        codes = [code for name in self.base_fields if (code := self.cleaned_data.get(name))]
        known = {it.code: it for it in UnitType.objects.filter(code__in=codes, retired_at=None)}
        return [known[code] for code in codes if code in known][:MOST_TYPES]

    def save(self, *, by: User, at: datetime) -> None:
        """Store the kinds; call on a valid form. Raises StepRefused."""
        choose_types(self.application, self.chosen(), by=by, at=at)

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """The kinds in one row, as a submission keeps them."""
        titles = [str(Text.model_validate(it)) for it in answers.get("types", ())]
        return [("types", str(TypesForm.labels["types"]), listed(titles))]


class DeclarationForm(_KeptForm, KeptDeclarationForm, NoticeAgreedForm):
    """Signed truth, and what the public notice shows where the policy has one."""

    labels = KeptDeclarationForm.labels | {"is_notice_agreed": NoticeAgreedForm.base_fields["is_notice_agreed"].label}


def _tier_words(answer: str) -> str:
    return _("没有") if answer == NO_TIER else str(TIERS.get(answer, ""))
