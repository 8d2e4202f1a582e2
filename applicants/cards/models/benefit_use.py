"""What becomes of benefits: claims, uses, and the place that each use takes in every quota of its benefit."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from applicants.cards.windows import Window
from portal.vault.fields import EncryptedTextField

LIVE_USE = Q(undone_at=None)


class BenefitClaim(models.Model):
    """A benefit claimed before its use. One that has run out unused is claimed again in the same row."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    benefit = models.ForeignKey("cards.Benefit", models.PROTECT, related_name="claims")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="benefit_claims")
    claimed_at = models.DateTimeField()
    last_day = models.DateField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["benefit", "person"], condition=Q(used_at=None), name="one_unused_claim_per_person_and_benefit"
            )
        ]

    def __str__(self) -> str:
        return f"claim {self.pk}"


class BenefitUse(models.Model):
    """One use, after a check of the card at one of the benefit's places; undone by the verifier, it does not count."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    benefit = models.ForeignKey("cards.Benefit", models.PROTECT, related_name="uses")
    benefit_version = models.PositiveIntegerField()  # what it then cost stands in that BenefitChange
    card = models.ForeignKey("cards.Card", models.PROTECT, related_name="uses")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="benefit_uses")
    card_check = models.ForeignKey("cards.CardCheck", models.PROTECT, related_name="uses")
    claim = models.ForeignKey(BenefitClaim, models.PROTECT, null=True, related_name="uses")
    place = models.ForeignKey("partners.PartnerPlace", models.PROTECT, related_name="benefit_uses")
    member = models.ForeignKey("partners.PartnerMember", models.PROTECT, related_name="benefit_uses")
    used_at = models.DateTimeField()
    used_on = models.DateField()  # the same in the dates of China
    undone_at = models.DateTimeField(null=True)
    undo_reason = EncryptedTextField(blank=True, default="")

    class Meta:
        default_permissions = ()
        ordering = ["-used_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["card_check", "benefit"], condition=LIVE_USE, name="a_check_gives_a_benefit_once"
            ),
            models.UniqueConstraint(fields=["claim"], condition=LIVE_USE, name="a_claim_is_used_once"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undo_reason="") | (Q(undone_at__isnull=False) & ~Q(undo_reason="")),
                name="a_use_is_undone_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["place", "used_on"], name="benefit_uses_by_place"),
            models.Index(fields=["person", "-used_at"], name="benefit_uses_by_person"),
        ]

    def __str__(self) -> str:
        return f"use {self.pk}"


class BenefitSlot(models.Model):
    """The place of a use in one quota: number so-and-so of at most so many. A use that is undone gives it back.

    Counted by person: another card of the same person does not renew a quota.
    """

    use = models.ForeignKey(BenefitUse, models.PROTECT, related_name="slots")
    benefit = models.ForeignKey("cards.Benefit", models.PROTECT, related_name="+")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="+")
    window = models.CharField(max_length=8, choices=Window.choices)
    key = models.CharField(max_length=10)  # which of the windows: windows.key_of
    number = models.PositiveSmallIntegerField()
    most = models.PositiveSmallIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["benefit", "person", "window", "key", "number"], name="a_use_takes_a_place_of_its_own"
            ),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=F("most")), name="no_use_beyond_the_quota"),
            models.CheckConstraint(condition=Q(window__in=Window.values), name="a_quota_counts_in_a_known_window"),
        ]

    def __str__(self) -> str:
        return f"slot {self.pk}"
