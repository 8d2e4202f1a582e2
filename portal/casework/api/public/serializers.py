"""What the public may read of programmes and policies, and an eligibility check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.api.calls import StrictSerializer
from portal.policy.facts import FACTS, FactUnreadable, read_value
from portal.policy.models import PolicyVersion

LONGEST_FACT = 2000
FIRST_YEAR, LAST_YEAR = 1900, 2100  # of any day that a fact may name


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


class PolicySerializer(serializers.Serializer):
    """The version of one policy that decides today."""

    code = serializers.CharField(source="parsed.code")
    programme = serializers.CharField(source="policy.programme")
    version = serializers.CharField(source="label")
    title = TextSerializer(source="parsed.title")
    document_number = serializers.CharField(source="parsed.document_number", allow_blank=True)
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

    @extend_schema_field(PolicySerializer(many=True))
    def get_policies(self, programme: Any) -> list[dict[str, Any]]:
        """The policies in force, from the context: programme code → versions."""
        found: list[PolicyVersion] = self.context["in_force"].get(programme.code, [])
        return PolicySerializer(found, many=True).data


# ── eligibility ────────────────────────────────────────────────────────────────────────────────────────────────────


class GivenFactsSerializer(StrictSerializer):
    """Facts in the notation of worked examples: ``?`` unknown, ``-`` none; what is left out is unknown."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """One text per fact that a policy may read."""
        return {name: _fact_field(spec) for name, spec in FACTS.items()}

    def validate(self, attrs: Mapping[str, str | None]) -> dict[str, Any]:
        """Typed values. Raises ValidationError with a sentence per fact."""
        typed, errors = {}, {}
        for name, text in attrs.items():
            try:
                typed[name] = read_value(name, text)
            except FactUnreadable as refusal:
                errors[name] = [str(refusal)]
            else:
                if not _days_are_of_our_time(FACTS[name].form, text or ""):
                    errors[name] = [_("请核对年份，要在 %(first)s 到 %(last)s 年之间。") % _YEARS]
        if errors:
            raise serializers.ValidationError(errors)
        return typed


_YEARS = {"first": FIRST_YEAR, "last": LAST_YEAR}


def _days_are_of_our_time(form: str, text: str) -> bool:
    if form in ("text", "choice", "yes_no", "number", "yuan", "names"):
        return True
    return all(FIRST_YEAR <= int(year) <= LAST_YEAR for year in re.findall(r"(\d+)-\d\d\b", text, re.ASCII))


def _fact_field(spec: Any) -> serializers.CharField:
    words = f"{spec.label} ({', '.join(spec.choices)})" if spec.choices else str(spec.label)
    return serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=LONGEST_FACT, help_text=words
    )


class EligibilityRequestSerializer(StrictSerializer):
    """What is asked. Nothing of it is kept."""

    policy = serializers.CharField(
        required=False, max_length=40, help_text=gettext_lazy("政策代码；不写就看所有现行政策。")
    )
    facts = GivenFactsSerializer()


class InstalmentSerializer(serializers.Serializer):
    """One part of the amount."""

    number = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    due_on = serializers.DateField()


class CheckedClauseSerializer(serializers.Serializer):
    """One clause: met, unmet or unproven, and why."""

    clause = serializers.CharField()
    answer = serializers.ChoiceField(choices=["met", "unmet", "unproven"])
    sentence = serializers.CharField()


class EligibilitySerializer(serializers.Serializer):
    """How somebody would stand with one policy today if every fact given were proven."""

    programme = serializers.CharField()
    policy = serializers.CharField()
    version = serializers.CharField()
    verdict = serializers.ChoiceField(choices=["eligible", "undetermined", "ineligible"])
    amount_fen = serializers.IntegerField(allow_null=True)
    instalments = InstalmentSerializer(many=True)
    findings = CheckedClauseSerializer(many=True)
