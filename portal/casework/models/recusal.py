"""Who keeps away from a file, and why."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.casework.models.application import Application
from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class Recusal(models.Model):
    """One person of the bureau has nothing to do with one file, from then on. The reason may name a relative."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="recusals")
    person = models.ForeignKey(USER, models.PROTECT, related_name="recusals")
    reason = EncryptedTextField()
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")  # the person, or an administrator
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    withdrawal_reason = EncryptedTextField(blank=True, default="")

    class Meta:
        ordering = ["made_at", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["application", "person"],
                condition=Q(withdrawn_at__isnull=True),
                name="a_person_is_recused_from_a_file_once",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawal_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason=""),
                name="a_recusal_is_withdrawn_by_somebody_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True) | ~Q(withdrawn_by=F("person")),
                name="nobody_withdraws_their_own_recusal",
            ),
        ]

    def __str__(self) -> str:
        return f"recusal from {self.application_id}"
