"""Texts of policy documents: Chinese always, English where somebody has written it."""

from functools import cached_property
from typing import Any, NoReturn

from django.utils.translation import get_language
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class Strict(BaseModel):
    """A part of a policy document: frozen, and a field nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Text(Strict):
    """A text in Chinese and, optionally, English. A plain string in a document is a Chinese text.

    ``str(text)`` is the text in the active language, or Chinese where there is no English; ``lang`` says which it is.
    """

    zh: str = Field(min_length=1)
    en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _plain_string_is_chinese(cls, data: Any) -> Any:
        return {"zh": data} if isinstance(data, str) else data

    @cached_property
    def plain(self) -> dict[str, str]:
        """Both languages as plain values, for what is stored."""
        return {"zh": self.zh, "en": self.en}

    @property
    def lang(self) -> str:
        """The language of what ``str`` gives, for the ``lang`` attribute: ``zh`` or ``en``."""
        return "en" if self.en and (get_language() or "").startswith("en") else "zh"

    def __str__(self) -> str:
        return self.en if self.lang == "en" else self.zh


def refuse(sentence: str, *at: int | str) -> NoReturn:
    """Refuse a part of a document with a sentence for the person who wrote it.

    ``at`` leads from the part that is checked to the field that has to be changed.
    """
    raise PydanticCustomError("policy", "{sentence}", {"sentence": sentence, "at": at})
