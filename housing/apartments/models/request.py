"""What is asked for: the household of one application, and the kinds of unit it would like."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import Q

from applicants.people.models import person_number_hash
from housing.apartments.models.stock import UnitType
from portal.vault.fields import EncryptedTextField
from portal.vault.sealing import rehash

NO_TIER = "none"


class ApartmentRequest(models.Model):
    """The detail of one application for an apartment. Empty columns were not answered yet."""

    id = models.UUIDField(primary_key=True, editable=False)  # the application's own id: one row per application
    application = models.OneToOneField("casework.Application", models.CASCADE, related_name="apartment_request")
    household_size = models.PositiveSmallIntegerField(null=True)  # everybody who moves in, oneself included
    has_spouse = models.BooleanField(null=True)
    spouse_name = EncryptedTextField(blank=True, default="")
    spouse_number = EncryptedTextField(blank=True, default="")  # resident number
    spouse_number_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    tier = models.CharField(max_length=8, blank=True, default="")  # one was recognised as: a rung, or NO_TIER
    spouse_tier = models.CharField(max_length=8, blank=True, default="")
    has_home = models.BooleanField(null=True)  # oneself, spouse or minor children, in the city
    needs_accessible = models.BooleanField(default=False)
    is_declared_true = models.BooleanField(default=False)
    is_notice_agreed = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(household_size=None) | Q(household_size__gte=1), name="a_household_is_somebody"
            ),
            models.CheckConstraint(
                condition=Q(has_spouse=True) & ~Q(spouse_number="") & ~Q(spouse_number_hash="")
                | (Q(has_spouse=None) | Q(has_spouse=False))
                & Q(spouse_name="", spouse_number="", spouse_number_hash=""),
                name="a_spouse_is_known_by_number",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the hash in step with the spouse's number."""
        fresh = person_number_hash(self.spouse_number) if self.spouse_number else ""
        if rehash(self.spouse_number_hash) != fresh:  # one of an older key is left to the rotation of keys
            self.spouse_number_hash = fresh
        super().save(*args, **kwargs)


class RequestedType(models.Model):
    """A kind of unit somebody would like, in the order of liking; a round takes the order over."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    request = models.ForeignKey(ApartmentRequest, models.CASCADE, related_name="types")
    type = models.ForeignKey(UnitType, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        default_permissions = ()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["request", "type"], name="a_unit_type_is_requested_once"),
            models.UniqueConstraint(fields=["request", "position"], name="one_requested_type_per_position"),
        ]

    def __str__(self) -> str:
        return f"requested type {self.pk}"
