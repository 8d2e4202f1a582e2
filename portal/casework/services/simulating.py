"""Simulations: what a draft's text would have answered to every application that was judged under its policy.

A run goes through the applications by key, ``BATCH`` at a time. A batch is read and assessed outside any transaction;
one short transaction then moves the simulation on from where the batch began, adds to the tally and keeps the rows that
change. Only one of two workers with the same batch can move it on, the other finds nothing to write and leaves; what a
killed worker did not write is simply done again.

``Simulation.results`` is a tally by these keys, ``group`` being ``open`` or ``past``:
``verdict/<group>/<before>/<after>`` files, ``cost/<group>/before`` and ``/after`` whole fen,
``clause/<code>/<before><after>`` files (letters m, n, u; ``-``: there is no such clause),
``changed``, ``changed_verdict``, ``changed_amount``, ``unreadable`` (facts that do not open), ``unchecked`` (no
assessment yet).
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User, grants_as
from portal.audit.services import record
from portal.casework.models import Application, Assessment, Simulation, SimulationChange
from portal.casework.services.checking import LETTERS
from portal.casework.states import OPEN, State
from portal.notifications.nudging import nudge
from portal.policy.assessing import assess
from portal.policy.calendar import Calendar
from portal.policy.facts import Facts
from portal.policy.models import PolicyDraft, PolicyVersion
from portal.policy.schema import PolicyDocument
from portal.policy.services import stored_calendar

logger = logging.getLogger(__name__)
BATCH = 500
TURN_SECONDS = 10.0  # then a worker lets other work pass before it goes on
SILENCE = timedelta(seconds=30)  # of a run, after which its worker is taken for lost
MOST_FAILURES = 3
READERS = (Role.ADMINISTRATOR, Role.AUDITOR)
LEFT_OUT = (State.DRAFT, State.WITHDRAWN, State.LAPSED)  # nobody decided about these
NO_CLAUSE = "-"


class SimulationRefused(Exception):
    """What was asked for cannot be done; the message is a sentence for whoever asked."""


def visible_simulations(user: User, roles: Sequence[str] = READERS) -> QuerySet[Simulation]:
    """The simulations of the programmes that ``user`` reaches in one of ``roles`` for the whole city, newest first."""
    reached = {grant.programme for grant in grants_as(user, roles) if not grant.town}
    found = Simulation.objects.order_by("-asked_at", "-id")
    return found if "" in reached else found.filter(policy__programme__in=reached)


def start_simulation(*, draft: PolicyDraft, by: User, at: datetime) -> Simulation:
    """Ask for a simulation of the text of ``draft`` as it is now. The one that runs already on it is given back.

    Raises:
        SimulationRefused: ``by`` does not administer the programme for the whole city, or the draft is closed.
        PolicyUnreadable: the draft is not a policy document yet.
    """
    with transaction.atomic():
        row = PolicyDraft.objects.select_for_update(of=("self",)).select_related("policy").get(pk=draft.pk)
        if not by.may_act_as(Role.ADMINISTRATOR, row.policy.programme, ""):
            raise SimulationRefused(_("只有管理员能模拟政策草稿。"))
        if row.state not in (PolicyDraft.State.OPEN, PolicyDraft.State.ASKED):
            raise SimulationRefused(_("这份草稿已经发布或作废，不再模拟。"))
        document, sha256 = row.document, row.sha256
        running = Simulation.objects.filter(policy=row.policy, sha256=sha256, state__in=Simulation.LIVE).first()
        if running:
            return running
        simulation = Simulation(
            policy=row.policy,
            draft=row,
            document=document.model_dump_json(),
            sha256=sha256,
            label=document.version,
            asked_by=by,
            asked_at=at,
        )
        simulation.total = _applications(simulation).count()
        simulation.save()
        record(action="simulation.start", actor=by, target=simulation, at=at, digest=sha256)
        nudge("casework.simulate", simulation_id=str(simulation.pk))
    return simulation


def stop_simulation(*, simulation: Simulation, by: User, at: datetime) -> None:
    """End a simulation before its time; what it has counted so far stays.

    Raises:
        SimulationRefused: it has ended already, or ``by`` does not administer the programme.
    """
    if not by.may_act_as(Role.ADMINISTRATOR, simulation.policy.programme, ""):
        raise SimulationRefused(_("只有管理员能停止模拟。"))
    with transaction.atomic():
        live = Simulation.objects.filter(pk=simulation.pk, state__in=Simulation.LIVE)
        if not live.update(state=Simulation.State.STOPPED, finished_at=at):
            raise SimulationRefused(_("这次模拟已经结束，不用再停。"))
        record(action="simulation.stop", actor=by, target=simulation, at=at)


def note_download(*, simulation: Simulation, by: User, at: datetime) -> None:
    """Note that ``by`` takes the list of changed files along."""
    with transaction.atomic():
        record(action="simulation.download", actor=by, target=simulation, at=at, digest=simulation.sha256)


def silent_simulations(*, at_real: datetime) -> list[UUID]:
    """Simulations that nobody works on: not begun, or without a sign of life for ``SILENCE``; longest waiting first."""
    silent = Q(heartbeat__isnull=True) | Q(heartbeat__lt=at_real - SILENCE)
    found = Simulation.objects.filter(silent, state__in=Simulation.LIVE)
    return list(found.order_by("asked_at", "id").values_list("pk", flat=True)[:5])


def run_simulation(*, simulation_id: UUID, at: datetime, at_real: datetime) -> None:
    """Do batches for ``TURN_SECONDS`` from now on, then ask for the next turn. Safe to call at any time, by anybody.

    A run that breaks is tried again by the sweep; the third time it is given up. ``at_real`` is real time.
    """
    begun = time.monotonic()
    try:
        ground = ground_of(simulation_id)
        while ground:
            passed = timedelta(seconds=time.monotonic() - begun)
            if not run_batch(simulation_id=simulation_id, at=at + passed, at_real=at_real + passed, ground=ground):
                return
            if passed.total_seconds() > TURN_SECONDS:
                nudge("casework.simulate", simulation_id=str(simulation_id))
                return
    except Exception as error:  # nobody's facts may reach a log with it
        logger.error("Simulation %s failed (%s).", simulation_id, type(error).__name__)
        _note_failure(simulation_id, at, at_real)


@dataclass(frozen=True)
class Ground:
    """What every batch of a simulation stands on, read once a turn."""

    document: PolicyDocument
    calendar: Calendar
    clauses: dict[int, tuple[str, ...]]  # the clauses of each version, by its key


def ground_of(simulation_id: UUID) -> Ground | None:
    """What the batches of a live simulation stand on; ``None`` where it has ended."""
    simulation = Simulation.objects.filter(pk=simulation_id, state__in=Simulation.LIVE).first()
    if simulation is None:
        return None
    clauses = clauses_of(PolicyVersion.objects.filter(policy=simulation.policy_id))
    return Ground(document_of(simulation), stored_calendar(), clauses)


def document_of(simulation: Simulation) -> PolicyDocument:
    """The simulated document."""
    return _read_document(simulation.document)


@lru_cache(maxsize=8)
def _read_document(text: str) -> PolicyDocument:
    return PolicyDocument.model_validate_json(text)


def clauses_of(versions: QuerySet[PolicyVersion]) -> dict[int, tuple[str, ...]]:
    """The clauses of each version, in their order, by the version's key."""
    return {version.pk: tuple(clause.code for clause in version.parsed.clauses) for version in versions}


