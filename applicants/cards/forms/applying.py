"""What an applicant for a card is asked beyond the shared profile."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from applicants.cards.models import CardApplication
from applicants.cards.services.applying import detail_of, keep, recognised_tiers
from applicants.cards.services.portraits import Cut
from applicants.people.fields import DayField, LineField, PickField
from portal.accounts.models import User
from portal.casework.models import Application
from portal.policy.facts import TIERS
from portal.ui.figures import day_text
from portal.ui.templatetags.ui import zh

YES_NO = (("yes", gettext_lazy("是")), ("no", gettext_lazy("否")))
BOOLEANS = {"yes": True, "no": False}


def _answer(value: bool | None) -> str:
    return {True: "yes", False: "no"}.get(value, "") if value is not None else ""


class _OwnForm(forms.Form):
    """A section of the card's own on the shared page; ``only`` names what a correction opens."""

    use_required_attribute = False
    labels: Mapping[str, Any] = {}
    section = ""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        application: Application,
        only: Collection[str] | None = None,
    ) -> None:
        self.application = application
        super().__init__(data, initial=self.initial_of(detail_of(application)))
        for name, field in self.fields.items():
            if only is not None and name not in only:
                field.disabled, field.required = True, False

    def initial_of(self, detail: CardApplication) -> dict[str, Any]:
        """What stands there now."""
        return {name: getattr(detail, name) for name in self.fields_kept}

    @property
    def fields_kept(self) -> tuple[str, ...]:
        """The answers of this section."""
        return tuple(self.labels)

    def values(self) -> dict[str, Any]:
        """The open fields as the row keeps them."""
        return {name: self.cleaned_data[name] for name, field in self.fields.items() if not field.disabled}

    def save(self, *, by: User, at: datetime) -> CardApplication:
        """Store the answers; call on a valid form. Raises StepRefused."""
        return keep(self.application, self.section, self.values(), by=by, at=at)


class ContractForm(_OwnForm):
    """How long the contract runs: the card ends no later."""

    section = "contract"
    labels = {
        "is_contract_open_ended": gettext_lazy("合同没有终止日期"),
        "contract_ends_on": gettext_lazy("合同终止日期"),
    }

    is_contract_open_ended = PickField(
        label=gettext_lazy("劳动合同没有终止日期吗？"),
        help_text=gettext_lazy("无固定期限合同选“是”；自己经营、没有劳动合同的也选“是”。"),
        choices=YES_NO,
        missing=gettext_lazy("请选择合同有没有终止日期。"),
    )
    contract_ends_on = DayField(
        label=labels["contract_ends_on"],
        help_text=gettext_lazy("优才卡的有效期不会超过这一天。"),
        needed=gettext_lazy("合同有终止日期的填"),
    )

    def initial_of(self, detail: CardApplication) -> dict[str, Any]:
        """What stands there now."""
        return super().initial_of(detail) | {"is_contract_open_ended": _answer(detail.is_contract_open_ended)}

    def clean(self) -> dict[str, Any]:
        """A contract for a term has an end; one without a term has none."""
        data = super().clean()
        is_open_ended = data.get("is_contract_open_ended")
        if is_open_ended == "no" and not data.get("contract_ends_on") and "contract_ends_on" not in self.errors:
            self.add_error("contract_ends_on", _("请填写合同终止日期。"))
        if is_open_ended == "yes":
            data["contract_ends_on"] = None
        return data

    def values(self) -> dict[str, Any]:
        """The end goes with the answer."""
        given = super().values()
        if "is_contract_open_ended" in given:
            answer = BOOLEANS[given["is_contract_open_ended"]]
            given |= {"is_contract_open_ended": answer, "contract_ends_on": self.cleaned_data["contract_ends_on"]}
        return given

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Answers as (answer, label, words), as a submission keeps them."""
        ends_on = answers.get("contract_ends_on")
        words = {
            "is_contract_open_ended": str(dict(YES_NO).get(_answer(answers.get("is_contract_open_ended")), "")),
            "contract_ends_on": day_text(date.fromisoformat(ends_on)) if ends_on else "",
        }
        shown = ("is_contract_open_ended", "contract_ends_on") if ends_on else ("is_contract_open_ended",)
        return [(name, str(ContractForm.labels[name]), words[name]) for name in shown]


class DeclarationForm(_OwnForm):
    """Signed truth and the rules of use."""

    section = "declaration"
    labels = {"is_declared_true": gettext_lazy("我已看清并声明以上内容")}

    is_declared_true = forms.BooleanField(
        label=labels["is_declared_true"],
        error_messages={"required": gettext_lazy("请先确认声明，再勾选这一项。不能确认的，请先改好前面的内容。")},
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, application=application, **kwargs)
        sentences = application.policy_version.parsed.declarations
        self.fields["is_declared_true"].help_text = _as_list(sentences)

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Answers as (answer, label, words), as a submission keeps them."""
        ticked = _("已勾选") if answers.get("is_declared_true") else ""
        return [("is_declared_true", str(DeclarationForm.labels["is_declared_true"]), ticked)]


class RecognitionForm(forms.Form):
    """One recognition to add. ``labels`` and ``rows_of`` speak for the section, which has a page of its own."""

    use_required_attribute = False
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
        """The claims as one row, as a submission keeps them."""
        claimed = answers.get("recognitions") or []
        lines = [_("%(label)s：%(value)s") % {"label": TIERS[item["tier"]], "value": item["title"]} for item in claimed]
        none = _("没有") if answers.get("has_recognitions") is False else ""
        words = pgettext("between two items", "；").join(lines) or none
        return [("recognitions", str(RecognitionForm.labels["recognitions"]), words)]


class PortraitForm(forms.Form):
    """A picture to upload, or where to cut the one that is there. ``labels`` and ``rows_of`` speak for the section."""

    use_required_attribute = False
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


def _as_list(sentences: Collection[Any]) -> SafeString:
    return format_html_join("", "<span>{}</span> ", ((zh(sentence),) for sentence in sentences))
