"""Policies and their versions, and the administrators' table over the shipped calendar."""

import hashlib
import json
from functools import lru_cache
from typing import Any, NoReturn
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from portal.policy.schema import PolicyDocument, check_document

USER = settings.AUTH_USER_MODEL


class VersionIsPublished(Exception):
    """A published version does not change; an amendment is a new version."""


class VersionTampered(Exception):
    """The stored text of a version is not the one its hash was made of."""


class Policy(models.Model):
    """A policy by its code, e.g. LS-2022; what it says is in its versions."""

    code = models.CharField(max_length=40, unique=True)
    programme = models.CharField(max_length=40, db_index=True)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        """The title in the active language, or in Chinese where there is no English."""
        is_english = (get_language() or "").startswith("en")
        return self.title_en if is_english and self.title_en else self.title_zh


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """Versions; what is published cannot be changed or removed in bulk either."""

    def published(self) -> "PolicyVersionQuerySet":
        """The versions that are published."""
        return self.filter(published_at__isnull=False)

    def update(self, **values: Any) -> int:
        """Refused where a published version is among the rows."""
        if self.published().exists():
            _refuse_change()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused where a published version is among the rows."""
        if self.published().exists():
            _refuse_change()
        return super().delete()


class PolicyVersion(models.Model):
    """One version of a policy: its document as JSON text, immutable once published."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    label = models.CharField(max_length=20)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)
    document = models.TextField()
    sha256 = models.CharField(max_length=64, editable=False)
    published_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # none: loaded from a file
    published_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        ordering = ["policy", "effective_from", "id"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "label"], name="one_version_of_a_policy_per_label"),
            models.UniqueConstraint(
                fields=["policy", "effective_from"],
                condition=Q(published_at__isnull=False),
                name="one_published_version_of_a_policy_begins_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
                name="policy_version_ends_on_or_after_its_first_day",
            ),
            models.CheckConstraint(
                condition=Q(asked_by__isnull=True, published_by__isnull=True)
                | Q(asked_by__isnull=False, published_by__isnull=False) & ~Q(asked_by=F("published_by")),
                name="policy_version_is_published_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the version with the hash of its text.

        Raises:
            VersionIsPublished: the stored row is published already.
        """
        if self.pk and type(self).objects.published().filter(pk=self.pk).exists():
            _refuse_change()
        self.sha256 = _sha256(self.document)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove a draft.

        Raises:
            VersionIsPublished: it is not a draft.
        """
        if self.published_at:
            _refuse_change()
        return super().delete(*args, **kwargs)

    @property
    def parsed(self) -> PolicyDocument:
        """The document.

        Raises:
            VersionTampered: the stored text does not fit its hash.
        """
        return _parse(self.document, self.sha256)


class PolicyDraft(models.Model):
    """A version in the making. Its data may be unfinished or wrong; only a document that is right can be asked for.

    Whoever asks for publication fixes the text by its digest; any later change takes the ask back.
    """

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open"
        ASKED = "asked"
        PUBLISHED = "published"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="drafts")
    based_on = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, related_name="+")
    data = models.JSONField()  # the document as plain values, as YAML would give them
    revision = models.PositiveIntegerField(default=1)  # counts every change: two people do not overwrite each other
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    drafted_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    # Everybody who changed it, the one who began included.
    edited_by: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(USER, related_name="+")
    edited_at = models.DateTimeField()
    asked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    asked_sha256 = models.CharField(max_length=64, blank=True, default="")
    ask_note = models.TextField(blank=True, default="")
    return_reason = models.TextField(blank=True, default="")  # of who sent it back last, until it is asked for again
    version = models.OneToOneField(PolicyVersion, models.PROTECT, null=True, related_name="draft")

    class Meta:
        ordering = ["-edited_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "discarded"], asked_by__isnull=True, asked_at__isnull=True)
                | Q(state__in=["asked", "published"], asked_by__isnull=False, asked_at__isnull=False)
                & ~Q(asked_sha256=""),
                name="an_asked_draft_names_who_when_and_what",
            ),
            models.CheckConstraint(
                condition=Q(state="published", version__isnull=False) | ~Q(state="published") & Q(version__isnull=True),
                name="a_published_draft_has_its_version",
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk}"

    @property
    def document(self) -> PolicyDocument:
        """The document that the data makes.

        Raises:
            PolicyUnreadable: it is not a policy document yet.
        """
        return check_document(self.data)

    @property
    def sha256(self) -> str:
        """The digest of the data: what was simulated and what is asked for is told by it."""
        return _sha256(json.dumps(self.data, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


class CalendarYear(models.Model):
    """A year whose holidays are published, beyond those the portal is shipped with."""

    year = models.PositiveSmallIntegerField(gettext_lazy("年份"), unique=True)
    notice = models.CharField(gettext_lazy("国务院办公厅通知"), max_length=200, blank=True)

    class Meta:
        ordering = ["year"]
        verbose_name = gettext_lazy("已公布放假安排的年份")
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that is worked, or not, against its weekday or against the shipped calendar."""

    day = models.DateField(gettext_lazy("日期"), unique=True)
    is_working = models.BooleanField(gettext_lazy("上班"))
    note = models.CharField(gettext_lazy("说明"), max_length=200, blank=True)

    class Meta:
        ordering = ["day"]
        verbose_name = gettext_lazy("调休和放假日")
        verbose_name_plural = verbose_name

    def __str__(self) -> str:
        return self.day.isoformat()


@lru_cache(maxsize=64)
def _parse(document: str, sha256: str) -> PolicyDocument:
    if _sha256(document) != sha256:
        raise VersionTampered(_("这一版政策的存档内容与发布时不一致，不能据以办理。请联系管理员。"))
    return PolicyDocument.model_validate_json(document)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_change() -> NoReturn:
    raise VersionIsPublished(_("已经发布的政策版本不能修改或删除；需要调整时，请另立新版。"))
