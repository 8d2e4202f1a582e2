"""What comes up in a card's life: doubts about it, and decisions against it that are looked at once more."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from applicants.cards.models.card import Card, CardEvent
from portal.casework.models.reconsideration import SecondLook
from portal.vault.fields import EncryptedJSONField, EncryptedTextField

USER = settings.AUTH_USER_MODEL


class CardDoubt(models.Model):
    """Why a card may not be right any more, for a person to look at. By itself it does nothing to the card."""

    class Outcome(models.TextChoices):
        """How it ended."""

        OPEN = "open", _("待处理")
        KEPT = "kept", _("卡照常使用")  # a person looked, and the card stays as it is
        ACTED = "acted", _("已办理")  # a person suspended, revoked or otherwise changed the card
        LIFTED = "lifted", _("登记已更正")  # a register says otherwise now

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    card = models.ForeignKey(Card, models.PROTECT, related_name="doubts")
    ground = models.CharField(max_length=16)  # code of the clause; "deceased"; "employer": reported by the holder
    evidence = EncryptedJSONField()  # a finding of the policy's (portal.policy.assessing), or what the holder reported
    raised_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # None: the portal itself
    reason = EncryptedTextField(blank=True, default="")

    class Meta:
        ordering = ["raised_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["card", "ground"], condition=Q(outcome="open"), name="one_open_doubt_per_card_and_ground"
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", closed_at__isnull=True, closed_by__isnull=True)
                | Q(outcome__in=["acted", "lifted"], closed_at__isnull=False)
                | Q(outcome="kept", closed_at__isnull=False, closed_by__isnull=False) & ~Q(reason=""),
                name="a_doubt_is_settled_by_a_person_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["raised_at"], condition=Q(outcome="open"), name="open_doubts_by_age")]

    def __str__(self) -> str:
        return f"doubt {self.pk}"


class CardReconsideration(SecondLook):
    """A suspension or revocation that the holder does not agree with, looked at by somebody else."""

    class Outcome(models.TextChoices):
        """How it ended."""

        OPEN = "open", _("待答复")
        UPHELD = "upheld", _("支持，卡恢复使用")
        DISMISSED = "dismissed", _("维持原决定")
        RESUMED = "resumed", _("答复以前已恢复使用")  # by whoever decides about the card: nobody needs to answer

    card = models.ForeignKey(Card, models.PROTECT, related_name="reconsiderations")
    decision = models.OneToOneField(CardEvent, models.PROTECT, related_name="reconsideration")
    decided_first_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)

    class Meta(SecondLook.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("decided_first_by")),
                name="a_card_is_reconsidered_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", closed_at__isnull=True, decided_by__isnull=True)
                | Q(outcome__in=["upheld", "dismissed"], closed_at__isnull=False, decided_by__isnull=False)
                & ~Q(answer="")
                | Q(outcome="resumed", closed_at__isnull=False, decided_by__isnull=True) & ~Q(answer=""),
                name="a_card_is_reconsidered_by_a_person_with_an_answer",
            ),
        ]
