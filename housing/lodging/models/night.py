"""The truth about beds: a night of a bed is one row, whatever the bed is taken for."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Right
from django.utils.translation import pgettext_lazy


class Sex(models.TextChoices):
    """Who shares a same-sex room."""

    FEMALE = "f", pgettext_lazy("sex", "女")
    MALE = "m", pgettext_lazy("sex", "男")


ANYBODY = "-"  # a room that is shared whatever the sex


class Purpose(models.TextChoices):
    """What a night of a bed is taken for."""

    HELD = "held", pgettext_lazy("night", "保留中")
    BOOKED = "booked", pgettext_lazy("night", "已预订")
    USED = "used", pgettext_lazy("night", "入住")
    CLOSED = "closed", pgettext_lazy("night", "停用")


class RoomNight(models.Model):
    """Who shares a room on a night; there as long as one of its beds is taken by a guest.

    Its key ends in the sex, so that a bed-night that refers to it repeats the sex and the database can compare.
    """

    key = models.CharField(max_length=48, primary_key=True, editable=False)
    room = models.ForeignKey("lodging.Room", models.PROTECT, related_name="nights")
    on = models.DateField()
    sex = models.CharField(max_length=1)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["room", "on"], name="one_sex_per_room_and_night"),
            models.CheckConstraint(condition=Q(sex__in=[*Sex.values, ANYBODY]), name="a_room_night_has_a_known_sex"),
            models.CheckConstraint(condition=Q(sex=Right("key", 1)), name="a_room_night_carries_its_sex_in_its_key"),
        ]

    def __str__(self) -> str:
        return f"room night {self.key}"

    @staticmethod
    def key_of(room_id: UUID, on: date, sex: str) -> str:
        """The key of the row for this room, night and sex."""
        return f"{room_id.hex}/{on:%Y%m%d}/{sex}"


class BedNight(models.Model):
    """One bed on one night: held, booked or used by a stay, or closed. Written by services/holding.py alone.

    Only what stands is here: a night given back is deleted, so that the bed is free by the same constraint.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    bed = models.ForeignKey("lodging.Bed", models.PROTECT, related_name="nights")
    on = models.DateField()
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    sex = models.CharField(max_length=1, blank=True, default="")  # of the room-night; empty where the bed is closed
    room_night = models.ForeignKey(RoomNight, models.PROTECT, null=True, related_name="bed_nights")
    stay = models.ForeignKey("lodging.Stay", models.PROTECT, null=True, related_name="nights")
    closure = models.ForeignKey("lodging.BedClosure", models.PROTECT, null=True, related_name="nights")

    class Meta:
        default_permissions = ()
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(fields=["bed", "on"], name="one_use_of_a_bed_per_night"),
            models.UniqueConstraint(fields=["stay", "on"], name="a_guest_sleeps_in_one_bed_per_night"),
            models.CheckConstraint(
                condition=Q(purpose="closed", closure__isnull=False, stay=None, room_night=None, sex="")
                | Q(purpose__in=["held", "booked", "used"], closure=None, stay__isnull=False, room_night__isnull=False),
                name="a_bed_night_is_a_guest_s_or_closed",
            ),
            models.CheckConstraint(
                condition=Q(room_night=None) | Q(sex=Right("room_night", 1)),
                name="a_guest_shares_a_room_of_one_sex",
            ),
        ]
        indexes = [models.Index(fields=["on", "purpose"], name="bed_nights_by_date")]

    def __str__(self) -> str:
        return f"bed night {self.pk}"


class ForfeitedNight(models.Model):
    """A night that nobody slept and that counts all the same, where the policy does not give unused nights back."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    stay = models.ForeignKey("lodging.Stay", models.PROTECT, related_name="forfeited_nights")
    on = models.DateField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["stay", "on"], name="a_night_is_forfeited_once")]

    def __str__(self) -> str:
        return f"forfeited night {self.pk}"
