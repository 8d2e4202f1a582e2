"""Corrections asked for and decisions signed."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.casework.models.application import Application
from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class Correction(models.Model):
    """One return to the applicant: marked fields and papers, a reason, a last day."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="corrections")
    number = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=16)  # where it goes back to
    returned_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_on = models.DateField()
    is_due_provisional = models.BooleanField(default=False)
    reason = EncryptedTextField()
    reminded_at = models.DateTimeField(null=True)  # nothing lapses before a letter said so
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="corrections_are_numbered_once"),
            models.UniqueConstraint(
                fields=["application"], condition=Q(closed_at__isnull=True), name="one_open_correction_per_application"
            ),
        ]

    def __str__(self) -> str:
        return f"correction {self.number} of {self.application_id}"


class CorrectionItem(models.Model):
    """One field or one kind of paper that the applicant may change."""

    class Kind(models.TextChoices):
        """What is marked."""

        FIELD = "field"
        PAPER = "paper"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    correction = models.ForeignKey(Correction, models.CASCADE, related_name="items")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    section = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=40)
    note = EncryptedTextField(blank=True, default="")

    class Meta:
        ordering = ["section", "name"]
        constraints = [
            models.UniqueConstraint(fields=["correction", "kind", "section", "name"], name="an_item_is_marked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.section}.{self.name}"


class Decision(models.Model):
    """An approval or a refusal as its letter prints it. A person signs; the portal itself can only approve."""

    class Outcome(models.TextChoices):
        """Which way it went."""

        APPROVED = "approved"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="decisions")
    number = models.CharField(max_length=40, unique=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    clause = models.CharField(max_length=16, blank=True)
    reason = EncryptedTextField(blank=True, default="")
    amount_fen = models.BigIntegerField(null=True)
    signed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # none: the portal itself
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="approved") | ~Q(clause="") & ~Q(reason=""),
                name="a_refusal_names_clause_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(outcome="approved") | Q(signed_by__isnull=False), name="a_person_signs_a_refusal"
            ),
        ]

    def __str__(self) -> str:
        return self.number
