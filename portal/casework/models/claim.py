"""What somebody was granted under a rule that gives it once: policies of one exclusion group exclude each other."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from portal.casework.models.application import Application


class GrantClaim(models.Model):
    """One person's place in an exclusion group of mode ``block``, taken by the approval itself.

    The clause that asks for earlier grants has looked before; this row decides when two approvals of one number, also
    of two accounts or programmes, come at the same moment (policy-facts section 9, case 10).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    group = models.CharField(max_length=80)  # name of the exclusion group
    number_hash = models.CharField(max_length=64)  # of the number the application was accepted with
    application = models.ForeignKey(Application, models.PROTECT, related_name="claims")
    taken_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)  # the grant was taken back whole

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "number_hash"],
                condition=Q(released_at__isnull=True),
                name="one_live_grant_per_number_and_exclusion_group",
            ),
            models.UniqueConstraint(fields=["group", "application"], name="an_application_claims_a_group_once"),
            models.CheckConstraint(condition=~Q(number_hash=""), name="a_claim_names_its_number"),
        ]

    def __str__(self) -> str:
        return f"claim {self.pk}"
