"""Controls for facts, each in the form its values have: the notation said in words and checked beside the field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import TOO_LONG, DayField, LineField, PickField
from applicants.people.labels import ELSEWHERE
from applicants.people.names import tidy
from applicants.people.refusals import Refused
from portal.policy.explanations import fact_label
from portal.policy.facts import FACTS, FactUnreadable, read_value, write_value
from portal.policy.notation import Proof

DOMESTIC = "domestic"  # a degree of the mainland: the fact is the empty text
NONE = "-"  # the paper says that there is none
NOT_BY_THIS = gettext_lazy("不由这份材料证明")
PLACES = ("hukou_code", "employer_place", "user_firm_place")
HINTS = {
    "number": gettext_lazy("写整数，例如 7；一次也没有的，写 0"),
    "yuan": gettext_lazy("写金额，单位元，最多两位小数，例如 486.50"),
    "names": gettext_lazy("一行写一个名称"),
    "homes": gettext_lazy(
        "一行一处住房，写成“地区代码@取得日期”，例如 350581@2020-05-01；已经卖掉的，再写“/售出日期”，"
        "例如 350581@2020-05-01/2022-03-01"
    ),
    "grants": gettext_lazy(
        "一行一笔补贴，写成“项目@地区代码@金额（元）@领取日期”，例如 LS-2022@350581@10000@2023-11-30"
    ),
}
SEVERAL = ("names", "homes", "grants", "proofs")


class NotationField(forms.CharField):
    """A value of the fact ``name`` in its notation, checked as it is read; one item a line where there are several."""

    def __init__(self, name: str) -> None:
        self.name, self.form = name, FACTS[name].form
        is_long = self.form in SEVERAL
        widget = forms.Textarea(attrs={"rows": 3}) if is_long else forms.TextInput(attrs={"class": "is-short"})
        super().__init__(required=False, max_length=2000, widget=widget, help_text=HINTS[self.form])
        self.error_messages["max_length"] = TOO_LONG

    def prepare_value(self, value: Any) -> Any:
        """One item a line."""
        return value.replace(";", "\n") if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        """Join the lines; full-width digits and signs are forgiven, in names they stay."""
        text = super().to_python(value).replace("\x00", "")
        if self.form != "names":
            text = unicodedata.normalize("NFKC", text)
        return ";".join(filter(None, (tidy(line) for line in re.split(r"[\r\n;]+", text))))

    def clean(self, value: Any) -> str:
        """The notation, as it is written back. Raises ValidationError."""
        text = super().clean(value)
        if text in ("", NONE, "?"):
            return ""
        try:
            return write_value(read_value(self.name, text))
        except FactUnreadable as problem:
            raise ValidationError(str(problem)) from None


def fields_of(name: str, text: str) -> dict[str, forms.Field]:
    """The controls of the fact ``name`` (any but insured months), filled in with its present value as ``text``.

    The first is called ``name``; where there may be several values, others stand beside it (``notation_of``).
    """
    spec = FACTS[name]
    value: Any = "" if text in ("?", NONE) else text
    fields: dict[str, forms.Field] = {}
    if spec.form == "proofs":
        newest = _newest(name, value)
        for kind, title in spec.choices.items():
            label = _("%(title)s的日期") % {"title": title}
            fields[f"{name}_{kind}"] = DayField(label=label, initial=newest.get(kind))
    elif spec.form == "names" and spec.choices:
        field: forms.Field = forms.MultipleChoiceField(
            choices=list(spec.choices.items()), required=False, widget=forms.CheckboxSelectMultiple
        )
        fields[name], value = field, [it for it in value.split(";") if it]
    elif spec.form in HINTS:
        fields[name] = NotationField(name)
    elif spec.form == "date":
        fields[name] = DayField()
    elif name == "overseas_certified":
        degree = [(DOMESTIC, _("国内学历")), *spec.choices.items()]
        fields[name], value = PickField(choices=[("", NOT_BY_THIS), *degree], widget=forms.Select), value or DOMESTIC
    elif spec.choices:
        fields[name] = PickField(choices=[("", NOT_BY_THIS), *spec.choices.items()], widget=forms.Select)
    elif name in PLACES:
        fields[name] = LineField(
            parse=_county_code, help_text=gettext_lazy("区县的 6 位代码，例如 350581"), attrs={"class": "is-short"}
        )
    else:
        fields[name] = LineField(most=120)
    if name in fields:
        fields[name].label, fields[name].initial = fact_label(name), value
    if spec.form in SEVERAL:
        label = _("%(fact)s：材料显示没有") % {"fact": fact_label(name)}
        fields[f"{name}_none"] = forms.BooleanField(label=label, required=False, initial=text == NONE)
    return fields


def notation_of(name: str, data: Mapping[str, Any]) -> str:
    """What cleaned ``data`` says of the fact ``name``, in its notation; "" where nothing. Raises Refused."""
    spec = FACTS[name]
    value = data.get(name)
    if spec.form == "proofs":
        days = {kind: data.get(f"{name}_{kind}") for kind in spec.choices}
        text = ";".join(f"{kind}@{day.isoformat()}" for kind, day in days.items() if day)
    elif isinstance(value, date):
        text = value.isoformat()
    elif isinstance(value, list):
        text = ";".join(value)
    else:
        text = str(value or "")
    if spec.form in SEVERAL and data.get(f"{name}_none"):
        if text:
            raise Refused(_("已经填了内容，就不要再勾“材料显示没有”。"))
        return NONE
    # ; and ! have a meaning in the notation of insured months, so an employer's name carries their full-width forms.
    return text.replace(";", "；").replace("!", "！") if name == "employer" else text


def _newest(name: str, text: str) -> dict[str, date]:
    """The last day of each kind of paper."""
    try:
        read = read_value(name, text)
    except FactUnreadable:
        return {}
    proofs = [it for it in read if isinstance(it, Proof)] if isinstance(read, tuple) else []
    return {it.kind: it.issued_on for it in sorted(proofs, key=lambda it: it.issued_on)}


def _county_code(text: str) -> str:
    if text != ELSEWHERE and not re.fullmatch(r"\d{6}", text, re.ASCII):
        raise Refused(_("区县代码是 6 位数字，例如 350581。"))
    return text
