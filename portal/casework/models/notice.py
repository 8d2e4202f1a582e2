"""Public notices: collected by one person, released by another, on line for their period only."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.casework.models.application import Application
from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class Notice(models.Model):
    """A list of intended grants under one policy, shown for the policy's number of working days."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    programme = models.CharField(max_length=32)
    policy_version = models.ForeignKey("policy.PolicyVersion", models.PROTECT, related_name="+")
    collected_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    collected_at = models.DateTimeField()
    released_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    is_provisional = models.BooleanField(default=False)

    class Meta:
        ordering = ["-collected_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | ~Q(released_by=F("collected_by")),
                name="notice_is_released_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, starts_on__isnull=True, ends_on__isnull=True)
                | Q(released_at__isnull=False, starts_on__isnull=False, ends_on__gte=F("starts_on")),
                name="a_released_notice_has_its_period",
            ),
        ]
        indexes = [models.Index(fields=["starts_on", "ends_on"], name="notice_by_period")]

    def __str__(self) -> str:
        return self.number


class NoticeLine(models.Model):
    """One person on a notice: the masked values that the public may read, copied when the list is collected."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="lines")
    application = models.ForeignKey(Application, models.PROTECT, related_name="notice_lines")
    position = models.PositiveIntegerField()
    name_masked = models.CharField(max_length=48)
    number_masked = models.CharField(max_length=24)
    school = EncryptedTextField()
    education = EncryptedTextField()  # code of the level
    employer = EncryptedTextField()
    amount_fen = models.BigIntegerField()
    is_live = models.BooleanField(default=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(is_live=True), name="one_live_notice_line_per_application"
            ),
            models.UniqueConstraint(fields=["notice", "position"], name="one_person_per_notice_position"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.position}"


class NoticeObjection(models.Model):
    """A real-name objection to one line; it suspends that person and not the list."""

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open"
        UPHELD = "upheld"
        DISMISSED = "dismissed"

    class Told(models.TextChoices):
        """How an answer on paper or by word of mouth was handed over."""

        POST = "post", _("邮寄")
        IN_PERSON = "in_person", _("当面")
        TELEPHONE = "telephone", _("电话")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    line = models.ForeignKey(NoticeLine, models.PROTECT, related_name="objections")
    objector = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # none: entered by a clerk
    objector_name = EncryptedTextField()
    contact = EncryptedTextField()
    text = EncryptedTextField()
    entered_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    answer = EncryptedTextField(blank=True, default="")
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    # How the answer reached an objector without an account; the others are written to by letter.
    told_how = models.CharField(max_length=10, choices=Told.choices, blank=True, default="")
    told_on = models.DateField(null=True)
    told_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", answered_at__isnull=True)
                | ~Q(state="open") & Q(answered_at__isnull=False, answered_by__isnull=False),
                name="an_objection_is_closed_with_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(told_how="", told_on__isnull=True, told_by__isnull=True, told_at__isnull=True)
                | Q(
                    ~Q(told_how=""),
                    told_on__isnull=False,
                    told_by__isnull=False,
                    told_at__isnull=False,
                    answered_at__isnull=False,
                ),
                name="an_answer_told_names_how_when_and_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"objection {self.pk}"
