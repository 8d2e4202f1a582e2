"""Which rows a partner's people may see: asked here and nowhere else."""

from __future__ import annotations

from django.db.models import QuerySet

from portal.accounts.models import User
from portal.partners.choices import MemberRole, MemberState
from portal.partners.models import PartnerMember, PartnerPlace


def places_of(member: PartnerMember) -> QuerySet[PartnerPlace]:
    """The open places of the member: those given to them, all of the partner's for its manager.

    Upper floors narrow their own rows by it: ``Site.objects.filter(place__in=places_of(member))``.
    """
    places = PartnerPlace.objects.filter(partner=member.partner_id, closed_at=None)
    return places if member.is_manager else places.filter(members=member)


def managers() -> QuerySet[PartnerMember]:
    """Those who have accepted and are still there."""
    return PartnerMember.objects.filter(role=MemberRole.MANAGER, state=MemberState.ACTIVE)


def is_manager(user: User) -> bool:
    """Manages a partner, open or not."""
    return managers().filter(user=user).exists()
