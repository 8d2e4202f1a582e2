"""What an application for a card asks beyond the shared sections, as data."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy
from rest_framework import serializers

from portal.api.calls import StrictSerializer
from portal.policy.facts import TIERS


class RecognitionSerializer(StrictSerializer):
    """One recognition that is claimed."""

    id = serializers.UUIDField(read_only=True)
    tier = serializers.ChoiceField(choices=list(TIERS), help_text=gettext_lazy("认定的层次"))
    title = serializers.CharField(max_length=80, help_text=gettext_lazy("认定名称"))
    issued_by = serializers.CharField(max_length=80, help_text=gettext_lazy("认定单位"))
    document_number = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text=gettext_lazy("文件或证书编号")
    )
    recognised_on = serializers.DateField(help_text=gettext_lazy("认定日期"))
    expires_on = serializers.DateField(required=False, allow_null=True, help_text=gettext_lazy("有效期至"))


class RecognitionsSerializer(serializers.Serializer):
    """All of them; ``has_recognitions`` is null until the question is answered."""

    has_recognitions = serializers.BooleanField(allow_null=True)
    recognitions = RecognitionSerializer(many=True)


class PortraitUploadSerializer(StrictSerializer):
    """A picture, and where the portrait is cut out of it, in its pixels; without that the middle is taken."""

    file = serializers.FileField(allow_empty_file=True)
    left = serializers.IntegerField(min_value=0, max_value=32_000, required=False)
    top = serializers.IntegerField(min_value=0, max_value=32_000, required=False)
    width = serializers.IntegerField(min_value=1, max_value=32_000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """All of the cut, or none of it. Raises ValidationError."""
        if 0 < len({"left", "top", "width"} & set(attrs)) < 3:
            raise serializers.ValidationError(gettext_lazy("left、top 和 width 要一起给。"))
        return attrs


class PortraitSerializer(serializers.Serializer):
    """The portrait as it will be printed: a JPEG of this size, cut out at this place."""

    id = serializers.UUIDField()
    left = serializers.IntegerField()
    top = serializers.IntegerField()
    cut_width = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
