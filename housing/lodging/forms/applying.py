"""What an applicant for free lodging is asked beyond the shared profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from applicants.people.fields import DayField, LineField, PickField, PlainForm
from housing.lodging.limits import beyond
from housing.lodging.models import Sex, Site
from housing.lodging.nights import Nights, night_of
from housing.lodging.services.applying import Wish, detail_of, keep, limit_sentence, room_for, why_not
from portal.casework.forms.own_sections import KeptDeclarationForm, KeptForm
from portal.casework.models import Application
from portal.policy.conditions.housing import JobSearchProof
from portal.policy.facts import FACTS
from portal.policy.texts import Text
from portal.ui.figures import day_text, listed

MOST_NIGHTS = 366


class _KeptForm(KeptForm):
    detail_of, keep = staticmethod(detail_of), staticmethod(keep)


class JobSearchForm(_KeptForm):
    """Which proof there is and when it was issued; the proof itself is one of the papers. Both are one answer."""

    section = "job_search"
    labels = {"job_proof": gettext_lazy("哪一种求职证明"), "job_proof_on": gettext_lazy("证明的出具日期")}

    job_proof = PickField(
        label=labels["job_proof"],
        help_text=gettext_lazy("证明本身在“上传材料”里上传。"),
        missing=gettext_lazy("请选择求职证明。"),
    )
    job_proof_on = DayField(label=labels["job_proof_on"], missing=gettext_lazy("请填写证明的出具日期。"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        conditions = self.application.policy_version.parsed.all_conditions()
        rule = next((it for it in conditions if isinstance(it, JobSearchProof)), None)
        words = FACTS["job_proofs"].choices
        self.fields["job_proof"].choices = [(name, words[name]) for name in (rule.any_of if rule else words)]
        if rule:
            self.fields["job_proof_on"].help_text = ngettext(
                "要在提交申请前 %(days)s 日内出具。", "要在提交申请前 %(days)s 日内出具。", rule.valid_days
            ) % {"days": rule.valid_days}

    def opened_with(self, name: str) -> str:
        """Kind and date are marked, and changed, together."""
        return "job_proof_on" if name == "job_proof" else "job_proof"

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Answers as (answer, label, words), as a submission keeps them."""
        kind, day = answers.get("job_proof", ""), answers.get("job_proof_on", "")
        words = str(FACTS["job_proofs"].choices.get(kind, ""))
        return [
            ("job_proof", str(JobSearchForm.labels["job_proof"]), words),
            (
                "job_proof_on",
                str(JobSearchForm.labels["job_proof_on"]),
                day_text(date.fromisoformat(day)) if day else "",
            ),
        ]


class DeclarationForm(_KeptForm, KeptDeclarationForm):
    """Signed truth, with what the policy has its guests declare."""


class SiteField(forms.ModelChoiceField):
    """One of the sites; what is no id at all is no choice either."""

    def to_python(self, value: Any) -> Site | None:
        """The site. Raises ValidationError with one sentence for whatever was sent."""
        try:
            site: Site | None = super().to_python(value)
        except ValidationError:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from None
        return site


class BookingForm(PlainForm):
    """A site, nights, and who is to sleep there. ``labels`` and ``rows_of`` speak for the section."""

    labels = {"booking": gettext_lazy("床位")}

    site = SiteField(
        label=gettext_lazy("住哪里"),
        queryset=Site.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("请选择住哪里。"),
            "invalid_choice": gettext_lazy("请从列出的驿站里选一个。"),
        },
    )
    first_on = DayField(label=gettext_lazy("哪天晚上入住"), missing=gettext_lazy("请填写入住日期。"))
    night_count = forms.IntegerField(
        label=gettext_lazy("住几晚"),
        min_value=1,
        max_value=MOST_NIGHTS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "is-short", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("请填写住几晚。"),
            "invalid": gettext_lazy("请填写住几晚，用数字。"),
            "min_value": gettext_lazy("至少住 1 晚。"),
            "max_value": gettext_lazy("晚数太多了。"),
        },
    )
    sex = PickField(
        label=gettext_lazy("您的性别"),
        help_text=gettext_lazy("房间按性别安排。"),
        choices=Sex.choices,
        missing=gettext_lazy("请选择性别。"),
    )
    needs_accessible = forms.BooleanField(label=gettext_lazy("需要无障碍床位"), required=False)
    needs = LineField(
        label=gettext_lazy("还需要驿站知道的"),
        help_text=gettext_lazy("例如行动不便、晚到。驿站的工作人员看得到，请不要写病历等隐私。"),
        most=200,
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, application: Application, at: datetime, initial: Any = None
    ) -> None:
        detail = detail_of(application)
        stored = {name: getattr(detail, name) for name in self.base_fields}
        super().__init__(data, initial=stored | {"site": detail.site_id} | dict(initial or {}))
        sites = Site.objects.bookable(Nights(night_of(at), 1)).select_related("place")
        self.fields["site"].queryset = sites.order_by("place__town", "place__name_zh")
        self.fields["site"].label_from_instance = site_label
        self.application, self.at = application, at
        self.room = room = room_for(application, at=at)
        days = {"first": day_text(room.first), "last": day_text(room.last)}
        self.fields["first_on"].help_text = _("%(first)s 至 %(last)s 之间。凌晨到店的，算前一晚。") % days
        self.fields["night_count"].help_text = ngettext(
            "这次最多 %(count)s 晚。", "这次最多 %(count)s 晚。", room.nights
        ) % {"count": room.nights}

    def clean(self) -> dict[str, Any]:
        """Within the policy's days and nights: what stands against it is said beside the field it is about."""
        data = super().clean()
        first, count = data.get("first_on"), data.get("night_count")
        days = self.room.first, self.room.last
        if first and (found := beyond(days, Nights(first, 1))):
            self.add_error("first_on", limit_sentence(found, self.room.limits, days))
        elif first and count and (why := why_not(self.application, Nights(first, count), at=self.at)):
            self.add_error("night_count", why)
        return data

    def wish(self) -> Wish:
        """What is asked for; call on a valid form."""
        given = self.cleaned_data
        return Wish(
            site=given["site"],
            nights=Nights(given["first_on"], given["night_count"]),
            sex=given["sex"],
            needs_accessible=given["needs_accessible"],
            needs=given["needs"],
        )

    @staticmethod
    def rows_of(answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """What is asked for in one row, as a submission keeps it."""
        return [("booking", str(BookingForm.labels["booking"]), _booking_text(answers))]


def site_label(site: Site) -> str:
    """A site in a list of choices: name and kind."""
    return f"{site.name} · {site.get_kind_display()}"


def _booking_text(answers: Mapping[str, Any]) -> str:
    if not answers.get("first_on"):
        return ""
    nights = Nights(date.fromisoformat(answers["first_on"]), answers["night_count"])
    parts = [
        str(Text.model_validate(answers["site"])),
        _("%(first)s晚入住，%(last)s退房") % {"first": day_text(nights.first), "last": day_text(nights.leaves_on)},
        ngettext("%(count)s 晚", "%(count)s 晚", nights.count) % {"count": nights.count},
        str(Sex(answers["sex"]).label),
        _("无障碍床位") if answers.get("needs_accessible") else "",
        answers.get("needs", ""),
    ]
    return listed(part for part in parts if part)
