"""Answers to a section, kept as long as the application lets it be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.completeness import editable_fields
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, lock_application

Detail = TypeVar("Detail", bound=Model)


def refuse_closed(row: Application, section: str) -> None:
    """Raise StepRefused where nothing of ``section`` may be changed now."""
    if editable_fields(row, section) == set():
        raise StepRefused(_("这一部分现在不能再改。"))


def keep_answers(
    application: Application,
    section: str,
    values: Mapping[str, Any],
    *,
    detail_of: Callable[[Application], Detail],
    by: User,
    at: datetime,
) -> Detail:
    """Write ``values``, columns of a programme's own row; the same again changes nothing. Raises StepRefused.

    Each such section is one answer: a mark in it opens it whole. ``detail_of`` gives the row, unsaved where there is
    none yet.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        detail = detail_of(row)
        changed = sorted(name for name, value in values.items() if getattr(detail, name) != value)
        if changed:
            refuse_closed(row, section)
            for name in changed:
                setattr(detail, name, values[name])
            detail.save()
            record(action=f"{section}_saved", actor=by, target=row, at=at, fields=changed)
        return detail
