"""Who comes in where: administrators and auditors read; an administrator of the whole city changes."""

from datetime import date
from typing import cast
from uuid import UUID

from django.http import Http404, HttpRequest

from portal.accounts.models import Role, User
from portal.policy.drafting import draft_with, may_draft
from portal.policy.models import PolicyDraft
from portal.ui.asking import number_in

READERS = (Role.ADMINISTRATOR, Role.AUDITOR)


def person(request: HttpRequest) -> User:
    """Who asks; the door has seen to it that they are signed in."""
    return cast(User, request.user)


def may_read(user: User, programme: str) -> bool:
    """Whether one of the user's roles reads the policies of that programme."""
    return any(grant.role in READERS and grant.programme in ("", programme) for grant in user.grants)


def draft_to_read(request: HttpRequest, pk: UUID) -> PolicyDraft:
    """A draft of a programme the user reads. Raises Http404: "not yours" looks like "not there"."""
    draft = draft_with(pk)
    if draft is None or not may_read(person(request), draft.policy.programme):
        raise Http404
    return draft


def draft_to_change(request: HttpRequest, pk: UUID) -> PolicyDraft:
    """A draft the user may change. Raises Http404: "not yours" looks like "not there"."""
    draft = draft_with(pk)
    if draft is None or not may_draft(person(request), draft.policy.programme):
        raise Http404
    return draft


def revision_in(request: HttpRequest) -> int:
    """The revision the page was made from; one that nobody gave out fits no draft."""
    number = number_in(request.POST.get("revision", ""))
    return -1 if number is None else number


def day_in(draft: PolicyDraft, name: str) -> date | None:
    """A day of the draft's basics; ``None`` where there is none (yet)."""
    try:
        return date.fromisoformat(draft.data.get(name) or "")
    except (TypeError, ValueError):
        return None