def run_batch(
    *, simulation_id: UUID, at: datetime, at_real: datetime, ground: Ground | None = None, size: int = BATCH
) -> bool:
    """Do the next ``size`` applications. Says whether there is more to do here: not so where it is done or stopped,
    or somebody else did this batch meanwhile.
    """
    ground = ground or ground_of(simulation_id)
    simulation = Simulation.objects.filter(pk=simulation_id, state__in=Simulation.LIVE).first()
    if ground is None or simulation is None:
        return False
    batch = _next_files(simulation, ground, size)
    tally, changes = _judge(simulation, batch, ground)
    is_last = len(batch) < size
    done = simulation.done + len(batch)
    tally.update(simulation.results)
    with transaction.atomic():
        here = Simulation.objects.filter(pk=simulation_id, state__in=Simulation.LIVE, cursor=simulation.cursor)
        is_ours = here.update(
            state=Simulation.State.DONE if is_last else Simulation.State.RUNNING,
            cursor=batch[-1].pk if batch else simulation.cursor,
            done=done,
            # Files may have come to their end, or under the policy, since they were counted.
            total=done if is_last else max(simulation.total, done),
            results=dict(tally),
            heartbeat=at_real,
            started_at=simulation.started_at or at,
            finished_at=at if is_last else None,
        )
        if not is_ours:
            return False
        SimulationChange.objects.bulk_create(changes)
        if is_last:
            record(action="simulation.finish", actor=None, target=simulation, at=at, digest=simulation.sha256)
    return not is_last


def _applications(simulation: Simulation) -> QuerySet[Application]:
    """Every application of the policy that was submitted until the simulation was asked for, open and past."""
    submitted = Application.objects.filter(submitted_at__lte=simulation.asked_at).exclude(state__in=LEFT_OUT)
    return submitted.filter(policy_version__policy=simulation.policy_id)


class _File(NamedTuple):
    """An application with its newest assessment; one that was not checked yet has none."""

    pk: UUID
    version: int
    state: str
    assessment: UUID | None
    verdict: str
    amount_fen: int | None
    answers: str
    facts: str  # sealed


