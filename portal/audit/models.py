"""The audit trail."""

import uuid
from collections.abc import Iterable
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class EntriesAreKept(Exception):
    """An audit entry can be neither changed nor deleted."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Adds and reads; the sealer alone writes to entries that are there (``portal.audit.sealing``)."""

    def update(self, **values: Any) -> NoReturn:
        """Refuse; this is what ``bulk_update`` calls too."""
        raise EntriesAreKept("An audit entry cannot be changed.")

    def bulk_create(self, objs: Iterable["Entry"], *args: Any, **options: Any) -> list["Entry"]:
        """Add entries; refuses to change those that are there."""
        if options.get("update_conflicts"):
            raise EntriesAreKept("An audit entry cannot be changed.")
        return super().bulk_create(objs, *args, **options)

    def delete(self) -> NoReturn:
        """Refuse."""
        raise EntriesAreKept("An audit entry cannot be deleted.")


class Entry(models.Model):
    """One act. Holds ids, field names and digests, never what a person told us."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)  # real time
    at = models.DateTimeField()  # business time
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # None: the system
    action = models.CharField(max_length=64)
    target_type = models.CharField(max_length=64)
    target_id = models.CharField(max_length=64)
    fields = models.JSONField(default=list)
    digest = models.CharField(max_length=128, blank=True)
    note = models.CharField(max_length=100, blank=True)
    # Written by the sealer, a few seconds after the entry; on PostgreSQL a trigger keeps the row as it is from then on.
    sequence = models.BigIntegerField(null=True, unique=True)
    link = models.TextField(blank=True)
    sealed_at = models.DateTimeField(null=True, editable=False)  # real time

    objects = EntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(sequence__isnull=True, link="", sealed_at__isnull=True)
                | Q(sequence__gte=1, sealed_at__isnull=False) & ~Q(link=""),
                name="an_entry_is_sealed_whole_or_not_at_all",
            ),
        ]
        indexes = [
            models.Index(fields=["-recorded_at", "-id"], name="audit_newest_first"),
            models.Index(fields=["action", "-recorded_at", "-id"], name="audit_by_action"),
            models.Index(fields=["target_id", "-recorded_at", "-id"], name="audit_by_target"),
            models.Index(fields=["recorded_at", "id"], condition=Q(sequence__isnull=True), name="audit_not_yet_sealed"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; an entry that is already stored raises EntriesAreKept."""
        if not self._state.adding:
            raise EntriesAreKept("An audit entry cannot be changed.")
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise EntriesAreKept("An audit entry cannot be deleted.")
