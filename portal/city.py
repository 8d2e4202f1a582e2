"""The city: its names, towns, office and contacts, read once from ``city.yaml``."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from django.utils.functional import lazy
from django.utils.translation import get_language


@dataclass(frozen=True)
class Words:
    """The same words in both languages; as text, those of the active one."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh


@dataclass(frozen=True)
class Town:
    """A town or subdistrict; ``code`` is what the database keeps."""

    code: str
    name_zh: str
    name_en: str

    @property
    def name(self) -> str:
        """The name in the active language."""
        return str(Words(self.name_zh, self.name_en))


@dataclass(frozen=True)
class CardColours:
    """The colours of one kind of card, each ``#rrggbb``."""

    ground: str
    ink: str
    line: str


@dataclass(frozen=True)
class City:
    """What ``city.yaml`` says. Texts for people are Words, the plain names come in pairs."""

    code: str
    prefecture_prefix: str
    name_zh: str
    name_en: str
    office_zh: str
    office_en: str
    decision_prefix: str  # of the numbers of decisions: 石人社补〔2026〕1 号
    card_prefixes: dict[str, str]  # the first digits of card numbers, by kind of card
    card_colours: dict[str, CardColours]  # by kind of card
    hotline: str
    hotline_hours: Words
    office_address: Words
    contacts_are_examples: bool
    towns: tuple[Town, ...]
    review_body: Words
    review_days: int

    @property
    def name(self) -> str:
        """The city's name in the active language."""
        return str(Words(self.name_zh, self.name_en))

    @property
    def office(self) -> str:
        """The office's name in the active language."""
        return str(Words(self.office_zh, self.office_en))

    def town(self, code: str) -> Town | None:
        """The town with this code, or None ("" is the whole city)."""
        return next((town for town in self.towns if town.code == code), None)


@lru_cache(maxsize=1)
def city() -> City:
    """The city of this portal."""
    data = yaml.safe_load(Path(__file__).with_name("city.yaml").read_text(encoding="utf-8"))
    name, office = data.pop("name"), data.pop("office")
    words = {key: Words(**data.pop(key)) for key in ("hotline_hours", "office_address", "review_body")}
    colours = {kind: CardColours(**row) for kind, row in data.pop("card_colours").items()}
    towns = tuple(Town(town["code"], town["zh"], town["en"]) for town in data.pop("towns"))
    return City(
        name_zh=name["zh"],
        name_en=name["en"],
        office_zh=office["zh"],
        office_en=office["en"],
        card_colours=colours,
        towns=towns,
        **words,
        **data,
    )


def town_choices() -> list[tuple[str, str]]:
    """Choices for forms: (code, name in the language of the moment it is shown)."""
    return [(town.code, _lazy_name(town.code)) for town in city().towns]


def _town_name(code: str) -> str:
    town = city().town(code)
    return town.name if town else code


_lazy_name = lazy(_town_name, str)
