"""Leases: one household in one unit for a term, what was signed, and what was handed over."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from housing.apartments.models.entrant import Offer
from housing.apartments.models.stock import Unit
from housing.models import Photo
from portal.ui.figures import in_language
from portal.vault.fields import EncryptedJSONField, EncryptedTextField

USER = settings.AUTH_USER_MODEL


class LeaseState(models.TextChoices):
    """How far a lease has come."""

    DRAFTED = "drafted", pgettext_lazy("lease", "待签约")
    SIGNED = "signed", pgettext_lazy("lease", "待交房")
    RUNNING = "running", pgettext_lazy("lease", "租住中")
    ENDING = "ending", pgettext_lazy("lease", "待退房")
    ENDED = "ended", pgettext_lazy("lease", "已结束")
    CANCELLED = "cancelled", pgettext_lazy("lease", "已取消")


LIVING_IN = (LeaseState.RUNNING, LeaseState.ENDING)
LIVE_LEASES = (LeaseState.DRAFTED, LeaseState.SIGNED, *LIVING_IN)  # these have unit-days


class Ending(models.TextChoices):
    """Why a lease comes to its end before, or at, its last day."""

    NOTICE = "notice", pgettext_lazy("lease", "租户退租")
    STATUS_LOST = "status_lost", pgettext_lazy("lease", "不再符合条件")
    BREACH = "breach", pgettext_lazy("lease", "违约收回")
    TERM = "term", pgettext_lazy("lease", "租期届满")
    RENEWED = "renewed", pgettext_lazy("lease", "续租")


class Lease(models.Model):
    """A unit for one term (both days included). Its state is written by services/changing.py alone.

    What the rent is made of is copied: market rent, area entitled to, percent by year of renting, deposit, tier. A
    renewal is a new lease with ``previous``; ``first_year`` goes on counting where the one before stopped.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=32, unique=True)  # of the round and the entrant; a renewal adds its count
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="leases")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="leases")
    application = models.ForeignKey("casework.Application", models.PROTECT, related_name="leases")
    offer = models.OneToOneField(Offer, models.PROTECT, null=True, related_name="lease")  # none: a renewal
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="renewal")
    household_size = models.PositiveSmallIntegerField()
    tier = models.CharField(max_length=8)
    starts_on = models.DateField()
    ends_on = models.DateField()  # the last day; earlier after notice
    agreed_until = models.DateField()  # the last day that the contract says; never changes
    first_year = models.PositiveSmallIntegerField(default=1)  # the year of renting that begins on ``starts_on``
    market_rent_fen = models.BigIntegerField()  # a month
    area_dm2 = models.PositiveIntegerField()
    entitled_dm2 = models.PositiveIntegerField()  # what is beyond costs the market rent
    percents = models.JSONField()  # of the market rent, year of renting by year: [50, 50, 70]
    percent_after_loss = models.PositiveSmallIntegerField(default=100)
    market_from = models.DateField(null=True)  # from this day on ``percent_after_loss`` is paid
    deposit_fen = models.BigIntegerField()
    sign_by = models.DateField(null=True)  # not signed until then, it lapses
    state = models.CharField(max_length=10, choices=LeaseState.choices, default=LeaseState.DRAFTED)
    state_at = models.DateTimeField()
    ending = models.CharField(max_length=12, choices=Ending.choices, blank=True, default="")
    leave_by = models.DateField(null=True)  # the last day of the notice or of the grace
    moved_in_on = models.DateField(null=True)
    moved_out_on = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=LeaseState.values), name="a_lease_is_in_a_known_state"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="a_lease_has_a_day"),
            models.CheckConstraint(condition=Q(agreed_until__gte=F("starts_on")), name="a_lease_was_agreed_for_a_day"),
            models.CheckConstraint(
                condition=Q(previous=None, offer__isnull=False) | Q(previous__isnull=False, offer=None),
                name="a_lease_comes_of_an_offer_or_renews_one",
            ),
            models.CheckConstraint(
                condition=Q(market_rent_fen__gt=0, area_dm2__gt=0, entitled_dm2__gt=0, deposit_fen__gte=0)
                & Q(first_year__gte=1, household_size__gte=1),
                name="a_lease_says_what_its_rent_is_made_of",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ending", "ended"]) & ~Q(ending="") & Q(leave_by__isnull=False)
                | ~Q(state__in=["ending", "ended"]) & Q(ending="", leave_by=None),
                name="an_ending_lease_says_why_and_until_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "ending", "ended"], moved_in_on__isnull=False)
                | ~Q(state__in=["running", "ending", "ended"]) & Q(moved_in_on=None),
                name="who_lives_or_lived_in_a_unit_moved_in",
            ),
            models.CheckConstraint(
                condition=Q(state="ended", moved_out_on__isnull=False) | ~Q(state="ended") & Q(moved_out_on=None),
                name="an_ended_lease_is_moved_out_of",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "ends_on"], name="leases_by_end"),
            models.Index(fields=["person", "starts_on"], name="leases_of_a_person"),
        ]

    def __str__(self) -> str:
        return self.number


