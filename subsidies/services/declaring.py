"""What an applicant declares beyond the profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.completeness import editable_fields
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, lock_application
from subsidies.models import LivingSubsidy

FIELDS = (
    "is_declared_true",
    "is_notice_agreed",
    "has_earlier_grants",
    "earlier_scheme",
    "earlier_area",
    "earlier_grants",
)


def save_declaration(*, application: Application, values: Mapping[str, Any], by: User, at: datetime) -> LivingSubsidy:
    """Write some or all of FIELDS; the same values again change nothing.

    Without earlier grants nothing is kept about them. Raises StepRefused where a field may not be changed now.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        declaration = LivingSubsidy.objects.filter(application=row).first() or LivingSubsidy(pk=row.pk, application=row)
        changed = [name for name in FIELDS if name in values and getattr(declaration, name) != values[name]]
        editable = editable_fields(row, "declaration")
        if editable is not None and not set(changed) <= _opened(editable):
            raise StepRefused(_("声明现在不能再改。"))
        for name in changed:
            setattr(declaration, name, values[name])
        if not declaration.has_earlier_grants:
            declaration.earlier_scheme = declaration.earlier_area = declaration.earlier_grants = ""
        if changed:
            declaration.save()
            record(action="declaration_saved", actor=by, target=row, at=at, fields=changed)
        return declaration


def _opened(editable: set[str]) -> set[str]:
    """The answer to whether there were earlier grants carries what is said about them."""
    about = {"earlier_scheme", "earlier_area", "earlier_grants"}
    return editable | about if "has_earlier_grants" in editable else editable
