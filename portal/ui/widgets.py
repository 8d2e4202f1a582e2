"""Form controls that need more than Django's own: native day and month inputs that read and write ISO text."""

from typing import Any

from django import forms


class DayInput(forms.DateInput):
    """A native date control; its value is ISO text (``2026-11-16``) in every language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MonthInput(forms.TextInput):
    """A native month control; where a browser has none it is a text box that asks for ``2026-11``."""

    input_type = "month"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"pattern": r"\d{4}-\d{2}", "placeholder": "2026-11", **(attrs or {})})
