"""Forms of the desk: what the queue shows, what a step asks for, facts settled against a paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import OFF, LineField, PlainForm
from applicants.people.labels import FIELD_LABELS, SECTION_LABELS
from portal.casework.models import ShelfPaper
from portal.casework.programmes import Programme
from portal.casework.services.finding import QueueFilter
from portal.casework.states import ENDED, State
from portal.city import town_choices
from portal.policy.schema import PolicyDocument

VIEWS = ("todo", "mine", "free", "overdue", "all", "ended")


def _any(label: Any, choices: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [("", label), *choices]


class QueueForm(forms.Form):
    """The filters over the queue. What cannot be read is left out."""

    view = forms.ChoiceField(choices=[(view, view) for view in VIEWS], required=False, widget=forms.HiddenInput)
    stage = forms.ChoiceField(
        label=gettext_lazy("环节"),
        required=False,
        choices=lambda: _any(_("全部环节"), [(s.value, s.label) for s in State if s not in (State.DRAFT, *ENDED)]),
    )
    town = forms.ChoiceField(
        label=gettext_lazy("镇街"), required=False, choices=lambda: _any(_("全部镇街"), town_choices())
    )
    policy = forms.ChoiceField(label=gettext_lazy("政策"), required=False)
    due = forms.ChoiceField(
        label=gettext_lazy("时限"),
        required=False,
        choices=lambda: _any(
            _("全部时限"), [("overdue", _("已超期")), ("today", _("今天到期")), ("week", _("7 天内到期"))]
        ),
    )

    def __init__(self, data: Mapping[str, Any], *, policies: Iterable[str], default_view: str) -> None:
        super().__init__(data)
        self.fields["policy"].choices = _any(_("全部政策"), [(code, code) for code in policies])
        self.is_valid()
        values = {name: self.cleaned_data.get(name) or "" for name in self.fields}
        self.wanted = QueueFilter(**{**values, "view": values["view"] or default_view})
        self.initial = {"view": self.wanted.view}


class FindForm(forms.Form):
    """Reference, its last digits, or an identity number. Sent by POST: no number stands in an address."""

    q = LineField(
        label=gettext_lazy("申请编号或证件号码"),
        missing=gettext_lazy("请填写申请编号、编号末几位，或证件号码。"),
        attrs=OFF,
    )


# ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class StepForm(PlainForm):
    """A step that asks for nothing more."""

    def __init__(self, data: Any = None, *, document: PolicyDocument, asked: Programme, unmet: Sequence[str]) -> None:
        super().__init__(data)

    def details(self) -> dict[str, Any]:
        """What ``advance`` is handed beyond the step."""
        return {"note": self.cleaned_data.get("reason", ""), "clause": self.cleaned_data.get("clause", "")}


class ReasonForm(StepForm):
    """A step that needs a reason."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        error_messages={"required": gettext_lazy("请写明理由。")},
    )


class SendBackForm(ReasonForm):
    """Back to first review."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("写给初审人员，申请人看不到。")


class RefuseForm(ReasonForm):
    """A refusal names the clause and the reason; both stand in the letter."""

    clause = forms.ChoiceField(
        label=gettext_lazy("不符合的条款"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选择不符合的条款。")},
    )
    field_order = ("clause", "reason")

    def __init__(self, *args: Any, document: PolicyDocument, unmet: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, document=document, unmet=unmet, **kwargs)
        self.fields["clause"].choices = [(clause.code, f"{clause.code}　{clause.text}") for clause in document.clauses]
        self.initial = {"clause": unmet[0]} if unmet else {}
        self.fields["reason"].help_text = _("写进决定书，申请人会收到。写清哪里不符合、依据哪份材料。")


class UpholdForm(ReasonForm):
    """The applicant was right."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("写进给申请人的答复：原决定哪里不对，重新审核时要看什么。")


@dataclass(frozen=True)
class Mark:
    """One thing that may be sent back: a box to tick and a note."""

    kind: str
    section: str
    name: str
    ticked: forms.BoundField
    note: forms.BoundField


