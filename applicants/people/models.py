"""People and what they say about themselves. Everything personal is sealed; what must be found has a keyed hash.

Plain columns: the kind of identity paper, the employer's town (it routes files inside the office), the last four of an
account, times and flags.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from applicants.people.choices import NumberKind
from applicants.people.identities import identity_key
from applicants.people.masking import mask_name
from portal.vault.fields import EncryptedDateField, EncryptedJSONField, EncryptedTextField
from portal.vault.sealing import keyed_hashes, rehash

USER = settings.AUTH_USER_MODEL


def person_number_hash(number: str, kind: str = NumberKind.RESIDENT) -> str:
    """The keyed hash by which a person's (normalised) number on a paper of ``kind`` is found and kept unique."""
    return person_number_hashes(number, kind)[0]


def person_number_hashes(number: str, kind: str = NumberKind.RESIDENT) -> list[str]:
    """The same under every key there was, newest first: rows of an older key may be left for a while."""
    return keyed_hashes("person-number", identity_key(kind, number))


def number_columns() -> tuple[str, ...]:
    """Every column that holds hashes of people's numbers, in whatever app (settings.KEYED_HASHES)."""
    return next(family for family in settings.KEYED_HASHES if "people.Person.number_hash" in family)


def account_number_hash(number: str) -> str:
    """The keyed hash by which it is found who else has an account."""
    return account_number_hashes(number)[0]


def account_number_hashes(number: str) -> list[str]:
    """The same under every key there was, newest first: rows of an older key may be left for a while."""
    return keyed_hashes("payout-account", number)


def account_columns() -> tuple[str, ...]:
    """Every column that holds hashes of accounts, in whatever app (settings.KEYED_HASHES)."""
    return next(family for family in settings.KEYED_HASHES if "people.PayoutAccount.number_hash" in family)


class Person(models.Model):
    """A natural person. The number is *claimed* by whoever types it and *proven* by a clerk, or by a register."""

    ANSWERS = (
        "legal_name",
        "number_kind",
        "number",
        "birth_date",
        "phone",
        "household_code",
        "household_collective",
        "household_town",
    )
    PROVEN = ("legal_name", "number_kind", "number", "birth_date")  # what a proof is about

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.OneToOneField(USER, models.PROTECT, null=True, related_name="person")
    entered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # the clerk, at the counter
    legal_name = EncryptedTextField(blank=True, default="")
    number_kind = models.CharField(max_length=20, choices=NumberKind.choices, default=NumberKind.RESIDENT)
    number = EncryptedTextField(blank=True, default="")
    birth_date = EncryptedDateField(null=True)  # as typed, where the number does not carry it
    number_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    phone = EncryptedTextField(blank=True, default="")
    household_code = EncryptedTextField(blank=True, default="")  # county code, "other" (not known) or "none"
    household_collective = EncryptedTextField(blank=True, default="")  # yes, no
    household_town = EncryptedTextField(blank=True, default="")
    proven_at = models.DateTimeField(null=True)
    proven_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    proven_paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")  # none: in person
    proven_register = models.CharField(max_length=16, blank=True, default="")  # instead of a clerk

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number_hash"], condition=Q(proven_at__isnull=False), name="one_person_per_proven_number"
            ),
            models.CheckConstraint(
                condition=Q(number="", number_hash="") | (~Q(number="") & ~Q(number_hash="")),
                name="a_number_has_its_hash",
            ),
            models.CheckConstraint(
                condition=Q(proven_at__isnull=True) | ~Q(number_hash=""), name="a_proven_person_has_a_number"
            ),
            models.CheckConstraint(
                condition=Q(
                    proven_at__isnull=True, proven_by__isnull=True, proven_paper__isnull=True, proven_register=""
                )
                | Q(proven_at__isnull=False, proven_by__isnull=False, proven_register="")
                | Q(proven_at__isnull=False, proven_by__isnull=True, proven_paper__isnull=True)
                & ~Q(proven_register=""),
                name="a_proof_names_who_and_when",
            ),
            models.CheckConstraint(condition=Q(number_kind__in=NumberKind.values), name="a_number_is_of_a_known_paper"),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(entered_by__isnull=False),
                name="a_person_without_account_was_entered_at_the_counter",
            ),
        ]
        indexes = [models.Index(fields=["number_hash"], name="people_by_number")]

    def __str__(self) -> str:
        return f"person {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the hash in step with the number and its paper."""
        fields = kwargs.get("update_fields")
        if fields is None or {"number", "number_kind"} & set(fields):
            fresh = person_number_hash(self.number, self.number_kind) if self.number else ""
            if rehash(self.number_hash) != fresh:  # one of an older key is left to the rotation of keys
                self.number_hash = fresh
            if fields is not None:
                kwargs["update_fields"] = {*fields, "number_hash"}
        super().save(*args, **kwargs)

    @property
    def name_masked(self) -> str:
        """The name for people who work with the file."""
        return mask_name(self.legal_name)

    @property
    def is_proven(self) -> bool:
        """Whether a clerk or a register has proven the number."""
        return self.proven_at is not None

    def current_account(self) -> PayoutAccount | None:
        """The account given last, or None."""
        return self.accounts.order_by("-ordinal").first()


