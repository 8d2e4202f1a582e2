"""Letters to people without an account: printed, handed over, and noted as handed over."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import within
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.notifications.models import Letter

HANDERS = (Role.CLERK, Role.ADMINISTRATOR)


def paper_letters(user: User) -> QuerySet[Letter]:
    """Every letter on paper about a file in the reach of ``user``, oldest first."""
    files = Application.objects.filter(within(user, HANDERS)).exclude(reference=None)
    letters = Letter.objects.filter(recipient__isnull=True, reference__in=files.values("reference"))
    return letters.order_by("created_at", "id")


def waiting_letters(user: User) -> QuerySet[Letter]:
    """Those nobody has handed over yet."""
    return paper_letters(user).filter(told_at__isnull=True)


def print_letter(*, letter: Letter, by: User, at: datetime) -> Letter:
    """Note that ``by`` opened the letter, which names its person."""
    record(action="letter.print", actor=by, target=letter, at=at, note=letter.reference)
    return letter


def hand_over_letter(*, letter_id: UUID, how: str, on: date, by: User, at: datetime) -> Letter:
    """Note how (a ``Letter.Told``) and on which day a letter on paper reached its person.

    The same again changes nothing. Raises StepRefused: not in reach, noted otherwise already, or a day outside the time
    from the letter until today.
    """
    with transaction.atomic():
        found = Letter.objects.select_for_update(of=("self",)).get(pk=letter_id)
        if not paper_letters(by).filter(pk=found.pk).exists():
            raise StepRefused(_("您没有办理这一步的权限。"))
        if found.told_at is not None:
            if (found.told_how, found.told_on) == (how, on):
                return found
            raise StepRefused(_("这封信已经登记过送达。"))
        if not timezone.localdate(found.created_at) <= on <= timezone.localdate(at):
            raise StepRefused(_("送达的日子要在写信那天到今天之间。"))
        found.told_how, found.told_on, found.told_by, found.told_at = how, on, by, at
        found.save(update_fields=["told_how", "told_on", "told_by", "told_at"])
        record(action="letter.hand_over", actor=by, target=found, at=at, fields=["told_how", "told_on"], note=how)
        return found
