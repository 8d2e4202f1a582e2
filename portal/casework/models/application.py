"""One application table for all programmes; what each asks for beyond it is a detail model of its own."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.casework.states import ENDED, OPEN, State
from portal.vault.fields import EncryptedJSONField, EncryptedTextField

USER = settings.AUTH_USER_MODEL


def _different_people(one: str, other: str) -> models.CheckConstraint:
    missing = Q(**{f"{one}__isnull": True}) | Q(**{f"{other}__isnull": True})
    return models.CheckConstraint(
        condition=missing | ~Q(**{one: F(other)}), name=f"{one}_and_{other}_are_different_people"
    )


class Application(models.Model):
    """A request under one policy, from draft to its end. Its state is written by ``advance`` alone."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reference = models.CharField(max_length=20, null=True, unique=True)
    programme = models.CharField(max_length=32)
    policy_version = models.ForeignKey("policy.PolicyVersion", models.PROTECT, related_name="applications")
    applicant = models.ForeignKey("people.Person", models.PROTECT, related_name="applications")
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # who began it at the counter
    submitted_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    state_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)
    town = models.CharField(max_length=16, blank=True)

    assignee = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    accepted_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    first_reviewer = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    second_reviewer = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    approver = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    created_at = models.DateTimeField()
    privacy_read_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    submitted_on = models.DateField(null=True)  # the application date: the day that decides
    verdict = models.CharField(max_length=12, blank=True)
    amount_fen = models.BigIntegerField(null=True)
    name_masked = models.CharField(max_length=48, blank=True)
    number_hash = models.CharField(max_length=64, blank=True)  # set when the application is accepted
    due_on = models.DateField(null=True)
    is_due_provisional = models.BooleanField(default=False)
    days_left = models.SmallIntegerField(null=True)  # working days left when the clock was stopped

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["applicant", "programme"],
                condition=Q(state__in=OPEN),
                name="one_open_application_per_person_and_programme",
            ),
            models.UniqueConstraint(
                fields=["number_hash", "programme"],
                condition=Q(state__in=OPEN) & ~Q(number_hash=""),
                name="one_open_application_per_number_and_programme",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="application_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=State.DRAFT)
                | Q(reference__isnull=False, submitted_at__isnull=False, submitted_on__isnull=False),
                name="a_submitted_application_has_reference_and_date",
            ),
            *(
                _different_people(entering, signing)  # whoever speaks for the applicant does not decide
                for entering in ("entered_by", "submitted_by")
                for signing in ("first_reviewer", "second_reviewer", "approver")
            ),
            _different_people("first_reviewer", "second_reviewer"),
            _different_people("first_reviewer", "approver"),
            _different_people("second_reviewer", "approver"),
        ]
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="queue_by_stage"),
            models.Index(fields=["programme", "state", "town"], name="queue_by_programme"),
            models.Index(fields=["number_hash"], name="find_by_number"),
            models.Index(fields=["policy_version", "id"], name="by_policy_version"),  # how simulations walk
            models.Index(fields=["due_on", "id"], condition=Q(state__in=OPEN), name="open_by_due_date"),
        ]

    def __str__(self) -> str:
        return self.reference or f"draft {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether the application can still move."""
        return self.state not in ENDED

    @property
    def is_draft(self) -> bool:
        """Whether it was never submitted."""
        return self.state == State.DRAFT


class Submission(models.Model):
    """What the applicant declared at one submission; a correction adds the next."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    answers = EncryptedJSONField()  # {section: {field: plain value}}
    digest = models.CharField(max_length=64)  # keyed hash of the answers without the account

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="submissions_are_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"submission {self.number} of {self.application_id}"


class StepTaken(models.Model):
    """One move of an application: the line its timeline shows. Born with the state it explains."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="steps_taken")
    version = models.PositiveIntegerField()
    step = models.CharField(max_length=24)
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    at = models.DateTimeField()
    actor = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # none: the portal itself
    on_behalf_of = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # by a delegation
    note = EncryptedTextField(blank=True, default="")

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["application", "version"], name="one_step_per_application_version"),
            # Reconsidered and upheld, it is for somebody else: nobody refuses a file twice at one stage.
            models.UniqueConstraint(
                fields=["application", "from_state", "actor"],
                condition=Q(step="refuse"),
                name="nobody_refuses_a_file_twice_at_one_stage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.application_id}"


class ReferenceCounter(models.Model):
    """The last serial given for a prefix and year; its row is locked by the transaction that takes the next."""

    prefix = models.CharField(max_length=16)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="one_counter_per_prefix_and_year")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"

    @classmethod
    def take(cls, prefix: str, year: int) -> int:
        """Return the next serial. Call inside the transaction that uses it, so that a rollback leaves no gap."""
        cls.objects.get_or_create(prefix=prefix, year=year)
        counter = cls.objects.select_for_update().get(prefix=prefix, year=year)
        counter.last += 1
        counter.save(update_fields=["last"])
        return counter.last
