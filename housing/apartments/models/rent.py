"""What is owed for a lease, what was paid, and what follows where it was not. All amounts are whole fen."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from housing.apartments.models.lease import Lease
from portal.vault.fields import EncryptedJSONField

USER = settings.AUTH_USER_MODEL


class BillKind(models.TextChoices):
    """What for."""

    RENT = "rent", pgettext_lazy("bill", "租金")
    DEPOSIT = "deposit", pgettext_lazy("bill", "押金")
    DAMAGE = "damage", pgettext_lazy("bill", "损坏赔偿")


class Bill(models.Model):
    """One amount owed for a lease and a month. Whether it is paid is read from ``paid_fen``: there is no state."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=48, unique=True)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="bills")
    kind = models.CharField(max_length=8, choices=BillKind.choices)
    month = models.DateField()  # its first day
    from_on = models.DateField(null=True)  # of rent: the days it is for
    until_on = models.DateField(null=True)
    percent = models.PositiveSmallIntegerField(null=True)  # of the market rent, on the last of these days
    amount_fen = models.BigIntegerField()
    paid_fen = models.BigIntegerField(default=0)  # sum of its shares of payments
    due_on = models.DateField()
    made_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    cancel_reason = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        default_permissions = ()
        ordering = ["due_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lease", "month", "kind"],
                condition=Q(cancelled_at=None),
                name="one_bill_of_a_kind_per_lease_and_month",
            ),
            models.CheckConstraint(condition=Q(kind__in=BillKind.values), name="a_bill_is_of_a_known_kind"),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=0, paid_fen__gte=0, paid_fen__lte=F("amount_fen")),
                name="no_more_is_paid_than_is_owed",
            ),
            models.CheckConstraint(
                condition=Q(kind="rent", until_on__gte=F("from_on"), percent__isnull=False)
                | ~Q(kind="rent") & Q(from_on=None, until_on=None, percent=None),
                name="a_rent_bill_says_for_which_days_and_percent",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None, cancel_reason="")
                | Q(cancelled_at__isnull=False, paid_fen=0) & ~Q(cancel_reason=""),
                name="a_cancelled_bill_is_unpaid_and_says_why",
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(cancelled_at=None), name="bills_by_due_date")]

    def __str__(self) -> str:
        return self.number

    @property
    def owed_fen(self) -> int:
        """What is still to be paid."""
        return 0 if self.cancelled_at else self.amount_fen - self.paid_fen


class Payment(models.Model):
    """Money that came in, from the bank's file or entered by hand. What no bill takes yet is kept for the next."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="payments")
    bank_reference = models.CharField(max_length=60, unique=True)
    amount_fen = models.BigIntegerField()
    allotted_fen = models.BigIntegerField(default=0)  # sum of its shares
    received_on = models.DateField()
    file_sha256 = models.CharField(max_length=64, blank=True, default="")  # of the bank's file; "": entered by hand
    # By which what no bill has taken was given back, or kept.
    settlement = models.ForeignKey("DepositSettlement", models.PROTECT, null=True, related_name="payments")
    entered_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["received_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="a_payment_is_some_money"),
            models.CheckConstraint(
                condition=Q(allotted_fen__gte=0, allotted_fen__lte=F("amount_fen")),
                name="no_more_of_a_payment_is_allotted_than_came_in",
            ),
            models.CheckConstraint(condition=~Q(bank_reference=""), name="a_payment_has_its_bank_reference"),
        ]

    def __str__(self) -> str:
        return f"payment {self.pk}"


class PaymentFile(models.Model):
    """A bank's list of rents that came in: kept as a dry run first, entered once."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    rows = EncryptedJSONField()  # as read from the file
    uploaded_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    applied_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-uploaded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_at=None, applied_by=None) | Q(applied_at__isnull=False, applied_by__isnull=False),
                name="a_file_of_payments_is_entered_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"payment file {self.pk}"


class PaymentShare(models.Model):
    """What one payment pays of one bill."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="shares")
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="shares")
    amount_fen = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["payment", "bill"], name="one_share_of_a_payment_per_bill"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="a_share_of_a_payment_is_some_money"),
        ]

    def __str__(self) -> str:
        return f"share {self.pk}"


class ArrearsStep(models.Model):
    """A rung of the policy's arrears ladder that a bill has come to: once each. The last one asks a person."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="arrears")
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="arrears")
    rung = models.PositiveSmallIntegerField()  # from 1
    act = models.CharField(max_length=10)  # as the policy says: remind, warn, decide
    on = models.DateField()
    owed_fen = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        ordering = ["on", "rung"]
        constraints = [
            models.UniqueConstraint(fields=["bill", "rung"], name="a_rung_of_arrears_is_climbed_once_per_bill"),
            models.CheckConstraint(condition=Q(rung__gte=1, owed_fen__gt=0), name="arrears_are_owed"),
        ]

    def __str__(self) -> str:
        return f"arrears step {self.pk}"


class DepositSettlement(models.Model):
    """The end of a lease's account: what was paid, what is kept, what goes back (as a payable, by ``number``).

    Money that comes in later and pays nothing is given back by a settlement of its own (``is_late``).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="settlements")
    is_late = models.BooleanField(default=False)
    paid_fen = models.BigIntegerField()
    damage_fen = models.BigIntegerField()
    arrears_fen = models.BigIntegerField()
    refund_fen = models.BigIntegerField()
    settled_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField()
    payable = models.OneToOneField("subsidies.Payable", models.PROTECT, null=True, related_name="deposit_settlement")

    class Meta:
        default_permissions = ()
        ordering = ["settled_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lease"], condition=Q(is_late=False), name="a_deposit_is_settled_once_per_lease"
            ),
            models.CheckConstraint(
                condition=Q(is_late=False) | Q(damage_fen=0, arrears_fen=0, refund_fen__gt=0),
                name="late_money_goes_back_whole",
            ),
            models.CheckConstraint(
                condition=Q(damage_fen__gte=0, arrears_fen__gte=0, refund_fen__gte=0)
                & Q(refund_fen=F("paid_fen") - F("damage_fen") - F("arrears_fen")),
                name="a_deposit_goes_back_less_what_is_kept",
            ),
            models.CheckConstraint(
                condition=Q(refund_fen=0, payable=None) | Q(refund_fen__gt=0, payable__isnull=False),
                name="a_refund_is_a_payable",
            ),
        ]

    def __str__(self) -> str:
        return self.number
