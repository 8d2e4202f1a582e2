"""Bars from free lodging: what the rule proposes, a person signs or dismisses, and somebody else reconsiders.

A proposal does nothing by itself (PIPL art. 24). Only a signed bar stands in the way, for its days.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.linking import known_as
from applicants.people.models import Person
from applicants.people.refusals import Refused
from housing.lodging.machine import DECIDERS
from housing.lodging.models import Bar, BarReconsideration, BarState, Stay, StayState
from housing.lodging.programme import CODE
from housing.lodging.services.holding import lock_stay
from housing.lodging.services.missing import times_missed
from portal.accounts.models import Role, User, grants_as
from portal.audit.services import record
from portal.casework.deadlines import is_in_time
from portal.casework.doors import DESK_ROLES, kept_from
from portal.casework.letters import appeal_to, tell_applicant
from portal.casework.states import State
from portal.policy.calendar import DatedDay
from portal.policy.schema import PolicyDocument
from portal.policy.services import stored_calendar

Outcome = BarReconsideration.Outcome


class BarRefused(Refused):
    """A decision about a bar that may not be made; the sentence says why."""


def live_bar(person: Person, on: date) -> Bar | None:
    """The signed bar that stands in the way of ``person``, or of whoever is linked with them, on ``on``; or None."""
    everyone = known_as(person)
    same = Q(person__in=everyone.ids) | Q(stay__booking__application__number_hash__in=everyone.hashes)
    rows = Bar.objects.filter(same, state=BarState.SIGNED, from_on__lte=on, until_on__gte=on)
    return rows.order_by("-until_on", "-id").first()


def visible_stays(user: User) -> QuerySet[Stay]:
    """The stays that the desk roles of ``user`` reach, by the town of the site; no drafts', never the own."""
    towns = {grant.town for grant in grants_as(user, DESK_ROLES) if grant.programme in ("", CODE)}
    reach = Q() if "" in towns else Q(site__place__town__in=towns)
    rows = Stay.objects.filter(reach).exclude(booking__application__state=State.DRAFT).exclude(person__user=user)
    return rows.exclude(booking__application__in=kept_from(user))


def may_decide(bar: Bar, by: User) -> bool:
    """Whether ``by`` signs, dismisses or lifts this bar: a reviewer of the site's town, never about themselves."""
    return by.pk != bar.person.user_id and any(_acts_as(role, bar, by) for role in DECIDERS)


def sign_bar(bar_id: UUID, *, reason: str, by: User, at: datetime) -> Bar:
    """Let the proposed bar begin today, for its days; its letter names the way back. Raises BarRefused."""
    with transaction.atomic():
        bar = _to_decide(bar_id, BarState.PROPOSED, reason, by)
        bar.state, bar.decided_by, bar.decided_at, bar.reason = BarState.SIGNED, by, at, reason.strip()
        bar.from_on = timezone.localdate(at)
        bar.until_on = bar.from_on + timedelta(days=bar.days - 1)
        bar.save()
        record(action="lodging_bar.sign", actor=by, target=bar, at=at, fields=["state"], note=f"{bar.days} days")
        last = last_day(bar)
        _tell(
            bar,
            "stay_barred",
            at=at,
            reason=bar.reason,
            days=bar.days,
            until_on=bar.until_on.isoformat(),
            reconsider_by=last.day.isoformat() if last else "",
        )
        return bar


def dismiss_bar(bar_id: UUID, *, reason: str, by: User, at: datetime, is_told: bool = True) -> Bar:
    """Decide that there is to be none: the miss is excused and counts no more. Raises BarRefused."""
    with transaction.atomic():
        bar = _to_decide(bar_id, BarState.PROPOSED, reason, by)
        bar.state, bar.decided_by, bar.decided_at, bar.reason = BarState.DISMISSED, by, at, reason.strip()
        bar.save()
        record(action="lodging_bar.dismiss", actor=by, target=bar, at=at, fields=["state"])
        if is_told:
            _tell(bar, "stay_not_barred", at=at, reason=bar.reason)
        return bar


def may_excuse(stay: Stay, by: User) -> bool:
    """Whether ``by`` may excuse the miss that this stay is; one with a bar is decided with it."""
    is_open = stay.state == StayState.NO_SHOW and not Bar.objects.filter(stay=stay).exists()
    return is_open and may_decide(Bar(stay=stay, person=stay.person), by)


def excuse_miss(stay_id: UUID, *, reason: str, by: User, at: datetime) -> Bar:
    """Excuse a miss for which the rule has only a warning: it counts no more, as with a dismissed bar.

    Raises BarRefused.
    """
    with transaction.atomic():
        stay = lock_stay(stay_id)
        if not may_excuse(stay, by):
            raise BarRefused(_("您没有办理这一步的权限。"))
        bar = Bar.objects.create(person=stay.person, stay=stay, days=0, times=times_missed(stay), proposed_at=at)
        return dismiss_bar(bar.pk, reason=reason, by=by, at=at)


def forget_miss(stay: Stay, *, reason: str, by: User, at: datetime) -> None:
    """The guest of this locked stay was there after all: a proposal goes without a letter, a signed bar is lifted.

    Raises BarRefused.
    """
    bar = Bar.objects.filter(stay=stay).first()
    if bar is None:
        return
    if bar.state == BarState.PROPOSED:
        dismiss_bar(bar.pk, reason=reason, by=by, at=at, is_told=False)
    elif bar.state == BarState.SIGNED:
        lift_bar(bar.pk, reason=reason, by=by, at=at)


