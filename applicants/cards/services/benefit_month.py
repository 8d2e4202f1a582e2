"""A merchant's month: the uses at its places, by day and by benefit, for the page and as a spreadsheet."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from applicants.cards.models import Benefit, BenefitUse
from applicants.people.masking import mask_name
from portal.audit.services import record
from portal.partners.models import PartnerMember, PartnerPlace
from portal.partners.scopes import places_of
from portal.printing.tables import Column, write_table


@dataclass(frozen=True)
class Month:
    """What was given in a month; what was taken back is counted apart."""

    first_day: date
    by_day: tuple[int, ...]  # from the first day to the last
    by_benefit: tuple[tuple[Benefit, int], ...]  # most used first
    undone: int

    @property
    def total(self) -> int:
        """All uses that stand."""
        return sum(self.by_day)


def uses_seen_by(member: PartnerMember) -> QuerySet[BenefitUse]:
    """The uses a member may see: at their own open places; a manager at all of the partner's, closed ones too."""
    own = PartnerPlace.objects.filter(partner=member.partner_id) if member.is_manager else places_of(member)
    return BenefitUse.objects.filter(place__in=own)


def uses_in(member: PartnerMember, first_day: date) -> QuerySet[BenefitUse]:
    """Those of the month that begins on ``first_day``."""
    last = first_day.replace(day=monthrange(first_day.year, first_day.month)[1])
    return uses_seen_by(member).filter(used_on__range=(first_day, last))


def month_of(member: PartnerMember, first_day: date) -> Month:
    """The month in figures: three queries."""
    found = uses_in(member, first_day).order_by()
    live = found.filter(undone_at=None)
    days = dict(live.values_list("used_on").annotate(Count("pk")))
    counts = dict(live.values_list("benefit").annotate(Count("pk")))
    benefits = Benefit.objects.in_bulk(list(counts))
    ranked = sorted(counts, key=lambda pk: (-counts[pk], benefits[pk].title_zh, pk))
    length = monthrange(first_day.year, first_day.month)[1]
    return Month(
        first_day,
        tuple(days.get(first_day.replace(day=number), 0) for number in range(1, length + 1)),
        tuple((benefits[pk], counts[pk]) for pk in ranked),
        found.exclude(undone_at=None).count(),
    )


def write_month(member: PartnerMember, first_day: date, *, at: datetime) -> bytes:
    """The month as a spreadsheet (XLSX), a row for each use, oldest first; holders with masked names only."""
    target = BytesIO()
    columns = [
        Column(pgettext("benefit", "时间"), "text", 18),
        Column(pgettext("benefit", "礼遇"), "text", 28),
        Column(pgettext("benefit", "地点"), "text", 24),
        Column(_("持卡人"), "text", 12),
        Column(_("验卡员"), "text", 14),
        Column(_("情况"), "text", 10),
    ]
    write_table(target, title=f"{first_day:%Y-%m}", columns=columns, rows=_rows(member, first_day))
    record(action="benefit.download_month", actor=member.user, target=member.partner, at=at, note=f"{first_day:%Y-%m}")
    return target.getvalue()


def _rows(member: PartnerMember, first_day: date) -> Iterator[list[Any]]:
    found = uses_in(member, first_day).select_related("benefit", "place", "member", "person")
    for use in found.order_by("used_at", "id").iterator(chunk_size=500):
        yield [
            timezone.localtime(use.used_at).strftime("%Y-%m-%d %H:%M"),
            use.benefit.title,
            use.place.name,
            mask_name(use.person.legal_name),
            use.member.display_name,
            _("已撤回") if use.undone_at else "",
        ]
