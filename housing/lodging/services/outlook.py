"""The stay of an application for lodging, as the pages of applicant and desk tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from housing.lodging.models import Stay, StayState
from portal.casework.models import Application
from portal.casework.programmes import Issued, Outlook
from portal.ui.figures import day_text, day_time_text


def stay_outlook(applications: Iterable[Application], on: date) -> Mapping[UUID, Outlook]:
    """The newest stay of each application, in one query for any number. Once it is over, another may be applied for."""
    rows = Stay.objects.filter(booking__application__in=applications).select_related("site__place")
    return {stay.booking_id: Outlook(issued=_issued(stay)) for stay in rows.order_by("state_at", "id")}


def _issued(stay: Stay) -> Issued:
    site, nights = stay.site.name, stay.planned
    values = {"site": site, "first": day_text(nights.first), "last": day_text(nights.leaves_on), "count": nights.count}
    is_over = stay.state not in (StayState.HELD, StayState.BOOKED, StayState.IN)
    label = {
        StayState.HELD: _("床位保留中"),
        StayState.BOOKED: _("已批准，等您入住"),
        StayState.IN: _("您正在入住"),
        StayState.LEFT: _("您已退房"),
        StayState.NO_SHOW: _("您没有入住，床位已放回"),
        StayState.CANCELLED: _("这次住宿已取消"),
        StayState.LAPSED: _("床位的保留已到期"),
    }[StayState(stay.state)]
    said = ngettext(
        "%(site)s，%(first)s晚入住，%(last)s退房，共 %(count)s 晚。",
        "%(site)s，%(first)s晚入住，%(last)s退房，共 %(count)s 晚。",
        nights.count,
    )
    kept = day_time_text(stay.held_until, is_end=True) if stay.held_until else ""
    desk_act = _("%(site)s，床位保留到 %(until)s") if kept else _("%(site)s，%(state)s")
    return Issued(
        label,
        said % values,
        is_over=is_over,
        href=reverse("own_stay", args=[stay.booking_id]),
        act=_("看这次住宿") if is_over else _("看入住安排"),
        desk_href=reverse("desk_stay", args=[stay.pk]),
        desk_act=desk_act % {"site": site, "state": stay.get_state_display(), "until": kept},
    )
