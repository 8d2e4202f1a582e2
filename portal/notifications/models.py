"""The outbox."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.vault.fields import EncryptedJSONField


class Letter(models.Model):
    """One letter to one user. Its words are made from ``kind`` and ``context`` whenever it is read or sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="letters")
    reference = models.CharField(max_length=40, blank=True)
    context = EncryptedJSONField(default=dict)
    key = models.CharField(max_length=150)  # names the event: the same event writes one letter
    created_at = models.DateTimeField()  # business time
    read_at = models.DateTimeField(null=True, blank=True)  # business time
    # Delivery keeps real time.
    emailed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, default=timezone.now)  # None: sent, or given up
    last_error_code = models.CharField(max_length=60, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["key"], name="one_letter_per_event")]
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="letters_of_a_recipient"),
            models.Index(fields=["next_try_at"], name="letters_waiting", condition=models.Q(next_try_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