class ReturnForm(ReasonForm):
    """Marks fields and papers for correction; only those become editable."""

    def __init__(self, *args: Any, document: PolicyDocument, asked: Programme, **kwargs: Any) -> None:
        super().__init__(*args, document=document, asked=asked, **kwargs)
        self.fields["reason"].help_text = _("写给申请人：缺什么、怎么补，一次说清。")
        self._groups: list[tuple[str, list[tuple[str, str, str]]]] = []
        for section in asked.sections:
            self._mark(section, SECTION_LABELS[section], FIELD_LABELS[section])
        for own in asked.asked_sections:
            self._mark(own.name, own.label, own.form.labels)
        self._add(_("材料"), [("paper", "", paper.kind, str(paper.title)) for paper in document.papers])

    def _mark(self, section: str, heading: Any, labels: Mapping[str, Any]) -> None:
        self._add(str(heading), [("field", section, name, str(label)) for name, label in labels.items()])

    def _add(self, heading: str, items: list[tuple[str, str, str, str]]) -> None:
        for kind, section, name, label in items:
            key = f"{kind}-{section}-{name}"
            self.fields[key] = forms.BooleanField(label=label, required=False)
            self.fields[f"{key}-note"] = forms.CharField(
                label=_("%(what)s：怎么改") % {"what": label},
                required=False,
                max_length=300,
                widget=forms.TextInput(attrs={"placeholder": _("怎么改")}),
            )
        self._groups.append((heading, [item[:3] for item in items]))

    def groups(self) -> list[tuple[str, list[Mark]]]:
        """Sections, then papers, each with its marks."""
        return [
            (heading, [Mark(*item, self["-".join(item)], self["-".join((*item, "note"))]) for item in items])
            for heading, items in self._groups
        ]

    def clean(self) -> dict[str, Any]:
        """At least one mark. A note marks its field, ticked or not."""
        data = super().clean()
        if not self.items():
            raise forms.ValidationError(_("请至少标出一处需要补正的填写项或材料。"))
        return data

    def items(self) -> list[dict[str, str]]:
        """The marks as ``advance`` takes them."""
        data = self.cleaned_data
        return [
            {"kind": kind, "section": section, "name": name, "note": data.get(f"{kind}-{section}-{name}-note", "")}
            for _heading, items in self._groups
            for kind, section, name in items
            if data.get(f"{kind}-{section}-{name}") or data.get(f"{kind}-{section}-{name}-note")
        ]

    def details(self) -> dict[str, Any]:
        """Reason and marks."""
        return {**super().details(), "items": self.items()}


STEP_FORMS: dict[str, type[StepForm]] = {
    "accept": StepForm,
    "pass_first": StepForm,
    "pass_second": StepForm,
    "approve": StepForm,
    "return": ReturnForm,
    "refuse": RefuseForm,
    "send_back": SendBackForm,
    "uphold_reconsideration": UpholdForm,
    "dismiss_reconsideration": RefuseForm,
}


class TakeForm(PlainForm):
    """Why a file is taken over from a colleague."""

    reason = forms.CharField(label=gettext_lazy("接手的理由"), required=False, max_length=300)


class ProveForm(PlainForm):
    """Against which paper the number was compared, or with the card at the counter."""

    paper = forms.ChoiceField(
        label=gettext_lazy("对照"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选择对照的是哪份材料，或本人到柜台出示了证件。")},
    )
    COUNTER = "counter"

    def __init__(self, data: Any = None, *, cards: Sequence[ShelfPaper]) -> None:
        super().__init__(data)
        self.cards = {str(item.pk): item.paper for item in cards}
        many = len(cards) > 1
        papers = [
            (str(item.pk), _("身份证件 %(number)s") % {"number": number} if many else _("身份证件"))
            for number, item in enumerate(cards, start=1)
        ]
        self.fields["paper"].choices = [*papers, (self.COUNTER, _("本人到柜台出示的证件"))]


def unmet_clauses(findings: Iterable[Mapping[str, Any]]) -> list[str]:
    """The clauses of stored findings that are not met. What is only unproven is no ground for a refusal."""
    return [finding["clause"] for finding in findings if finding["answer"] == "unmet"]
