"""What the city owes a site for the nights of a month."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

USER = settings.AUTH_USER_MODEL


class Settlement(models.Model):
    """The statement of one site and month; signed by the site, then by staff, it becomes a payable. Whole fen."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    site = models.ForeignKey("lodging.Site", models.PROTECT, related_name="settlements")
    month = models.DateField()  # its first day
    night_count = models.PositiveIntegerField()
    total_fen = models.BigIntegerField()
    made_at = models.DateTimeField()
    signed_by_site = models.ForeignKey("partners.PartnerMember", models.PROTECT, null=True, related_name="+")
    signed_by_site_at = models.DateTimeField(null=True)
    signed_by_office = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    signed_by_office_at = models.DateTimeField(null=True)
    sent_back_reason = models.CharField(max_length=300, blank=True)  # why the office did not sign; until the site does
    payable = models.OneToOneField("subsidies.Payable", models.PROTECT, null=True, related_name="lodging_settlement")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["-month", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "month"], name="one_settlement_per_site_and_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="a_settlement_is_of_a_whole_month"),
            models.CheckConstraint(condition=Q(total_fen__gte=0), name="a_settlement_is_not_negative"),
            models.CheckConstraint(
                condition=Q(signed_by_site=None, signed_by_site_at=None)
                | Q(signed_by_site__isnull=False, signed_by_site_at__isnull=False),
                name="a_site_signs_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(signed_by_office=None, signed_by_office_at=None)
                | Q(signed_by_office__isnull=False, signed_by_office_at__isnull=False, signed_by_site__isnull=False),
                name="the_office_signs_after_the_site",
            ),
            models.CheckConstraint(
                condition=Q(sent_back_reason="") | Q(signed_by_site=None), name="what_is_sent_back_waits_for_the_site"
            ),
            models.CheckConstraint(
                condition=Q(payable=None) | Q(signed_by_office__isnull=False),
                name="a_settlement_is_paid_once_both_have_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"settlement {self.pk}"


class SettlementLine(models.Model):
    """The nights of one stay in that month, at one rate (a rate may change within a month)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="lines")
    stay = models.ForeignKey("lodging.Stay", models.PROTECT, related_name="settlement_lines")
    from_on = models.DateField()  # the first of these nights
    night_count = models.PositiveSmallIntegerField()
    night_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        ordering = ["from_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["settlement", "stay", "from_on"], name="nights_stand_on_one_line"),
            models.CheckConstraint(
                condition=Q(night_count__gte=1, total_fen=F("night_count") * F("night_fen")),
                name="a_line_is_nights_times_rate",
            ),
        ]

    def __str__(self) -> str:
        return f"settlement line {self.pk}"
