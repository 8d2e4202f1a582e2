"""A person's letters."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from portal import clock
from portal.notifications.rendering import render_letter
from portal.notifications.services import mark_read

PAGE = 20


@login_required
@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """My letters, newest first, in the language of the page."""
    mine = request.user.letters.select_related("recipient").order_by("-created_at", "-id")
    page = Paginator(mine, PAGE).get_page(request.GET.get("page"))
    rows = [(letter, render_letter(letter, get_language()).subject) for letter in page]
    links = {
        "previous": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next": f"?page={page.next_page_number()}" if page.has_next() else "",
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
