"""The screener's questions as one form. Any of them may be skipped, so nothing is required of a field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from applicants.people.fields import NOT_LISTED, MonthField, PlainForm
from portal.casework.programmes import programme
from portal.casework.screening import NONE_OF_THESE, Question, granting, months_back, questions_for, sold_years
from portal.policy.conditions.study import RecognisedAs
from portal.policy.schema import PolicyDocument
from portal.ui.figures import month_text

OLDEST_YEARS, YOUNGEST_YEARS = 100, 10
YEARS_AROUND = 80  # between a graduation and today


class YearField(forms.CharField):
    """A year of birth as four digits, full-width ones forgiven."""

    def __init__(self, *, on: date, **kwargs: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "off", "maxlength": "10", "class": "is-short"}
        super().__init__(widget=forms.TextInput(attrs=attrs), max_length=10, **kwargs)
        self.on = on
        self.error_messages["max_length"] = _("请填写四位数字的年份，例如 2001。")

    def to_python(self, value: Any) -> str:
        """Read ``2001`` and ``2001年``. Raises ValidationError."""
        text = unicodedata.normalize("NFKC", super().to_python(value)).strip()
        if not text:
            return ""
        match = re.fullmatch(r"([0-9]{4})\s*[^0-9]?", text)
        if match is None:
            raise ValidationError(_("请填写四位数字的年份，例如 2001。"))
        text = match[1]
        if not self.on.year - OLDEST_YEARS <= int(text) <= self.on.year - YOUNGEST_YEARS:
            raise ValidationError(_("请核对出生的年份。"))
        return text


class ScreenerForm(PlainForm):
    """The questions that the policies in force need. ``answers`` are those that were given."""

    def __init__(self, data: Any = None, *, documents: Sequence[PolicyDocument], on: date) -> None:
        super().__init__(data)
        self.documents, self.on = documents, on
        self.questions = questions_for(documents)
        for number, question in enumerate(self.questions, start=1):
            made = self._field(question)
            title = f"{number}. {question.label}"
            made.label, made.help_text, made.required = title, question.hint, False
            made.needed = _("（可以跳过）")
            self.fields[question.name] = made

    def _field(self, question: Question) -> forms.Field:
        if question.form == "year":
            return YearField(on=self.on)
        if question.form == "month":
            return MonthField()
        choices = [(option.code, option.label) for option in question.options]
        kind: type[forms.ChoiceField] = forms.ChoiceField
        widget: forms.Widget = forms.RadioSelect()
        if question.form == "several":
            kind, widget, choices = forms.MultipleChoiceField, forms.CheckboxSelectMultiple(), self._already()
        elif question.form == "since":
            months = [(month, month_text(month)) for month in months_back(self.on)]
            choices = [("", _("不清楚，跳过")), *choices[:1], *months, ("earlier", _("更早")), *choices[1:]]
            widget = forms.Select()
        else:
            choices = [*choices, ("", _("不清楚，跳过"))]
        messages = {"invalid_choice": NOT_LISTED, "invalid_list": NOT_LISTED}
        return kind(choices=choices, widget=widget, error_messages=messages)

    def _already(self) -> list[tuple[str, Any]]:
        """What the policies in force ask of homes, recognitions and earlier grants."""
        read = {name for document in self.documents for name in document.reads}
        years = sold_years(self.documents)
        choices: list[tuple[str, Any]] = []
        if "homes" in read:
            sold = _("本人在本市有住房，或者近 %(years)s 年内卖过") % {"years": years}
            choices.append(("home", sold if years else _("本人在本市有住房")))
        if read & {"spouse_homes", "children_homes"}:
            sold = _("配偶或未成年子女在本市有住房，或者近 %(years)s 年内卖过") % {"years": years}
            choices.append(("family_home", sold if years else _("配偶或未成年子女在本市有住房")))
        conditions = [it for document in self.documents for it in document.all_conditions()]
        if any(isinstance(it, RecognisedAs) for it in conditions):
            choices.append(("recognised", _("本人或配偶有人才层次认定（第一至第五层次、实用型人才）")))
        granted = {code: None for document in self.documents for code in granting(document, self.documents)}
        for code in granted:
            text = _("本人或配偶享受过，或者正在享受：%(title)s")
            choices.append((f"granted:{code}", text % {"title": programme(code).title}))
        return [*choices, (NONE_OF_THESE, _("以上都不是"))]

    def clean_graduated(self) -> str:
        """A month that can be meant."""
        text = self.cleaned_data["graduated"]
        if text and abs(int(text[:4]) - self.on.year) > YEARS_AROUND:
            raise ValidationError(_("请核对毕业的年份。"))
        return text

    def clean_already(self) -> list[str]:
        """Nothing beside "none of these"."""
        picked: list[str] = self.cleaned_data["already"]
        if NONE_OF_THESE in picked and len(picked) > 1:
            raise ValidationError(_("选了“以上都不是”，就不要再选别的。"))
        return picked

    @property
    def answers(self) -> dict[str, Any]:
        """The questions that were answered, with their answers."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def said(self, name: str) -> str:
        """What was answered to a question, in words; "" where it was skipped."""
        value = self.answers.get(name, "")
        found = self.fields[name]
        if isinstance(found, forms.ChoiceField):
            picked = value if isinstance(value, list) else [value] if value else []
            labels = dict(found.choices)
            return pgettext("between two items", "；").join(str(labels[code]) for code in picked)
        return month_text(value) if value and name == "graduated" else str(value)
