"""Somebody without an account, whose application for an apartment was entered at the counter."""

from __future__ import annotations

from datetime import datetime

from applicants.people.models import Person
from portal.accounts.models import Role
from portal.casework.models import Application
from tests.apartments.making import AT, make_approved
from tests.apartments.walking import give_tier
from tests.factories import make_person, staff


def entered_at_counter(*, at: datetime = AT) -> Application:
    """An approved application that the clerk entered; who applied has no account."""
    person = make_person(at=at)
    row = give_tier(make_approved(person, at=at), at=at)
    Application.objects.filter(pk=row.pk).update(entered_by=staff(Role.CLERK))
    Person.objects.filter(pk=person.pk).update(user=None, entered_by=staff(Role.CLERK))
    return Application.objects.select_related("applicant").get(pk=row.pk)
