"""A person's letters."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from portal import clock
from portal.notifications.rendering import render_letter
from portal.notifications.services import mark_read
from portal.ui.asking import older_than, place_of

PAGE = 20


@login_required
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """My letters, newest first, in the language of the page; the way back from an older page is the newest one."""
    mine = request.user.letters.select_related("recipient").order_by("-created_at", "-id")
    place = request.GET.get("before", "")
    found = list((older_than(mine, place, "created_at") if place else mine)[: PAGE + 1])
    rows = [(letter, render_letter(letter, get_language()).subject) for letter in found[:PAGE]]
    links = {
        "previous": "?" if place else "",
        "next": f"?{urlencode({'before': place_of(found[PAGE - 1], 'created_at')})}" if found[PAGE:] else "",
    }
    return render(request, "notifications/letters.html", {"rows": rows} | links)


@login_required
@require_safe
def letter(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """One letter of mine; opening it marks it read."""
    found = get_object_or_404(request.user.letters.select_related("recipient"), pk=letter_id)
    mark_read(letter=found, at=clock.now())
    rendered = render_letter(found, get_language())
    return render(request, "notifications/letter.html", {"letter": found, "rendered": rendered})
