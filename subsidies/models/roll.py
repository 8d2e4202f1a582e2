"""Payment rolls: what was collected, what was issued byte for byte, what the bank answered."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from portal.vault.fields import EncryptedJSONField, EncryptedTextField
from subsidies.models.payable import Payable

USER = settings.AUTH_USER_MODEL


class Roll(models.Model):
    """A payment roll. Issuing copies everything into its lines and stores the files; a change needs a new roll.

    A long one is collected, issued and freed in batches, by whoever holds the newest ``turn``. Where a line may not be
    paid any more, issuing is stopped: the copies are taken back in batches too, and the roll is collected again.
    ``heartbeat`` is real time.
    """

    class State(models.TextChoices):
        """A roll is collected, a long one by and by; then issued by and by, or dropped."""

        COLLECTING = "collecting"
        COLLECTED = "collected"
        ISSUING = "issuing"
        ISSUED = "issued"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    programme = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=State.choices, default=State.COLLECTED)
    collected_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    collected_at = models.DateTimeField()
    candidates = models.PositiveIntegerField(default=0)  # payables to look through, where many are collected
    looked_at = models.PositiveIntegerField(default=0)  # of them; fewer where collecting ended early
    cursor = models.CharField(max_length=60, blank=True)  # due date and id of the last of them
    issued_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(null=True)  # when they gave the order
    count = models.PositiveIntegerField(null=True)
    net_fen = models.BigIntegerField(null=True)
    copied = models.PositiveIntegerField(default=0)  # lines, counted by position
    head = models.CharField(max_length=100, blank=True)  # of the audit trail, as printed on the files
    turn = models.PositiveIntegerField(default=0)
    heartbeat = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)  # the last time that issuing did not come to its end
    stopped_on = models.ForeignKey("RollLine", models.PROTECT, null=True, related_name="+")  # none: a technical fault
    xlsx_name = models.CharField(max_length=80, blank=True)  # sealed file
    xlsx_sha256 = models.CharField(max_length=64, blank=True)  # of the bytes that a download serves
    xlsx_size = models.PositiveBigIntegerField(null=True)  # bytes; none for rolls issued before sizes were kept

    class Meta:
        ordering = ["-collected_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="issued")
                | Q(issued_by__isnull=False, issued_at__isnull=False, count__gt=0, net_fen__gt=0)
                & ~Q(xlsx_name="")
                & ~Q(xlsx_sha256=""),
                name="an_issued_roll_has_file_count_and_sum",
            ),
            models.CheckConstraint(
                condition=~Q(state="issuing")
                | Q(
                    issued_by__isnull=False, issued_at__isnull=False, count__gt=0, net_fen__gt=0, copied__lte=F("count")
                ),
                name="a_roll_is_issued_on_somebodys_order",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["collecting", "collected", "dropped"])
                | Q(issued_by__isnull=True, issued_at__isnull=True, copied=0, xlsx_name=""),
                name="a_roll_that_is_not_issued_has_no_copies",
            ),
            models.CheckConstraint(
                condition=~Q(state="issued") | Q(stopped_at__isnull=True), name="an_issued_roll_was_not_stopped"
            ),
        ]
        indexes = [models.Index(fields=["issued_at"], condition=Q(state="issuing"), name="rolls_to_issue")]

    def __str__(self) -> str:
        return self.number


class RollFile(models.Model):
    """An issued roll in another form than its XLSX, stored sealed. A roll on paper comes in volumes."""

    class Kind(models.TextChoices):
        """Which form."""

        CSV = "csv"  # UTF-8, for spreadsheets
        CSV_GB18030 = "csv-gb18030"  # for the systems of banks
        PDF = "pdf"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    roll = models.ForeignKey(Roll, models.PROTECT, related_name="files")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    volume = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=80, unique=True)  # sealed file
    sha256 = models.CharField(max_length=64)  # of the bytes that a download serves
    size = models.PositiveBigIntegerField()  # bytes
    spelled_lines = models.PositiveIntegerField(default=0)  # lines with a character that no font has

    class Meta:
        ordering = ["kind", "volume"]
        constraints = [
            models.UniqueConstraint(fields=["roll", "kind", "volume"], name="one_file_per_roll_kind_and_volume"),
            models.CheckConstraint(
                condition=Q(volume__gt=0, size__gt=0) & ~Q(name="") & ~Q(sha256=""), name="a_roll_file_has_its_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.volume} of {self.roll_id}"


class RollLine(models.Model):
    """One payable on one roll. Personal values are copied at issue and are what the bank was told."""

    class Result(models.TextChoices):
        """What the bank answered."""

        PENDING = "pending"
        PAID = "paid"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # No index of its own: where the planner took that, each batch went through the whole roll.
    roll = models.ForeignKey(Roll, models.PROTECT, related_name="lines", db_index=False)
    payable = models.ForeignKey(Payable, models.PROTECT, related_name="roll_lines")
    position = models.PositiveIntegerField()
    is_live = models.BooleanField(default=True)  # false: rejected by the bank, or its roll was dropped
    # Nobody looks for lines by these three, and each index would be written to for every line that is issued.
    approved_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    collected_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    issued_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    gross_fen = models.BigIntegerField()
    tax_fen = models.BigIntegerField()
    net_fen = models.BigIntegerField()
    evidence = models.CharField(max_length=64, blank=True)  # SHA-256 of the sealed rows that were checked at collection
    payee = EncryptedJSONField(null=True)  # every column of the file, as issued
    account = EncryptedTextField(blank=True, default="")
    account_hash = models.CharField(max_length=64, blank=True, editable=False)  # as PayoutAccount.number_hash
    result = models.CharField(max_length=8, choices=Result.choices, default=Result.PENDING)
    result_code = models.CharField(max_length=20, blank=True)
    posted_on = models.DateField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["payable"], condition=Q(is_live=True), name="one_live_line_per_payable"),
            models.UniqueConstraint(fields=["roll", "position"], name="one_line_per_roll_position"),
            models.CheckConstraint(condition=~Q(approved_by=F("collected_by")), name="who_approved_does_not_collect"),
            models.CheckConstraint(
                condition=Q(issued_by__isnull=True) | ~Q(approved_by=F("issued_by")), name="who_approved_does_not_issue"
            ),
            models.CheckConstraint(
                condition=Q(net_fen=F("gross_fen") - F("tax_fen"), net_fen__gt=0), name="line_net_is_gross_less_tax"
            ),
            models.CheckConstraint(
                condition=~Q(result="rejected") | Q(is_live=False) & ~Q(result_code=""),
                name="a_rejected_line_is_not_live_and_names_why",
            ),
        ]
        indexes = [
            models.Index(fields=["account_hash"], condition=Q(account_hash__gt=""), name="lines_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.roll_id} {self.position}"


class BankResult(models.Model):
    """A bank's answer to a roll, looked through first and applied once."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    roll = models.ForeignKey(Roll, models.PROTECT, related_name="bank_results")
    sha256 = models.CharField(max_length=64)
    rows = EncryptedJSONField()  # as read from the file
    uploaded_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    applied_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["roll", "sha256"], name="the_same_bank_file_is_kept_once"),
        ]

    def __str__(self) -> str:
        return f"bank result {self.pk}"
