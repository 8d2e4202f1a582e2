"""What the public may read of programmes and policies."""

from rest_framework import serializers

from portal.policy.models import PolicyVersion


class TextSerializer(serializers.Serializer):
    """A text of a policy document; ``en`` is empty where nobody has written it."""

    zh = serializers.CharField()
    en = serializers.CharField(allow_blank=True)


class ClauseSerializer(serializers.Serializer):
    """One numbered clause."""

    code = serializers.CharField()
    text = TextSerializer()
    source = TextSerializer()
    illustrative = serializers.BooleanField()


class AmountSerializer(serializers.Serializer):
    """One row of the amount table, in whole fen."""

    label = TextSerializer()
    amount_fen = serializers.IntegerField()


class PolicyInForceSerializer(serializers.Serializer):
    """The version of one policy that decides today."""

    code = serializers.CharField(source="parsed.code")
    version = serializers.CharField(source="label")
    title = TextSerializer(source="parsed.title")
    document_number = serializers.CharField(source="parsed.document_number")
    effective_from = serializers.DateField()
    effective_to = serializers.DateField(allow_null=True)
    sha256 = serializers.CharField()
    clauses = ClauseSerializer(source="parsed.clauses", many=True)
    amounts = AmountSerializer(source="parsed.amounts", many=True)


class ProgrammeSerializer(serializers.Serializer):
    """One programme; ``policies`` is empty while it is not open."""

    code = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    is_open = serializers.BooleanField()
    policies = serializers.SerializerMethodField()

    def get_policies(self, programme) -> list[dict]:
        """The policies in force, from the context: programme code → versions."""
        found: list[PolicyVersion] = self.context["in_force"].get(programme.code, [])
        return PolicyInForceSerializer(found, many=True).data