def lift_bar(bar_id: UUID, *, reason: str, by: User, at: datetime) -> Bar:
    """End a signed bar before its time. Raises BarRefused; while a reconsideration waits, that is the way."""
    with transaction.atomic():
        bar = _to_decide(bar_id, BarState.SIGNED, reason, by)
        if waiting(bar):
            raise BarRefused(_("本人已申请复核，请等复核的答复。"))
        _lift(bar, reason.strip(), by, at)
        return bar


def last_day(bar: Bar) -> DatedDay | None:
    """By when a signed bar may be asked to be reconsidered; None where the policy offers none."""
    rule = _document(bar).reconsideration_rule
    if not rule.times or bar.decided_at is None:
        return None
    return stored_calendar().add_working_days(timezone.localdate(bar.decided_at), rule.working_days)


def may_ask(bar: Bar, *, at: datetime) -> bool:
    """Whether its person may ask for a reconsideration now: signed, in time, and once."""
    if bar.state != BarState.SIGNED or BarReconsideration.objects.filter(bar=bar).exists():
        return False
    last = last_day(bar)
    return last is not None and is_in_time(last, timezone.localdate(at))


def ask_reconsideration(bar_id: UUID, *, reason: str, by: User, at: datetime) -> BarReconsideration:
    """Ask, as the person barred, that it be looked at once more. Raises BarRefused."""
    with transaction.atomic():
        bar = _lock(bar_id)
        if by.pk != bar.person.user_id:
            raise BarRefused(_("您没有办理这一步的权限。"))
        if bar.decided_by is None or not may_ask(bar, at=at):
            raise BarRefused(_("现在不能申请复核：已经申请过，过了期限，或者没有可以复核的决定。"))
        if not reason.strip():
            raise BarRefused(_("请写明您的理由。"))
        asked = BarReconsideration.objects.create(
            bar=bar, decided_first_by=bar.decided_by, asked_at=at, reason=reason.strip()
        )
        record(action="lodging_bar.ask_reconsideration", actor=by, target=bar, at=at)
        _tell(bar, "bar_reconsideration_received", at=at)
        return asked


def waiting(bar: Bar) -> BarReconsideration | None:
    """The reconsideration of the bar that waits for an answer."""
    return BarReconsideration.objects.filter(bar=bar, outcome=Outcome.OPEN).first()


def may_answer(bar: Bar, by: User) -> bool:
    """Whether ``by`` is an administrator other than who signed, and it is not about themselves."""
    return by.pk not in (bar.person.user_id, bar.decided_by_id) and _acts_as(Role.ADMINISTRATOR, bar, by)


def answer_reconsideration(bar_id: UUID, *, is_upheld: bool, answer: str, by: User, at: datetime) -> Bar:
    """Uphold (the bar is lifted) or dismiss (it stands). Raises BarRefused."""
    with transaction.atomic():
        bar = _lock(bar_id)
        asked = waiting(bar)
        if asked is None:
            raise BarRefused(_("没有待答复的复核。"))
        if not may_answer(bar, by):
            raise BarRefused(_("复核由没有签署这项限制的管理员答复。"))
        if not answer.strip():
            raise BarRefused(_("请写明理由。"))
        asked.outcome = Outcome.UPHELD if is_upheld else Outcome.DISMISSED
        asked.answer, asked.decided_by, asked.closed_at = answer.strip(), by, at
        asked.save()
        record(action=f"lodging_bar.reconsideration_{asked.outcome}", actor=by, target=bar, at=at)
        if is_upheld:
            _lift(bar, asked.answer, by, at)
        else:
            _tell(bar, "bar_reconsideration_dismissed", at=at, reason=asked.answer)
        return bar


def _to_decide(bar_id: UUID, state: str, reason: str, by: User) -> Bar:
    bar = _lock(bar_id)
    if bar.state != state:
        raise BarRefused(_("这项限制刚刚被别人办理过。"))
    if not may_decide(bar, by):
        raise BarRefused(_("您没有办理这一步的权限。"))
    if not reason.strip():
        raise BarRefused(_("请写明理由。"))
    return bar


def _lift(bar: Bar, reason: str, by: User, at: datetime) -> None:
    bar.state, bar.lifted_by, bar.lifted_at, bar.lift_reason = BarState.LIFTED, by, at, reason
    bar.save()
    record(action="lodging_bar.lift", actor=by, target=bar, at=at, fields=["state"])
    _tell(bar, "stay_bar_lifted", at=at, reason=reason)


def _lock(bar_id: UUID) -> Bar:
    rows = Bar.objects.select_for_update(of=("self",), no_key=True)
    wanted = ("person__user", "decided_by", "stay__site__place", "stay__booking__application__policy_version__policy")
    return rows.select_related(*wanted).get(pk=bar_id)


def _acts_as(role: str, bar: Bar, by: User) -> bool:
    return by.may_act_as(role, bar.stay.booking.application.programme, bar.stay.site.place.town)


def _document(bar: Bar) -> PolicyDocument:
    return bar.stay.booking.application.policy_version.parsed


def _tell(bar: Bar, kind: str, *, at: datetime, **details: object) -> None:
    """Queue one letter of this kind about the bar: each comes once in its life."""
    place = bar.stay.site.place
    tell_applicant(
        bar.stay.booking.application,
        kind,
        key=f"lodging_bar:{bar.pk}:{kind}",
        at=at,
        site={"zh": place.name_zh, "en": place.name_en or place.name_zh},
        first_on=bar.stay.first_on.isoformat(),
        **appeal_to(_document(bar)),
        **details,
    )
