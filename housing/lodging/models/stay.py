"""What is asked for (the booking), what comes of it (the stay), and the wait for a bed."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from housing.lodging.models.night import Sex
from housing.lodging.nights import Nights
from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class Booking(models.Model):
    """The detail of one application for lodging: what is asked for. Empty columns were not answered yet."""

    id = models.UUIDField(primary_key=True, editable=False)  # the application's own id: one row per application
    application = models.OneToOneField("casework.Application", models.CASCADE, related_name="booking")
    site = models.ForeignKey("lodging.Site", models.PROTECT, null=True, related_name="bookings")
    first_on = models.DateField(null=True)
    night_count = models.PositiveSmallIntegerField(null=True)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True, default="")
    needs_accessible = models.BooleanField(default=False)
    needs = EncryptedTextField(blank=True, default="")  # what else the site should know, in the guest's words
    job_proof = models.CharField(max_length=20, blank=True, default="")  # a choice of the fact ``job_proofs``
    job_proof_on = models.DateField(null=True)  # when it was issued
    is_declared_true = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(site=None, first_on=None, night_count=None, sex="")
                | Q(site__isnull=False, first_on__isnull=False, night_count__gte=1, sex__in=Sex.values),
                name="a_booking_is_asked_for_whole",
            ),
            models.CheckConstraint(
                condition=Q(job_proof="", job_proof_on=None) | ~Q(job_proof="") & Q(job_proof_on__isnull=False),
                name="a_job_proof_has_its_date",
            ),
        ]

    def __str__(self) -> str:
        return f"booking {self.pk}"

    @property
    def nights(self) -> Nights | None:
        """What is asked for, once it is."""
        return Nights(self.first_on, self.night_count) if self.first_on and self.night_count else None


class StayState(models.TextChoices):
    """How far a stay has come."""

    HELD = "held", pgettext_lazy("stay", "床位保留中")
    BOOKED = "booked", pgettext_lazy("stay", "等待入住")
    IN = "in", pgettext_lazy("stay", "入住中")
    LEFT = "left", pgettext_lazy("stay", "已退房")
    NO_SHOW = "no_show", pgettext_lazy("stay", "没有入住")
    CANCELLED = "cancelled", pgettext_lazy("stay", "已取消")
    LAPSED = "lapsed", pgettext_lazy("stay", "保留到期")


COMING = (StayState.HELD, StayState.BOOKED)
LIVE = (*COMING, StayState.IN)
KEPT = (*LIVE, StayState.LEFT, StayState.NO_SHOW)  # what a booking has once; the others leave it open again


class Stay(models.Model):
    """A bed for nights in a row, from the moment it is held. Its state is written by services/changing.py alone."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    opaque_id = models.CharField(max_length=32, unique=True)  # what the check-in code carries
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="stays")
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="stays")
    site = models.ForeignKey("lodging.Site", models.PROTECT, related_name="stays")
    bed = models.ForeignKey("lodging.Bed", models.PROTECT, related_name="stays")  # of the last night that was changed
    sex = models.CharField(max_length=1, choices=Sex.choices)
    first_on = models.DateField()
    leaves_on = models.DateField()  # the day after the last night
    state = models.CharField(max_length=10, choices=StayState.choices, default=StayState.HELD)
    state_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)  # while held
    arrived_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["first_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["booking"], condition=Q(state__in=KEPT), name="one_stay_per_booking"),
            models.CheckConstraint(condition=Q(state__in=StayState.values), name="a_stay_is_in_a_known_state"),
            models.CheckConstraint(condition=Q(leaves_on__gt=F("first_on")), name="a_stay_has_a_night"),
            models.CheckConstraint(
                condition=Q(state="held", held_until__isnull=False) | ~Q(state="held") & Q(held_until=None),
                name="a_held_stay_says_until_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["in", "left"], arrived_at__isnull=False)
                | ~Q(state__in=["in", "left"]) & Q(arrived_at=None),
                name="a_guest_who_is_or_was_in_has_arrived",
            ),
            models.CheckConstraint(
                condition=Q(state="left", left_at__isnull=False) | ~Q(state="left") & Q(left_at=None),
                name="a_guest_who_left_left_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "first_on"], name="stays_by_arrival"),
            models.Index(fields=["held_until"], condition=Q(state="held"), name="held_stays_by_expiry"),
            models.Index(fields=["person", "first_on"], name="stays_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"stay {self.pk}"

    @property
    def planned(self) -> Nights:
        """The nights as they stand: shorter after early leaving, longer after an extension."""
        return Nights(self.first_on, (self.leaves_on - self.first_on).days)


class StayEvent(models.Model):
    """What happened to a stay: held, booked, checked in, moved, extended … with who and why."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    stay = models.ForeignKey(Stay, models.PROTECT, related_name="events")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    from_state = models.CharField(max_length=10, blank=True, default="")
    to_state = models.CharField(max_length=10)
    at = models.DateTimeField()
    actor = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # None: the portal itself
    reason = EncryptedTextField(blank=True, default="")

    class Meta:
        default_permissions = ()
        ordering = ["at", "version"]
        constraints = [models.UniqueConstraint(fields=["stay", "version"], name="a_stay_changes_one_step_at_a_time")]

    def __str__(self) -> str:
        return f"stay event {self.pk}"


class WaitingState(models.TextChoices):
    """How a wait for a bed stands."""

    WAITING = "waiting", pgettext_lazy("waiting", "候补中")
    OFFERED = "offered", pgettext_lazy("waiting", "有床位，等您确认")
    TAKEN = "taken", pgettext_lazy("waiting", "已接受")
    PASSED = "passed", pgettext_lazy("waiting", "没有确认，已轮到下一位")
    LEFT = "left", pgettext_lazy("waiting", "已退出")


class WaitingPlace(models.Model):
    """A place in the line for a site. An offer is a stay held for its booking: the same rows, the same constraint."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="waiting_places")
    site = models.ForeignKey("lodging.Site", models.PROTECT, related_name="waiting_places")
    first_on = models.DateField()
    leaves_on = models.DateField()  # the day after the last night
    sex = models.CharField(max_length=1, choices=Sex.choices)
    needs_accessible = models.BooleanField(default=False)
    since = models.DateTimeField()
    state = models.CharField(max_length=8, choices=WaitingState.choices, default=WaitingState.WAITING)
    state_at = models.DateTimeField()
    stay = models.OneToOneField(Stay, models.PROTECT, null=True, related_name="waiting_place")  # what was offered

    class Meta:
        default_permissions = ()
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], condition=Q(state__in=["waiting", "offered"]), name="one_live_wait_per_booking"
            ),
            models.CheckConstraint(condition=Q(state__in=WaitingState.values), name="a_wait_is_in_a_known_state"),
            models.CheckConstraint(condition=Q(leaves_on__gt=F("first_on")), name="a_wait_is_for_a_night"),
            models.CheckConstraint(
                condition=Q(state="waiting", stay=None)
                | Q(state__in=["offered", "taken", "passed"], stay__isnull=False)
                | Q(state="left"),
                name="an_offer_is_a_held_stay",
            ),
        ]
        indexes = [models.Index(fields=["site", "since"], condition=Q(state="waiting"), name="the_line_of_a_site")]

    def __str__(self) -> str:
        return f"waiting place {self.pk}"

    @property
    def nights(self) -> Nights:
        """What is waited for."""
        return Nights(self.first_on, (self.leaves_on - self.first_on).days)
