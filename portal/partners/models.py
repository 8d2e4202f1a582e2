"""Partners, their places, their people, and the devices those work with."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from applicants.people.models import account_number_hash
from portal.city import town_choices
from portal.partners.choices import MemberRole, MemberState, PartnerKind
from portal.ui.figures import in_language
from portal.vault.fields import EncryptedTextField

MOST_WRONG_PINS = 5
IDLE = timedelta(minutes=15)  # without a page opened; then the PIN is asked again


class PartnerQuerySet(models.QuerySet["Partner"]):
    """Partners by where they stand."""

    def open_on(self, day: date) -> PartnerQuerySet:
        """Those that work with the city on this day."""
        return self.filter(Q(active_to=None) | Q(active_to__gte=day), closed_at=None, active_from__lte=day)


class Partner(models.Model):
    """An organisation that does a part of a programme's work under a contract with the city."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=PartnerKind.choices)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=100, blank=True)
    credit_code = models.CharField(max_length=18)
    contact_name = EncryptedTextField(max_length=40)
    contact_phone = EncryptedTextField(max_length=20)
    active_from = models.DateField()
    active_to = models.DateField(null=True, blank=True)  # the last day; None: until it is closed
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    close_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = PartnerQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["name_zh", "id"]
        constraints = [
            models.UniqueConstraint(fields=["credit_code"], name="one_partner_per_credit_code"),
            models.CheckConstraint(condition=Q(kind__in=PartnerKind.values), name="a_partner_is_of_a_known_kind"),
            models.CheckConstraint(
                condition=Q(active_to=None) | Q(active_to__gte=F("active_from")),
                name="a_partner_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, close_reason="")
                | Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(close_reason=""),
                name="a_partner_is_closed_by_someone_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="partners_newest_first")]

    def __str__(self) -> str:
        return f"partner {self.pk}"

    @property
    def name(self) -> str:
        """The name in the active language; Chinese where there is no English one."""
        return in_language(self.name_zh, self.name_en)

    def is_open_on(self, day: date) -> bool:
        """Say whether it works with the city on this day."""
        return self.has_begun_by(day) and (self.active_to is None or day <= self.active_to)

    def has_begun_by(self, day: date) -> bool:
        """Say whether it works with the city on this day, or its contract has run out and what is owed is settled."""
        return self.closed_at is None and self.active_from <= day


class PartnerAccount(models.Model):
    """The bank account that the city pays a partner to. A change is a new row; the highest ordinal is the current one.

    Its manager gives it, somebody of the bureau compares it with a paper; nothing is paid to it before.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="accounts")
    ordinal = models.PositiveIntegerField()
    holder = EncryptedTextField()  # the partner's name when it was given
    number = EncryptedTextField()
    number_last4 = models.CharField(max_length=4, editable=False)
    number_hash = models.CharField(max_length=64, editable=False)  # as PayoutAccount.number_hash
    bank_name = EncryptedTextField()
    branch_code = EncryptedTextField(blank=True, default="")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_note = models.CharField(max_length=120, blank=True)  # the paper it was compared with

    class Meta:
        default_permissions = ()
        ordering = ["partner", "-ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "ordinal"], name="accounts_of_a_partner_are_numbered_once"),
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None, settled_note="")
                | Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(settled_note=""),
                name="a_settled_partner_account_names_who_and_paper",
            ),
            models.CheckConstraint(
                condition=Q(settled_by=None) | ~Q(settled_by=F("given_by")),
                name="who_gives_an_account_does_not_settle_it",
            ),
        ]

    def __str__(self) -> str:
        return f"partner account {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the last four and the hash in step with the number, which never changes."""
        self.number_last4, self.number_hash = self.number[-4:], account_number_hash(self.number)
        super().save(*args, **kwargs)


class PartnerPlace(models.Model):
    """Where a partner's people work: a hotel, a building, an outlet. Upper floors attach what they know of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="places")
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=100, blank=True)
    address = models.CharField(max_length=120)
    town = models.CharField(max_length=20, choices=town_choices)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["name_zh", "id"]
        constraints = [
            models.UniqueConstraint(fields=["partner", "name_zh"], name="a_place_is_named_once_per_partner"),
        ]

    def __str__(self) -> str:
        return f"place {self.pk}"

    @property
    def name(self) -> str:
        """The name in the active language; Chinese where there is no English one."""
        return in_language(self.name_zh, self.name_en)


class PartnerMember(models.Model):
    """Somebody who works for a partner, under the name they are called by at work.

    ``user`` stands for them where an act names who did it. A manager signs in with it; everybody else has one that
    cannot be signed in to (ADR 0016).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="partner_members")
    role = models.CharField(max_length=20, choices=MemberRole.choices)
    display_name = models.CharField(max_length=30)
    places = models.ManyToManyField(PartnerPlace, related_name="members")
    state = models.CharField(max_length=10, choices=MemberState.choices, default=MemberState.INVITED)
    added_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["display_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=~Q(state="left"), name="one_live_membership_per_account"
            ),
            models.CheckConstraint(condition=Q(role__in=MemberRole.values), name="a_member_has_a_known_role"),
            models.CheckConstraint(condition=Q(state__in=MemberState.values), name="a_member_is_in_a_known_state"),
            models.CheckConstraint(
                condition=Q(state="left", left_at__isnull=False) | ~Q(state="left") & Q(left_at=None),
                name="who_has_left_left_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"

    @property
    def is_manager(self) -> bool:
        """Signs in with an account of their own."""
        return self.role == MemberRole.MANAGER

    def is_live_on(self, day: date) -> bool:
        """Still works for a partner that works with the city on this day."""
        return self.state != MemberState.LEFT and self.partner.is_open_on(day)


class EnrolmentLink(models.Model):
    """A link that works once: it lets a device in for an operator, or a manager into their account.

    Only the hash of its secret is kept. A newer link of the same member takes the place of the one not yet used.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(PartnerMember, models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(used_at=None), name="one_unused_link_per_member"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="a_link_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class PartnerDevice(models.Model):
    """A browser that was let in by a link. Hashes only: neither its token nor its PIN can be read here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(PartnerMember, models.PROTECT, related_name="devices")
    link = models.OneToOneField(EnrolmentLink, models.PROTECT, related_name="device")
    name = models.CharField(max_length=40)  # what kind of browser it is, so that a manager can tell two apart
    token_hash = models.CharField(max_length=64, unique=True)
    former_token_hash = models.CharField(max_length=64, blank=True, db_index=True)  # until the new one comes back
    pin_hash = models.CharField(max_length=128)
    enrolled_at = models.DateTimeField()
    pin_entered_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    is_closed_by_hand = models.BooleanField(default=False)  # the person has put it away: the PIN comes next
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    is_by_former_token = False  # set where it is found: the browser has not got its newest token

    class Meta:
        default_permissions = ()
        ordering = ["-enrolled_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(wrong_pins__lte=MOST_WRONG_PINS), name="wrong_pins_are_counted_up_to_five"
            ),
        ]

    def __str__(self) -> str:
        return f"device {self.pk}"

    def asks_for_pin(self, *, at: datetime, within: timedelta | None = None) -> bool:
        """Say whether the PIN comes first: locked, put away, idle, a new day, or not typed ``within`` this time."""
        is_new_day = timezone.localdate(at) != timezone.localdate(self.pin_entered_at)
        is_idle = at - self.seen_at >= IDLE
        is_old = within is not None and at - self.pin_entered_at > within
        return self.locked_at is not None or self.is_closed_by_hand or is_new_day or is_idle or is_old
