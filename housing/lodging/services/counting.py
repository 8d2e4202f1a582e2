"""What somebody has had of free nights: counted from the rows, never kept."""

from __future__ import annotations

from django.db.models import Q

from applicants.people.linking import known_as
from applicants.people.models import Person
from housing.lodging.limits import Taken
from housing.lodging.models import KEPT, BedNight, Booking, ForfeitedNight, Stay, StayState


def taken_by(person: Person, *, without: Booking | None = None) -> Taken:
    """The nights and stays of ``person``, whoever is linked with them, and whoever applied under their number.

    What is held or booked counts like what was used; a night given back does not, unless the policy forfeits it. A
    stay that was missed counts as one only where its nights do. ``without`` leaves out one booking's own. Four queries
    where nobody is linked.
    """
    everyone = known_as(person)
    same = Q(person__in=everyone.ids) | Q(booking__application__number_hash__in=everyone.hashes)
    stays = Stay.objects.filter(same, state__in=KEPT)
    if without is not None:
        stays = stays.exclude(booking=without)
    found = list(stays.values_list("pk", "first_on", "state"))
    keys = [pk for pk, _on, _state in found]
    slept = BedNight.objects.filter(stay__in=keys).values_list("on", flat=True)
    lost = list(ForfeitedNight.objects.filter(stay__in=keys).values_list("stay", "on"))
    forfeited = {stay for stay, _on in lost}
    counted = [on for pk, on, state in found if state != StayState.NO_SHOW or pk in forfeited]
    nights = sorted([*slept, *(on for _stay, on in lost)])
    return Taken(tuple(nights), tuple(sorted(counted)))
