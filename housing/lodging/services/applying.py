"""What an applicant for free lodging fills in: the booking with its held bed, the proof, the declaration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from housing.lodging.limits import (
    Limit,
    Limits,
    arrival_days,
    beyond,
    exceeded,
    last_day_to_apply,
    limits_of,
    most_nights,
)
from housing.lodging.models import KEPT, Bed, Booking, Site, Stay, StayState, WaitingPlace, WaitingState
from housing.lodging.nights import ONE_DAY, Nights, night_of
from housing.lodging.services.barring import live_bar
from housing.lodging.services.changing import change_stay
from housing.lodging.services.counting import taken_by
from housing.lodging.services.holding import hold_bed, lock_rooms, lock_stay
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.completeness import editable_fields
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, lock_application
from portal.casework.services.keeping import keep_answers
from portal.casework.states import State
from portal.policy.offers import LodgingTerms
from portal.policy.services import stored_calendar
from portal.ui.figures import day_text

BOOKING = "booking"  # the section


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a site, nights, and who they are as far as rooms are concerned."""

    site: Site
    nights: Nights
    sex: str
    needs_accessible: bool = False
    needs: str = ""


def detail_of(application: Application) -> Booking:
    """The booking of ``application``; an unsaved empty one where nothing was filled in yet."""
    rows = Booking.objects.select_related("site__place")
    return rows.filter(application=application).first() or Booking(pk=application.pk, application=application)


def kept_stay(application: Application) -> Stay | None:
    """The stay that the booking has now: held, booked, or what became of it."""
    stays = Stay.objects.filter(booking=application.pk, state__in=KEPT)
    return stays.select_related("site__place", "bed__room").first()


def waiting_place(application: Application) -> WaitingPlace | None:
    """The place in a line that the booking has now, waiting or with an offer."""
    live = WaitingPlace.objects.filter(booking=application.pk, state__in=(WaitingState.WAITING, WaitingState.OFFERED))
    return live.select_related("site__place", "stay").first()


keep = partial(keep_answers, detail_of=detail_of)  # columns of the booking, of a section that holds no bed


def choose_bed(application: Application, wish: Wish, *, by: User, at: datetime) -> Stay:
    """Hold a bed for what is wished, giving back the one held before, whole or not at all.

    Who has waited longer for what this would take is served first. The very same wish again is the stay already held.
    Raises StepRefused (limits, dates, a bar, not now) and NoBedFree.
    """
    from housing.lodging.services.waiting import leave_line, lock_offer, serve_line  # which rests on this module

    serve_line(wish.site, wish.nights, at=at)
    with transaction.atomic():
        row = lock_application(application.pk)
        detail = write_wish(row, wish, by=by, at=at)
        held = kept_stay(row)
        if held is not None and _is_of(held, wish):
            return held
        if (
            held is not None
        ):  # what gives one bed back and takes another has all rooms first, as none may wait in a ring
            lock_offer(held.pk)
            lock_stay(held.pk)
            beds = Bed.objects.filter(Q(room__site=wish.site) | Q(nights__stay=held))
            lock_rooms(beds.values_list("room", flat=True))
        leave_line(row, by=by, at=at)
        held = kept_stay(row)
        if held is not None:
            change_stay(held.pk, "cancel", by=None, at=at, reason=_("另选了床位。"))
        return hold(detail, until=held_until(row, wish.nights, at), by=by, at=at)


def write_wish(row: Application, wish: Wish, *, by: User, at: datetime) -> Booking:
    """Keep what is wished as the booking of a locked application. Raises StepRefused where it may not be asked for."""
    if not booking_is_open(row):
        raise StepRefused(_("这一部分现在不能再改。"))
    if why := why_not(row, wish.nights, at=at):
        raise StepRefused(why)
    if not Site.objects.bookable(wish.nights).filter(pk=wish.site.pk).exists():
        raise StepRefused(_("这个驿站这些晚上不接受预订，请换个日期或驿站。"))
    detail = detail_of(row)
    detail.site, detail.first_on, detail.night_count = wish.site, wish.nights.first, wish.nights.count
    detail.sex, detail.needs_accessible, detail.needs = wish.sex, wish.needs_accessible, wish.needs
    detail.save()
    record(action="booking_saved", actor=by, target=row, at=at, fields=["first_on", "night_count", "site"])
    return detail


def hold(detail: Booking, *, until: datetime, by: User | None, at: datetime) -> Stay:
    """Hold what the booking asks for. Raises NoBedFree, StayRefused, and StepRefused where nothing is asked for."""
    if detail.site is None or detail.nights is None:
        raise StepRefused(_("请先选床位。"))
    return hold_bed(
        booking=detail,
        site=detail.site,
        nights=detail.nights,
        sex=detail.sex,
        needs_accessible=detail.needs_accessible,
        until=until,
        by=by,
        at=at,
    )


def booking_is_open(row: Application) -> bool:
    """Whether the booking may be changed now: in a draft, where a correction marks it, and where the bed is lost."""
    if row.state == State.CORRECTION and kept_stay(row) is None:
        return True
    return editable_fields(row, BOOKING) != set()


