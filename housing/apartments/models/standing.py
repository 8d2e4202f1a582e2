"""What a person decides about a tenant: a status that may be lost, a breach of the lease, a renewal."""

from __future__ import annotations

from functools import reduce
from operator import or_
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from housing.apartments.models.lease import Lease
from portal.vault.fields import EncryptedJSONField, EncryptedTextField

USER = settings.AUTH_USER_MODEL


class Finding(models.TextChoices):
    """What a person decided."""

    OPEN = "open", pgettext_lazy("finding", "待核实")
    CONFIRMED = "confirmed", pgettext_lazy("finding", "属实")
    DISMISSED = "dismissed", pgettext_lazy("finding", "不成立")
    LIFTED = "lifted", pgettext_lazy("finding", "登记已更正")  # a register takes back what it said


TAKEN_BACK = Q(finding="lifted", source="register", decided_by=None, decided_at__isnull=False, reason="")


def _decided_by_a_person(name: str, *more: Q) -> models.CheckConstraint:
    """PIPL art. 24: whatever goes against a person is decided by a person, with a reason."""
    decided = Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reason="")
    condition = (
        Q(finding="open", decided_by=None, decided_at=None, reason="")
        | Q(finding__in=["confirmed", "dismissed"]) & decided
    )
    return models.CheckConstraint(condition=reduce(or_, more, condition), name=name)


class LossReport(models.Model):
    """A task: somebody says, or a register answers, that a tenant no longer meets the conditions."""

    class Kind(models.TextChoices):
        """What has changed."""

        HOME = "home", pgettext_lazy("loss", "家庭取得本市住房")
        POST = "post", pgettext_lazy("loss", "离开本市单位")
        OTHER = "other", pgettext_lazy("loss", "其他")

    class Source(models.TextChoices):
        """Who says so."""

        TENANT = "tenant", pgettext_lazy("loss", "租户申报")
        REGISTER = "register", pgettext_lazy("loss", "登记系统")
        STAFF = "staff", pgettext_lazy("loss", "工作人员")
        OPERATOR = "operator", pgettext_lazy("loss", "公寓企业")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="loss_reports")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    source = models.CharField(max_length=8, choices=Source.choices)
    happened_on = models.DateField(null=True)
    note = EncryptedTextField(blank=True, default="")
    evidence = EncryptedJSONField(null=True)  # what registers say: findings (portal.policy.assessing), clause by clause
    reported_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # None: a register
    reported_at = models.DateTimeField()
    finding = models.CharField(max_length=10, choices=Finding.choices, default=Finding.OPEN)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = EncryptedTextField(blank=True, default="")
    grace_until = models.DateField(null=True)  # the last day in the unit; market price from the decision on

    class Meta:
        default_permissions = ()
        ordering = ["-reported_at", "-id"]
        constraints = [
            _decided_by_a_person("a_loss_of_status_is_decided_by_a_person_with_a_reason", TAKEN_BACK),
            models.CheckConstraint(
                condition=~Q(source="register") | Q(reported_by=None, evidence__isnull=False),
                name="what_a_register_reports_it_shows",
            ),
            models.UniqueConstraint(
                fields=["lease", "kind"], condition=Q(finding="open"), name="one_open_report_of_a_kind_per_lease"
            ),
            models.CheckConstraint(
                condition=Q(finding="confirmed", grace_until__isnull=False)
                | ~Q(finding="confirmed") & Q(grace_until=None),
                name="a_confirmed_loss_leaves_time_to_move",
            ),
            models.CheckConstraint(
                condition=Q(reported_by=None) | Q(decided_by=None) | ~Q(decided_by=F("reported_by")),
                name="who_reports_a_loss_does_not_decide_it",
            ),
        ]

    def __str__(self) -> str:
        return f"loss report {self.pk}"


class Violation(models.Model):
    """A breach of the lease, of a kind that the policy lists (``kind``: its place in the list), noted by somebody."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="violations")
    kind = models.PositiveSmallIntegerField()  # from 0, in ApartmentTerms.violations of the lease's policy version
    happened_on = models.DateField()
    note = EncryptedTextField()
    reported_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    member = models.ForeignKey("partners.PartnerMember", models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField()
    finding = models.CharField(max_length=10, choices=Finding.choices, default=Finding.OPEN)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = EncryptedTextField(blank=True, default="")
    ends_lease = models.BooleanField(default=False)  # decided with it

    class Meta:
        default_permissions = ()
        ordering = ["-reported_at", "-id"]
        constraints = [
            _decided_by_a_person("a_violation_is_decided_by_a_person_with_a_reason"),
            models.CheckConstraint(
                condition=Q(ends_lease=False) | Q(finding="confirmed"), name="only_a_confirmed_violation_ends_a_lease"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("reported_by")),
                name="who_reports_a_violation_does_not_decide_it",
            ),
        ]

    def __str__(self) -> str:
        return f"violation {self.pk}"


class RenewalRequest(models.Model):
    """A tenant asks to stay on; a person looks at the conditions again and decides. Granted, a lease is drafted."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    lease = models.ForeignKey(Lease, models.PROTECT, related_name="renewal_requests")
    is_in_post = models.BooleanField()  # as the tenant says
    has_home = models.BooleanField()
    note = EncryptedTextField(blank=True, default="")
    evidence = EncryptedJSONField(null=True)  # the findings that the decider had: those of a loss of status
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")  # what ``asked_by`` took in
    finding = models.CharField(max_length=10, choices=Finding.choices, default=Finding.OPEN)  # confirmed: granted
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = EncryptedTextField(blank=True, default="")

    class Meta:
        default_permissions = ()
        ordering = ["-asked_at", "-id"]
        constraints = [
            _decided_by_a_person("a_renewal_is_decided_by_a_person_with_a_reason"),
            models.UniqueConstraint(
                fields=["lease"], condition=Q(finding="open"), name="one_open_request_for_renewal_per_lease"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="who_asks_for_a_renewal_does_not_decide_it",
            ),
        ]

    def __str__(self) -> str:
        return f"renewal request {self.pk}"