class PersonLink(models.Model):
    """Two people of this portal are one: two accounts, or an account and a newer paper. Linked by a clerk, not merged.

    Each keeps its own files; whatever is given once to a person looks at all who are linked (``linking.known_as``).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    one = models.ForeignKey(Person, models.PROTECT, related_name="+")  # the smaller key, so that a pair is one row
    other = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = EncryptedTextField()
    linked_at = models.DateTimeField()
    linked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    unlink_reason = EncryptedTextField(blank=True, default="")
    unlinked_at = models.DateTimeField(null=True)
    unlinked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["linked_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="a_link_joins_two_people"),
            models.UniqueConstraint(
                fields=["one", "other"], condition=Q(unlinked_at__isnull=True), name="two_people_are_linked_once"
            ),
            models.CheckConstraint(
                condition=Q(unlinked_at__isnull=True, unlinked_by__isnull=True, unlink_reason="")
                | Q(unlinked_at__isnull=False, unlinked_by__isnull=False) & ~Q(unlink_reason=""),
                name="an_undone_link_names_who_when_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class Education(models.Model):
    """The degree a person applies with."""

    ANSWERS = (
        "level",
        "study_mode",
        "school",
        "major",
        "diploma_on",
        "diploma_number",
        "is_overseas",
        "overseas_certified",
    )

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.OneToOneField(Person, models.CASCADE, related_name="education")
    level = EncryptedTextField(blank=True, default="")
    study_mode = EncryptedTextField(blank=True, default="")
    school = EncryptedTextField(blank=True, default="")
    major = EncryptedTextField(blank=True, default="")
    diploma_on = EncryptedDateField(null=True)
    diploma_number = EncryptedTextField(blank=True, default="")
    is_overseas = EncryptedTextField(blank=True, default="")  # yes, no
    overseas_certified = EncryptedTextField(blank=True, default="")  # yes, no, "" for a domestic degree

    def __str__(self) -> str:
        return f"education {self.pk}"


class Employment(models.Model):
    """The present employer and the insured months."""

    ANSWERS = (
        "employer_name",
        "credit_code",
        "employer_kind",
        "town",
        "started_on",
        "first_job_in_city",
        "first_insured_on",
        "insured_ranges",
        "in_post",
    )

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.OneToOneField(Person, models.CASCADE, related_name="employment")
    employer_name = EncryptedTextField(blank=True, default="")
    credit_code = EncryptedTextField(blank=True, default="")
    employer_kind = EncryptedTextField(blank=True, default="")
    town = models.CharField(max_length=16, blank=True, default="")
    started_on = EncryptedDateField(null=True)
    first_job_in_city = EncryptedTextField(blank=True, default="")  # yes, no
    first_insured_on = EncryptedDateField(null=True)
    insured_ranges = EncryptedJSONField(default=list)  # [{from, to: "YYYY-MM", employer: present|other, late: bool}]
    in_post = EncryptedTextField(blank=True, default="")  # yes, no

    def __str__(self) -> str:
        return f"employment {self.pk}"


class PayoutAccount(models.Model):
    """One social-security-card account as given. A change is a new row; the highest ordinal is the current one."""

    ANSWERS = ("holder", "number", "bank_name", "branch_code", "is_activated")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="accounts")
    ordinal = models.PositiveIntegerField()
    holder = EncryptedTextField()
    number = EncryptedTextField()
    number_last4 = models.CharField(max_length=4, editable=False)
    number_hash = models.CharField(max_length=64, editable=False)
    bank_name = EncryptedTextField()
    branch_code = EncryptedTextField(blank=True, default="")
    is_activated = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    settled_paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["person", "-ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["person", "ordinal"], name="accounts_of_a_person_are_numbered_once"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, settled_paper__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False, settled_paper__isnull=False),
                name="a_settled_account_names_who_when_and_paper",
            ),
        ]
        indexes = [models.Index(fields=["number_hash"], name="accounts_by_number")]

    def __str__(self) -> str:
        return f"account {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the last four and the hash in step with the number."""
        fields = kwargs.get("update_fields")
        if fields is None or "number" in fields:
            self.number_last4, self.number_hash = self.number[-4:], account_number_hash(self.number)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "number_last4", "number_hash"}
        super().save(*args, **kwargs)


class Paper(models.Model):
    """An upload, re-encoded where it is a picture and stored sealed under ``stored_as``."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=32)
    name = EncryptedTextField()
    content_type = models.CharField(max_length=32)
    size = models.PositiveIntegerField()  # bytes as stored
    pages = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64)  # keyed hash of the SHA-256 of the stored bytes
    stored_as = models.CharField(max_length=100, unique=True)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["uploaded_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0, pages__gt=0), name="a_paper_has_content"),
            models.CheckConstraint(
                condition=Q(content_type__in=["image/jpeg", "image/png", "application/pdf"]),
                name="a_paper_is_jpeg_png_or_pdf",
            ),
        ]

    def __str__(self) -> str:
        return f"paper {self.pk}"
