"""Notes of what happened at a site, by its own people or by staff; never changed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from housing.lodging.models import Incident, Site, Stay
from housing.lodging.services.holding import StayRefused
from portal.accounts.models import User
from portal.audit.services import record
from portal.partners.models import PartnerMember
from portal.partners.scopes import places_of


def note_incident(
    *, site: Site, stay: Stay | None, note: str, by: User, at: datetime, member: PartnerMember | None = None
) -> Incident:
    """Keep a note about the site or one of its stays; ``member`` where its own people write. Raises StayRefused."""
    if not note.strip():
        raise StayRefused(_("请写明发生了什么。"))
    if member is not None and not places_of(member).filter(pk=site.place_id).exists():
        raise StayRefused(_("您没有办理这一步的权限。"))
    author = None if member else by
    with transaction.atomic():
        made = Incident.objects.create(site=site, stay=stay, note=note.strip(), at=at, member=member, by=author)
        record(action="lodging_incident.note", actor=by, target=made, at=at)
    return made
