"""What there is to rent: buildings, kinds of unit, units, what stands in them, and the days on which they are taken."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from housing.models import AttachedToPlace, Closure, Photo, closure_constraints
from portal.ui.figures import in_language


class Building(AttachedToPlace):
    """What apartments know of an operator's place."""

    place = models.OneToOneField("partners.PartnerPlace", models.PROTECT, related_name="apartment_building")

    def __str__(self) -> str:
        return f"building {self.pk}"


class UnitType(models.Model):
    """A kind of unit that people wish for, in whatever building, and the households it is for."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.SlugField(max_length=20, unique=True)  # stands in the public entrant list
    title_zh = models.CharField(max_length=40)
    title_en = models.CharField(max_length=80, blank=True, default="")
    rooms = models.PositiveSmallIntegerField()
    household_from = models.PositiveSmallIntegerField(default=1)
    household_to = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["rooms", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(rooms__gte=1), name="a_unit_type_has_a_room"),
            models.CheckConstraint(
                condition=Q(household_from__gte=1, household_to__gte=F("household_from")),
                name="a_unit_type_is_for_some_size_of_household",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        """Its title in the active language."""
        return in_language(self.title_zh, self.title_en)

    def is_for(self, household_size: int) -> bool:
        """Whether a household of so many people may have it."""
        return self.household_from <= household_size <= self.household_to


class Unit(models.Model):
    """What one household rents as a whole. Rooms of a shared apartment are units of their own.

    Whoever changes its days holds a lock on this row (services/occupying.py). One m² is 100 dm².
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    building = models.ForeignKey(Building, models.PROTECT, related_name="units")
    type = models.ForeignKey(UnitType, models.PROTECT, related_name="units")
    label = models.CharField(max_length=20)
    floor = models.SmallIntegerField()
    area_dm2 = models.PositiveIntegerField()
    market_rent_fen = models.BigIntegerField()  # a month; a lease copies it
    is_accessible = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["building", "label", "id"]
        constraints = [
            models.UniqueConstraint(fields=["building", "label"], name="a_unit_is_named_once_per_building"),
            models.CheckConstraint(condition=Q(area_dm2__gt=0), name="a_unit_has_an_area"),
            models.CheckConstraint(condition=Q(market_rent_fen__gt=0), name="a_unit_has_a_market_rent"),
        ]

    def __str__(self) -> str:
        return f"unit {self.pk}"

    @property
    def area_m2(self) -> str:
        """Its area in m², for people: 60 or 60.5."""
        return f"{self.area_dm2 / 100:g}"


class UnitPhoto(Photo):
    """A picture of a unit."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="photos")

    class Meta(Photo.Meta):
        constraints = [
            models.UniqueConstraint(fields=["unit", "position"], name="one_photo_per_position_of_a_unit"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, size__gt=0), name="a_unit_photo_has_content"),
        ]


class InventoryItem(models.Model):
    """Something that stands in a unit and is there again when it is given back. A hand-over copies it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="inventory")
    position = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80, blank=True, default="")
    count = models.PositiveSmallIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "position"], name="one_item_per_position_of_an_inventory"),
            models.CheckConstraint(condition=Q(count__gte=1), name="an_item_of_an_inventory_is_there"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"

    @property
    def name(self) -> str:
        """What it is, in the active language."""
        return in_language(self.name_zh, self.name_en)


class UnitClosure(Closure):
    """A unit that nobody rents for a time."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="closures")

    class Meta(Closure.Meta):
        constraints = closure_constraints("a_unit_closure")


class UnitDay(models.Model):
    """One unit on one day, taken by a lease or a closure. Written by services/occupying.py alone.

    Only what stands is here: a day given back is deleted, so that the unit is free by the same constraint.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="days")
    on = models.DateField()
    lease = models.ForeignKey("apartments.Lease", models.PROTECT, null=True, related_name="days")
    closure = models.ForeignKey(UnitClosure, models.PROTECT, null=True, related_name="days")

    class Meta:
        default_permissions = ()
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "on"], name="one_use_of_a_unit_per_day"),
            models.CheckConstraint(
                condition=Q(lease=None, closure__isnull=False) | Q(lease__isnull=False, closure=None),
                name="a_unit_day_is_leased_or_closed",
            ),
        ]
        indexes = [models.Index(fields=["on", "unit"], name="unit_days_by_date")]

    def __str__(self) -> str:
        return f"unit day {self.pk}"
