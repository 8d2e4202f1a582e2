"""Taking steps in tests: one that is allowed, and one that is refused and leaves the file as it was."""

import pytest

from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, advance
from tests import factories as make
from tests.factories import AT

MARK = {"kind": "field", "section": "education", "name": "school", "note": ""}


def now(row):
    return Application.objects.select_related("applicant__user", "policy_version__policy").get(pk=row.pk)


def take(row, step, role, *, at=AT, **details):
    """One step by the person who holds ``role`` (a user is taken as it is; "system" is nobody)."""
    row = now(row)
    actor = None if role == "system" else make.staff(role) if isinstance(role, str) else role
    return advance(
        row, step, actor=actor, at=at, expected_version=details.pop("expected_version", row.version), **details
    )


def refused(row, step, role, **details):
    before = now(row)
    with pytest.raises(StepRefused) as refusal:
        take(row, step, role, **details)
    assert (now(row).state, now(row).version) == (before.state, before.version)
    return str(refusal.value)
