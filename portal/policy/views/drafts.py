"""The page of a draft: what it says, what is wrong with it, what it changes, and what may be done with it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import clock
from portal.accounts.doors import bureau_only
from portal.policy import drafting
from portal.policy.differences import differences_in
from portal.policy.draft_letters import publishers_of
from portal.policy.editing.outline import outline, place_of
from portal.policy.editing.shapes import CONDITIONS
from portal.policy.labels import kind_label
from portal.policy.models import PolicyDraft, PolicyVersion
from portal.policy.schema import PolicyUnreadable
from portal.policy.services import version_deciding
from portal.policy.views.doors import READERS, day_in, draft_to_read, person
from portal.policy.views.policies import yaml_file

State = PolicyDraft.State


@require_safe
@never_cache
@bureau_only(*READERS)
def policy_draft(request: HttpRequest, id: UUID) -> HttpResponse:
    """The draft as an outline, with its problems and the acts that are open to this person."""
    return render(request, "policy/draft.html", draft_context(request, draft_to_read(request, id)))


@require_safe
@never_cache
@bureau_only(*READERS)
def policy_draft_changes(request: HttpRequest, id: UUID) -> HttpResponse:
    """What the draft changes of the version in force, and of the one it is based on where that is another."""
    draft = draft_to_read(request, id)
    return render(request, "policy/changes.html", {"draft": draft, "comparisons": comparisons(draft)})


@require_safe
@bureau_only(*READERS)
def policy_draft_yaml(request: HttpRequest, id: UUID) -> HttpResponse:
    """The draft as a YAML file, as far as it goes."""
    draft = draft_to_read(request, id)
    try:
        data: Any = draft.document.model_dump(mode="json", exclude_defaults=True)
    except PolicyUnreadable:
        data = draft.data
    return yaml_file(data, f"{draft.policy.code}-{draft.data.get('version', '')}-draft")


def draft_context(request: HttpRequest, draft: PolicyDraft, **more: Any) -> dict[str, Any]:
    """Everything the draft's page shows. ``more``: what a refused act adds."""
    user = person(request)
    may_change = is_open(draft) and drafting.may_draft(user, draft.policy.programme)
    found = problems_of(draft)
    starts_on = day_in(draft, "effective_from")
    why_not = drafting.why_not_publish(draft, user) if draft.state == State.ASKED else ""
    return {
        "draft": draft,
        "sections": outline(draft.data),
        "problems": found,
        "comparisons": comparisons(draft),
        "editors": draft.edited_by.order_by("pk"),
        "simulations": drafting.simulations_of(draft.sha256),
        "may_change": may_change,
        "may_publish": draft.state == State.ASKED and may_change and not why_not,
        "may_take_back": draft.state == State.ASKED and may_change,
        "why_not": why_not if may_change else "",
        "nobody_else": may_change and not publishers_of(draft).exclude(pk=user.pk).exists(),
        "is_backdated": starts_on is not None and starts_on < clock.today(),
        "starts_on": starts_on,
        "ends_on": day_in(draft, "effective_to"),
        "kinds": kind_choices(),
        **more,
    }


def problems_of(draft: PolicyDraft) -> list[dict[str, str]]:
    """What keeps the draft from being a document: sentence, place in words, and the field where it is mended."""
    try:
        draft.document  # noqa: B018 (asked for its errors)
    except PolicyUnreadable as error:
        rows = []
        for problem in error.problems:
            address, anchor, place = place_of(problem.path, draft.data)
            rows.append({"text": problem.text, "place": place, "address": address, "anchor": anchor})
        return rows
    return []


def comparisons(draft: PolicyDraft) -> list[dict[str, Any]]:
    """The differences to the version in force today, and to the one the draft is based on where that is another."""
    in_force = (draft.version and draft.based_on) or version_deciding(draft.policy.code, clock.today())
    versions: dict[int, tuple[PolicyVersion, bool]] = {}
    if in_force:
        versions[in_force.pk] = (in_force, True)
    if draft.based_on:
        versions.setdefault(draft.based_on.pk, (draft.based_on, False))
    return [
        {
            "version": version,
            "is_in_force": is_in_force,
            "groups": differences_in(version.parsed.model_dump(mode="json"), draft.data),
        }
        for version, is_in_force in versions.values()
    ]


def is_open(draft: PolicyDraft) -> bool:
    """Whether it may still change: neither published nor discarded."""
    return draft.state in (State.OPEN, State.ASKED)


def kind_choices() -> list[tuple[str, str]]:
    """The kinds of condition with their names."""
    return [(kind, kind_label(kind)) for kind in CONDITIONS]
