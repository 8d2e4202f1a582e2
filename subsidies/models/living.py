"""What a living-subsidy application asks beyond the shared profile."""

from django.db import models
from django.db.models import Q

from portal.vault.fields import EncryptedTextField


class LivingSubsidy(models.Model):
    """The declaration of one application: signed truth, earlier grants, consent to what the notice shows."""

    id = models.UUIDField(primary_key=True, editable=False)  # the application's own id: one row per application
    application = models.OneToOneField("casework.Application", models.CASCADE, related_name="living_subsidy")
    is_declared_true = models.BooleanField(default=False)
    is_notice_agreed = models.BooleanField(default=False)
    has_earlier_grants = models.BooleanField(null=True)
    earlier_scheme = models.CharField(max_length=32, blank=True)
    earlier_area = models.CharField(max_length=6, blank=True)
    earlier_grants = EncryptedTextField(blank=True, default="")  # in the applicant's words

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(has_earlier_grants__isnull=True) | Q(has_earlier_grants=False) | ~Q(earlier_scheme=""),
                name="an_earlier_grant_names_its_scheme",
            ),
        ]

    def __str__(self) -> str:
        return f"living subsidy {self.pk}"