class LeaseAdult(models.Model):
    """Tenant and spouse of a live lease, by the keyed hash of their numbers: a couple rents one unit.

    Only what stands is here: the rows go when the lease ends or is cancelled, and pass to a renewal when it begins.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.ForeignKey(Lease, models.CASCADE, related_name="adults")
    number_hash = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["number_hash"], name="a_couple_rents_one_unit"),
            models.CheckConstraint(condition=~Q(number_hash=""), name="a_lease_adult_has_a_number"),
        ]

    def __str__(self) -> str:
        return f"adult {self.pk}"


class LeaseEvent(models.Model):
    """What happened to a lease, with who and why. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="events")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    from_state = models.CharField(max_length=10, blank=True, default="")
    to_state = models.CharField(max_length=10)
    at = models.DateTimeField()
    actor = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # None: the portal itself
    reason = EncryptedTextField(blank=True, default="")
    paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")  # what ``actor`` took in

    class Meta:
        default_permissions = ()
        ordering = ["at", "version"]
        constraints = [models.UniqueConstraint(fields=["lease", "version"], name="a_lease_changes_one_step_at_a_time")]

    def __str__(self) -> str:
        return f"lease event {self.pk}"


class ContractTemplate(models.Model):
    """The text of the contract in one of its versions, with named places to fill in. Published, it never changes."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    body_zh = models.TextField()
    body_en = models.TextField(blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")  # of the published text
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    published_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=~Q(body_zh=""), name="a_contract_has_a_text"),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None, sha256="")
                | Q(published_at__isnull=False, published_by__isnull=False) & ~Q(sha256=""),
                name="a_published_contract_text_is_sealed_by_its_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"contract template {self.number}"


class Contract(models.Model):
    """The contract of a lease as it is signed: a PDF stored sealed under ``stored_as``; its bytes never change."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.OneToOneField(Lease, models.PROTECT, related_name="contract")
    template = models.ForeignKey(ContractTemplate, models.PROTECT, related_name="contracts")
    stored_as = models.CharField(max_length=100, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # bytes
    text = EncryptedJSONField(null=True)  # what it was drawn from, by language: [[kind, text], …]
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0) & ~Q(sha256=""), name="a_contract_has_content"),
        ]

    def __str__(self) -> str:
        return f"contract {self.pk}"


