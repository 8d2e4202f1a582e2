"""Who takes part in a round, and what they are offered."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from housing.apartments.models.round import Round
from housing.apartments.models.stock import Unit, UnitType

USER = settings.AUTH_USER_MODEL


class EntrantState(models.TextChoices):
    """How it stands with somebody in a round."""

    ENTERED = "entered", pgettext_lazy("entrant", "已报名")
    RANKED = "ranked", pgettext_lazy("entrant", "等待选房")
    OFFERED = "offered", pgettext_lazy("entrant", "有房源，等您答复")
    HOUSED = "housed", pgettext_lazy("entrant", "已选房")
    PASSED_OUT = "passed_out", pgettext_lazy("entrant", "放弃次数已满")
    UNSERVED = "unserved", pgettext_lazy("entrant", "本批次没有分到")  # the round was over first, annulled even
    LEFT = "left", pgettext_lazy("entrant", "已退出")


STANDING = (EntrantState.ENTERED, EntrantState.RANKED, EntrantState.OFFERED)  # still to be served


class Entrant(models.Model):
    """One household in one round. Its state is written by services/offering.py and entering alone.

    What the ranking looks at (tier, household, wishes) is copied on entering and never changes after the freeze.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="entrants")
    application = models.ForeignKey("casework.Application", models.PROTECT, related_name="entrants")
    number = models.PositiveIntegerField()  # public; in the order of entering, from 1
    tier = models.CharField(max_length=8)
    household_size = models.PositiveSmallIntegerField()
    needs_accessible = models.BooleanField(default=False)
    entered_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=EntrantState.choices, default=EntrantState.ENTERED)
    state_at = models.DateTimeField()
    rank = models.PositiveIntegerField(null=True)  # from 1; set once, from the result file
    refusals = models.PositiveSmallIntegerField(default=0)  # offers refused or let expire
    # What the person signed by hand, where a clerk entered them at the counter.
    paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")
    leaving_paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")  # of who left

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["round", "application"], name="one_place_in_a_round_per_application"),
            models.UniqueConstraint(fields=["round", "number"], name="one_entrant_per_number_of_a_round"),
            models.UniqueConstraint(fields=["round", "rank"], name="one_entrant_per_rank_of_a_round"),
            models.CheckConstraint(condition=Q(state__in=EntrantState.values), name="an_entrant_is_in_a_known_state"),
            models.CheckConstraint(
                condition=Q(number__gte=1, household_size__gte=1) & (Q(rank=None) | Q(rank__gte=1)),
                name="an_entrant_is_counted_from_one",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["entered", "left", "unserved"]) | Q(rank__isnull=False),
                name="who_is_served_has_a_rank",
            ),
        ]
        indexes = [
            models.Index(fields=["round", "rank"], condition=Q(state="ranked"), name="the_ranking_of_a_round"),
        ]

    def __str__(self) -> str:
        return f"entrant {self.pk}"

    @property
    def shown_number(self) -> str:
        """The number as it is published: at least four digits."""
        return f"{self.number:04}"

    @property
    def public_rank(self) -> int | None:
        """The rank, once the result is public. The round is loaded."""
        return self.rank if self.round.published_at else None


class EntrantWish(models.Model):
    """A kind of unit an entrant would take, in the order of liking."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    entrant = models.ForeignKey(Entrant, models.CASCADE, related_name="wishes")
    type = models.ForeignKey(UnitType, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        default_permissions = ()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["entrant", "type"], name="a_unit_type_is_wished_for_once"),
            models.UniqueConstraint(fields=["entrant", "position"], name="one_wish_per_position"),
        ]

    def __str__(self) -> str:
        return f"wish {self.pk}"


class EntrantAdult(models.Model):
    """The applicant and the spouse of an entrant, by the keyed hash of their numbers, as long as the entrant stands.

    So neither of a couple enters beside the other, whoever names whom. Deleted when the entrant leaves.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    entrant = models.ForeignKey(Entrant, models.CASCADE, related_name="adults")
    number_hash = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["round", "number_hash"], name="a_couple_enters_a_round_once"),
            models.CheckConstraint(condition=~Q(number_hash=""), name="an_entrant_adult_has_a_number"),
        ]

    def __str__(self) -> str:
        return f"adult {self.pk}"


class OfferState(models.TextChoices):
    """What became of an offer."""

    OPEN = "open", pgettext_lazy("offer", "等待答复")
    ACCEPTED = "accepted", pgettext_lazy("offer", "已接受")
    REFUSED = "refused", pgettext_lazy("offer", "已放弃")
    EXPIRED = "expired", pgettext_lazy("offer", "逾期没有答复")
    WITHDRAWN = "withdrawn", pgettext_lazy("offer", "已撤回")  # the unit cannot be let, the entrant left; no refusal


class Offer(models.Model):
    """A unit kept for an entrant until they answer or the time is over. State: services/offering.py alone.

    Where the first to come is served, ``unit`` is empty until it is accepted: any free unit of the type, first taken.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="offers")
    entrant = models.ForeignKey(Entrant, models.PROTECT, related_name="offers")
    type = models.ForeignKey(UnitType, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="offers")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    lease_starts_on = models.DateField()
    state = models.CharField(max_length=10, choices=OfferState.choices, default=OfferState.OPEN)
    state_at = models.DateTimeField()
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # None: time, or the portal
    paper = models.ForeignKey("people.Paper", models.PROTECT, null=True, related_name="+")  # what a clerk took in
    version = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(state="open"), name="one_open_offer_per_unit"),
            models.UniqueConstraint(fields=["entrant"], condition=Q(state="open"), name="one_open_offer_per_entrant"),
            models.UniqueConstraint(
                fields=["entrant"], condition=Q(state="accepted"), name="one_accepted_offer_per_entrant"
            ),
            models.CheckConstraint(condition=Q(state__in=OfferState.values), name="an_offer_is_in_a_known_state"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="an_offer_leaves_time_to_answer"),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(unit__isnull=False), name="an_accepted_offer_names_its_unit"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="open"), name="open_offers_by_expiry")]

    def __str__(self) -> str:
        return f"offer {self.pk}"
