"""Finding files: the queue and its pages, files by reference or number, files that nobody may move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from applicants.people.identities import identities_in
from applicants.people.linking import known_as, linked_ids
from applicants.people.models import Person, person_number_hashes
from portal.accounts.models import Role, RoleGrant, User
from portal.accounts.scopes import scope_q
from portal.audit.services import record
from portal.casework.doors import desk_applications
from portal.casework.models import Application, Assessment
from portal.casework.states import ENDED, OPEN, State
from portal.casework.workflow import STEPS

PAGE = 50
MOST_FOUND = 20
MOST_STUCK = 50
REVEALED = ("legal_name", "number", "phone", "account.number")

# The stages each role of the bureau may move on, as the table says.
STATES_OF = {role: tuple({step.source: None for step in STEPS if step.role == role}) for role in Role}
STAFFED = tuple({state: None for states in STATES_OF.values() for state in states})
IN_WORK = tuple(state for state in OPEN if state != State.DRAFT)


@dataclass(frozen=True)
class QueueFilter:
    """What the queue shows. ``view``: todo, mine, free, overdue, all or ended; "" elsewhere means any."""

    view: str
    stage: str = ""
    town: str = ""
    policy: str = ""
    due: str = ""  # overdue, today, week


@dataclass(frozen=True)
class QueuePage:
    """One page of files, and the keys of the pages beside it ("" where there is none)."""

    rows: list[Application]
    previous: str
    next: str


def may_move_q(user: User) -> Q:
    """The files that ``user`` may move on: in a stage and the scope of a role, not barred by separation of duties."""
    reach = Q(pk__in=[])
    for role, states in STATES_OF.items():
        if states and user.has_role(role):
            reach |= Q(state__in=states) & scope_q(user, [role])
    barred = (
        Q(applicant__user=user)
        | Q(state=State.SECOND_REVIEW, first_reviewer=user)
        | Q(state=State.FINAL_APPROVAL, first_reviewer=user)
        | Q(state=State.FINAL_APPROVAL, second_reviewer=user)
    )
    return reach & ~barred


def _view_q(user: User, view: str, on: date) -> Q:
    conditions = {
        "todo": may_move_q(user) & (Q(assignee__isnull=True) | Q(assignee=user)),
        "mine": Q(assignee=user),
        "free": Q(assignee__isnull=True, state__in=STAFFED),
        "overdue": Q(due_on__lt=on) & ~Q(state=State.CORRECTION),
        "all": Q(),
    }
    return conditions[view]


def count_queue(user: User, *, on: date) -> dict[str, int]:
    """How many files every view and every stage of the queue holds, in one query. Keys: views and states."""
    views = ("todo", "mine", "free", "overdue", "all")
    totals = {view: Count("pk", filter=_view_q(user, view, on)) for view in views if view != "all"}
    rows = list(
        desk_applications(user)
        .filter(state__in=IN_WORK)
        .order_by("state")
        .values("state")
        .annotate(all=Count("pk"), **totals)
    )
    return {view: sum(row[view] for row in rows) for view in views} | {row["state"]: row["all"] for row in rows}


def queue_files(user: User, wanted: QueueFilter, *, on: date) -> QuerySet[Application]:
    """The files of one view of the queue, not ordered yet. ``answers`` is the newest assessment's (mnu per clause)."""
    rows = desk_applications(user)
    if wanted.view == "ended":
        rows = rows.filter(state__in=ENDED)
    else:
        rows = rows.filter(_view_q(user, wanted.view, on), state__in=IN_WORK)
    if wanted.stage:
        rows = rows.filter(state=wanted.stage)
    if wanted.town:
        rows = rows.filter(town=wanted.town)
    if wanted.policy:
        rows = rows.filter(policy_version__policy__code=wanted.policy)
    if wanted.due == "overdue":
        rows = rows.filter(due_on__lt=on)
    elif wanted.due:
        rows = rows.filter(due_on__lte=on + timedelta(days=7 if wanted.due == "week" else 0))
    newest = Assessment.objects.filter(application=OuterRef("pk")).order_by("-number").values("answers")[:1]
    return rows.select_related("policy_version__policy", "assignee").annotate(answers=Subquery(newest))


def queue_page(files: QuerySet[Application], *, after: str = "", before: str = "") -> QueuePage:
    """Fifty files by last day, those without one at the end, from the key of the row that stood before (or after) it.

    Pages go by key: no row is skipped over and nothing is counted, however long the queue. An unreadable key gives the
    first page.
    """
    backward = not after and bool(before)
    key = _read_key(before if backward else after)
    if backward and key:
        rows = files.filter(_beyond(key, backward=True)).order_by(F("due_on").desc(nulls_first=True), "-id")
    else:
        rows = files.filter(_beyond(key, backward=False) if key else Q()).order_by(
            F("due_on").asc(nulls_last=True), "id"
        )
    found = list(rows[: PAGE + 1])
    has_more, found = len(found) > PAGE, found[:PAGE]
    if backward and key:
        found.reverse()
        return QueuePage(found, _key(found[0]) if found and has_more else "", _key(found[-1]) if found else "")
    return QueuePage(found, _key(found[0]) if found and key else "", _key(found[-1]) if has_more else "")


