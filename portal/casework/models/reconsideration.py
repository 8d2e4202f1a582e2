"""A refusal looked at once more because the applicant asked for it."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.casework.models.application import Application
from portal.casework.models.outcome import Decision
from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class SecondLook(models.Model):
    """A decision looked at once more because somebody does not agree. A subclass says how it ends: its ``outcome``."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    asked_at = models.DateTimeField()
    reason = EncryptedTextField()
    answer = EncryptedTextField(blank=True, default="")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ["asked_at"]

    def __str__(self) -> str:
        return f"reconsideration {self.pk}"


class Reconsideration(SecondLook):
    """One refusal, why the applicant does not agree, and what somebody who has not acted on the file made of it."""

    class Outcome(models.TextChoices):
        """How it ended."""

        OPEN = "open"
        UPHELD = "upheld"  # the applicant was right: back to the stage that refused
        DISMISSED = "dismissed"  # the refusal stands, by a decision of its own
        WITHDRAWN = "withdrawn"

    application = models.ForeignKey(Application, models.PROTECT, related_name="reconsiderations")
    number = models.PositiveSmallIntegerField()
    refusal = models.ForeignKey(Decision, models.PROTECT, related_name="+")  # what is looked at once more
    stage = models.CharField(max_length=16)  # that refused, and where an upheld one goes back to
    refused_by = models.ForeignKey(USER, models.PROTECT, related_name="+")  # at that stage
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    decision = models.OneToOneField(Decision, models.PROTECT, null=True, related_name="reconsidered")  # that dismisses

    class Meta(SecondLook.Meta):
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="reconsiderations_are_numbered_once"),
            models.UniqueConstraint(
                fields=["application"], condition=Q(outcome="open"), name="one_open_reconsideration_per_application"
            ),
            models.UniqueConstraint(fields=["refusal"], name="a_refusal_is_reconsidered_once"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("refused_by")),
                name="a_refusal_is_reconsidered_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", closed_at__isnull=True, decided_by__isnull=True)
                | Q(outcome="withdrawn", closed_at__isnull=False, decided_by__isnull=True)
                | Q(outcome__in=["upheld", "dismissed"], closed_at__isnull=False, decided_by__isnull=False)
                & ~Q(answer=""),
                name="a_reconsideration_is_decided_by_a_person_with_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(outcome="dismissed", decision__isnull=False)
                | ~Q(outcome="dismissed") & Q(decision__isnull=True),
                name="a_dismissal_is_a_decision_of_its_own",
            ),
        ]

    def __str__(self) -> str:
        return f"reconsideration {self.number} of {self.application_id}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.outcome == self.Outcome.OPEN
