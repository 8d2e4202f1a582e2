"""The declaration of a living-subsidy application."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum import numdb

from applicants.people.labels import place_name
from portal.accounts.models import User
from portal.casework.forms.own_sections import YES_OR_NO, NoticeAgreedForm
from portal.city import city
from portal.policy.models import Policy
from subsidies.living import CODE, declaration_of
from subsidies.models import LivingSubsidy
from subsidies.services.declaring import save_declaration

OTHER = "other"  # a grant that no policy of this portal names; an area outside the prefecture
LABELS = {
    "is_declared_true": gettext_lazy("我声明，下面的内容属实"),
    "is_notice_agreed": NoticeAgreedForm.base_fields["is_notice_agreed"].label,
    "has_earlier_grants": gettext_lazy("领过生活补贴或类似的人才补贴"),
    "earlier_scheme": gettext_lazy("领的是哪一项"),
    "earlier_area": gettext_lazy("在哪里领的"),
    "earlier_grants": gettext_lazy("什么时候领的，多少钱"),
}
YES_NO = [("yes", gettext_lazy("领过")), ("no", gettext_lazy("没有领过"))]


def scheme_choices() -> list[tuple[str, str]]:
    """The policies of this programme, then what a person may have received elsewhere."""
    policies = [(policy.code, policy.title) for policy in Policy.objects.filter(programme=CODE).order_by("code")]
    elsewhere = [(CODE, _("其他县（市、区）的生活补贴")), (OTHER, _("其他补贴"))]
    return [("", _("请选择")), *policies, *elsewhere]


def area_choices() -> list[tuple[str, str]]:
    """The counties of the prefecture that exist today, and one for everywhere else."""
    prefix, areas = city().prefecture_prefix, []
    for number in range(2, 100):
        code = f"{prefix}{number:02d}"
        names = [found["county"] for _part, found in numdb.get("cn/loc").info(code) if "county" in found]
        if names and "-]" in names[0].split(",")[-1]:  # "[1985-1992]晋江县" has ended
            areas.append((code, place_name(code)))
    return [("", _("请选择")), *areas, (OTHER, _("其他地方"))]


class AreaSelect(forms.Select):
    """Counties have Chinese names on every page, and are marked as Chinese."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """One option."""
        option = super().create_option(name, value, *args, **kwargs)
        if str(value).isdigit():
            option["attrs"]["lang"] = "zh"
        return option


class DeclarationForm(NoticeAgreedForm):
    """Truth, what the public notice shows, and earlier grants."""

    labels = LABELS
    field_order = ("has_earlier_grants", "earlier_scheme", "earlier_area", "earlier_grants")

    has_earlier_grants = forms.ChoiceField(
        label=gettext_lazy("您以前领过生活补贴或类似的人才补贴吗？"),
        help_text=gettext_lazy("在任何地方领过的都算。同一类补贴只能享受一次。"),
        choices=YES_NO,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选择以前有没有领过。")},
    )
    earlier_scheme = forms.ChoiceField(
        label=LABELS["earlier_scheme"],
        help_text=gettext_lazy("领过的才填，下面两项也是。"),
        choices=scheme_choices,
        required=False,
    )
    earlier_area = forms.ChoiceField(
        label=LABELS["earlier_area"], choices=area_choices, required=False, widget=AreaSelect
    )
    earlier_grants = forms.CharField(
        label=LABELS["earlier_grants"],
        help_text=gettext_lazy("例如：2023 年 5 月，5000 元。记不清的写大概。"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": gettext_lazy("最多写 300 个字。请写短一些。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("earlier_scheme", "earlier_area"):
            self.fields[name].needed = _("（领过的必填）")

    def stored(self) -> dict[str, Any]:
        """What was declared so far."""
        row = declaration_of(self.application)
        declared = {name: getattr(row, name) for name in LABELS}
        return declared | {"has_earlier_grants": YES_OR_NO[row.has_earlier_grants]}

    def opened_with(self, name: str) -> str:
        """What is said about earlier grants belongs to whether there were any."""
        return "has_earlier_grants" if name.startswith("earlier_") else name

    def clean(self) -> dict[str, Any]:
        """Ask for scheme and place of an earlier grant."""
        data = super().clean()
        if data.get("has_earlier_grants") != "yes":
            return data
        if not data.get("earlier_scheme") and "earlier_scheme" not in self.errors:
            self.add_error("earlier_scheme", _("请选择领的是哪一项。"))
        if not data.get("earlier_area") and "earlier_area" not in self.errors:
            self.add_error("earlier_area", _("请选择在哪里领的。"))
        return data

    def values(self) -> dict[str, Any]:
        """What was declared; whether there were grants as a truth value."""
        given = super().values()
        if "has_earlier_grants" in given:
            given["has_earlier_grants"] = given["has_earlier_grants"] == "yes"
        return given

    def save(self, *, by: User, at: datetime) -> LivingSubsidy:
        """Store what was declared; call on a valid form. Raises StepRefused."""
        return save_declaration(application=self.application, values=self.values(), by=by, at=at)

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Declared answers as (field, label, words), as a submission keeps them; what was not asked is left out."""
        given = answers.get("has_earlier_grants")
        rows = [("has_earlier_grants", "" if given is None else dict(YES_NO)["yes" if given else "no"])]
        if given:
            rows += [
                ("earlier_scheme", dict(scheme_choices()).get(answers["earlier_scheme"], answers["earlier_scheme"])),
                ("earlier_area", dict(area_choices()).get(answers["earlier_area"], answers["earlier_area"])),
                ("earlier_grants", answers["earlier_grants"]),
            ]
        ticked = _("已勾选")
        rows += [(name, ticked if answers.get(name) else "") for name in ("is_declared_true", "is_notice_agreed")]
        return [(name, str(LABELS[name]), str(value)) for name, value in rows]
