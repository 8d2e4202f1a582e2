"""Money that somebody may be paid: one row per instalment."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class Payable(models.Model):
    """One amount owed to one payee, from one day on. All amounts are whole fen.

    The payee is a person (subsidy, refund) or an organisation (settlements): a partner, by the name it has then.
    Whether it is paid is read from its roll lines, so that there is one truth.
    """

    class Kind(models.TextChoices):
        """What it pays."""

        INSTALMENT = "instalment"
        SETTLEMENT = "settlement"
        REFUND = "refund"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.INSTALMENT)
    programme = models.CharField(max_length=32)
    town = models.CharField(max_length=16, blank=True)
    policy_code = models.CharField(max_length=32)
    application = models.ForeignKey("casework.Application", models.PROTECT, null=True, related_name="payables")
    person = models.ForeignKey("people.Person", models.PROTECT, null=True, related_name="payables")
    organisation = models.CharField(max_length=120, blank=True)
    partner = models.ForeignKey("partners.Partner", models.PROTECT, null=True, related_name="payables")
    statement = models.CharField(max_length=20, blank=True)  # number of what an organisation is paid for
    number = models.PositiveSmallIntegerField(default=1)  # of the instalment
    gross_fen = models.BigIntegerField()
    tax_fen = models.BigIntegerField(default=0)
    net_fen = models.BigIntegerField()
    due_on = models.DateField()  # no roll collects it earlier
    approved_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    cancelled_reason = EncryptedTextField(blank=True, default="")
    is_recheck_needed = models.BooleanField(default=False)  # "still in post", before a later instalment
    rechecked_at = models.DateTimeField(null=True)
    rechecked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    recheck_paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")
    recheck_digest = models.CharField(max_length=64, blank=True)  # keyed hash of the answers the recheck looked at
    doubt = models.CharField(max_length=40, blank=True)  # the fact by which a register speaks against paying
    doubted_at = models.DateTimeField(null=True)
    doubt_settled_at = models.DateTimeField(null=True)  # a reviewer has looked: it does not stand in the way any more
    doubt_settled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    doubt_paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "number"], condition=Q(kind="instalment"), name="one_payable_per_instalment"
            ),
            models.CheckConstraint(
                condition=Q(gross_fen__gt=0, tax_fen__gte=0, net_fen=F("gross_fen") - F("tax_fen")),
                name="net_is_gross_less_tax",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, organisation="") | Q(person__isnull=True) & ~Q(organisation=""),
                name="a_payee_is_a_person_or_an_organisation",
            ),
            models.CheckConstraint(
                condition=Q(organisation="", partner__isnull=True, statement="")
                | ~Q(organisation="") & Q(partner__isnull=False) & ~Q(statement=""),
                name="an_organisation_is_a_partner_with_a_statement",
            ),
            models.UniqueConstraint(fields=["statement"], condition=~Q(statement=""), name="one_payable_per_statement"),
            models.CheckConstraint(
                condition=Q(rechecked_at__isnull=True) | Q(rechecked_by__isnull=False, recheck_paper__isnull=False),
                name="a_recheck_names_person_and_paper",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancelled_reason="")
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancelled_reason=""),
                name="a_cancelled_payable_names_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(doubted_at__isnull=True, doubt="") | Q(doubted_at__isnull=False) & ~Q(doubt=""),
                name="a_doubt_names_its_fact_and_when",
            ),
            models.CheckConstraint(
                condition=Q(doubt_settled_at__isnull=True, doubt_settled_by__isnull=True, doubt_paper__isnull=True)
                | Q(doubt_settled_at__isnull=False, doubt_settled_by__isnull=False, doubt_paper__isnull=False)
                & ~Q(doubt=""),
                name="a_settled_doubt_names_person_and_paper",
            ),
        ]
        indexes = [models.Index(fields=["due_on", "id"], name="payable_by_due_date")]

    def __str__(self) -> str:
        return f"payable {self.pk}"

    @property
    def reference(self) -> str:
        """The number it is known by at the office: of its application, or of the statement that it pays."""
        return (self.application.reference or "") if self.application else self.statement
