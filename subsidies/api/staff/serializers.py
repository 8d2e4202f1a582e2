"""Rolls and their lines as the page shows them: names masked, of numbers and accounts the last four."""

from rest_framework import serializers

from subsidies.models import Roll, RollLine


class RollSerializer(serializers.Serializer):
    """One roll; sums in whole fen. ``sha256`` is that of the file a download serves."""

    number = serializers.CharField()
    programme = serializers.CharField()
    state = serializers.ChoiceField(choices=Roll.State.values)
    standing = serializers.CharField()
    lines = serializers.IntegerField()
    net_fen = serializers.IntegerField()
    answered = serializers.IntegerField()
    collected_at = serializers.DateTimeField()
    collected_by = serializers.CharField(allow_blank=True)
    issued_at = serializers.DateTimeField(allow_null=True)
    issued_by = serializers.CharField(allow_blank=True)
    sha256 = serializers.CharField(allow_blank=True)


class RollLineSerializer(serializers.Serializer):
    """One line."""

    position = serializers.IntegerField()
    name = serializers.CharField()
    number_last4 = serializers.CharField(allow_blank=True)
    employer = serializers.CharField(allow_blank=True)
    account_last4 = serializers.CharField(allow_blank=True)
    gross_fen = serializers.IntegerField()
    tax_fen = serializers.IntegerField()
    net_fen = serializers.IntegerField()
    result = serializers.ChoiceField(choices=RollLine.Result.values)
    standing = serializers.CharField()
