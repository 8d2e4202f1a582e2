"""The catalogue of benefits: what a card opens, where, how often, for how much; and every change of it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from applicants.cards.windows import Window
from portal.ui.figures import in_language

USER = settings.AUTH_USER_MODEL
QUOTAS = {
    "per_day": Window.DAY,
    "per_month": Window.MONTH,
    "per_quarter": Window.QUARTER,
    "per_year": Window.YEAR,
    "in_all": Window.EVER,
}


class BenefitState(models.TextChoices):
    """Whether a benefit is given. Closed is for good."""

    OFF = "off", pgettext_lazy("benefit", "未开放")
    ON = "on", pgettext_lazy("benefit", "开放")
    CLOSED = "closed", pgettext_lazy("benefit", "已停止")


class Gives(models.TextChoices):
    """What the holder pays."""

    FREE = "free", pgettext_lazy("benefit", "免费")
    PERCENT = "percent", pgettext_lazy("benefit", "打折")
    PRICE = "price", pgettext_lazy("benefit", "优惠价")
    SERVICE = "service", pgettext_lazy("benefit", "服务，不涉及价格")


class Benefit(models.Model):
    """One benefit. Its merchants are those of its places; a quota is counted over all of them together.

    One without places is given at a counter: it is shown, and no use of it is recorded here.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    policy_code = models.CharField(max_length=40, blank=True, default="")  # of the policy's entry it came from
    title_zh = models.CharField(max_length=60)
    title_en = models.CharField(max_length=100, blank=True, default="")
    note_zh = models.CharField(max_length=200, blank=True, default="")
    note_en = models.CharField(max_length=300, blank=True, default="")
    places = models.ManyToManyField("partners.PartnerPlace", related_name="benefits", blank=True)
    kinds = models.JSONField(default=list)  # of cards, as the policy names them
    tiers = models.JSONField(default=list, blank=True)  # empty: every tier of these kinds
    gives = models.CharField(max_length=8, choices=Gives.choices)
    percent_off = models.PositiveSmallIntegerField(null=True)
    price_fen = models.PositiveIntegerField(null=True)
    per_day = models.PositiveSmallIntegerField(null=True)
    per_month = models.PositiveSmallIntegerField(null=True)
    per_quarter = models.PositiveSmallIntegerField(null=True)
    per_year = models.PositiveSmallIntegerField(null=True)
    in_all = models.PositiveSmallIntegerField(null=True)
    claim_days = models.PositiveSmallIntegerField(null=True)  # claimed before use, for so many days; None: no claim
    begins_on = models.DateField()
    ends_on = models.DateField(null=True)  # the last day counts whole
    state = models.CharField(max_length=8, choices=BenefitState.choices, default=BenefitState.OFF)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["title_zh", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(gives="percent", percent_off__isnull=False, price_fen=None)
                | Q(gives="price", price_fen__isnull=False, percent_off=None)
                | Q(gives__in=["free", "service"], percent_off=None, price_fen=None),
                name="a_benefit_says_its_price_in_one_way",
            ),
            models.CheckConstraint(
                condition=Q(percent_off=None) | Q(percent_off__range=(1, 99)), name="a_discount_is_a_part_of_the_price"
            ),
            *(
                models.CheckConstraint(
                    condition=Q((name, None)) | Q((f"{name}__gte", 1)), name=f"a_quota_{name}_is_one_or_more"
                )
                for name in QUOTAS
            ),
            models.CheckConstraint(
                condition=Q(claim_days=None) | Q(claim_days__gte=1), name="a_claim_lasts_a_day_or_more"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("begins_on")), name="a_benefit_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=Q(state__in=BenefitState.values), name="a_benefit_is_in_a_known_state"),
            models.UniqueConstraint(
                fields=["policy_code"], condition=~Q(policy_code=""), name="one_benefit_per_entry_of_the_policy"
            ),
        ]

    def __str__(self) -> str:
        return f"benefit {self.pk}"

    @property
    def title(self) -> str:
        """The title in the active language; Chinese where there is no English one."""
        return in_language(self.title_zh, self.title_en)

    @property
    def note(self) -> str:
        """The note in the active language; Chinese where there is no English one."""
        return in_language(self.note_zh, self.note_en)

    @property
    def quotas(self) -> list[tuple[Window, int]]:
        """How often in which window, from the shortest window to the longest; empty: without limit."""
        return [(window, most) for name, window in QUOTAS.items() if (most := getattr(self, name))]

    def is_given_on(self, day: date) -> bool:
        """Whether it is on, and ``day`` lies in its period."""
        return self.state == BenefitState.ON and self.begins_on <= day and (self.ends_on is None or day <= self.ends_on)

    def is_for(self, card: Any) -> bool:
        """Whether a card of this kind and tier opens it."""
        return card.kind in self.kinds and (not self.tiers or card.tier in self.tiers)


class BenefitChange(models.Model):
    """One change of a benefit: who, when, why where it needs saying, and what it then said."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    benefit = models.ForeignKey(Benefit, models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=8)  # add, change, on, off, close
    values = models.JSONField()  # field → value, as it stood after the change
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        default_permissions = ()
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["benefit", "version"], name="a_benefit_changes_one_step_at_a_time"),
            models.CheckConstraint(
                condition=~Q(kind="close") | ~Q(reason=""), name="a_benefit_is_closed_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"benefit change {self.pk}"
