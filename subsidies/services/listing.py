"""The list of payables: views over it, and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from applicants.people.models import PayoutAccount
from portal.accounts.models import User
from subsidies.models import Payable, RollLine
from subsidies.services.checking import obstacles, payables_of
from subsidies.services.outlook import EVIDENCE_AHEAD
from subsidies.services.settling import may_recheck

PAGE = 50
CHUNK = 100  # rows read at once; one chunk fills a page unless most of it is sifted out
MOST_CHUNKS = 10  # then the page ends early, and the next one goes on from there
VIEWS = ("ready", "review", "waiting", "on_a_roll", "paid", "rejected", "all")


@dataclass(frozen=True)
class PayableRow:
    """One payable of the list with the codes of what keeps it off a roll."""

    payable: Payable
    obstacles: list[str]


@dataclass(frozen=True)
class PayablePage:
    """One page, and the keys of the pages beside it ("" where there is none)."""

    rows: list[PayableRow]
    previous: str
    next: str


def payables_page(user: User, view: str, *, on: date, after: str = "", before: str = "") -> PayablePage:
    """Fifty payables of one view by due date, from the key of the row that stood before (or after) the page.

    ready: nothing in the way · review: waits for a reviewer · waiting: something in the way · on_a_roll: the bank has
    not answered · paid · rejected: on no roll since · all. An unreadable key gives the first page.
    """
    is_backward = not after and bool(before)
    key = _read_key(before if is_backward else after)
    is_backward = is_backward and key is not None
    found: list[PayableRow] = []
    beyond = ""  # the key from which the page after this one goes on
    for row in _sifted(in_view(payables_of(user), view, on), view, on, key, is_backward):
        if isinstance(row, str):
            beyond = row
        elif len(found) == PAGE:
            beyond = key_of(found[-1].payable)
            break
        else:
            found.append(row)
    if is_backward:
        found.reverse()
        return PayablePage(found, beyond, key_of(found[-1].payable) if found else "")
    return PayablePage(found, key_of(found[0].payable) if found and key else "", beyond)


def in_view(payables: QuerySet[Payable], view: str, on: date) -> QuerySet[Payable]:
    """What the database can tell of a view; the rest is sifted, since accounts and answers are sealed."""
    lines = RollLine.objects.filter(payable=OuterRef("pk"))
    live, paid = Q(Exists(lines.filter(is_live=True))), Q(Exists(lines.filter(result=RollLine.Result.PAID)))
    open_ = ~live & Q(cancelled_at__isnull=True)
    checked = Q(is_recheck_needed=False) | Q(rechecked_at__isnull=False)
    other_accounts = PayoutAccount.objects.filter(person=OuterRef("person"), settled_at__isnull=True, ordinal__gt=1)
    conditions = {
        "ready": open_ & checked & Q(due_on__lte=on),
        "review": open_ & (Q(due_on__lte=on + EVIDENCE_AHEAD) | Q(Exists(other_accounts))),
        "waiting": open_,
        "on_a_roll": live & ~paid,
        "paid": paid,
        "rejected": open_ & Q(Exists(lines.filter(result=RollLine.Result.REJECTED))),
        "all": Q(),
    }
    return payables.filter(conditions[view])


def _belongs(view: str, found: list[str], payable: Payable, on: date) -> bool:
    if view == "ready":
        return not found
    if view == "waiting":
        return bool(found)
    if view == "review":
        return "account_not_settled" in found or may_recheck(payable, on)
    return True


def following(payables: QuerySet[Payable], key: str) -> QuerySet[Payable]:
    """Those that come after ``key`` ("" for all) in the order of the list."""
    place = _read_key(key)
    return payables.filter(_beyond(place, False) if place else Q()).order_by("due_on", "id")


def _sifted(
    rows: QuerySet[Payable], view: str, on: date, key: tuple[date, UUID] | None, is_backward: bool
) -> Iterator[PayableRow | str]:
    """The rows of the view beyond ``key``; at last a key, where the search is given up with more to come."""
    order = ("-due_on", "-id") if is_backward else ("due_on", "id")
    for _turn in range(MOST_CHUNKS):
        chunk = list(rows.filter(_beyond(key, is_backward) if key else Q()).order_by(*order)[:CHUNK])
        for payable in chunk:
            found = obstacles(payable, on=on)
            if _belongs(view, found, payable, on):
                yield PayableRow(payable, found)
        if len(chunk) < CHUNK:
            return
        key = (chunk[-1].due_on, chunk[-1].pk)
    yield key_of(chunk[-1])


def _beyond(key: tuple[date, UUID], is_backward: bool) -> Q:
    day, pk = key
    if is_backward:
        return Q(due_on__lt=day) | Q(due_on=day, id__lt=pk)
    return Q(due_on__gt=day) | Q(due_on=day, id__gt=pk)


def key_of(payable: Payable) -> str:
    """The place of a payable in the list."""
    return f"{payable.due_on}_{payable.pk}"


def _read_key(text: str) -> tuple[date, UUID] | None:
    day, _line, pk = text.partition("_")
    try:
        return date.fromisoformat(day), UUID(pk)
    except ValueError:
        return None
