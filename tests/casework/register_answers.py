"""Answers of registers in tests, as the worker would have stored them."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from applicants.people.models import Employment, Person, person_number_hash
from applicants.registers.catalogue import OF_THE_EMPLOYER
from applicants.registers.models import RegisterAnswer
from applicants.registers.services import employer_hash
from tests.factories import AT


def answer(
    person: Person,
    register: str,
    values: dict[str, str] | None,
    *,
    at: datetime = AT,
    as_of: date | None = None,
    days: int = 30,
    asked_for: object = None,
    spouse: dict[str, str] | None = None,
) -> RegisterAnswer:
    """What ``register`` said about ``person``; ``None`` for values: it knows nobody of that number."""
    work = Employment.objects.get(person=person)
    is_about_work = register in OF_THE_EMPLOYER
    return RegisterAnswer.objects.create(
        person=person,
        register=register,
        number_hash=person_number_hash(person.number),
        employer_hash=employer_hash(work.credit_code, work.employer_name) if is_about_work else "",
        about_hash="about",
        asked_for=asked_for or uuid4(),
        on=timezone.localdate(at),
        purpose="living-subsidy",
        basis="duty",
        state="answered",
        requested_at=at,
        answered_at=at,
        as_of=as_of or timezone.localdate(at),
        expires_on=timezone.localdate(at) + timedelta(days=days),
        is_known=values is not None,
        values=values,
        spouse=spouse,
        receipt="the reply as received",
    )


def question(application, register: str, *, at: datetime = AT) -> RegisterAnswer:
    """A question about the applicant that waits for its answer."""
    person = application.applicant
    return RegisterAnswer.objects.create(
        person=person,
        register=register,
        number_hash=person_number_hash(person.number),
        about_hash="about",
        asked_for=application.pk,
        on=timezone.localdate(at),
        purpose="living-subsidy",
        basis="duty",
        requested_at=at,
        next_try_at=at,
    )
