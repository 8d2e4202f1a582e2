"""Forms about stays: at the counter of a site, on the desk, and of guests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from applicants.cards.forms.life import AnswerForm as ReconsiderationAnswerForm
from applicants.cards.forms.verifying import DigitsField
from applicants.people.fields import PlainForm, ReasonForm
from housing.lodging.models import Bed


class DigitsForm(PlainForm):
    """The code of arrival, typed where the camera does not help."""

    digits = DigitsField(
        label=gettext_lazy("入住码"),
        help_text=gettext_lazy("客人手机二维码下面的 6 位数字"),
        missing=gettext_lazy("请填写入住码。"),
        wrong=gettext_lazy("入住码是 6 位数字，在客人手机的二维码下面。"),
    )


class WithoutCodeForm(ReasonForm):
    """An arrival without a code."""

    reason = forms.CharField(
        label=gettext_lazy("为什么没有入住码"),
        help_text=gettext_lazy("例如手机没电了。您核对了什么证件，也写在这里，不要写证件号码。"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=300,
        error_messages={"required": gettext_lazy("请写明理由。")},
    )


class ExtendForm(PlainForm):
    """By how many nights."""

    count = forms.TypedChoiceField(
        label=gettext_lazy("续住几晚"),
        coerce=int,
        error_messages={"required": gettext_lazy("请选择一项。"), "invalid_choice": gettext_lazy("请选择一项。")},
    )

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [(count, ngettext("%(count)d 晚", "%(count)d 晚", count)) for count in range(1, most + 1)]
        self.fields["count"].choices = [(count, text % {"count": count}) for count, text in words]  # type: ignore[attr-defined]


class MoveForm(ReasonForm):
    """To which bed, and why."""

    bed = forms.ChoiceField(
        label=gettext_lazy("换到"),
        error_messages={"required": gettext_lazy("请选择床位。"), "invalid_choice": gettext_lazy("请选择床位。")},
    )
    field_order = ("bed", "reason")

    def __init__(self, *args: Any, beds: Iterable[Bed], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.beds = {str(bed.pk): bed for bed in beds}
        words = [("", gettext_lazy("请选择")), *((pk, bed_text(bed)) for pk, bed in self.beds.items())]
        self.fields["bed"].choices = words  # type: ignore[attr-defined]

    def clean_bed(self) -> Bed:
        """The bed itself."""
        return self.beds[self.cleaned_data["bed"]]


class CorrectForm(ReasonForm):
    """How many nights somebody really slept, and how that is known."""

    count = forms.IntegerField(
        label=gettext_lazy("实际住了几晚"),
        help_text=gettext_lazy("从入住那天晚上数起；没有来住的填 0。"),
        min_value=0,
        max_value=366,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "is-short", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("请填写住几晚。"),
            "invalid": gettext_lazy("请填写住几晚，用数字。"),
            "min_value": gettext_lazy("请填写住几晚，用数字。"),
            "max_value": gettext_lazy("晚数太多了。"),
        },
    )
    field_order = ("count", "reason")


class NoteForm(PlainForm):
    """What happened."""

    note = forms.CharField(
        label=gettext_lazy("发生了什么"),
        help_text=gettext_lazy("写事情经过，不要写证件号码和电话。写好后不能改。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        error_messages={"required": gettext_lazy("请写明发生了什么。")},
    )


class AnswerForm(ReconsiderationAnswerForm):
    """The answer to a reconsideration of a bar."""

    upheld = gettext_lazy("支持，解除限制")


def bed_text(bed: Bed) -> str:
    """Room and bed as the site calls them; the room is loaded."""
    text = _("%(room)s 房 %(bed)s 床") % {"room": bed.room.label, "bed": bed.label}
    return _("%(bed)s（无障碍）") % {"bed": text} if bed.is_accessible else text
