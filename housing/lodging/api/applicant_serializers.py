"""The booking of an application for lodging, as its applicant reads and writes it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from housing.lodging.models import Sex, StayState, WaitingState
from portal.api.calls import StrictSerializer


class WishSerializer(StrictSerializer):
    """What is asked for: a site and nights in a row."""

    site = serializers.UUIDField(help_text=gettext_lazy("驿站的编号，见 lodging/sites/"))
    first_on = serializers.DateField(help_text=gettext_lazy("入住的那天晚上"))
    night_count = serializers.IntegerField(min_value=1, max_value=366, help_text=gettext_lazy("住几晚"))
    sex = serializers.ChoiceField(choices=Sex.choices, help_text=gettext_lazy("性别，房间按性别安排"))
    needs_accessible = serializers.BooleanField(default=False, help_text=gettext_lazy("需要无障碍床位"))
    needs = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text=gettext_lazy("还需要驿站知道的")
    )


class OwnStaySerializer(serializers.Serializer):
    """The bed that is held, booked or was used. ``held_until`` is null unless it is held."""

    state = serializers.ChoiceField(choices=StayState.choices)
    first_on = serializers.DateField()
    leaves_on = serializers.DateField(help_text=gettext_lazy("退房的那天"))
    held_until = serializers.DateTimeField(allow_null=True)


class WaitingSerializer(serializers.Serializer):
    """The place in the line; ``number`` counts from 1, and is null once a bed is offered until ``offered_until``."""

    state = serializers.ChoiceField(choices=WaitingState.choices)
    since = serializers.DateTimeField()
    number = serializers.IntegerField(allow_null=True)
    offered_until = serializers.DateTimeField(allow_null=True)


class BookingSerializer(serializers.Serializer):
    """What is asked for (null before that), the bed there is for it, and the place in the line."""

    asked = WishSerializer(allow_null=True)
    stay = OwnStaySerializer(allow_null=True)
    waiting = WaitingSerializer(allow_null=True)


def wished(detail: Any) -> dict[str, Any] | None:
    """The booking's own columns as they are asked for."""
    if detail.nights is None:
        return None
    asked = {name: getattr(detail, name) for name in WishSerializer().fields if name != "site"}
    return asked | {"site": detail.site_id}