class LeaseSignature(models.Model):
    """An e-signature as a recorded act: who, for which side, when, over which bytes, and how they proved themselves."""

    class Side(models.TextChoices):
        """For whom it is signed."""

        TENANT = "tenant", pgettext_lazy("signature", "承租人")
        OPERATOR = "operator", pgettext_lazy("signature", "出租方")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=8, choices=Side.choices)
    contract_sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    member = models.ForeignKey("partners.PartnerMember", models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField()
    proved_at = models.DateTimeField()  # of the re-authentication, shortly before
    proved_with = models.CharField(max_length=10)  # password, totp, passkey, pin; paper: signed by hand
    paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")  # what ``by`` took in

    class Meta:
        default_permissions = ()
        ordering = ["signed_at"]
        constraints = [
            models.UniqueConstraint(fields=["lease", "side"], name="one_signature_of_a_side"),
            models.CheckConstraint(
                condition=Q(side="tenant", member=None) | Q(side="operator"), name="a_tenant_signs_in_person"
            ),
            models.CheckConstraint(
                condition=Q(signed_at__gte=F("proved_at")) & ~Q(contract_sha256="") & ~Q(proved_with=""),
                name="a_signature_is_proven_and_names_what_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(proved_with="paper", side="tenant", paper__isnull=False)
                | ~Q(proved_with="paper") & Q(paper=None),
                name="a_signature_by_hand_rests_on_its_paper",
            ),
        ]

    def __str__(self) -> str:
        return f"signature {self.pk}"


class Handover(models.Model):
    """A unit handed over (in) or taken back after inspection (out): keys, meters, inventory; signed by both sides."""

    class Direction(models.TextChoices):
        """Which way."""

        IN = "in", pgettext_lazy("handover", "交房")
        OUT = "out", pgettext_lazy("handover", "验房退房")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="handovers")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    on = models.DateField()
    key_count = models.PositiveSmallIntegerField()
    meters = EncryptedJSONField(default=dict)  # {"water": "123.4", "power": "…", "gas": "…"}
    note = EncryptedTextField(blank=True, default="")
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    member = models.ForeignKey("partners.PartnerMember", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    # The tenant; with ``paper`` the clerk who took in what the tenant signed; else a decider in the tenant's stead.
    signed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")  # of what was signed (services/handing_over.py)

    class Meta:
        default_permissions = ()
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(fields=["lease", "direction"], name="a_unit_is_handed_over_once_each_way"),
            models.CheckConstraint(
                condition=Q(signed_by=None, signed_at=None, sha256="")
                | Q(signed_by__isnull=False, signed_at__isnull=False) & ~Q(sha256=""),
                name="a_signed_handover_names_who_when_and_what",
            ),
            models.CheckConstraint(
                condition=Q(signed_by=None) | ~Q(signed_by=F("made_by")), name="two_sides_sign_a_handover"
            ),
            models.CheckConstraint(
                condition=Q(paper=None) | Q(signed_by__isnull=False),
                name="a_paper_of_a_handover_is_taken_in_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"handover {self.pk}"

    @property
    def is_signed_by_tenant(self) -> bool:
        """Whether the tenant signed, here or on paper; else an officer confirmed it in the tenant's stead."""
        is_theirs = self.signed_by_id is not None and self.signed_by_id == self.lease.person.user_id
        return is_theirs or self.paper_id is not None


class HandoverLine(models.Model):
    """One item at a hand-over: how many, in what condition, what it takes off the deposit (only on the way out)."""

    class Condition(models.TextChoices):
        """In what condition it is."""

        GOOD = "good", pgettext_lazy("item", "完好")
        WORN = "worn", pgettext_lazy("item", "正常磨损")
        DAMAGED = "damaged", pgettext_lazy("item", "损坏")
        MISSING = "missing", pgettext_lazy("item", "缺失")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    handover = models.ForeignKey(Handover, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80, blank=True, default="")
    count = models.PositiveSmallIntegerField()
    condition = models.CharField(max_length=8, choices=Condition.choices)
    note = models.CharField(max_length=120, blank=True, default="")
    deduction_fen = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["handover", "position"], name="one_line_per_position_of_a_handover"),
            models.CheckConstraint(
                condition=Q(condition__in=["good", "worn"], deduction_fen=0)
                | Q(condition__in=["damaged", "missing"], deduction_fen__gte=0),
                name="only_loss_or_damage_is_deducted",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.pk}"

    @property
    def name(self) -> str:
        """What it is, in the active language."""
        return in_language(self.name_zh, self.name_en)


class HandoverPhoto(Photo):
    """A picture taken at a hand-over; its SHA-256 is part of what both sides sign. Nobody else sees it."""

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="photos")

    class Meta(Photo.Meta):
        constraints = [
            models.UniqueConstraint(fields=["handover", "position"], name="one_photo_per_position_of_a_handover"),
            models.CheckConstraint(
                condition=Q(width__gt=0, height__gt=0, size__gt=0), name="a_handover_photo_has_content"
            ),
        ]
