"""What a decision rests on: papers on the shelf, facts settled against them, assessments."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.casework.models.application import Application, Submission
from portal.vault.fields import EncryptedJSONField

USER = settings.AUTH_USER_MODEL


class ShelfPaper(models.Model):
    """A person's paper put on an application's shelf under one of the kinds the policy asks for."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="shelf")
    kind = models.CharField(max_length=32)
    paper = models.ForeignKey("people.Paper", models.PROTECT, related_name="shelved")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)  # replaced in a correction; kept for the reviewer

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "paper"], name="a_paper_stands_once_on_a_shelf"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.application_id}"


class Settlement(models.Model):
    """A reviewer's finding that a paper proves a value: the newest one per fact counts."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="settlements")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+")  # the newest when it was made
    number = models.PositiveIntegerField()  # within the application, in the order they were made
    fact = models.CharField(max_length=40)
    value = EncryptedJSONField()
    paper = models.ForeignKey("people.Paper", models.PROTECT, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="settlements_are_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.fact} of {self.application_id}"


class Assessment(models.Model):
    """One answer of the policy engine, kept with the facts and the version it was made from."""

    class Trigger(models.TextChoices):
        """Why it was made."""

        AUTOMATIC = "automatic"
        SETTLED = "settled"
        REGISTER = "register"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="assessments")
    number = models.PositiveIntegerField()  # within the application; the highest is the newest
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="assessments")
    policy_version = models.ForeignKey("policy.PolicyVersion", models.PROTECT, related_name="+")
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    verdict = models.CharField(max_length=12)
    amount_fen = models.BigIntegerField(null=True)
    answers = models.CharField(max_length=100, blank=True)  # one letter a clause: m met, n not met, u unproven
    facts = EncryptedJSONField()
    result = EncryptedJSONField()  # Assessment.as_json() of the policy engine

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="assessments_are_numbered_once"),
            models.UniqueConstraint(
                fields=["submission"],
                condition=Q(trigger="automatic"),
                name="one_automatic_check_per_submission",
            ),
        ]

    def __str__(self) -> str:
        return f"assessment of {self.application_id}"
