"""The audit trail."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone


class EntriesAreKept(Exception):
    """An audit entry can be neither changed nor deleted."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Adds and reads. Only the sealer's two columns may be filled in later."""

    def update(self, **values) -> int:
        """Fill in the sealing columns; anything else raises EntriesAreKept."""
        if not values.keys() <= {"sequence", "link"}:
            raise EntriesAreKept("An audit entry cannot be changed.")
        return super().update(**values)

    def delete(self):
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
    # Written by the sealer, a few seconds after the entry.
    sequence = models.BigIntegerField(null=True, unique=True)
    link = models.TextField(blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["-recorded_at", "-id"], name="audit_newest_first"),
            models.Index(fields=["action", "-recorded_at", "-id"], name="audit_by_action"),
            models.Index(fields=["target_id", "-recorded_at", "-id"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"

    def save(self, *args, **kwargs) -> None:
        """Insert; an entry that is already stored raises EntriesAreKept."""
        if not self._state.adding:
            raise EntriesAreKept("An audit entry cannot be changed.")
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *args, **kwargs):
        """Refuse."""
        raise EntriesAreKept("An audit entry cannot be deleted.")
