"""Taking and giving back a person's place in the exclusion groups of what was granted."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from applicants.people.linking import lock_everyone
from applicants.people.models import number_columns
from applicants.people.refusals import Refused
from portal.casework.models import Application, GrantClaim
from portal.vault.rotation import bring_up_to_date
from portal.vault.sealing import rehash


class PlaceTaken(Refused):
    """The person was granted something that excludes this."""


def claim_grants(application: Application, *, at: datetime) -> None:
    """Take the applicant's place in every exclusion group of mode ``block``, in the approval's own transaction.

    Raises PlaceTaken where the number, or that of a linked person, already has one; the database decides a race of two
    approvals of one number (``one_live_grant_per_number_and_exclusion_group``), a lock one of linked people.
    """
    groups = [group for group in application.policy_version.parsed.exclusions if group.mode == "block"]
    if not groups:
        return
    everyone = lock_everyone(application.applicant)
    bring_up_to_date([application.number_hash], number_columns())
    application.number_hash = rehash(application.number_hash)
    for group in groups:
        same = Q(number_hash__in=everyone.hashes) | Q(application__applicant__in=everyone.ids)
        live = GrantClaim.objects.filter(same, group=group.name, released_at__isnull=True)
        if live.exclude(application=application).exists():
            raise PlaceTaken(_("同一人的这本或另一本证件已经批准过与这项互斥的补贴，不能再批准。"))
        GrantClaim.objects.create(
            group=group.name, number_hash=application.number_hash, application=application, taken_at=at
        )


def release_claims(application: Application, *, at: datetime) -> None:
    """Give the places back: the whole grant was taken back, so another may be granted."""
    application.claims.filter(released_at__isnull=True).update(released_at=at)
