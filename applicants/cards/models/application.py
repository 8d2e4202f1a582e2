"""What an application for the talent card asks beyond the shared profile: recognitions, a portrait, the declaration."""

from datetime import date
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.policy.facts import TIERS
from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class Portrait(models.Model):
    """A portrait as it will be printed: upright, cut to the ratio of an identity photograph, without EXIF.

    Cut out of an uploaded paper, at ``left`` and ``top`` of it; the bytes (JPEG) are sealed under ``stored_as``.
    Another picture or another cut is another row.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="portraits")
    source = models.ForeignKey("people.Paper", models.PROTECT, related_name="+")
    left = models.PositiveSmallIntegerField()  # of the cut, in pixels of the source
    top = models.PositiveSmallIntegerField()
    cut_width = models.PositiveSmallIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()  # bytes as stored
    sha256 = models.CharField(max_length=64)  # keyed hash of the SHA-256 of the stored bytes
    stored_as = models.CharField(max_length=100, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, size__gt=0), name="a_portrait_has_content")
        ]

    def __str__(self) -> str:
        return f"portrait {self.pk}"


class CardApplication(models.Model):
    """The detail of one application for a card."""

    id = models.UUIDField(primary_key=True, editable=False)  # the application's own id: one row per application
    application = models.OneToOneField("casework.Application", models.CASCADE, related_name="card_application")
    portrait = models.ForeignKey(Portrait, models.PROTECT, null=True, related_name="+")
    has_recognitions = models.BooleanField(null=True)  # answered in words, so that "none" is an answer
    is_contract_open_ended = models.BooleanField(null=True)
    contract_ends_on = models.DateField(null=True)  # the card ends no later where the policy says so
    is_declared_true = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(contract_ends_on__isnull=True) | Q(is_contract_open_ended=False),
                name="only_a_contract_for_a_term_has_an_end",
            )
        ]

    def __str__(self) -> str:
        return f"card application {self.pk}"


class Recognition(models.Model):
    """One recognition as talent that a person claims; several may be held, the card takes the highest."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey("people.Person", models.CASCADE, related_name="recognitions")
    tier = models.CharField(max_length=8)  # code of portal.policy.facts.TIERS
    title = EncryptedTextField()
    issued_by = EncryptedTextField(blank=True, default="")
    document_number = EncryptedTextField(blank=True, default="")
    recognised_on = models.DateField()
    expires_on = models.DateField(null=True)
    claimed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)  # taken back by the person before it counted
    paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")  # reported after the issue
    confirmed_at = models.DateTimeField(null=True)  # by the approval that rests on it, or by a reviewer afterwards
    confirmed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    withdrawn_on = models.DateField(null=True)  # by whoever had recognised, or turned down by a reviewer
    withdrawn_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = EncryptedTextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tier__in=list(TIERS)), name="a_recognition_is_of_a_known_tier"),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gte=F("recognised_on")),
                name="a_recognition_expires_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_on__isnull=False, withdrawn_by__isnull=False),
                name="a_withdrawn_recognition_names_who",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | ~Q(withdrawn_reason=""),
                name="a_withdrawn_recognition_says_why",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="a_confirmed_recognition_names_who",
            ),
        ]

    def __str__(self) -> str:
        return f"recognition {self.pk}"

    def counts_on(self, on: date) -> bool:
        """Whether it had been given and had not expired by then, and was neither taken back nor withdrawn since."""
        stands = self.removed_at is None and self.withdrawn_on is None
        return stands and self.recognised_on <= on and (self.expires_on is None or self.expires_on >= on)
