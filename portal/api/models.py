"""Keys by which a repeated call is known."""

from uuid import uuid4

from django.conf import settings
from django.db import models

from portal.vault.fields import EncryptedJSONField


class IdempotencyKey(models.Model):
    """A call that was carried out once, with the answer it was given. Born in the transaction of what it did."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=40)  # URL name
    key_hash = models.CharField(max_length=64)  # keyed: callers write into keys what they like
    digest = models.CharField(max_length=64)  # keyed, of address and body
    status = models.PositiveSmallIntegerField()
    body = EncryptedJSONField(default=dict)
    created_at = models.DateTimeField()  # real time

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "endpoint", "key_hash"], name="a_key_is_used_once_per_user_and_endpoint"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_keys_by_age")]

    def __str__(self) -> str:
        return f"idempotency key {self.pk}"
