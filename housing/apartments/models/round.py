"""Rounds: units let out together, by a draw that commits before it knows and can be replayed by anyone."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from housing.apartments.models.stock import Unit
from portal.casework.models.reconsideration import SecondLook
from portal.ui.figures import in_language
from portal.vault.fields import EncryptedTextField

USER = settings.AUTH_USER_MODEL


class Mode(models.TextChoices):
    """How those who enter are ranked."""

    FIRST_COME = "first_come", pgettext_lazy("round", "先到先得")
    TIERS = "tiers", pgettext_lazy("round", "按层次")
    LOTTERY = "lottery", pgettext_lazy("round", "摇号")
    TIERS_THEN_LOTTERY = "tiers_then_lottery", pgettext_lazy("round", "先按层次，同层次摇号")


DRAWN_BY_LOT = (Mode.LOTTERY, Mode.TIERS_THEN_LOTTERY)  # these need a secret, a commitment and a public value


class RoundState(models.TextChoices):
    """How far a round has come."""

    DRAFT = "draft", pgettext_lazy("round", "准备中")
    OPEN = "open", pgettext_lazy("round", "报名中")
    FROZEN = "frozen", pgettext_lazy("round", "名单已锁定")
    DRAWN = "drawn", pgettext_lazy("round", "结果待公布")
    PUBLISHED = "published", pgettext_lazy("round", "结果已公布")
    CLOSED = "closed", pgettext_lazy("round", "已结束")
    ANNULLED = "annulled", pgettext_lazy("round", "已作废")  # before the result was public, by two persons
    SUPERSEDED = "superseded", pgettext_lazy("round", "结果已撤销")  # after: an upheld reconsideration; it stays public


LIVE_ROUNDS = (RoundState.DRAFT, RoundState.OPEN, RoundState.FROZEN, RoundState.DRAWN, RoundState.PUBLISHED)
PUBLIC_ROUNDS = (RoundState.OPEN, RoundState.FROZEN, RoundState.DRAWN, RoundState.PUBLISHED, RoundState.CLOSED,
                 RoundState.ANNULLED, RoundState.SUPERSEDED)  # fmt: skip
RANKED_ROUNDS = (RoundState.DRAWN, RoundState.PUBLISHED, RoundState.CLOSED, RoundState.SUPERSEDED)


class Round(models.Model):
    """One allotment. Its state is written by services/rounds.py alone.

    ``secret`` (64 hex digits) is sealed until the draw reveals it in the result file; ``commitment`` is public from the
    opening on, ``entrants_sha256`` from the freeze on. How they are made: docs/draws.md.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)  # e.g. AR-2026-03
    title_zh = models.CharField(max_length=60)
    title_en = models.CharField(max_length=100, blank=True, default="")
    policy_version = models.ForeignKey("policy.PolicyVersion", models.PROTECT, related_name="apartment_rounds")
    mode = models.CharField(max_length=20, choices=Mode.choices)
    state = models.CharField(max_length=12, choices=RoundState.choices, default=RoundState.DRAFT)
    state_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    freezes_at = models.DateTimeField()
    draw_at = models.DateTimeField()  # not before the public value is known
    lease_starts_on = models.DateField()  # first day of the leases that come of it; offers may name a later one
    public_value_zh = models.CharField(max_length=200, blank=True, default="")  # what it is and where it is published
    public_value_en = models.CharField(max_length=300, blank=True, default="")
    public_value_at = models.DateTimeField(null=True)  # when it will be known: after the freeze
    public_value = models.CharField(max_length=200, blank=True, default="")  # the value itself, from the draw on
    secret = EncryptedTextField(blank=True, default="")
    commitment = models.CharField(max_length=64, blank=True, default="")
    entrant_count = models.PositiveIntegerField(default=0)  # the last number given
    entrants_sha256 = models.CharField(max_length=64, blank=True, default="")
    seed = models.CharField(max_length=64, blank=True, default="")
    redraw_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="redrawn_as")
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    drawn_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    drawn_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["-opens_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RoundState.values), name="a_round_is_in_a_known_state"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="a_round_is_in_a_known_mode"),
            models.CheckConstraint(
                condition=Q(freezes_at__gt=F("opens_at"), draw_at__gte=F("freezes_at")),
                name="a_round_opens_then_freezes_then_draws",
            ),
            models.CheckConstraint(
                condition=Q(public_value_at=None) | Q(public_value_at__gt=F("freezes_at")),
                name="a_public_value_is_fixed_after_the_freeze",
            ),
            models.CheckConstraint(
                condition=~Q(mode__in=DRAWN_BY_LOT)
                | Q(state="draft")
                | ~Q(commitment="") & ~Q(secret="") & ~Q(public_value_zh="") & Q(public_value_at__isnull=False),
                name="a_lottery_commits_before_it_opens",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=RANKED_ROUNDS)
                | ~Q(entrants_sha256="") & Q(drawn_at__gte=F("draw_at"), drawn_by__isnull=False),
                name="a_draw_follows_the_freeze_and_names_who_ran_it",
            ),
            models.CheckConstraint(
                condition=~Q(mode__in=DRAWN_BY_LOT) | ~Q(state__in=RANKED_ROUNDS) | ~Q(seed="") & ~Q(public_value=""),
                name="a_drawn_lottery_has_a_seed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["published", "closed", "superseded"], published_at__isnull=False)
                | ~Q(state__in=["published", "closed", "superseded"]) & Q(published_at=None),
                name="a_result_is_public_from_a_moment_on",
            ),
        ]
        indexes = [models.Index(fields=["state", "freezes_at"], name="rounds_by_freeze")]

    def __str__(self) -> str:
        return self.number

    @property
    def title(self) -> str:
        """Its title in the active language."""
        return in_language(self.title_zh, self.title_en)

    @property
    def is_lottery(self) -> bool:
        """Whether lots are drawn."""
        return self.mode in DRAWN_BY_LOT


