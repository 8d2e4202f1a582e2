"""Forms of a statement: which month, agree or not."""

from __future__ import annotations

from datetime import date
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import PlainForm, ReasonField
from housing.lodging.models import Site
from housing.lodging.services.settling import month_of, sites_for_staff
from portal.accounts.models import User


class SeenForm(PlainForm):
    """Which version of the statement stood on the page."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0, max_value=999_999_999)

    @property
    def seen(self) -> int:
        """That version; one that never was where the form does not say."""
        return self.cleaned_data.get("version") or 0


class SendBackForm(SeenForm):
    """Why the office does not agree."""

    reason = ReasonField(
        label=gettext_lazy("退回的理由"),
        help_text=gettext_lazy("住宿单位会看到。写明哪一笔、差在哪里。"),
        missing=gettext_lazy("请写明退回的理由。"),
    )


class SiteField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Sites by their names."""

    def label_from_instance(self, obj: Site) -> str:
        """The name in the active language."""
        return obj.name


class MakeForm(PlainForm):
    """A hotel and a month whose statement is to be made."""

    site = SiteField(
        label=gettext_lazy("酒店"),
        queryset=Site.objects.none(),
        empty_label=gettext_lazy("请选择"),
        error_messages={
            "required": gettext_lazy("请选择酒店。"),
            "invalid_choice": gettext_lazy("请选择酒店。"),
        },
    )
    month = forms.CharField(
        label=gettext_lazy("月份"),
        help_text=gettext_lazy("写成 2026-03 的样子"),
        max_length=7,
        widget=forms.TextInput(attrs={"class": "is-short", "inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("请填写月份。"),
            "max_length": gettext_lazy("月份写成 2026-03 的样子。"),
        },
    )

    def __init__(self, *args: object, user: User, on: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.on = on
        cast(SiteField, self.fields["site"]).queryset = sites_for_staff(user)

    def clean_month(self) -> date:
        """Its first day; not a month to come."""
        try:
            month = date.fromisoformat(f"{self.cleaned_data['month']}-01")
        except ValueError:
            raise ValidationError(_("月份写成 2026-03 的样子。")) from None
        if not date(2000, 1, 1) <= month <= month_of(self.on):
            raise ValidationError(_("这个月还没有到。"))
        return month
