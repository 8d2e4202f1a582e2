"""Form fields that forgive how people type and answer with a sentence that says what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from applicants.people.names import tidy
from applicants.people.refusals import Refused
from portal.ui.widgets import DayInput, MonthInput

Sentence = str | Promise
TOO_LONG = _("最多 %(limit_value)d 个字，现在有 %(show_value)d 个。请写短一些。")
NOT_LISTED = _("请从列出的选项里选一项。")
NOT_A_DAY = _("请写完整的日期，年、月、日都要有，例如 2023-06-20。")
NOT_A_MONTH = _("请写年份和月份，例如 2023-07。")
OFF = {"autocomplete": "off", "spellcheck": "false"}  # no help of the browser's with codes and names


class PlainForm(forms.Form):
    """A form whose missing answers are named by our sentences, not by the browser's."""

    use_required_attribute = False


class ReasonForm(PlainForm):
    """An act, and why."""

    reason = forms.CharField(
        label=_("理由"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        error_messages={"required": _("请写明理由。")},
    )


class LineField(forms.CharField):
    """One line of text, tidied; ``parse`` turns it into what is stored or refuses it with a sentence.

    ``needed`` says who must fill it in, where only some must (the form asks them).
    """

    def __init__(
        self,
        *,
        missing: Sentence = "",
        parse: Callable[[str], str] | None = None,
        attrs: dict[str, Any] | None = None,
        most: int = 60,
        needed: Sentence = "",
        **kwargs: Any,
    ) -> None:
        widget = kwargs.pop("widget", None) or forms.TextInput
        super().__init__(required=bool(missing), max_length=most, widget=widget(attrs=attrs), **kwargs)
        self.parse, self.needed = parse, needed
        self.error_messages["required"] = missing
        self.error_messages["max_length"] = TOO_LONG

    def to_python(self, value: Any) -> str:
        """Tidy, so that the length is that of what is stored."""
        return tidy(super().to_python(value).replace("\x00", ""))

    def clean(self, value: Any) -> str:
        """Validate, then parse."""
        text = super().clean(value)
        if not text or self.parse is None:
            return text
        try:
            return self.parse(text)
        except Refused as refusal:
            raise ValidationError(refusal.sentence) from None


class ReasonField(forms.CharField):
    """Why, in a few sentences."""

    def __init__(self, *, missing: Sentence, **kwargs: Any) -> None:
        super().__init__(
            max_length=300,
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"required": missing, "max_length": TOO_LONG},
            **kwargs,
        )


class PickField(forms.ChoiceField):
    """One of a short list, all of it visible; a longer one as a drop-down (``widget=forms.Select``).

    ``needed`` as of a LineField.
    """

    def __init__(self, *, missing: Sentence = "", needed: Sentence = "", **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.RadioSelect)
        super().__init__(required=bool(missing), **kwargs)
        self.needed = needed
        self.error_messages |= {"required": missing, "invalid_choice": NOT_LISTED}


class DayField(forms.DateField):
    """A date, also as people write it in China; full-width digits are forgiven. ``needed`` as of a LineField."""

    def __init__(
        self, *, missing: Sentence = "", needed: Sentence = "", attrs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        self.needed = needed
        formats = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"]
        super().__init__(required=bool(missing), input_formats=formats, widget=DayInput(attrs=attrs), **kwargs)
        self.error_messages |= {"required": missing, "invalid": NOT_A_DAY}

    def to_python(self, value: Any) -> Any:
        """Drop spaces and width before the formats are tried."""
        if isinstance(value, str):
            value = "".join(unicodedata.normalize("NFKC", value).split())
        return super().to_python(value)


class MonthField(forms.CharField):
    """A month; the value is ``YYYY-MM``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=MonthInput(), **kwargs)

    def to_python(self, value: Any) -> str:
        """Read ``2023-07``, ``2023/7``, ``2023年7月`` and ``202307``. Raises ValidationError."""
        text = "".join(unicodedata.normalize("NFKC", super().to_python(value)).split())
        if not text:
            return ""
        match = re.fullmatch(r"((?:19|20)\d\d)(?:[-/.年](\d{1,2})月?|(\d\d))", text, re.ASCII)
        month = int(match[2] or match[3]) if match else 0
        if not match or not 1 <= month <= 12:
            raise ValidationError(NOT_A_MONTH)
        return f"{match[1]}-{month:02d}"


class SuggestingInput(forms.TextInput):
    """A line with suggestions that need no script; anything else may be typed too."""

    template_name = "people/suggesting_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None, suggestions: Callable[[], list[str]] = list) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Tie the list to the input."""
        list_id = f"{(attrs or {}).get('id', f'id_{name}')}_suggestions"
        context = super().get_context(name, value, {**(attrs or {}), "list": list_id})
        return {**context, "list_id": list_id, "suggestions": self.suggestions()}
