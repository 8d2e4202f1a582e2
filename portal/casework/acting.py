"""Who has had a hand in a file: a refusal is reconsidered, and reviewed again, by somebody else; and what was entered
at the counter is reviewed by somebody else than who spoke there for the applicant.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Replace
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.models import Entry
from portal.casework.models import Application, NoticeObjection, Settlement, StepTaken
from portal.casework.states import State

# Where a file is weighed: accepting it is no review.
WEIGHED = (State.FIRST_REVIEW, State.SECOND_REVIEW, State.FINAL_APPROVAL)
# What shows that somebody acted on a file, with where the file and the person stand in it.
TRACES: tuple[tuple[Any, str, str], ...] = (
    (StepTaken.objects.filter(actor__isnull=False), "application", "actor"),
    (Settlement.objects.all(), "application", "by"),
    (NoticeObjection.objects.filter(answered_by__isnull=False), "line__application", "answered_by"),
)


def _takings() -> QuerySet[Entry]:
    """Entries of having had a file in hand. Taking it in order to reconsider it counts for nothing."""
    return Entry.objects.filter(action="application.take").exclude(note=State.RECONSIDERATION)


def _refusals_here() -> QuerySet[StepTaken]:
    """Refusals in the stage where the file is again."""
    return StepTaken.objects.filter(step="refuse", from_state=F("application__state"))


def _spoken_for() -> QuerySet[StepTaken]:
    """What a clerk sent for somebody at the counter."""
    sent = StepTaken.objects.filter(step__in=("submit", "resubmit"), application__state__in=WEIGHED)
    return sent.filter(application__entered_by__isnull=False, actor__isnull=False)


def barred_by_acting(user: User) -> Q:
    """The applications that ``user`` may not move as they stand now, for what they did to them before.

    Those under reconsideration that they took a step in, settled a fact of, answered an objection to or had in hand;
    those that they refused in the stage where they are again; those under review that they entered at the counter.
    """
    acted = Q(pk__in=[])
    for rows, file, who in TRACES:
        acted |= Q(Exists(rows.filter(**{file: OuterRef("pk"), who: user})))
    # Databases write an id with and without hyphens.
    bare = Replace(Cast(OuterRef("pk"), CharField()), Value("-"), Value(""))
    held = _takings().filter(actor=user).annotate(bare=Replace("target_id", Value("-"), Value("")))
    acted |= Q(Exists(held.filter(bare=bare)))
    refused = _refusals_here().filter(application=OuterRef("pk"), actor=user)
    entered = Q(state__in=WEIGHED, entered_by=user) | Q(
        Exists(_spoken_for().filter(application=OuterRef("pk"), actor=user))
    )
    return Q(state=State.RECONSIDERATION) & acted | Q(Exists(refused)) | entered


def barred_from(files: QuerySet[Application]) -> dict[UUID, set[int]]:
    """The same the other way round: who may not move which of ``files``. The same few queries however many."""
    found: dict[UUID, set[int]] = defaultdict(set)
    waiting = list(files.filter(state=State.RECONSIDERATION).order_by().values_list("pk", flat=True))
    pairs = list(_refusals_here().filter(application__in=files.order_by()).values_list("application", "actor"))
    pairs += _spoken_for().filter(application__in=files.order_by()).values_list("application", "actor")
    weighed = files.filter(state__in=WEIGHED, entered_by__isnull=False).order_by()
    pairs += weighed.values_list("pk", "entered_by")
    for rows, file, who in TRACES if waiting else ():
        pairs += rows.order_by().filter(**{f"{file}__in": waiting}).values_list(file, who)
    if waiting:
        held = _takings().filter(target_id__in=[str(pk) for pk in waiting]).order_by()
        pairs += [(UUID(pk), who) for pk, who in held.values_list("target_id", "actor")]
    for pk, who in pairs:
        found[pk].add(who)
    return found


def why_somebody_else(application: Application, user: User) -> str | None:
    """The sentence for what ``barred_by_acting`` holds of one application, or None. One query."""
    if not Application.objects.filter(barred_by_acting(user), pk=application.pk).exists():
        return None
    if application.state == State.RECONSIDERATION:
        return _("您办理过这件申请，复核要由没有办理过的人决定。")
    if application.entered_by_id == user.pk or _spoken_for().filter(application=application.pk, actor=user).exists():
        return _("这件由您在柜台录入，审核要由另一人办理。")
    return _("这件在这一环节由您不予批准过，复核后要由另一人办理。")