def _key(row: Application) -> str:
    return f"{row.due_on or 'none'}_{row.pk}"


def _read_key(text: str) -> tuple[date | None, UUID] | None:
    day, _line, pk = text.partition("_")
    try:
        return (None if day == "none" else date.fromisoformat(day)), UUID(pk)
    except ValueError:
        return None


def _beyond(key: tuple[date | None, UUID], *, backward: bool) -> Q:
    day, pk = key
    if day is None:
        return (
            Q(due_on__isnull=False) | Q(due_on__isnull=True, id__lt=pk)
            if backward
            else Q(due_on__isnull=True, id__gt=pk)
        )
    if backward:
        return Q(due_on__lt=day) | Q(due_on=day, id__lt=pk)
    return Q(due_on__gt=day) | Q(due_on=day, id__gt=pk) | Q(due_on__isnull=True)


def find_files(user: User, text: str) -> list[Application]:
    """The files on the desk of ``user``, newest first: by number of any paper, reference or its last digits.

    At most twenty; none for a text that is neither.
    """
    wanted = "".join(text.split()).upper()
    if not wanted:
        return []
    hashes = [one for found in identities_in(wanted) for one in person_number_hashes(found.number, found.kind)]
    condition = Q(reference__endswith=wanted) if wanted.isdigit() else Q(reference=wanted)
    if hashes:
        holders = Person.objects.filter(number_hash__in=hashes).values_list("pk", flat=True)
        condition |= Q(applicant__in=linked_ids(holders))
    rows = desk_applications(user).filter(condition).select_related("policy_version__policy")
    return list(rows.order_by("-submitted_at", "-id")[:MOST_FOUND])


def other_applications(application: Application) -> list[Application]:
    """Other submitted applications of the same person, whoever is linked with them, or the same number, newest first.

    In whatever scope: references only.
    """
    person: Person = application.applicant
    everyone = known_as(person)
    same = Q(applicant__in=everyone.ids) | Q(applicant__number_hash__in=everyone.hashes)
    rows = Application.objects.filter(same).exclude(pk=application.pk).exclude(state=State.DRAFT)
    return list(rows.select_related("policy_version__policy").order_by("-submitted_at", "-id")[:MOST_FOUND])


def reveal_person(*, application: Application, by: User, at: datetime) -> None:
    """Note that ``by`` looks at the full name and numbers of an applicant; the page then shows them once."""
    with transaction.atomic():
        record(
            action="person.reveal",
            actor=by,
            target=application.applicant,
            at=at,
            fields=REVEALED,
            note=application.reference or "",
        )


def stuck_files(user: User) -> list[Application]:
    """Files in the scope of an administrator that nobody may move: no active holder of the role is free to.

    Holders are barred from their own file and from reviewing or approving what they reviewed before. At most fifty,
    by last day; three queries however many files there are.
    """
    files = Application.objects.filter(scope_q(user, [Role.ADMINISTRATOR]), state__in=STAFFED)
    columns = ("state", "programme", "town", "first_reviewer", "second_reviewer")
    kinds = files.order_by(*columns).values(*columns).distinct()
    grants = list(RoleGrant.objects.filter(user__is_active=True).order_by("pk"))
    stuck = Q(pk__in=[])
    for kind in kinds:
        able = _able(grants, **kind)
        if len(able) > 1:  # only one of them can be the applicant
            continue
        same = Q(
            **{f"{name}__isnull" if value is None else name: value is None or value for name, value in kind.items()}
        )
        stuck |= same & Q(applicant__user__in=able) if able else same
    rows = files.filter(stuck).select_related("policy_version__policy")
    return list(rows.order_by(F("due_on").asc(nulls_last=True), "id")[:MOST_STUCK])


def _able(
    grants: Iterable[RoleGrant],
    *,
    state: str,
    programme: str,
    town: str,
    first_reviewer: int | None,
    second_reviewer: int | None,
) -> set[int]:
    barred = {
        State.SECOND_REVIEW: {first_reviewer},
        State.FINAL_APPROVAL: {first_reviewer, second_reviewer},
    }.get(State(state), set())
    return {
        grant.user_id
        for grant in grants
        if state in STATES_OF[Role(grant.role)] and grant.covers(programme, town) and grant.user_id not in barred
    }
