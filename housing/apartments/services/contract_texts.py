"""The text of the contract: how it is written, and what its places say for one lease.

A text is paragraphs with an empty line between them; one that begins with ``# `` is the title, with ``## `` a heading.
A place to fill in is a name in braces, ``{rent}``; nothing else is in braces. Only names of ``PLACES`` are places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from housing.apartments.models import Lease
from housing.apartments.services.changing import terms_of
from housing.apartments.services.leasing import rent_years
from portal.ui.figures import day_text, is_chinese, listed, yuan_text

_PLACE = re.compile(r"\{([a-z_]{1,40})\}")
EXAMPLE = Path(__file__).resolve().parent.parent / "contract"  # zh.txt, en.txt: what the first draft begins with


class Block(NamedTuple):
    """A piece of the text: h1, h2 or p."""

    kind: str
    text: str


def area_text(area_dm2: int) -> str:
    """An area in square metres, with decimals only where there are any."""
    whole, rest = divmod(area_dm2, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + " ㎡" if is_chinese() else f"{area_dm2 / 100:g} m²"


def rent_text(lease: Lease) -> str:
    """The rent of the lease's years in one sentence."""
    parts = []
    for row in rent_years(lease):
        asked = {"from": day_text(row.from_on), "until": day_text(row.until_on), "rent": yuan_text(row.month_fen),
                 "percent": row.percent}  # fmt: skip
        parts.append(_("%(from)s至 %(until)s每月 %(rent)s（市场租金的 %(percent)s%%）") % asked)
    return ("；" if is_chinese() else "; ").join(parts)


def _landlord(lease: Lease) -> str:
    return lease.unit.building.place.partner.name


def _days(count: int) -> str:
    return ngettext("%(count)d 天", "%(count)d 天", count) % {"count": count}


PLACES: dict[str, tuple[str | Promise, Callable[[Lease], str]]] = {
    "number": (gettext_lazy("租约编号"), lambda lease: lease.number),
    "landlord": (gettext_lazy("出租方（公寓企业）"), _landlord),
    "tenant": (gettext_lazy("承租人姓名"), lambda lease: lease.person.legal_name),
    "tenant_number": (gettext_lazy("承租人证件号码"), lambda lease: lease.person.number),
    "household_size": (gettext_lazy("入住人数"), lambda lease: str(lease.household_size)),
    "building": (gettext_lazy("楼盘"), lambda lease: lease.unit.building.name),
    "address": (gettext_lazy("地址"), lambda lease: lease.unit.building.place.address),
    "unit": (gettext_lazy("房号"), lambda lease: lease.unit.label),
    "area": (gettext_lazy("面积"), lambda lease: area_text(lease.area_dm2)),
    "starts_on": (gettext_lazy("起租日"), lambda lease: day_text(lease.starts_on)),
    "ends_on": (gettext_lazy("到期日"), lambda lease: day_text(lease.ends_on)),
    "market_rent": (gettext_lazy("市场月租金"), lambda lease: yuan_text(lease.market_rent_fen)),
    "rents": (gettext_lazy("各年的月租金"), rent_text),
    "deposit": (gettext_lazy("押金"), lambda lease: yuan_text(lease.deposit_fen)),
    "rent_due_day": (gettext_lazy("每月几日前交租"), lambda lease: str(terms_of(lease).rent_due_day)),
    "notice": (gettext_lazy("退租提前几天"), lambda lease: _days(terms_of(lease).notice_days)),
    "grace": (gettext_lazy("不再符合条件后的宽限期"), lambda lease: _days(terms_of(lease).grace_days_after_loss)),
    "violations": (gettext_lazy("违约情形"), lambda lease: listed(terms_of(lease).violations)),
}


def example_text() -> tuple[str, str]:
    """The example that comes with the portal: Chinese, English."""
    zh, en = ((EXAMPLE / f"{code}.txt").read_text(encoding="utf-8").strip() for code in ("zh", "en"))
    return zh, en


def wrong_places(text: str) -> list[str]:
    """What stands in braces and is no place, and braces that stand alone; empty for a text that can be filled in."""
    found = [name for name in _PLACE.findall(text) if name not in PLACES]
    rest = _PLACE.sub("", text)
    return [*(f"{{{name}}}" for name in dict.fromkeys(found)), *(mark for mark in "{}" if mark in rest)]


def values_for(lease: Lease) -> dict[str, str]:
    """What every place says for the lease, in the active language."""
    return {name: write(lease) for name, (_label, write) in PLACES.items()}


def blocks_of(text: str, values: Mapping[str, str]) -> list[Block]:
    """The filled-in text in blocks. Raises KeyError for what is no place."""
    found = []
    for paragraph in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        words = _PLACE.sub(lambda match: values[match[1]], paragraph.strip())
        if not words:
            continue
        mark, _space, rest = words.partition(" ")
        kind = {"#": "h1", "##": "h2"}.get(mark, "p")
        found.append(Block(kind, words if kind == "p" else rest))
    return found
