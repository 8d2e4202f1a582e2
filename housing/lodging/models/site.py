"""Where guests stay: sites, their rooms and beds, what a night costs, what the public sees of them."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from housing.lodging.nights import Nights
from housing.models import USER, AttachedToPlace, Closure, Photo, closure_constraints
from portal.partners.models import Partner
from portal.ui.figures import in_language


class SiteKind(models.TextChoices):
    """How the beds are supplied."""

    HOTEL = "hotel", pgettext_lazy("site", "签约酒店")  # settled by the night used
    HOSTEL = "hostel", pgettext_lazy("site", "青年驿站")


class SiteQuerySet(models.QuerySet["Site"]):
    """Sites by whether they take guests."""

    def working(self, nights: Nights) -> SiteQuerySet:
        """Those whose place is in use and whose partner works with the city on all of these nights."""
        partners = Partner.objects.open_on(nights.first).open_on(nights.last)
        return self.filter(place__closed_at=None, place__partner__in=partners)

    def bookable(self, nights: Nights) -> SiteQuerySet:
        """Those of them that take bookings."""
        return self.working(nights).filter(is_open=True)


class Site(AttachedToPlace):
    """What lodging knows of a partner's place. While ``is_open`` and working, its beds may be booked."""

    place = models.OneToOneField("partners.PartnerPlace", models.PROTECT, related_name="lodging_site")
    kind = models.CharField(max_length=8, choices=SiteKind.choices)
    house_rules_zh = models.TextField(blank=True, default="")  # one on each line
    house_rules_en = models.TextField(blank=True, default="")
    has_same_sex_rooms = models.BooleanField(default=True)
    hold_until = models.TimeField(null=True)  # None: as the policy says; before 06:00 it is after midnight

    objects = SiteQuerySet.as_manager()

    class Meta(AttachedToPlace.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=SiteKind.values), name="a_site_is_of_a_known_kind"),
        ]

    def __str__(self) -> str:
        return f"site {self.pk}"

    @property
    def house_rules(self) -> list[str]:
        """The site's own rules in the active language, one by one."""
        text = in_language(self.house_rules_zh, self.house_rules_en)
        return [line.strip() for line in text.splitlines() if line.strip()]


class SiteRate(models.Model):
    """What the city pays the site for a night, from a day on."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="rates")
    from_on = models.DateField()
    night_fen = models.BigIntegerField()
    set_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["-from_on"]
        constraints = [
            models.UniqueConstraint(fields=["site", "from_on"], name="one_rate_of_a_site_per_day"),
            models.CheckConstraint(condition=Q(night_fen__gt=0), name="a_night_of_a_rate_costs_something"),
        ]

    def __str__(self) -> str:
        return f"rate {self.pk}"


class SitePhoto(Photo):
    """A picture of a site."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="photos")

    class Meta(Photo.Meta):
        constraints = [
            models.UniqueConstraint(fields=["site", "position"], name="one_photo_per_position_of_a_site"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, size__gt=0), name="a_photo_has_content"),
        ]


class Room(models.Model):
    """A room of a site. Whoever changes the nights of its beds holds a lock on this row (services/holding.py)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="rooms")
    label = models.CharField(max_length=20)

    class Meta:
        default_permissions = ()
        ordering = ["label", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "label"], name="a_room_is_named_once_per_site")]

    def __str__(self) -> str:
        return f"room {self.pk}"


class Bed(models.Model):
    """One bed. It is taken out of use for good with ``retired_at``, for a time by a closure."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    room = models.ForeignKey(Room, models.PROTECT, related_name="beds")
    label = models.CharField(max_length=20)
    is_accessible = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["label", "id"]
        constraints = [models.UniqueConstraint(fields=["room", "label"], name="a_bed_is_named_once_per_room")]

    def __str__(self) -> str:
        return f"bed {self.pk}"


class BedClosure(Closure):
    """A bed that nobody gets for some nights."""

    bed = models.ForeignKey(Bed, models.PROTECT, related_name="closures")

    class Meta(Closure.Meta):
        constraints = closure_constraints("a_closure")
