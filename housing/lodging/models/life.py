"""What comes up around stays: bars for those who did not come, what they say against them, and notes of incidents."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from portal.casework.models.reconsideration import SecondLook
from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class BarState(models.TextChoices):
    """How far a bar has come."""

    PROPOSED = "proposed", pgettext_lazy("bar", "待签署")
    SIGNED = "signed", pgettext_lazy("bar", "已生效")
    DISMISSED = "dismissed", pgettext_lazy("bar", "不予限制")
    LIFTED = "lifted", pgettext_lazy("bar", "已解除")


class Bar(models.Model):
    """Free lodging refused to somebody for a time: proposed by the rule, signed by a person (PIPL art. 24).

    ``stay`` is the evidence. Only a signed one stands in the way, from ``from_on`` to ``until_on``, both included.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="lodging_bars")
    stay = models.OneToOneField("lodging.Stay", models.PROTECT, related_name="bar")
    days = models.PositiveSmallIntegerField()  # as the rule says; 0: a warning
    times = models.PositiveSmallIntegerField()  # which miss it is
    state = models.CharField(max_length=10, choices=BarState.choices, default=BarState.PROPOSED)
    proposed_at = models.DateTimeField()
    from_on = models.DateField(null=True)
    until_on = models.DateField(null=True)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = EncryptedTextField(blank=True, default="")
    lifted_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lift_reason = EncryptedTextField(blank=True, default="")

    class Meta:
        default_permissions = ()
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BarState.values), name="a_bar_is_in_a_known_state"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None, decided_at=None)
                | ~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reason=""),
                name="a_bar_is_signed_by_a_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["signed", "lifted"], from_on__isnull=False, until_on__gte=F("from_on"))
                | Q(state__in=["proposed", "dismissed"], from_on=None, until_on=None),
                name="a_signed_bar_has_its_days",
            ),
            models.CheckConstraint(
                condition=~Q(state="lifted") & Q(lifted_by=None, lifted_at=None)
                | Q(state="lifted", lifted_by__isnull=False, lifted_at__isnull=False) & ~Q(lift_reason=""),
                name="a_bar_is_lifted_by_a_person_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"bar {self.pk}"


class BarReconsideration(SecondLook):
    """A signed bar that its person does not agree with, looked at by somebody else; once per bar."""

    class Outcome(models.TextChoices):
        """How it ended."""

        OPEN = "open", pgettext_lazy("bar", "待答复")
        UPHELD = "upheld", pgettext_lazy("bar", "支持，解除限制")
        DISMISSED = "dismissed", pgettext_lazy("bar", "维持原决定")

    bar = models.OneToOneField(Bar, models.PROTECT, related_name="reconsideration")
    decided_first_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)

    class Meta(SecondLook.Meta):
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("decided_first_by")),
                name="a_bar_is_reconsidered_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", closed_at__isnull=True, decided_by__isnull=True)
                | Q(outcome__in=["upheld", "dismissed"], closed_at__isnull=False, decided_by__isnull=False)
                & ~Q(answer=""),
                name="a_bar_is_reconsidered_by_a_person_with_an_answer",
            ),
        ]


class Incident(models.Model):
    """Something that happened at a site, noted by one of its people or by staff. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    site = models.ForeignKey("lodging.Site", models.PROTECT, related_name="incidents")
    stay = models.ForeignKey("lodging.Stay", models.PROTECT, null=True, related_name="incidents")
    note = EncryptedTextField()
    at = models.DateTimeField()
    member = models.ForeignKey("partners.PartnerMember", models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(member=None, by__isnull=False) | Q(member__isnull=False, by=None),
                name="an_incident_is_noted_by_the_site_or_by_staff",
            ),
        ]

    def __str__(self) -> str:
        return f"incident {self.pk}"
