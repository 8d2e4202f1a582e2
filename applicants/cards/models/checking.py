"""Keys that sign the codes on a phone, and the checks that outlets make of them."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from applicants.cards.models.card import Card
from portal.vault.fields import EncryptedTextField

EDDSA = "EdDSA"


class SigningKey(models.Model):
    """An Ed25519 key. It signs from ``signs_from`` until ``signs_until``; its public half stays published for longer.

    Once it signs no more, its private half is wiped.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kid = models.CharField(max_length=16, unique=True)
    algorithm = models.CharField(max_length=8, default=EDDSA)
    public = models.CharField(max_length=43)  # "x" of RFC 8037: 32 bytes in base64url
    private = EncryptedTextField(blank=True)  # "d" of RFC 8037
    made_at = models.DateTimeField()
    signs_from = models.DateTimeField()
    signs_until = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)  # it may have become known: nothing it signed counts any more

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"], condition=Q(signs_until=None), name="one_signing_key_has_no_end_yet"
            ),
            models.CheckConstraint(
                condition=Q(signs_until=None) | Q(signs_until__gte=F("signs_from")),
                name="a_signing_key_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(signs_until__isnull=False), name="a_withdrawn_key_signs_no_more"
            ),
        ]

    def __str__(self) -> str:
        return f"key {self.kid}"


class CheckResult(models.TextChoices):
    """What an outlet was told of a genuine code."""

    VALID = "valid", pgettext_lazy("check", "有效")
    SUSPENDED = "suspended", pgettext_lazy("check", "暂停使用")
    EXPIRED = "expired", pgettext_lazy("check", "已过有效期")
    REVOKED = "revoked", pgettext_lazy("check", "已注销")
    USED = "used", pgettext_lazy("check", "这个码已用过")  # at another outlet, within its minute


class CardCheck(models.Model):
    """One check of one card at one outlet. The code of a minute is good at one outlet only.

    A colleague who checks the same code there gets the same answer and a row of their own, which ``repeats`` the first.
    Nothing is ever changed here: the row is the log itself, shown to the holder.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    card = models.ForeignKey(Card, models.PROTECT, related_name="checks")
    place = models.ForeignKey("partners.PartnerPlace", models.PROTECT, related_name="+")
    member = models.ForeignKey("partners.PartnerMember", models.PROTECT, related_name="+")
    minute = models.DateTimeField()  # the code's own, from its first second
    is_typed = models.BooleanField(default=False)  # number and one-time code, instead of the camera
    result = models.CharField(max_length=12, choices=CheckResult.choices)
    at = models.DateTimeField()
    repeats = models.ForeignKey("self", models.PROTECT, null=True, related_name="repeated_by")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["card", "minute"],
                condition=Q(result="valid", repeats=None),
                name="a_code_is_good_at_one_outlet",
            ),
            models.UniqueConstraint(fields=["repeats", "member"], name="a_colleague_checks_a_code_once"),
            models.CheckConstraint(condition=Q(repeats=None) | Q(result="valid"), name="only_a_good_check_is_repeated"),
            models.CheckConstraint(condition=Q(result__in=CheckResult.values), name="a_check_has_a_known_result"),
        ]
        indexes = [models.Index(fields=["card", "-at"], name="checks_of_a_card")]

    def __str__(self) -> str:
        return f"check {self.pk}"

    @property
    def of_code(self) -> "CardCheck":
        """The first check of the same code: what is given on a code is given once, whoever of the outlet looks."""
        return self.repeats or self
