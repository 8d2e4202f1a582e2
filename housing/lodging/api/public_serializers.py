"""Sites of free lodging, as anybody may see them."""

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from housing.lodging.models import SiteKind
from portal.api.calls import StrictSerializer


class NightsSerializer(StrictSerializer):
    """Which nights are asked about: today's and 13 more where nothing is said."""

    first_on = serializers.DateField(required=False, help_text=gettext_lazy("从哪天晚上起"))
    night_count = serializers.IntegerField(
        min_value=1, max_value=60, required=False, help_text=gettext_lazy("几晚，最多 60")
    )


class FreeNightSerializer(serializers.Serializer):
    """The free beds of one night, whoever may have them."""

    on = serializers.DateField()
    free = serializers.IntegerField()


class SiteSerializer(serializers.Serializer):
    """One site, with its free beds night by night."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=SiteKind.choices)
    address = serializers.CharField(source="place.address")
    town = serializers.CharField(source="place.town")
    has_same_sex_rooms = serializers.BooleanField()
    nights = FreeNightSerializer(many=True)
