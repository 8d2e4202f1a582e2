"""Codes that give an account back to its owner, or a person entered at the counter to their account."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from applicants.people.models import Person

USER = settings.AUTH_USER_MODEL


class Recovery(models.Model):
    """One code given out at the counter. It stands on the slip alone; here is its hash. All times are real."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(USER, models.PROTECT, null=True, related_name="recoveries")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # instead: who has no account yet
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    paper_kind = models.CharField(max_length=20)  # the identity paper the clerk has seen
    issued_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)  # numbers typed beside the code that were not the person's
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # a newer one was given out, or it was tried too often

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at__isnull=True, ended_at__isnull=True), name="one_open_code_a_person"
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(used_at__isnull=True, ended_at__isnull=True),
                name="one_open_code_a_person_without_account",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(person__isnull=True), name="a_code_is_for_an_account_or_for_a_person"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(ended_at__isnull=True), name="a_code_is_used_or_ended"
            ),
            models.CheckConstraint(condition=~Q(user=models.F("issued_by")), name="nobody_gives_a_code_to_themselves"),
        ]

    def __str__(self) -> str:
        return f"recovery {self.pk}"
