"""Which rows a user's roles reach, as one condition for the database."""

from collections.abc import Sequence

from django.db.models import Q

from portal.accounts.models import User, grants_as


def scope_q(user: User, roles: Sequence[str] | None = None) -> Q:
    """A condition on the fields ``programme`` and ``town`` of the model it is used on.

    ``roles`` narrows to grants in those roles (None: any role, auditors and administrators included). Without a grant
    no row matches.
    """
    condition = Q(pk__in=[])
    for grant in grants_as(user, roles):
        reach = {name: value for name, value in (("programme", grant.programme), ("town", grant.town)) if value}
        if not reach:
            return Q()
        condition |= Q(**reach)
    return condition
