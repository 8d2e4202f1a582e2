"""What services about the stock of lodging and of apartments have alike: free places, rows kept by several people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from portal.partners.choices import PartnerKind
from portal.partners.models import Partner, PartnerPlace


class ChangedMeanwhile(Refused):
    """Somebody else has changed the row since the page was opened."""


def free_places(kind: PartnerKind, on: date, *, attached_as: str) -> QuerySet[PartnerPlace]:
    """Open places of partners that work with the city on that day and that nothing is attached to yet."""
    partners = Partner.objects.open_on(on).filter(kind=kind)
    free = PartnerPlace.objects.filter(partner__in=partners, closed_at=None, **{attached_as: None})
    return free.select_related("partner").order_by("town", "name_zh", "pk")


@contextmanager
def once(sentence: str) -> Iterator[None]:
    """A transaction. Raises Refused with the sentence where the database has such a row already."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Refused(sentence) from None


def set_values(row: Model, values: Mapping[str, Any]) -> list[str]:
    """Set columns of a row; gives the names of those that changed. Saves nothing."""
    fields = [name for name, value in values.items() if getattr(row, name) != value]
    for name in fields:
        setattr(row, name, values[name])
    return fields


def set_version(row: Any, values: Mapping[str, Any], expected_version: int) -> list[str]:
    """The same on a locked row whose version counts its changes. Raises ChangedMeanwhile."""
    if row.version != expected_version:
        raise ChangedMeanwhile(_("有人刚刚改过。请看过最新内容再改。"))
    if fields := set_values(row, values):
        row.version += 1
    return fields
