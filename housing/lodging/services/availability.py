"""Which beds are free on which nights."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from housing.lodging.models import ANYBODY, Bed, BedNight, RoomNight, Sex, Site
from housing.lodging.nights import Nights


@dataclass(frozen=True)
class FreeBeds:
    """The free beds of a site on one night. A bed in an empty room is free for either sex, and counted for both."""

    on: date
    total: int
    female: int
    male: int
    accessible_female: int
    accessible_male: int

    def of(self, sex: str, *, needs_accessible: bool = False) -> int:
        """The beds that somebody of this sex may get."""
        if sex == Sex.FEMALE:
            return self.accessible_female if needs_accessible else self.female
        return self.accessible_male if needs_accessible else self.male


def takes_guests(site: Site, on: date) -> bool:
    """Whether somebody is there to let guests in on that evening: of ``SiteQuerySet.working``, one loaded site's."""
    return site.place.closed_at is None and site.place.partner.is_open_on(on)


def shared_by(site: Site, sex: str) -> str:
    """What the room-nights of a guest of this sex say at the site."""
    return sex if site.has_same_sex_rooms else ANYBODY


def fitting_beds(site: Site, nights: Nights, sex: str, *, needs_accessible: bool = False) -> QuerySet[Bed]:
    """The beds that somebody may have for all of ``nights``: first those in rooms already shared, accessible ones last.

    So whole rooms stay empty for the other sex, and accessible beds for those who need them.
    """
    within = {"on__gte": nights.first, "on__lte": nights.last}
    taken = BedNight.objects.filter(bed=OuterRef("pk"), **within).order_by()
    rooms = RoomNight.objects.filter(room=OuterRef("room"), **within).order_by()
    as_ours = {"sex": shared_by(site, sex)}
    beds = Bed.objects.filter(~Exists(taken), ~Exists(rooms.exclude(**as_ours)), room__site=site, retired_at=None)
    if needs_accessible:
        beds = beds.filter(is_accessible=True)
    beds = beds.annotate(is_shared=Exists(rooms.filter(**as_ours)))
    return beds.order_by("is_accessible", "-is_shared", "room__label", "label", "id")


def free_beds(site: Site, nights: Nights) -> list[FreeBeds]:
    """The free beds night by night; three queries, however many beds and nights. The site's partner is loaded."""
    rows = Bed.objects.filter(room__site=site, retired_at=None).order_by()
    beds = rows.values_list("room", "is_accessible").annotate(count=Count("id"))
    within = {"on__gte": nights.first, "on__lte": nights.last}
    used = BedNight.objects.filter(bed__room__site=site, bed__retired_at=None, **within).order_by()
    counted = used.values_list("bed__room", "bed__is_accessible", "on").annotate(count=Count("id"))
    taken = {(room, is_accessible, on): count for room, is_accessible, on, count in counted}
    guests = RoomNight.objects.filter(room__site=site, **within).order_by()
    sexes = {(room, on): sex for room, on, sex in guests.values_list("room", "on", "sex")}
    counts = list(beds)
    return [_on_night(on, counts if takes_guests(site, on) else [], taken, sexes) for on in nights.dates]


def _on_night(
    on: date,
    beds: list[tuple[UUID, bool, int]],
    taken: dict[tuple[UUID, bool, date], int],
    sexes: dict[tuple[UUID, date], str],
) -> FreeBeds:
    total, by_sex, accessible = 0, Counter[str](), Counter[str]()
    for room, is_accessible, count in beds:
        free = count - taken.get((room, is_accessible, on), 0)
        total += free
        shared = sexes.get((room, on), ANYBODY)
        for sex in Sex.values if shared == ANYBODY else (shared,):
            by_sex[sex] += free
            accessible[sex] += free if is_accessible else 0
    female, male = Sex.FEMALE, Sex.MALE
    return FreeBeds(on, total, by_sex[female], by_sex[male], accessible[female], accessible[male])
