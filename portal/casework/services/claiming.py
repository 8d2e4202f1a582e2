"""Taking and giving back a person's place in the exclusion groups of what was granted."""

from __future__ import annotations

from datetime import datetime

from portal.casework.models import Application, GrantClaim


def claim_grants(application: Application, *, at: datetime) -> None:
    """Take the applicant's place in every exclusion group of mode ``block``, in the approval's own transaction.

    Raises IntegrityError (``one_live_grant_per_number_and_exclusion_group``) where the number already has one.
    """
    for group in application.policy_version.parsed.exclusions:
        if group.mode == "block":
            GrantClaim.objects.create(
                group=group.name, number_hash=application.number_hash, application=application, taken_at=at
            )


def release_claims(application: Application, *, at: datetime) -> None:
    """Give the places back: the whole grant was taken back, so another may be granted."""
    application.claims.filter(released_at__isnull=True).update(released_at=at)
