"""What an applicant for a card is asked beyond the shared profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from applicants.cards.services.applying import detail_of, keep, recognised_tiers
from applicants.cards.services.portraits import Cut
from applicants.people.fields import DayField, LineField, PickField, PlainForm
from portal import clock
from portal.casework.forms.own_sections import YES_OR_NO, KeptDeclarationForm, KeptForm
from portal.casework.models import Application
from portal.policy.facts import TIERS
from portal.ui.figures import day_text

YES_NO = (("yes", gettext_lazy("是")), ("no", gettext_lazy("否")))


class _KeptForm(KeptForm):
    detail_of, keep = staticmethod(detail_of), staticmethod(keep)


class ContractForm(_KeptForm):
    """How long the contract runs: the card ends no later. Both fields are one answer."""

    section = "contract"
    labels = {"contract_ends_on": gettext_lazy("合同终止日期")}

    is_contract_open_ended = PickField(
        label=gettext_lazy("劳动合同没有终止日期吗？"),
        help_text=gettext_lazy("无固定期限合同选“是”；自己经营、没有劳动合同的也选“是”。"),
        choices=YES_NO,
        missing=gettext_lazy("请选择合同有没有终止日期。"),
    )
    contract_ends_on = DayField(
        label=labels["contract_ends_on"],
        help_text=gettext_lazy("优才卡的有效期不会超过这一天。"),
        needed=gettext_lazy("（合同有终止日期的必填）"),
    )

    def stored(self) -> dict[str, Any]:
        """What stands there now."""
        given = super().stored()
        return given | {"is_contract_open_ended": YES_OR_NO[given["is_contract_open_ended"]]}

    def opened_with(self, name: str) -> str:
        """Whether there is an end, and when."""
        return "contract_ends_on"

    def clean(self) -> dict[str, Any]:
        """A contract for a term has an end; one without a term has none."""
        data = super().clean()
        is_open_ended = data.get("is_contract_open_ended")
        if is_open_ended == "no" and not data.get("contract_ends_on") and "contract_ends_on" not in self.errors:
            self.add_error("contract_ends_on", _("请填写合同终止日期。"))
        if (ends_on := data.get("contract_ends_on")) and is_open_ended == "no" and ends_on < clock.today():
            self.add_error("contract_ends_on", _("合同已经终止，不能办卡。续签了的，请填写新合同的终止日期。"))
        if is_open_ended == "yes":
            data["contract_ends_on"] = None
        return data

    def values(self) -> dict[str, Any]:
        """The columns as the row keeps them."""
        given = super().values()
        if "is_contract_open_ended" in given:
            given["is_contract_open_ended"] = given["is_contract_open_ended"] == "yes"
        return given

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """The answer as (answer, label, words), as a submission keeps it."""
        ends_on = answers.get("contract_ends_on")
        without_end = _("没有终止日期") if answers.get("is_contract_open_ended") else ""
        words = day_text(date.fromisoformat(ends_on)) if ends_on else without_end
        return [("contract_ends_on", str(ContractForm.labels["contract_ends_on"]), words)]


class DeclarationForm(_KeptForm, KeptDeclarationForm):
    """Signed truth and the rules of use."""


class RecognitionForm(PlainForm):
    """One recognition to add. ``labels`` and ``rows_of`` speak for the section, which has a page of its own."""

    labels = {"recognitions": gettext_lazy("人才认定")}

    tier = PickField(label=gettext_lazy("认定的层次"), missing=gettext_lazy("请选择认定的层次。"))
    title = LineField(
        label=gettext_lazy("认定名称"),
        help_text=gettext_lazy("照认定文件或证书上写的填，例如：泉州市第四层次人才。"),
        most=80,
        missing=gettext_lazy("请填写认定名称。"),
    )
    issued_by = LineField(label=gettext_lazy("认定单位"), most=80, missing=gettext_lazy("请填写认定单位。"))
    document_number = LineField(label=gettext_lazy("文件或证书编号"))
    recognised_on = DayField(label=gettext_lazy("认定日期"), missing=gettext_lazy("请填写认定日期。"))
    expires_on = DayField(label=gettext_lazy("有效期至"), help_text=gettext_lazy("认定文件没有写有效期的不填。"))

    def __init__(self, data: Mapping[str, Any] | None = None, *, application: Application, on: date) -> None:
        super().__init__(data)
        self.on = on
        tiers = recognised_tiers(application.policy_version.parsed)
        self.fields["tier"].choices = [(tier, TIERS[tier]) for tier in tiers]

    def clean(self) -> dict[str, Any]:
        """Recognised by today, and not expired before it began."""
        data = super().clean()
        since, until = data.get("recognised_on"), data.get("expires_on")
        if since and since > self.on:
            self.add_error("recognised_on", _("认定日期不能在今天以后。"))
        if since and until and until < since:
            self.add_error("expires_on", _("有效期不能早于认定日期。"))
        return data

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Each claim as a row, as a submission keeps them; one row where there is none."""
        claimed = answers.get("recognitions") or []
        none = _("没有") if answers.get("has_recognitions") is False else ""
        if not claimed:
            return [("recognitions", str(RecognitionForm.labels["recognitions"]), none)]
        return [
            ("recognitions", _("第 %(number)s 项") % {"number": number}, _claim_text(item))
            for number, item in enumerate(claimed, start=1)
        ]


class PortraitForm(PlainForm):
    """A picture to upload, or where to cut the one that is there. ``labels`` and ``rows_of`` speak for the section."""

    labels = {"portrait": gettext_lazy("证件照")}

    left = forms.IntegerField(min_value=0, max_value=32_000, required=False)
    top = forms.IntegerField(min_value=0, max_value=32_000, required=False)
    width = forms.IntegerField(min_value=1, max_value=32_000, required=False)

    def cut(self) -> Cut | None:
        """The chosen cut; None where nothing was chosen, which asks for the widest."""
        given = [self.cleaned_data.get(name) for name in ("left", "top", "width")]
        return None if None in given else Cut(*given)

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Whether there is one, as a submission keeps it."""
        there = _("已上传") if answers.get("portrait") else ""
        return [("portrait", str(PortraitForm.labels["portrait"]), there)]


def _claim_text(claim: Mapping[str, Any]) -> str:
    """One recognition in one line: the tier, its name, who recognised it when, and until when."""
    until = date.fromisoformat(claim["expires_on"]) if claim["expires_on"] else None
    parts = [
        _("%(label)s：%(value)s") % {"label": TIERS[claim["tier"]], "value": claim["title"]},
        claim["issued_by"],
        claim["document_number"],
        _("%(day)s认定") % {"day": day_text(date.fromisoformat(claim["recognised_on"]))},
        _("有效期至 %(day)s") % {"day": day_text(until)} if until else "",
    ]
    return pgettext("between two items", "；").join(part for part in parts if part)
