"""Cards, what happened to each, and the counters their numbers come from."""

from datetime import date
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class CardState(models.TextChoices):
    """How a card stands. What comes after the approval is the card's own small machine."""

    HELD = "held", pgettext_lazy("card", "待处理")  # the name has a character that no font can print
    ACTIVE = "active", pgettext_lazy("card", "有效")
    SUSPENDED = "suspended", pgettext_lazy("card", "暂停使用")
    ENDED = "ended", pgettext_lazy("card", "已失效")


LIVE = (CardState.HELD, CardState.ACTIVE, CardState.SUSPENDED)


class CardEnd(models.TextChoices):
    """Why a card is no longer valid."""

    EXPIRED = "expired", _("到期")
    RENEWED = "renewed", _("已换新卡")  # another card of the same person followed: renewal, other tier, new face
    LOST = "lost", _("挂失")
    REVOKED = "revoked", _("撤销")
    RETURNED = "returned", _("本人退回")


class NumberCounter(models.Model):
    """The next serial of one prefix; locked in the transaction that issues."""

    prefix = models.CharField(primary_key=True, max_length=4)
    next_serial = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"counter {self.prefix}"


class SpoiledNumber(models.Model):
    """A serial below the counter that never became a card, and why. None is missing and none is used twice."""

    prefix = models.CharField(max_length=4)
    serial = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "serial"], name="a_number_is_spoiled_once")]

    def __str__(self) -> str:
        return f"spoiled {self.prefix} {self.serial}"


class Card(models.Model):
    """One card. A change of what is printed on it (tier, portrait, term) or a loss makes another card."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    opaque_id = models.CharField(max_length=32, unique=True, editable=False)  # all that a code says of the card
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="cards")
    number_hash = models.CharField(max_length=64)  # of the identity number, as the application keeps it
    application = models.ForeignKey("casework.Application", models.PROTECT, related_name="cards")
    number = models.CharField(max_length=24, unique=True)  # prefix, area, serial, check digit
    prefix = models.CharField(max_length=4)
    serial = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)  # gold, silver …: CardKind.kind of the policy
    tier = models.CharField(max_length=8)
    portrait = models.ForeignKey("cards.Portrait", models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=CardState.choices)
    ended_as = models.CharField(max_length=12, choices=CardEnd.choices, blank=True, default="")
    valid_from = models.DateField()
    valid_to = models.DateField()  # the last day counts whole
    renewal_opens_on = models.DateField(null=True)  # from here to the other, both whole, another application renews it
    renewal_closes_on = models.DateField(null=True)
    follows = models.OneToOneField("self", models.PROTECT, null=True, related_name="followed_by")
    issued_at = models.DateTimeField()
    state_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(state__in=LIVE), name="one_live_card_per_person"),
            models.UniqueConstraint(
                fields=["number_hash"], condition=Q(state__in=LIVE), name="one_live_card_per_identity_number"
            ),
            models.UniqueConstraint(fields=["prefix", "serial"], name="a_card_number_is_given_once"),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="a_card_ends_after_it_begins"),
            models.CheckConstraint(
                condition=(Q(state=CardState.ENDED) & ~Q(ended_as="")) | (~Q(state=CardState.ENDED) & Q(ended_as="")),
                name="an_ended_card_says_how_it_ended",
            ),
            models.CheckConstraint(condition=Q(state__in=CardState.values), name="a_card_is_in_a_known_state"),
            models.CheckConstraint(condition=~Q(number_hash=""), name="a_card_names_its_identity_number"),
            models.CheckConstraint(
                condition=Q(renewal_opens_on=None, renewal_closes_on=None)
                | Q(renewal_opens_on__lte=F("renewal_closes_on"), renewal_closes_on__lte=F("valid_to")),
                name="a_card_is_renewed_within_its_term",
            ),
        ]
        indexes = [models.Index(fields=["state", "valid_to"], name="cards_by_end")]

    def __str__(self) -> str:
        return f"card {self.pk}"

    def is_renewable_on(self, day: date) -> bool:
        """Whether another application may renew the card on that day. A suspended one has to be settled first."""
        opens, closes = self.renewal_opens_on, self.renewal_closes_on
        return self.state == CardState.ACTIVE and opens is not None and closes is not None and opens <= day <= closes


class CardEvent(models.Model):
    """What happened to a card: issue, hold, release, suspension, loss, change of tier … with who and why."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    card = models.ForeignKey(Card, models.PROTECT, related_name="events")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=32)
    from_state = models.CharField(max_length=12, blank=True, default="")
    to_state = models.CharField(max_length=12)
    at = models.DateTimeField()
    actor = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # None: the portal itself
    reason = EncryptedTextField(blank=True, default="")

    class Meta:
        ordering = ["at", "version"]
        constraints = [models.UniqueConstraint(fields=["card", "version"], name="a_card_changes_one_step_at_a_time")]

    def __str__(self) -> str:
        return f"card event {self.pk}"
