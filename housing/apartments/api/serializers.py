"""Rounds, places in them, offers and leases as data. Amounts are whole fen, areas whole dm²."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from housing.apartments.models import EntrantState, LeaseState, Mode, OfferState, RoundState
from housing.apartments.services.applying import MOST_TYPES
from portal.api.calls import StrictSerializer


class TypeSerializer(serializers.Serializer):
    """A kind of unit, and the households it is for."""

    code = serializers.CharField()
    title = serializers.CharField()
    rooms = serializers.IntegerField()
    household_from = serializers.IntegerField()
    household_to = serializers.IntegerField()


class RoundSerializer(serializers.Serializer):
    """One round as anybody may see it; hashes are "" until they are published."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    title = serializers.CharField()
    mode = serializers.ChoiceField(choices=Mode.choices)
    state = serializers.ChoiceField(choices=RoundState.choices)
    opens_at = serializers.DateTimeField()
    freezes_at = serializers.DateTimeField()
    draw_at = serializers.DateTimeField()
    lease_starts_on = serializers.DateField()
    commitment = serializers.CharField(allow_blank=True)
    entrants_sha256 = serializers.CharField(allow_blank=True)
    types = TypeSerializer(many=True)


class EnterSerializer(StrictSerializer):
    """Which round, and which kinds of unit, the one liked most first."""

    round = serializers.CharField(max_length=20, help_text=gettext_lazy("批次的编号，见 apartments/rounds/"))
    types = serializers.ListField(
        child=serializers.CharField(max_length=20),
        min_length=1,
        max_length=MOST_TYPES,
        help_text=gettext_lazy("房型的代码，最想要的在前"),
    )


class OfferSerializer(serializers.Serializer):
    """One offer; ``unit`` is null as long as any unit of the kind may be picked."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=OfferState.choices)
    type = serializers.CharField(source="type.code")
    unit = serializers.UUIDField(source="unit_id", allow_null=True)
    expires_at = serializers.DateTimeField()
    lease_starts_on = serializers.DateField()


class PlaceSerializer(serializers.Serializer):
    """A place in a round; ``rank`` is null until the result is there."""

    round = serializers.CharField(source="round.number")
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=EntrantState.choices)
    rank = serializers.IntegerField(source="public_rank", allow_null=True)
    tier = serializers.CharField()
    types = serializers.SerializerMethodField()
    offers = OfferSerializer(many=True)

    def get_types(self, place: object) -> list[str]:
        """The kinds wished for, the one liked most first."""
        return [wish.type.code for wish in place.wishes.all()]


class AnswerSerializer(StrictSerializer):
    """The answer to the open offer."""

    act = serializers.ChoiceField(choices=["accept", "refuse"], help_text=gettext_lazy("accept 接受，refuse 放弃"))
    unit = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text=gettext_lazy("没有指定房源的，可以选一套")
    )


class LeaseSerializer(serializers.Serializer):
    """One lease; ``percents`` of the market rent are paid year of renting by year."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    state = serializers.ChoiceField(choices=LeaseState.choices)
    building = serializers.CharField(source="unit.building.name")
    unit = serializers.CharField(source="unit.label")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    area_dm2 = serializers.IntegerField()
    market_rent_fen = serializers.IntegerField()
    percents = serializers.ListField(child=serializers.IntegerField())
    deposit_fen = serializers.IntegerField()
    sign_by = serializers.DateField(allow_null=True)
