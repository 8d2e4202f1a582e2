"""What applicants read of their own, and what they send. Numbers, accounts and phones are masked as on the pages."""

from __future__ import annotations

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from applicants.people.choices import EducationLevel, EmployerKind, InsuredWith, StudyMode, YesNo
from applicants.people.labels import FIELD_LABELS
from portal.api.calls import StrictSerializer
from portal.casework.programmes import own_sections
from portal.casework.states import State

MOST_RANGES = 4  # rows of the page's form


def _words(section: str, name: str, choices: Any = None) -> Any:
    if choices is None:
        return FIELD_LABELS[section][name]
    return format_lazy("{} ({})", FIELD_LABELS[section][name], ", ".join(choices.values))


def _text(section: str, name: str, choices: Any = None) -> serializers.CharField:
    return serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text=_words(section, name, choices)
    )


def _day(section: str, name: str) -> serializers.DateField:
    return serializers.DateField(required=False, allow_null=True, help_text=_words(section, name))


class IdentitySerializer(StrictSerializer):
    """Who the person is. ``household_code`` is a county code, or ``other``."""

    legal_name = _text("identity", "legal_name")
    number = _text("identity", "number")
    phone = _text("identity", "phone")
    household_code = _text("identity", "household_code")
    household_collective = _text("identity", "household_collective", YesNo)
    household_town = _text("identity", "household_town")


class EducationSerializer(StrictSerializer):
    """The degree the person applies with."""

    level = _text("education", "level", EducationLevel)
    study_mode = _text("education", "study_mode", StudyMode)
    school = _text("education", "school")
    major = _text("education", "major")
    diploma_on = _day("education", "diploma_on")
    diploma_number = _text("education", "diploma_number")
    is_overseas = _text("education", "is_overseas", YesNo)
    overseas_certified = _text("education", "overseas_certified", YesNo)


class InsuredRangeSerializer(StrictSerializer):
    """Months insured without a break, written ``2023-07``, both included."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """``from`` is a word of the language."""
        month = {"max_length": 20}
        return {
            "from": serializers.CharField(**month),
            "to": serializers.CharField(**month),
            "employer": serializers.ChoiceField(choices=InsuredWith.values),
            "late": serializers.BooleanField(),
        }


class EmploymentSerializer(StrictSerializer):
    """The present employer and the insured months."""

    employer_name = _text("employment", "employer_name")
    credit_code = _text("employment", "credit_code")
    employer_kind = _text("employment", "employer_kind", EmployerKind)
    town = _text("employment", "town")
    started_on = _day("employment", "started_on")
    first_job_in_city = _text("employment", "first_job_in_city", YesNo)
    first_insured_on = _day("employment", "first_insured_on")
    insured_ranges = InsuredRangeSerializer(many=True, required=False, max_length=MOST_RANGES)
    in_post = _text("employment", "in_post", YesNo)


class AccountSerializer(StrictSerializer):
    """The social-security-card account that is paid into."""

    holder = _text("account", "holder")
    number = _text("account", "number")
    bank_name = _text("account", "bank_name")
    branch_code = _text("account", "branch_code")
    is_activated = serializers.BooleanField(required=False, help_text=_words("account", "is_activated"))


@extend_schema_field({"type": ["string", "boolean", "null"]})
class AnswerField(serializers.Field):
    """A text, or yes and no."""

    default_error_messages = {"invalid": gettext_lazy("请填写文字、true 或 false。")}

    def to_internal_value(self, data: Any) -> str | bool | None:
        """Nothing else. Raises ValidationError."""
        if data is None or isinstance(data, bool):
            return data
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = serializers.CharField(allow_blank=True, max_length=2000).run_validation(data)
        return text

    def to_representation(self, value: Any) -> Any:
        """As it is kept."""
        return value


class ProfileSerializer(serializers.Serializer):
    """Every section of the profile; a section that nobody has begun is null."""

    is_number_proven = serializers.BooleanField()
    identity = IdentitySerializer(allow_null=True)
    education = EducationSerializer(allow_null=True)
    employment = EmploymentSerializer(allow_null=True)
    account = AccountSerializer(allow_null=True)


class ProfileChangeSerializer(StrictSerializer):
    """One section with the answers to change; what is left out stays."""

    identity = IdentitySerializer(required=False)
    education = EducationSerializer(required=False)
    employment = EmploymentSerializer(required=False)
    account = AccountSerializer(required=False)


class AnswersSerializer(serializers.Serializer):
    """The answers of an application: those that were sent, or those that a draft or a correction would send now."""

    identity = IdentitySerializer(allow_null=True)
    education = EducationSerializer(allow_null=True)
    employment = EmploymentSerializer(allow_null=True)
    account = AccountSerializer(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """The declaration, and what only some programmes ask."""
        own = {
            name: serializers.DictField(allow_null=True, help_text=section.label)
            for name, section in own_sections().items()
        }
        return super().get_fields() | own


class AnswersChangeSerializer(ProfileChangeSerializer):
    """One section with the answers to change; those of an own section are named by its programme."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """The own sections without an address of their own."""
        own = {
            name: serializers.DictField(child=AnswerField(), required=False, help_text=section.label)
            for name, section in own_sections().items()
            if section.page == "application_section"
        }
        return super().get_fields() | own


# ── papers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class PaperSerializer(serializers.Serializer):
    """One upload."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    pages = serializers.IntegerField()
    uploaded_at = serializers.DateTimeField()


