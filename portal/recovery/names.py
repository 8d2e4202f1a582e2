"""How letters about an account call its owner."""

from __future__ import annotations

from applicants.people.models import Person
from portal.accounts.models import User


def name_of(user: User) -> str:
    """The name on the desk or in the person's own file; empty where neither is known."""
    person = Person.objects.filter(user=user).first()
    return user.display_name or (person.legal_name if person else "")
