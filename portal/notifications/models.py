"""The outbox."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from portal.vault.fields import EncryptedJSONField


class Letter(models.Model):
    """One letter to one user. Its words are made from ``kind`` and ``context`` whenever it is read or sent.

    Without a recipient it goes on paper, to the person of the file in ``reference``: printed, handed over, noted.
    """

    class Told(models.TextChoices):
        """How a letter on paper reached the person."""

        IN_PERSON = "in_person", pgettext_lazy("letter", "当面")
        POST = "post", pgettext_lazy("letter", "邮寄")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="letters")
    reference = models.CharField(max_length=40, blank=True)
    context = EncryptedJSONField(default=dict)
    key = models.CharField(max_length=150)  # names the event: the same event writes one letter
    created_at = models.DateTimeField()  # business time
    read_at = models.DateTimeField(null=True, blank=True)  # business time
    told_how = models.CharField(max_length=10, choices=Told.choices, blank=True, default="")  # on paper
    told_on = models.DateField(null=True)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)  # business time
    # Delivery keeps real time.
    emailed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, default=timezone.now)  # None: sent, or given up
    last_error_code = models.CharField(max_length=60, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["key"], name="one_letter_per_event"),
            models.CheckConstraint(
                condition=models.Q(recipient__isnull=False)
                | ~models.Q(reference="") & models.Q(emailed_at__isnull=True, next_try_at__isnull=True),
                name="a_letter_on_paper_names_its_file_and_is_not_sent",
            ),
            models.CheckConstraint(
                condition=models.Q(told_how="", told_on__isnull=True, told_by__isnull=True, told_at__isnull=True)
                | ~models.Q(told_how="")
                & models.Q(told_on__isnull=False, told_by__isnull=False, told_at__isnull=False),
                name="a_letter_handed_over_names_how_when_and_who",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="letters_of_a_recipient"),
            models.Index(
                fields=["created_at"],
                name="letters_to_hand_over",
                condition=models.Q(recipient__isnull=True, told_at__isnull=True),
            ),
            models.Index(fields=["next_try_at"], name="letters_waiting", condition=models.Q(next_try_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class LetterText(models.Model):
    """The text message that tells the recipient of a letter. Delivery keeps real time."""

    letter = models.OneToOneField(Letter, models.CASCADE, primary_key=True, related_name="text")  # one per letter
    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, default=timezone.now)  # None: sent, or given up
    last_error_code = models.CharField(max_length=20, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sent_at__isnull=True) | models.Q(next_try_at__isnull=True),
                name="a_text_that_was_sent_is_not_sent_again",
            )
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="texts_waiting", condition=models.Q(next_try_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"text of letter {self.letter_id}"