class ShelvedSerializer(serializers.Serializer):
    """A paper that stands with an application; ``id`` is its place there."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    added_at = serializers.DateTimeField()
    paper = PaperSerializer()


class UploadSerializer(StrictSerializer):
    """A file for one kind of paper; what it is, and whether it can be taken, is said by the portal."""

    kind = serializers.CharField(max_length=32)
    file = serializers.FileField(allow_empty_file=True)


# ── applications ───────────────────────────────────────────────────────────────────────────────────────────────────


class StartSerializer(StrictSerializer):
    """Which policy to apply under; the privacy notice of the programme was read."""

    programme = serializers.CharField(max_length=40)
    policy = serializers.CharField(max_length=40)
    is_privacy_read = serializers.BooleanField()


class VersionSerializer(StrictSerializer):
    """The version of the application that the caller has seen."""

    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class StandingSerializer(serializers.Serializer):
    """How the application stands, in words."""

    label = serializers.CharField()
    heading = serializers.CharField()
    step = serializers.CharField()
    by = serializers.CharField(allow_blank=True)
    todo = serializers.CharField()
    is_urgent = serializers.BooleanField()


class ApplicationSerializer(serializers.Serializer):
    """One application as the list shows it."""

    id = serializers.UUIDField()
    reference = serializers.CharField(allow_null=True)
    programme = serializers.CharField()
    policy = serializers.CharField()
    policy_version = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=State.values)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    submitted_on = serializers.DateField(allow_null=True)
    standing = StandingSerializer()


class PartSerializer(serializers.Serializer):
    """One part of a draft."""

    name = serializers.CharField()
    label = serializers.CharField()
    is_done = serializers.BooleanField()


class MarkSerializer(serializers.Serializer):
    """What the office asks to be corrected."""

    kind = serializers.ChoiceField(choices=["field", "paper"])
    section = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    is_changed = serializers.BooleanField()


class CorrectionSerializer(serializers.Serializer):
    """The open correction."""

    reason = serializers.CharField()
    due_on = serializers.DateField()
    items = MarkSerializer(many=True)


class EvidenceSerializer(serializers.Serializer):
    """One fact of a clause, with where it comes from."""

    label = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    source = serializers.CharField()
    as_of = serializers.DateField(allow_null=True)


class FindingSerializer(serializers.Serializer):
    """One clause. A register's answer is withheld until the number is proven: then ``answer`` is empty."""

    clause = serializers.CharField(source="clause.code")
    answer = serializers.CharField(allow_blank=True)
    is_withheld = serializers.BooleanField()
    sentence = serializers.CharField(allow_blank=True)
    evidence = EvidenceSerializer(many=True)
    ways = serializers.SerializerMethodField()

    def get_ways(self, row: Any) -> list[str]:
        """What would settle it."""
        return [way.text for way in row.ways]


class PaymentSerializer(serializers.Serializer):
    """One part of what an approval pays."""

    label = serializers.CharField()
    amount_fen = serializers.IntegerField()
    due_on = serializers.DateField()
    state = serializers.CharField()
    text = serializers.CharField()
    on = serializers.DateField(allow_null=True)


class DecisionSerializer(serializers.Serializer):
    """The signed decision."""

    number = serializers.CharField()
    outcome = serializers.CharField()
    clause = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    amount_fen = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class ApplicationFileSerializer(ApplicationSerializer):
    """One application with everything its page shows."""

    parts = PartSerializer(many=True)
    correction = CorrectionSerializer(allow_null=True)
    answers = AnswersSerializer()
    papers = ShelvedSerializer(many=True)
    findings_text = serializers.CharField(allow_blank=True)
    findings = FindingSerializer(many=True)
    decision = DecisionSerializer(allow_null=True)
    payments = PaymentSerializer(many=True)
