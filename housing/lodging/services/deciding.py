"""What becomes of a booking as its application moves: held on when sent, booked by an approval, else given back."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from housing.lodging.models import COMING, Booking, Site, Stay, StayEvent, StayState, WaitingPlace
from housing.lodging.nights import night_of
from housing.lodging.services.applying import detail_of, held_until, hold, kept_stay, why_not
from housing.lodging.services.changing import change_stay
from housing.lodging.services.holding import lock_stay, step_on
from housing.lodging.services.waiting import leave_line, serve_before, take_offer
from portal.accounts.models import User
from portal.casework.models import Application, Assessment
from portal.casework.services.advancing import StepRefused


def hold_on_submission(application: Application, at: datetime) -> None:
    """Hold the bed from now for as long as the policy says; one that was lost meanwhile is looked for again.

    What may not be asked for on this day is not sent, as it could only be refused; a correction keeps what it has.
    Raises StepRefused, also where there is no bed left.
    """
    take_offer(application, by=None, at=at)
    stay, nights = kept_stay(application), detail_of(application).nights
    if nights is None:
        raise StepRefused(_("请先选床位。"))
    is_asked = stay is None or not application.corrections.exists()
    if is_asked and (against := why_not(application, nights, at=at)):
        raise StepRefused(_("您选的日期现在不能提交，请重新选床位。%(why)s") % {"why": against})
    if stay is None:
        _hold_again(application, at=at)
        return
    until = held_until(application, nights, at)
    locked = lock_stay(stay.pk)
    if locked.state == StayState.HELD and (locked.held_until is None or locked.held_until < until):
        locked.held_until = until
        step_on(locked, "keep", by=None, at=at, fields=["held_until"])


def book_on_approval(application: Application, _assessment: Assessment | None, at: datetime) -> None:
    """Book what is held; a bed whose hold has lapsed is looked for again, for the same nights.

    The limits are asked once more, as another application may have been approved since. Raises StepRefused.
    """
    detail = detail_of(application)
    site, nights = detail.site, detail.nights
    if site is None or nights is None or nights.first < night_of(at):
        raise StepRefused(_("入住日期已经过了，不能再批准。请退回补正，或者作出决定。"))
    if against := why_not(application, nights, at=at, is_decided=True):
        raise StepRefused(against)
    if not Site.objects.working(nights).filter(pk=site.pk).exists():
        raise StepRefused(_("这个住宿点到时不能接待，不能批准。请退回补正，请本人另选床位。"))
    stay = kept_stay(application) or _hold_again(application, at=at)
    if stay.state == StayState.HELD:
        change_stay(stay.pk, "book", by=None, at=at)


def release(application: Application, at: datetime) -> None:
    """Give back the bed and the place in the line of an application that comes to nothing; twice is once."""
    leave_line(application, by=None, at=at)
    for stay in Stay.objects.filter(booking=application.pk, state__in=COMING):
        change_stay(stay.pk, "cancel", by=None, at=at, reason=_("申请没有办成。"))


def forget(application: Application, by: User, at: datetime) -> None:
    """The same for a draft that is deleted, with all that is known of its holds: the audit log has what happened."""
    release(application, at)
    booking = Booking.objects.filter(pk=application.pk)
    WaitingPlace.objects.filter(booking__in=booking).delete()
    StayEvent.objects.filter(stay__booking__in=booking).delete()
    Stay.objects.filter(booking__in=booking).delete()


def _hold_again(application: Application, *, at: datetime) -> Stay:
    """Hold a bed anew, behind who waits for one: an own place in the line is served in its turn, and left.

    Raises StepRefused where nothing is left; what was locked and offered on the way is rolled back with it.
    """
    detail = detail_of(application)
    if detail.site is None or detail.nights is None:
        raise StepRefused(_("请先选床位。"))
    serve_before(detail.site, detail.nights, at=at)
    if take_offer(application, by=None, at=at) and (offered := kept_stay(application)):
        return offered
    leave_line(application, by=None, at=at)
    try:
        return hold(detail, until=held_until(application, detail.nights, at), by=None, at=at)
    except Refused as refusal:
        said = _("床位的保留已经到期。%(why)s") % {"why": refusal.sentence}
        raise StepRefused(said) from refusal
