"""What rows of lodging and of apartments have alike. All of it is abstract: the tables are the apps' own."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.partners.models import PartnerPlace
from portal.ui.figures import in_language

USER = settings.AUTH_USER_MODEL


class AttachedToPlace(models.Model):
    """What an app knows of a partner's place: its name, address, town and partner stand there."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    place: models.OneToOneField[PartnerPlace, PartnerPlace]
    about_zh = models.TextField(blank=True, default="")
    about_en = models.TextField(blank=True, default="")
    is_open = models.BooleanField(default=False)  # shown to the public
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True
        default_permissions = ()

    @property
    def name(self) -> str:
        """The place's name in the active language."""
        return self.place.name

    @property
    def about(self) -> str:
        """What it says of itself, in the active language."""
        return in_language(self.about_zh, self.about_en)


class Photo(models.Model):
    """A public picture, re-encoded; its bytes (JPEG) lie under ``stored_as`` (housing/photos.py)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    position = models.PositiveSmallIntegerField()
    caption_zh = models.CharField(max_length=60)
    caption_en = models.CharField(max_length=100, blank=True, default="")
    stored_as = models.CharField(max_length=100, unique=True)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()  # bytes
    added_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        abstract = True
        default_permissions = ()
        ordering = ["position"]

    def __str__(self) -> str:
        return f"photo {self.pk}"

    @property
    def caption(self) -> str:
        """What is on it, in the active language."""
        return in_language(self.caption_zh, self.caption_en)


class Closure(models.Model):
    """Something nobody gets from one date to another, both included. Ended early, what is left over goes back."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    from_on = models.DateField()
    until_on = models.DateField()
    reason = models.CharField(max_length=120)
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        default_permissions = ()
        ordering = ["-from_on", "-id"]

    def __str__(self) -> str:
        return f"closure {self.pk}"


def closure_constraints(closure: str) -> list[models.BaseConstraint]:
    """What holds of every ``closure`` ("a_closure", "a_unit_closure"), which their names begin with."""
    return [
        models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name=f"{closure}_ends_after_it_begins"),
        models.CheckConstraint(condition=~Q(reason=""), name=f"{closure}_says_why"),
        models.CheckConstraint(
            condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
            name=f"{closure}_is_ended_by_someone",
        ),
    ]