def _next_files(simulation: Simulation, ground: Ground, size: int) -> list[_File]:
    """The ``size`` files after the cursor, by version and key: no index has to be read twice, nothing to be sorted."""
    newer = Assessment.objects.filter(application=OuterRef("pk"), number__gt=OuterRef("assessments__number"))
    newest = ("assessments__pk", *(f"assessments__{name}" for name in ("verdict", "amount_fen", "answers", "facts")))
    cursor = simulation.cursor
    reached = Application.objects.values_list("policy_version", flat=True).get(pk=cursor) if cursor else None
    found: list[_File] = []
    for version in sorted(ground.clauses):
        if (reached is not None and version < reached) or len(found) == size:
            continue
        rows = _applications(simulation).filter(~Exists(newer), policy_version=version)
        if cursor and version == reached:
            rows = rows.filter(pk__gt=cursor)
        columns = rows.order_by("pk").values_list("pk", "policy_version", "state", *newest)
        found += map(_File._make, columns[: size - len(found)])
    return found


def _facts_in(file: _File) -> Facts:
    """The facts that the assessment was made from."""
    row = Assessment.from_db("default", ("id", "facts"), (file.assessment, file.facts))
    return Facts.from_json(row.facts)


class _Judged(NamedTuple):
    """What makes two files alike in the tally."""

    is_open: bool
    version: int
    verdict_before: str
    verdict_after: str
    fen_before: int | None
    fen_after: int | None
    before: str  # letters
    after: str

    @property
    def is_changed(self) -> bool:
        return self.verdict_before != self.verdict_after or self.fen_before != self.fen_after


def _judge(
    simulation: Simulation, batch: Sequence[_File], ground: Ground
) -> tuple[Counter[str], list[SimulationChange]]:
    document, calendar, clauses = ground.document, ground.calendar, ground.clauses
    alike: Counter[_Judged] = Counter()
    tally: Counter[str] = Counter()
    changes = []
    error_name = ""
    for file in batch:
        if file.assessment is None:
            tally["unchecked"] += 1
            continue
        try:
            after = assess(document, _facts_in(file), calendar)
            if len(file.answers) != len(clauses[file.version]):
                raise ValueError("The answers of an assessment are not those of its version.")
        except Exception as error:  # a damaged file is counted; it must not hold up the others
            tally["unreadable"] += 1
            error_name = type(error).__name__
            continue
        judged = _Judged(
            file.state in OPEN,
            file.version,
            file.verdict,
            after.verdict.value,
            file.amount_fen,
            after.amount_fen,
            file.answers,
            "".join([LETTERS[finding.answer] for finding in after.findings]),
        )
        alike[judged] += 1
        if judged.is_changed:
            changes.append(
                SimulationChange(
                    simulation_id=simulation.pk,
                    application_id=file.pk,
                    verdict_before=judged.verdict_before,
                    verdict_after=judged.verdict_after,
                    amount_fen_before=judged.fen_before,
                    amount_fen_after=judged.fen_after,
                    clauses_before=judged.before,
                    clauses_after=judged.after,
                )
            )
    if error_name:
        logger.warning("Simulation %s met facts that do not open (%s).", simulation.pk, error_name)
    _add_up(tally, alike, ground)
    return tally, changes


def _add_up(tally: Counter[str], alike: Counter[_Judged], ground: Ground) -> None:
    codes = tuple(clause.code for clause in ground.document.clauses)
    for it, files in alike.items():
        group = "open" if it.is_open else "past"
        tally[f"verdict/{group}/{it.verdict_before}/{it.verdict_after}"] += files
        tally[f"cost/{group}/before"] += files * (it.fen_before or 0)
        tally[f"cost/{group}/after"] += files * (it.fen_after or 0)
        tally["changed"] += files * it.is_changed
        tally["changed_verdict"] += files * (it.verdict_before != it.verdict_after)
        tally["changed_amount"] += files * (it.fen_before != it.fen_after)
        for code, move in moves(ground.clauses[it.version], it.before, codes, it.after):
            tally[f"clause/{code}/{move}"] += files


def moves(codes_before: Sequence[str], before: str, codes_after: Sequence[str], after: str) -> list[tuple[str, str]]:
    """For every clause of either document its letter before and after, ``-`` where it is not in one: ("LS-2", "mn")."""
    old = dict(zip(codes_before, before, strict=True))
    found = [(code, old.pop(code, NO_CLAUSE) + letter) for code, letter in zip(codes_after, after, strict=True)]
    return found + [(code, letter + NO_CLAUSE) for code, letter in old.items()]


def _note_failure(simulation_id: UUID, at: datetime, at_real: datetime) -> None:
    with transaction.atomic():
        live = Simulation.objects.filter(pk=simulation_id, state__in=Simulation.LIVE)
        live.update(failures=F("failures") + 1, heartbeat=at_real)
        live.filter(failures__gte=MOST_FAILURES).update(state=Simulation.State.FAILED, finished_at=at)
