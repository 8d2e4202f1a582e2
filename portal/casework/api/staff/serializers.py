"""What the desk reads. Names and numbers are masked as on the file's page before anybody reveals them."""

from __future__ import annotations

from rest_framework import serializers

from portal.casework.states import State


class FileRowSerializer(serializers.Serializer):
    """One line of the queue."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    programme = serializers.CharField()
    policy = serializers.CharField()
    state = serializers.ChoiceField(choices=State.values)
    label = serializers.CharField()
    version = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    town = serializers.CharField(allow_blank=True)
    submitted_on = serializers.DateField()
    due_on = serializers.DateField(allow_null=True)
    days_left = serializers.IntegerField(allow_null=True)
    is_paused = serializers.BooleanField()
    assignee = serializers.CharField(allow_blank=True)
    answers = serializers.ListField(child=serializers.ChoiceField(choices=["met", "unmet", "unproven"]))


class DeskEvidenceSerializer(serializers.Serializer):
    """One fact of a clause; ``declared`` is what the applicant wrote, where a paper or register says otherwise."""

    label = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    source = serializers.CharField()
    as_of = serializers.DateField(allow_null=True)
    declared = serializers.CharField(allow_blank=True)


class DeskClauseSerializer(serializers.Serializer):
    """One clause; ``answer`` is empty before the automatic check."""

    clause = serializers.CharField(source="clause.code")
    answer = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField(allow_blank=True)
    evidence = DeskEvidenceSerializer(many=True)
    doubts = serializers.ListField(child=serializers.CharField())
    ways = serializers.ListField(child=serializers.CharField())


class DeskAnswerSerializer(serializers.Serializer):
    """One answer as the page shows it."""

    label = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    doubt = serializers.CharField(allow_blank=True)


class DeskSectionSerializer(serializers.Serializer):
    """One section of answers."""

    label = serializers.CharField()
    rows = DeskAnswerSerializer(many=True)


class DeskPaperSerializer(serializers.Serializer):
    """One paper; it is looked at on the file's page, where that leaves an entry."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    content_type = serializers.CharField()
    pages = serializers.IntegerField()
    added_at = serializers.DateTimeField()


class ChangeSerializer(serializers.Serializer):
    """What a correction changed."""

    label = serializers.CharField()
    old = serializers.CharField(allow_blank=True)
    new = serializers.CharField(allow_blank=True)


class MomentSerializer(serializers.Serializer):
    """One step of the timeline."""

    title = serializers.CharField()
    when = serializers.CharField(allow_blank=True)
    text = serializers.CharField(allow_blank=True, required=False)


class ActSerializer(serializers.Serializer):
    """A step the caller holds a role for; ``blocked`` says what stands in its way."""

    step = serializers.CharField()
    blocked = serializers.CharField(allow_null=True)


class FileSerializer(FileRowSerializer):
    """One file with everything its page shows."""

    number = serializers.CharField(allow_blank=True)
    is_number_proven = serializers.BooleanField()
    employer = serializers.CharField(allow_blank=True)
    clauses = DeskClauseSerializer(many=True)
    sections = DeskSectionSerializer(many=True)
    papers = DeskPaperSerializer(many=True)
    changes = ChangeSerializer(many=True)
    timeline = MomentSerializer(many=True)
    acts = ActSerializer(many=True)
