"""Who of the bureau holds which role on a day: own grants, delegated ones, and who is away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from portal.accounts.models import Delegation, RoleGrant


@dataclass(frozen=True)
class Staffing:
    """Everybody's grants on one day, as ``User.grants`` gives them for one person."""

    held: tuple[tuple[int, RoleGrant], ...]  # (user id, a grant of theirs or delegated to them)
    away: Mapping[int, date]  # user id → the last day of the absence

    def holders(self, role: str, programme: str, town: str) -> set[int]:
        """The ids of those who hold the role for a file of this programme and town, whether away or not."""
        return {user_id for user_id, grant in self.held if grant.role == role and grant.covers(programme, town)}


def staffing_on(on: date) -> Staffing:
    """The staffing on the business day ``on``; accounts that are switched off hold nothing. Three queries."""
    own = list(RoleGrant.objects.filter(user__is_active=True).order_by("pk"))
    at_home = {grant.user_id for grant in own}
    delegations = list(Delegation.objects.in_force(on).prefetch_related("grants").order_by("to_on", "pk"))
    lent = [(row.to_user_id, grant) for row in delegations if row.to_user_id in at_home for grant in row.grants.all()]
    return Staffing(
        held=(*((grant.user_id, grant) for grant in own), *lent),
        away={row.from_user_id: row.to_on for row in delegations if row.is_away},  # the latest stays
    )