class RoundUnit(models.Model):
    """A unit that a round lets out, until it is taken out or the round is over. Once let, its days say so."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="rounds")
    released_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["round", "unit"], name="a_unit_is_in_a_round_once"),
            models.UniqueConstraint(fields=["unit"], condition=Q(released_at=None), name="a_unit_is_in_one_live_round"),
        ]

    def __str__(self) -> str:
        return f"round unit {self.pk}"


class RoundFile(models.Model):
    """The bytes of a round that are published as they are: the frozen list, and the result. Written once."""

    class Kind(models.TextChoices):
        """Which."""

        ENTRANTS = "entrants"
        RESULT = "result"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="files")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # bytes
    made_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["round", "kind"], name="a_draw_runs_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["entrants", "result"]), name="a_round_file_is_of_a_known_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.round_id}"


class RoundWitness(models.Model):
    """Somebody who saw the draw. Name and function are public, with the witness's consent; so they are not sealed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="witnesses")
    name = models.CharField(max_length=30)
    function = models.CharField(max_length=60)  # e.g. 市公证处公证员
    has_agreed = models.BooleanField()
    noted_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["noted_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(has_agreed=True), name="a_witness_agrees_to_be_named"),
            models.UniqueConstraint(fields=["round", "name", "function"], name="a_witness_is_named_once"),
        ]

    def __str__(self) -> str:
        return f"witness {self.pk}"


class RoundAnnulment(models.Model):
    """A round that is to be void before its result is public: proposed by one, confirmed by another."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    round = models.OneToOneField(Round, models.PROTECT, related_name="annulment")
    reason = models.CharField(max_length=300)  # public: names no person
    proposed_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("proposed_by")), name="two_persons_annul_a_round"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="an_annulment_is_confirmed_at_a_time",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="an_annulment_says_why"),
        ]

    def __str__(self) -> str:
        return f"annulment {self.pk}"


class RoundReconsideration(SecondLook):
    """A result that an entrant does not agree with, looked at by another than who ran it; once per entrant."""

    class Outcome(models.TextChoices):
        """How it ended."""

        OPEN = "open", pgettext_lazy("round", "待答复")
        UPHELD = "upheld", pgettext_lazy("round", "支持，撤销结果")
        DISMISSED = "dismissed", pgettext_lazy("round", "维持结果")

    round = models.ForeignKey(Round, models.PROTECT, related_name="reconsiderations")
    entrant = models.OneToOneField("apartments.Entrant", models.PROTECT, related_name="reconsideration")
    drawn_by = models.ForeignKey(USER, models.PROTECT, related_name="+")  # as the round says
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)

    class Meta(SecondLook.Meta):
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("drawn_by")),
                name="a_draw_is_reconsidered_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", closed_at=None, decided_by=None)
                | Q(outcome__in=["upheld", "dismissed"], closed_at__isnull=False, decided_by__isnull=False)
                & ~Q(answer=""),
                name="a_draw_is_reconsidered_by_a_person_with_an_answer",
            ),
        ]
