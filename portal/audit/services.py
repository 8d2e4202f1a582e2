"""Writes audit entries."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Model

from portal.accounts.models import User
from portal.audit.models import Entry

_SHORT_CODE = re.compile(r"[A-Za-z0-9_ .:,/#+-]{0,100}")


def record(
    *,
    action: str,
    actor: User | None,
    target: Model | tuple[str, str],
    at: datetime,
    fields: Sequence[str] = (),
    digest: str = "",
    note: str = "",
) -> Entry:
    """Add an entry; call it in the transaction of the act itself.

    ``actor`` None is the system. ``target`` is a stored row or (type, id). ``fields`` are names of what changed, never
    values. ``note`` is a short code in plain ASCII; anything else raises ValueError, because people's own words may
    hold personal data.
    """
    if not _SHORT_CODE.fullmatch(note):
        raise ValueError("An audit note is a short code, not a text.")
    target_type, target_id = target if isinstance(target, tuple) else (target._meta.label_lower, str(target.pk))
    return Entry.objects.create(
        action=action,
        actor=actor,
        target_type=target_type,
        target_id=target_id,
        at=at,
        fields=list(fields),
        digest=digest,
        note=note,
    )
