"""Forms of the counter: who stands there and under which policy, a request signed by hand, a letter handed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

from applicants.people.fields import DayField, PickField, PlainForm
from applicants.people.forms import IdentityForm
from applicants.people.models import Person
from applicants.people.papers import ACCEPT
from applicants.people.section_form import SectionForm
from portal.notifications.models import Letter

NEW = "new"


class EnterForm(IdentityForm):
    """Name and number as they stand on the paper, which of the known people it is, and the policy."""

    answers = Person.PROVEN
    looks_for_claims = False  # that is what the page is for

    phone = None
    household_place = None
    household_code = None
    household_collective = None
    household_town = None
    person = forms.ChoiceField(
        label=gettext_lazy("是不是下面这一位？"),
        required=False,
        widget=forms.RadioSelect,
        choices=(),
        error_messages={"invalid_choice": gettext_lazy("请重新选择是哪一位。")},
    )
    policy = PickField(label=gettext_lazy("按哪一项政策申请"), missing=gettext_lazy("请选择按哪一项政策申请。"))
    is_seen = forms.BooleanField(
        label=gettext_lazy("本人在场，我已看过证件原件，姓名、号码和照片一致"),
        error_messages={"required": gettext_lazy("要本人带证件原件到场，核对一致后勾选。")},
    )
    is_told = forms.BooleanField(
        label=gettext_lazy("本人已看过个人信息处理告知，同意由我录入"),
        error_messages={"required": gettext_lazy("请先请本人看个人信息处理告知，同意后勾选。")},
    )

    def __init__(self, *args: Any, policies: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, person=Person(), **kwargs)
        cast(forms.ChoiceField, self.fields["policy"]).choices = policies
        self.fields["legal_name"].widget.attrs["autocomplete"] = "off"

    @classmethod
    def initial_from(cls, person: Person) -> dict[str, Any]:
        """Nobody yet."""
        return {}

    def clean(self) -> dict[str, Any]:
        """Read the number as one of its paper."""
        data = SectionForm.clean(self)
        if {"number_kind", "number"} <= data.keys():
            self._read_number(data)
        return data

    @property
    def identity(self) -> dict[str, Any]:
        """The answers that a proof is about; of a valid form."""
        return {name: self.cleaned_data[name] for name in Person.PROVEN}

    def offer(self, choices: Sequence[tuple[str, Any]]) -> None:
        """Ask which of the people known under the number it is."""
        cast(forms.ChoiceField, self.fields["person"]).choices = choices


class RequestForm(PlainForm):
    """The scan of a request that the person signed by hand."""

    file = forms.FileField(
        label=gettext_lazy("本人签名的请求书"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={
            "required": gettext_lazy("请先选择要上传的文件。"),
            "invalid": gettext_lazy("文件没有传上来。请再选一次。"),
            "missing": gettext_lazy("文件没有传上来。请再选一次。"),
        },
    )


class HandOverForm(PlainForm):
    """How and on which day a letter on paper reached its person."""

    how = PickField(
        label=gettext_lazy("怎么送达的"), choices=Letter.Told.choices, missing=gettext_lazy("请选择怎么送达的。")
    )
    on = DayField(
        label=gettext_lazy("哪一天送达"),
        missing=gettext_lazy("请写送达的日期。"),
        help_text=gettext_lazy("邮寄的，写寄出那天。"),
        attrs={"class": "is-short"},
    )
