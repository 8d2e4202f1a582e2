"""Forms of the desk's pages about cards and batches."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from applicants.cards.models import CardState, PaperShown
from applicants.cards.services.listing import PRINTINGS, CardFilter
from applicants.cards.services.releasing import LONGEST_NAME
from applicants.people.fields import OFF, PlainForm, ReasonForm
from portal.city import city

PRINTING_LABELS = {
    "electronic": gettext_lazy("只有电子卡"),
    "over": gettext_lazy("不再制卡"),
    "held": gettext_lazy("放行后制卡"),
    "paused": gettext_lazy("暂停期间不制卡"),
    "drawing": gettext_lazy("卡面制作中"),
    "ready": gettext_lazy("等待排批"),
    "waiting": gettext_lazy("已排批，待打印"),
    "printed": gettext_lazy("已打印，待领取"),
    "handed_over": gettext_lazy("已领取"),
}


class CardFilterForm(PlainForm):
    """The list's filters, in the address; what is unknown filters nothing."""

    state = forms.ChoiceField(label=gettext_lazy("情况"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("卡种"), required=False)
    printing = forms.ChoiceField(label=gettext_lazy("制卡"), required=False)

    def __init__(self, data: Any, *, kinds: dict[str, str]) -> None:
        super().__init__(data)
        self.fields["state"].choices = [("", gettext_lazy("全部情况")), *CardState.choices]
        self.fields["kind"].choices = [
            ("", gettext_lazy("全部卡种")),
            *((kind, kinds.get(kind, kind)) for kind in city().card_prefixes),
        ]
        self.fields["printing"].choices = [
            ("", gettext_lazy("全部制卡情况")),
            *((name, PRINTING_LABELS[name]) for name in PRINTINGS),
        ]
        self.is_valid()

    @property
    def wanted(self) -> CardFilter:
        """What is asked for and known."""
        return CardFilter(**{name: self.cleaned_data.get(name, "") for name in ("state", "kind", "printing")})


class NumberForm(PlainForm):
    """A card's number. Sent by POST: no number stands in an address."""

    number = forms.CharField(
        label=gettext_lazy("卡号"),
        max_length=40,
        widget=forms.TextInput(attrs=OFF | {"inputmode": "numeric"}),
    )

    def clean_number(self) -> str:
        """Digits only: people type the number in fours, or with a Chinese keyboard."""
        return "".join(unicodedata.normalize("NFKC", self.cleaned_data["number"]).replace("-", "").split())


class NoteForm(ReasonForm):
    """A change that needs no reason, but may have one."""

    reason = forms.CharField(
        label=gettext_lazy("说明"), widget=forms.Textarea(attrs={"rows": 2}), max_length=1000, required=False
    )


class ReleaseForm(ReasonForm):
    """Letting a held card go, as its name is or as it is spelled here."""

    spelling = forms.CharField(
        label=gettext_lazy("卡面上的姓名"),
        help_text=gettext_lazy("和本人商定的写法，例如用拼音代替没有字体的字。已经装好字体的，留空。"),
        max_length=LONGEST_NAME,
        required=False,
        widget=forms.TextInput(attrs=OFF),
    )
    field_order = ("spelling", "reason")


class HandOverForm(PlainForm):
    """Who takes the card at the counter."""

    taken_by = forms.CharField(
        label=gettext_lazy("领取人姓名"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs=OFF),
    )
    paper_shown = forms.ChoiceField(
        label=gettext_lazy("出示的证件"), choices=PaperShown.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=gettext_lazy("签收记录"),
        help_text=gettext_lazy("签字存放在哪里，例如签收簿第几页。"),
        max_length=200,
    )


class SpoilNumberForm(PlainForm):
    """Which kind's next number is left out, and why."""

    kind = forms.ChoiceField(label=pgettext_lazy("card", "卡种"))
    reason = forms.CharField(
        label=gettext_lazy("为什么不用这个号"),
        help_text=gettext_lazy("例如：和已经作废的旧卡重号。不要写姓名和证件号。"),
        max_length=200,
        error_messages={"required": gettext_lazy("请写明理由。")},
    )

    def __init__(self, data: Any = None, *, kinds: dict[str, str]) -> None:
        super().__init__(data)
        self.fields["kind"].choices = [(kind, kinds.get(kind, kind)) for kind in city().card_prefixes]


class BlankForm(PlainForm):
    """Why a blank was spoiled."""

    reason = forms.CharField(label=gettext_lazy("怎么打废的"), max_length=200, required=False)
