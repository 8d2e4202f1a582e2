"""What a draft would have answered to the applications that were judged under its policy."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.casework.models.application import Application

USER = settings.AUTH_USER_MODEL


class Simulation(models.Model):
    """One run of a draft's text over the applications of its policy, from the question to the figures.

    ``results`` is a flat tally (text → whole number); ``casework.services.simulating`` says what its keys mean.
    ``asked_at``, ``started_at`` and ``finished_at`` are business time, ``heartbeat`` is real time.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        STOPPED = "stopped"

    LIVE = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    policy = models.ForeignKey("policy.Policy", models.PROTECT, related_name="simulations")
    draft = models.ForeignKey("policy.PolicyDraft", models.PROTECT, related_name="simulations")
    document = models.TextField()  # the document as it was when it was asked for, as JSON
    sha256 = models.CharField(max_length=64, db_index=True)  # of the draft's data
    label = models.CharField(max_length=20)
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    cursor = models.UUIDField(null=True)  # the last application that is done
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    results = models.JSONField(default=dict)

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "sha256"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_live_simulation_per_policy_and_text",
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="a_simulation_does_no_more_than_all"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "failed", "stopped"], finished_at__isnull=False),
                name="an_ended_simulation_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "done"]) | Q(started_at__isnull=False),
                name="a_simulation_that_ran_has_begun",
            ),
        ]

    def __str__(self) -> str:
        return f"simulation {self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether it still goes on."""
        return self.state in self.LIVE


class SimulationChange(models.Model):
    """An application that would get another verdict or amount. The others are counted only.

    The letters of ``clauses_before`` follow the clauses of the application's own version, those of ``clauses_after``
    the simulated document's: m met, n not met, u unproven.
    """

    simulation = models.ForeignKey(Simulation, models.CASCADE, related_name="changes", db_index=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="+")
    verdict_before = models.CharField(max_length=12)
    verdict_after = models.CharField(max_length=12)
    amount_fen_before = models.BigIntegerField(null=True)  # none: undetermined
    amount_fen_after = models.BigIntegerField(null=True)
    clauses_before = models.CharField(max_length=100, blank=True)
    clauses_after = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["simulation", "application"], name="one_change_per_simulation_and_application"
            ),
            models.CheckConstraint(
                condition=~Q(verdict_before=F("verdict_after")) | ~Q(amount_fen_before=F("amount_fen_after")),
                name="a_change_changes_verdict_or_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"change of {self.application_id} in {self.simulation_id}"