def booking_is_complete(row: Application) -> bool:
    """Whether a bed is held or booked; in a correction, whether one is asked for, as it is held anew when sent."""
    if row.state == State.CORRECTION:
        return detail_of(row).nights is not None
    return kept_stay(row) is not None


def lodging_terms(application: Application) -> LodgingTerms:
    """The policy's terms of lodging. Raises StepRefused where its policy has none."""
    terms = application.policy_version.parsed.lodging
    if terms is None:
        raise StepRefused(_("这项政策没有住宿的规定。"))
    return terms


def held_until(application: Application, nights: Nights, at: datetime) -> datetime:
    """Until when a bed is held from now on: to the end of the policy's last working day."""
    days = lodging_terms(application).held_working_days
    last = stored_calendar().add_working_days(timezone.localdate(at), days).day
    return while_in_time(_end_of(last), application, nights, at)


def while_in_time(until: datetime, application: Application, nights: Nights, at: datetime) -> datetime:
    """``until``; in a draft no later than these nights may be applied for, as it would have to be refused then."""
    if application.submitted_on is not None:
        return until
    limits, today = limits_of(application.policy_version.parsed), timezone.localdate(at)
    return min(until, _end_of(last_day_to_apply(limits, nights, on=today, calendar=stored_calendar())))


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + ONE_DAY, time()))


@dataclass(frozen=True)
class Room:
    """What somebody may still ask for: days of arrival, and the most nights for a stay from the first of them."""

    first: date
    last: date
    nights: int
    limits: Limits


def room_for(application: Application, *, at: datetime) -> Room:
    """What is left to ``application``'s person now. Counts rows; a handful of queries."""
    limits = limits_of(application.policy_version.parsed)
    first, last = days_to_arrive(application, limits, at=at)
    taken = taken_by(application.applicant, without=detail_of(application))
    return Room(first, last, most_nights(limits, taken, first), limits)


def applied_on(application: Application, at: datetime) -> date:
    """The day that decides: of the first submission; for a draft, as if it were sent now."""
    return application.submitted_on or timezone.localdate(at)


def days_to_arrive(application: Application, limits: Limits, *, at: datetime) -> tuple[date, date]:
    """The first and the last day of arrival, counted as the clause counts: from the first submission, else from today.

    What is over is not among them: in a correction the first may be tonight, or even after the last.
    """
    first, last = arrival_days(limits, applied_on(application, at), stored_calendar())
    return max(first, night_of(at)), last


def why_not(application: Application, nights: Nights, *, at: datetime, is_decided: bool = False) -> str | None:
    """The sentence that says what stands against these nights, or None.

    ``is_decided``: the application is being approved, when the days of notice do not count any more.
    """
    limits = limits_of(application.policy_version.parsed)
    taken = taken_by(application.applicant, without=detail_of(application))
    days = days_to_arrive(application, limits, at=at)
    found = exceeded(limits, taken, nights)
    if found is None and not is_decided:
        found = beyond(days, nights)
    if found is not None:
        return limit_sentence(found, limits, days)
    bar = live_bar(application.applicant, applied_on(application, at))
    if bar is not None and bar.until_on is not None:
        return _("到 %(day)s 为止，您不能再申请免费住宿，原因见寄给您的信。") % {"day": day_text(bar.until_on)}
    return None


def limit_sentence(limit: Limit, limits: Limits, days: tuple[date, date]) -> str:
    """What a limit says to the person; ``days`` are the first and the last day of arrival."""
    if limit in (Limit.TOO_SOON, Limit.TOO_FAR):
        first, last = days
        if first > last:
            return _("按这次申请的日期，可以入住的日子已经过了。还需要住的，请撤回后重新申请。")
        values = {"first": day_text(first), "last": day_text(last)}
        return _("入住日期要在 %(first)s 至 %(last)s 之间。") % values
    if limit == Limit.STAYS:
        said = ngettext(
            "每年最多住 %(count)s 次，您今年已经用完。", "每年最多住 %(count)s 次，您今年已经用完。", limits.stays
        )
        return said % {"count": limits.stays}
    most = {Limit.PER_STAY: limits.per_stay, Limit.IN_TOTAL: limits.in_total, Limit.PER_YEAR: limits.per_year}[limit]
    said = {
        Limit.PER_STAY: ngettext("每次最多住 %(count)s 晚。", "每次最多住 %(count)s 晚。", most),
        Limit.IN_TOTAL: ngettext("每人总共最多免费住 %(count)s 晚。", "每人总共最多免费住 %(count)s 晚。", most),
        Limit.PER_YEAR: ngettext("每人每年最多免费住 %(count)s 晚。", "每人每年最多免费住 %(count)s 晚。", most),
    }[limit]
    return said % {"count": most}


def _is_of(stay: Stay, wish: Wish) -> bool:
    has_bed = not wish.needs_accessible or stay.bed.is_accessible
    is_same = (stay.site_id, stay.planned, stay.sex) == (wish.site.pk, wish.nights, wish.sex)
    return stay.state == StayState.HELD and is_same and has_bed
