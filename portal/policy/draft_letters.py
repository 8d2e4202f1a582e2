"""The letters about a draft: to those who may publish it, and to who asked."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from portal.accounts.models import Role, User
from portal.notifications.services import queue_letter
from portal.policy.models import PolicyDraft
from portal.policy.schema import PolicyDocument


def administrators_of(programme: str) -> QuerySet[User]:
    """The administrators of the whole city for that programme."""
    grants = Q(role_grants__role=Role.ADMINISTRATOR, role_grants__town="", role_grants__programme__in=["", programme])
    return User.objects.filter(grants, is_active=True).distinct().order_by("pk")


def publishers_of(draft: PolicyDraft) -> QuerySet[User]:
    """Who may publish the draft: administrators of its programme who have neither drafted, edited nor asked."""
    involved = {draft.drafted_by_id, draft.asked_by_id, *draft.edited_by.values_list("pk", flat=True)} - {None}
    return administrators_of(draft.policy.programme).exclude(pk__in=involved)


def tell_publishers(draft: PolicyDraft, document: PolicyDocument, *, at: datetime) -> None:
    """Ask everybody who may publish the draft to look at it."""
    for recipient in publishers_of(draft):
        details = {
            "asked_by": draft.asked_by.display_name if draft.asked_by else "",
            "starts_on": document.effective_from.isoformat(),
            "note": draft.ask_note,
        }
        _tell(draft, document, "policy_asked", recipient, at, **details)


def tell_asker(draft: PolicyDraft, *, by: User, at: datetime, reason: str = "") -> None:
    """Tell who asked how it ended: published, or sent back with a ``reason``."""
    if draft.asked_by is None:
        return
    details = {"answered_by": by.display_name, "is_published": not reason, "reason": reason}
    _tell(draft, draft.document, "policy_answered", draft.asked_by, at, **details)


def _tell(
    draft: PolicyDraft, document: PolicyDocument, kind: str, recipient: User, at: datetime, **details: Any
) -> None:
    reference = f"{document.code} {document.version}"
    title = {"zh": document.title.zh, "en": document.title.en or document.title.zh}
    queue_letter(
        kind=kind,
        recipient=recipient,
        reference=reference,
        context={"name": recipient.display_name, "reference": reference, "programme_title": title, **details},
        key=f"{draft.pk}:{draft.revision}:{kind}:{recipient.pk}",
        at=at,
    )
