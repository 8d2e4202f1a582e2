"""Finding files: the queue and its pages, files by reference or number, files that nobody may move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
from portal.accounts.staffing import Staffing, staffing_on
from portal.audit.services import record
from portal.casework.acting import barred_by_acting, barred_from
from portal.casework.doors import desk_applications
from portal.casework.models import Application, Assessment, Recusal
from portal.casework.states import ENDED, OPEN, State
from portal.casework.workflow import STEPS

PAGE = 50
MOST_FOUND = 20
MOST_STUCK = 50
REVEALED = ("legal_name", "number", "phone", "account.number")

# The stages each role of the bureau may move on, as the table says.
STATES_OF = {role: tuple({step.source: None for step in STEPS if step.role == role}) for role in Role}
STAFFED = tuple({state: None for states in STATES_OF.values() for state in states})
# What says, with the staffing of the day, who may move a file.
_SIGNED_BEFORE = {
    State.SECOND_REVIEW: ("first_reviewer",),
    State.FINAL_APPROVAL: ("first_reviewer", "second_reviewer"),
}
BARRING = ("state", "programme", "town", "first_reviewer", "second_reviewer")
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
        | barred_by_acting(user)
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


@dataclass(frozen=True)
class Stuck:
    """A file that nobody who is there may move, and those who are away and could."""

    file: Application
    awaited: dict[int, date]  # user id → the last day of their absence
    barred: frozenset[int]  # who may not move it whatever roles they get


def stuck_files(user: User, *, on: date) -> list[Stuck]:
    """Files in the scope of an administrator that nobody may move on the day ``on``: no holder is there and free to.

    Roles count as own or delegated. Holders are barred from their own file, from one they keep away from, and from
    reviewing or approving what they reviewed before; who delegated for an absence is away. At most fifty, by last day;
    the same few queries however many files there are.
    """
    files = Application.objects.filter(scope_q(user, [Role.ADMINISTRATOR]), state__in=STAFFED)
    kinds = files.order_by(*BARRING).values(*BARRING).distinct()
    staffing, recused = staffing_on(on), _recused(files)
    stuck = Q(pk__in=[])
    for kind in kinds:
        free = _able(staffing, **kind) - set(staffing.away)
        if len(free) > 1:  # only one of them can be the applicant
            continue
        same = Q(
            **{f"{name}__isnull" if value is None else name: value is None or value for name, value in kind.items()}
        )
        stuck |= same & Q(applicant__user__in=free) if free else same
    narrowed = files.filter(pk__in=recused).select_related("applicant")
    stuck |= Q(pk__in=[row.pk for row in narrowed if not _free(row, staffing, recused) - set(staffing.away)])
    rows = files.filter(stuck).select_related("policy_version__policy", "applicant")
    rows = rows.order_by(F("due_on").asc(nulls_last=True), "id")[:MOST_STUCK]
    found = []
    for row in rows:
        free = _free(row, staffing, recused)
        awaited = {pk: day for pk, day in staffing.away.items() if pk in free}
        found.append(Stuck(row, awaited, frozenset(_barred(row, recused))))
    return found


def who_could(row: Application, grants: Iterable[RoleGrant]) -> list[RoleGrant]:
    """Which of ``grants`` reach the step that ``row`` waits for."""
    return [it for it in grants if row.state in STATES_OF[Role(it.role)] and it.covers(row.programme, row.town)]


def _recused(files: QuerySet[Application]) -> dict[UUID, set[int]]:
    """Who keeps away from which of ``files``, and who may not act on them because of what they did before."""
    found: dict[UUID, set[int]] = defaultdict(set)
    live = Recusal.objects.filter(withdrawn_at__isnull=True, application__in=files.order_by())
    for pk, person in live.order_by().values_list("application", "person"):
        found[pk].add(person)
    for pk, people in barred_from(files).items():
        found[pk] |= people
    return found


def _free(row: Application, staffing: Staffing, recused: Mapping[UUID, set[int]]) -> set[int]:
    """Who may move ``row``, whether away or not."""
    kind = {name: getattr(row, Application._meta.get_field(name).attname) for name in BARRING}
    return _able(staffing, **kind) - _barred(row, recused)


def _barred(row: Application, recused: Mapping[UUID, set[int]]) -> set[int | None]:
    """Who may not move ``row`` as it stands: its applicant, who keeps away, who reviewed it before."""
    signed = _SIGNED_BEFORE.get(State(row.state), ())
    return recused.get(row.pk, set()) | {row.applicant.user_id, *(getattr(row, f"{name}_id") for name in signed)}


def _able(
    staffing: Staffing,
    *,
    state: str,
    programme: str,
    town: str,
    first_reviewer: int | None,
    second_reviewer: int | None,
) -> set[int]:
    signed = {"first_reviewer": first_reviewer, "second_reviewer": second_reviewer}
    barred = {signed[name] for name in _SIGNED_BEFORE.get(State(state), ())}
    roles = [role for role, states in STATES_OF.items() if state in states]
    return {pk for role in roles for pk in staffing.holders(role, programme, town)} - barred
