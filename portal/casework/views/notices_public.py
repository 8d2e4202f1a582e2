"""Public notices as everybody reads them, for their period only."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import clock
from portal.casework.services.noticing import notices_on, public_lines, with_counts
from portal.casework.views.notices_table import days_of, table_of
from portal.policy.services import stored_calendar


def keep_off_record(response: HttpResponse) -> HttpResponse:
    """Ask search engines not to index, and caches not to keep, a page that names people for a few days only."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """The lists that are on line today."""
    today = clock.today()
    return keep_off_record(render(request, "public/notices.html", {"rows": notices_with_days_left(today, limit=None)}))


@require_safe
def notice(request: HttpRequest, number: str) -> HttpResponse:
    """One list, from its first to its last day; before and after there is no such page."""
    today = clock.today()
    found = notices_on(today).select_related("policy_version__policy").filter(number=number).first()
    if found is None:
        raise Http404
    calendar = stored_calendar()
    context = {
        "notice": found,
        "document": found.policy_version.parsed,
        "table": table_of(found, public_lines(found)),
        "days": days_of(found.starts_on, found.ends_on, today, calendar),
        "days_left": calendar.count_working_days(today, found.ends_on).days,
    }
    return keep_off_record(render(request, "public/notice.html", context))


def notices_with_days_left(today: date, *, limit: int | None) -> list[dict]:
    """The current lists, newest first, each with its document and the working days left after ``today``."""
    found = list(with_counts(notices_on(today))[:limit])
    if not found:
        return []
    calendar = stored_calendar()
    return [
        {
            "notice": row,
            "document": row.policy_version.parsed,
            "days_left": calendar.count_working_days(today, row.ends_on).days,
        }
        for row in found
    ]
