"""Two people of this portal who are one: linked by a clerk with a reason, found together, unlinked again if need be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from applicants.people.models import Person, PersonLink, number_columns, person_number_hashes
from applicants.people.refusals import LinkRefused
from portal.accounts.models import User
from portal.audit.services import record
from portal.vault.rotation import bring_up_to_date
from portal.vault.sealing import rehash


@dataclass(frozen=True)
class KnownAs:
    """Everyone a person is known as: keys of people and keyed hashes of their numbers (at least one key)."""

    ids: frozenset[UUID]
    hashes: frozenset[str]


def linked_ids(people: Iterable[UUID]) -> frozenset[UUID]:
    """The keys of ``people`` and of all who are linked with them, over any number of links. One query without links."""
    found = new = frozenset(people)
    while new:
        pairs = live_links().filter(Q(one__in=new) | Q(other__in=new)).values_list("one", "other")
        new = frozenset(key for pair in pairs for key in pair) - found
        found |= new
    return found


def linked_together(people: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """By the key of each of ``people``: everyone linked with them, themselves included. No more queries for many."""
    groups = {key: frozenset([key]) for key in linked_ids(people)}
    for pair in live_links().filter(one__in=groups).values_list("one", "other"):
        group = groups[pair[0]] | groups[pair[1]]
        groups |= dict.fromkeys(group, group)
    return groups


def is_linked() -> Exists:
    """A column for queries of people: whether somebody is linked with them."""
    return Exists(live_links().filter(Q(one=OuterRef("pk")) | Q(other=OuterRef("pk"))))


def known_as(person: Person) -> KnownAs:
    """Everyone ``person`` is known as. One query where nobody is linked; none where the row says so (``is_linked``)."""
    ids = linked_ids([person.pk]) if getattr(person, "is_linked", True) else frozenset([person.pk])
    hashes = {person.number_hash}
    if len(ids) > 1:
        hashes |= set(Person.objects.filter(pk__in=ids).values_list("number_hash", flat=True))
    return KnownAs(ids, frozenset(hashes - {""}))


def lock_everyone(person: Person) -> KnownAs:
    """The same, with the rows of all of them locked for the running transaction: nobody is linked with them meanwhile.

    ``person`` is told its number anew, which may have changed before the lock was had.
    """
    ids = linked_ids([person.pk])
    while True:
        rows = _lock(ids)
        again = linked_ids([person.pk])
        if again == ids:
            break
        ids |= again
    held = [one for row in rows.values() if row.number for one in person_number_hashes(row.number, row.number_kind)]
    bring_up_to_date(held, number_columns())  # what is decided now is compared under the newest key
    person.number_hash = rehash(rows[person.pk].number_hash)
    return KnownAs(ids, frozenset(rehash(row.number_hash) for row in rows.values()) - {""})


def _lock(ids: Iterable[UUID]) -> dict[UUID, Person]:
    return {row.pk: row for row in Person.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}


def live_links() -> QuerySet[PersonLink]:
    """The links that stand."""
    return PersonLink.objects.filter(unlinked_at__isnull=True)


def links_of(person: Person) -> list[PersonLink]:
    """The links that stand between ``person`` and others, oldest first."""
    rows = live_links().filter(Q(one=person) | Q(other=person))
    return list(rows.select_related("one", "other", "linked_by"))


def link_people(*, person: Person, other: Person, reason: str, by: User, at: datetime) -> PersonLink:
    """Note that two people are one, in the words of ``by``. Both keep their files and their numbers.

    Raises LinkRefused without a reason, for one person twice, for people linked already, and for the clerk's own.
    """
    if not reason.strip():
        raise LinkRefused(_("请写明关联的理由，例如核对了哪两本证件。"))
    if person.pk == other.pk:
        raise LinkRefused(_("这是同一条记录，不用关联。"))
    with transaction.atomic():
        rows = _lock([person.pk, other.pk])
        if by.pk in {row.user_id for row in rows.values()}:
            raise LinkRefused(_("不能关联自己的记录，请另一位同事办理。"))
        one, two = sorted(rows.values(), key=lambda row: row.pk)
        link = PersonLink(one=one, other=two, reason=reason.strip(), linked_at=at, linked_by=by)
        try:
            with transaction.atomic():
                link.save(force_insert=True)
        except IntegrityError:
            raise LinkRefused(_("这两条记录已经关联。")) from None
        for row in (one, two):
            record(action="person.link", actor=by, target=row, at=at, fields=["link"], note=f"link {link.pk}")
    return link


def unlink_people(*, link: PersonLink, reason: str, by: User, at: datetime) -> PersonLink:
    """Take a link back; what was decided while it stood stays. Unlinking twice changes nothing. Raises LinkRefused."""
    if not reason.strip():
        raise LinkRefused(_("请写明取消关联的理由。"))
    with transaction.atomic():
        people = _lock([link.one_id, link.other_id])
        row = PersonLink.objects.select_for_update().get(pk=link.pk)
        if by.pk in {person.user_id for person in people.values()}:
            raise LinkRefused(_("不能取消自己记录的关联，请另一位同事办理。"))
        if row.unlinked_at is None:
            row.unlinked_at, row.unlinked_by, row.unlink_reason = at, by, reason.strip()
            row.save(update_fields=["unlinked_at", "unlinked_by", "unlink_reason"])
            for person in people.values():
                record(action="person.unlink", actor=by, target=person, at=at, fields=["link"], note=f"link {row.pk}")
    return row
