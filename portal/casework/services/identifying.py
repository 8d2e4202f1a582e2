"""Who is who: people found by a number, numbers that several people claim, and what a clerk does about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from applicants.people.identities import identities_in
from applicants.people.linking import linked_together
from applicants.people.models import Person, person_number_hashes
from applicants.people.refusals import Refused
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.models import Application
from portal.casework.states import State
from portal.notifications.models import Letter
from portal.notifications.services import queue_letter

MOST_CLASHES = 50
MOST_PEOPLE = 20
COUNTED_FOR_SECONDS = 60
COUNT_KEY = "casework-number-clashes"
LETTER = "number_in_question"


@dataclass(frozen=True)
class Clash:
    """One number that several people claim who are not known to be one; who has proven it stands first."""

    people: tuple[Person, ...]


def people_with_number(text: str) -> list[Person]:
    """Who claims the number in ``text``, whatever paper it stands on; at most twenty, proven ones first."""
    hashes = [one for found in identities_in(text) for one in person_number_hashes(found.number, found.kind)]
    return list(_proven_first(Person.objects.filter(number_hash__in=hashes))[:MOST_PEOPLE])


def number_clashes() -> list[Clash]:
    """Numbers claimed by two people or more of whom one has proven it, or two have applied. At most fifty."""
    people: dict[str, list[Person]] = defaultdict(list)
    for person in _proven_first(Person.objects.filter(number_hash__in=_clashing_hashes()[:MOST_CLASHES])):
        people[person.number_hash].append(person)
    clashes = [Clash(tuple(same)) for same in people.values()]
    together = linked_together(person.pk for clash in clashes for person in clash.people)
    return [clash for clash in clashes if not together[clash.people[0].pk].issuperset(p.pk for p in clash.people)]


def count_clashes() -> int:
    """How many there are; counted at most once a minute."""
    return int(cache.get_or_set(COUNT_KEY, lambda: len(number_clashes()), COUNTED_FOR_SECONDS) or 0)


def forget_count() -> None:
    """Count anew next time: somebody has just dealt with one."""
    cache.delete(COUNT_KEY)


def _clashing_hashes() -> QuerySet[Person, str]:
    applied = Application.objects.filter(applicant=OuterRef("pk")).exclude(state=State.DRAFT)
    rows = Person.objects.exclude(number_hash="").order_by().values("number_hash")
    twice = rows.annotate(people=Count("pk")).filter(people__gt=1).values("number_hash")
    claims = Person.objects.filter(number_hash__in=twice).annotate(has_applied=Exists(applied)).order_by()
    counted = claims.values("number_hash").annotate(
        proven=Count("pk", filter=Q(proven_at__isnull=False)), applied=Count("pk", filter=Q(has_applied=True))
    )
    return (
        counted.filter(Q(proven__gt=0) | Q(applied__gt=1)).order_by("number_hash").values_list("number_hash", flat=True)
    )


def _proven_first(people: QuerySet[Person]) -> QuerySet[Person]:
    return people.select_related("user", "proven_by").order_by("number_hash", F("proven_at").asc(nulls_last=True), "id")


def asked_to_correct_at(people: Iterable[Person]) -> dict[UUID, datetime]:
    """When holders of accounts were asked to look at the number that is still theirs, by person; no others."""
    keys = {_letter_key(person): person.pk for person in people}
    asked = Letter.objects.filter(key__in=keys).order_by().values_list("key", "created_at")
    return {keys[key]: at for key, at in asked}


def ask_to_correct(*, person: Person, by: User, at: datetime) -> None:
    """Ask whoever typed the number to look at it again; once for one number. Raises Refused.

    A proven number is not put in question, and somebody without an account is asked at the counter.
    """
    if person.is_proven:
        raise Refused(_("这个号码已经核实，不用更正。"))
    if not person.number_hash:
        raise Refused(_("还没有填写证件号码。"))
    if person.user is None:
        raise Refused(_("这一位没有账号，请在柜台更正。"))
    with transaction.atomic():
        if not asked_to_correct_at([person]):
            queue_letter(
                kind=LETTER,
                recipient=person.user,
                reference="",
                context={"name": person.legal_name},
                key=_letter_key(person),
                at=at,
            )
            record(action="person.ask_to_correct", actor=by, target=person, at=at, fields=["number"])


def _letter_key(person: Person) -> str:
    return f"{LETTER}:{person.pk}:{person.number_hash[:16]}"


def reveal_identity(*, person: Person, by: User, at: datetime) -> None:
    """Note that ``by`` looks at name, number and birth date in full; the page then shows them once."""
    with transaction.atomic():
        record(action="person.reveal", actor=by, target=person, at=at, fields=Person.PROVEN, note="counter")
