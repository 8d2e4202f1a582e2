"""Lists of applications that somebody took along as a spreadsheet."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class ListExport(models.Model):
    """One filtered list (台账): handed over at once where it is short, else made in the background and kept a while.

    ``asked_at``, ``started_at``, ``finished_at`` and ``expires_at`` are business time, ``heartbeat`` is real time.
    """

    class State(models.TextChoices):
        """How far it is."""

        HANDED = "handed"  # at once, nothing kept
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        EXPIRED = "expired"

    LIVE = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    filters = models.JSONField()  # as QueueFilter
    filters_sha256 = models.CharField(max_length=64)
    is_unmasked = models.BooleanField(default=False)
    reason = EncryptedTextField(blank=True, default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    parts = models.JSONField(default=list)  # names of sealed files of at most 500 rows, until they are put together
    cursor = models.CharField(max_length=20, blank=True)  # the last reference that is done
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=80, blank=True)  # sealed file
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True)  # bytes

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="a_list_export_does_no_more_than_all"),
            models.CheckConstraint(
                condition=Q(is_unmasked=False) | ~Q(reason=""), name="an_unmasked_list_export_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(size__isnull=False, expires_at__isnull=False) & ~Q(name="") & ~Q(sha256=""),
                name="a_finished_list_export_has_its_file",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state__in=["waiting", "running"]), name="list_exports_to_do"),
        ]

    def __str__(self) -> str:
        return f"list export {self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether it still goes on."""
        return self.state in self.LIVE
