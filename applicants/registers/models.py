"""What registers were asked and what they answered. An answer never changes; asking again is a new row."""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import uuid4

from django.db import models
from django.db.models import Q

from applicants.registers.asking import Basis, Trouble
from applicants.registers.catalogue import REGISTERS
from portal.vault.fields import EncryptedJSONField, EncryptedTextField


class AnswerIsFinal(Exception):
    """What a register answered is kept as it is."""


class RegisterAnswerQuerySet(models.QuerySet["RegisterAnswer"]):
    """Answers; what is answered cannot be changed or removed in bulk either."""

    def answered(self) -> RegisterAnswerQuerySet:
        """The rows that hold an answer."""
        return self.filter(state=RegisterAnswer.State.ANSWERED)

    def waiting(self) -> RegisterAnswerQuerySet:
        """The rows that wait for one."""
        return self.filter(state=RegisterAnswer.State.WAITING)

    def not_taken_in(self) -> RegisterAnswerQuerySet:
        """Answers that whoever they were asked for has yet to be told of."""
        return self.answered().filter(is_taken_in=False)

    def mark_taken_in(self) -> int:
        """Note that these answers have had their effect: the one thing about an answer that changes."""
        return super().update(is_taken_in=True)

    def update(self, **values: Any) -> int:
        """Refused where an answer is among the rows."""
        if self.answered().exists():
            _refuse_change()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused where an answer is among the rows."""
        if self.answered().exists():
            _refuse_change()
        return super().delete()


class RegisterAnswer(models.Model):
    """One question to one register about one person, for one application, and its answer once there is one.

    ``about_hash`` is a keyed hash of everything the question tells (name, number, employer, spouse), ``employer_hash``
    of the employer where the answer holds for that one only.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        ANSWERED = "answered"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey("people.Person", models.PROTECT, related_name="register_answers")
    register = models.CharField(max_length=16)
    number_hash = models.CharField(max_length=64)
    employer_hash = models.CharField(max_length=64, blank=True, default="")
    about_hash = models.CharField(max_length=64)
    asked_for = models.UUIDField()  # the application; plain, for applications stand on a higher floor
    on = models.DateField()  # the day the facts are wanted for
    with_spouse = models.BooleanField(default=False)  # asked about the spouse too, once one is known
    purpose = models.CharField(max_length=40)
    basis = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    requested_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    as_of = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    is_known = models.BooleanField(default=False)
    confirms_identity = models.BooleanField(default=False)
    values = EncryptedJSONField(null=True)  # fact → text; none where the register knows nobody
    spouse = EncryptedJSONField(null=True)  # {name, number}: whom to ask about next
    receipt = EncryptedTextField(blank=True, default="")  # the reply as received, with its signature
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=20, blank=True, default="", choices=Trouble.choices)
    is_taken_in = models.BooleanField(default=False)  # the application was assessed, or its payment weighed, with it

    objects = RegisterAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["requested_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_for", "register"],
                condition=Q(state="waiting"),
                name="one_waiting_question_per_application_and_register",
            ),
            models.CheckConstraint(condition=Q(register__in=list(REGISTERS)), name="a_register_is_one_of_the_list"),
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="a_question_has_a_basis_in_law"),
            models.CheckConstraint(
                condition=~Q(number_hash="") & ~Q(about_hash=""), name="a_question_is_about_somebody"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="waiting",
                    answered_at__isnull=True,
                    as_of__isnull=True,
                    expires_on__isnull=True,
                    is_known=False,
                    receipt="",
                    next_try_at__isnull=False,
                )
                | Q(
                    state="answered",
                    answered_at__isnull=False,
                    as_of__isnull=False,
                    expires_on__isnull=False,
                    next_try_at__isnull=True,
                )
                & ~Q(receipt=""),
                name="an_answer_has_its_times_and_receipt_and_a_question_none",
            ),
            models.CheckConstraint(
                condition=Q(is_known=True, values__isnull=False)
                | Q(is_known=False, values__isnull=True, spouse__isnull=True, confirms_identity=False),
                name="of_somebody_unknown_a_register_says_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["register", "next_try_at"], name="questions_waiting", condition=Q(state="waiting")),
            models.Index(
                fields=["answered_at"], name="answers_not_taken_in", condition=Q(state="answered", is_taken_in=False)
            ),
            models.Index(fields=["asked_for", "-requested_at"], name="questions_of_an_application"),
            models.Index(fields=["person", "number_hash", "register", "-answered_at"], name="answers_about_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.register} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a question, or its answer once. Raises AnswerIsFinal where the stored row is answered already."""
        if not self._state.adding and type(self).objects.answered().filter(pk=self.pk).exists():
            _refuse_change()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove a question nobody has answered. Raises AnswerIsFinal for an answer."""
        if type(self).objects.answered().filter(pk=self.pk).exists():
            _refuse_change()
        return super().delete(*args, **kwargs)

    @property
    def is_answered(self) -> bool:
        """Whether the register has answered."""
        return self.state == self.State.ANSWERED


def _refuse_change() -> NoReturn:
    raise AnswerIsFinal("An answer of a register does not change; ask again for a new one.")
