"""Batches for the printer: the list, a new one, one with its cards, the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from applicants.cards.faces.faces import grouped
from applicants.cards.forms.desk import BlankForm, SpoilNumberForm
from applicants.cards.kinds import kind_title
from applicants.cards.models import CardState, PrintBatch, PrintLine
from applicants.cards.services.numbering import card_number, spoil_next, spoiled_numbers
from applicants.cards.services.printing import (
    PrintRefused,
    batch_pieces,
    make_batch,
    mark_printed,
    spoil_blanks,
    visible_batches,
)
from applicants.cards.views.benefit_rows import kind_titles
from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role, User
from portal.audit.models import Entry
from portal.casework.doors import DESK_ROLES
from portal.city import city
from portal.ui.asking import older_than, place_of

PAGE = 50
LINE_TAGS = {
    PrintLine.State.WAITING: ("active", "print"),
    PrintLine.State.PRINTED: ("active", "card"),
    PrintLine.State.SPOILED: ("no", "cross-circle"),
    PrintLine.State.HANDED_OVER: ("ok", "check"),
}


def ids_in(texts: Sequence[str]) -> list[UUID]:
    """The ids that a form sent. Raises Http404 for what no page of ours offers."""
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise Http404 from None


@require_http_methods(["GET", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def print_batches(request: HttpRequest) -> HttpResponse:
    """Every batch, newest first, and numbers left out; a POST makes a batch of the chosen cards, or leaves one out."""
    if request.method == "POST" and not request.user.has_role(Role.CLERK):
        raise Http404
    is_spoiling = request.POST.get("act") == "spoil_number"
    form = SpoilNumberForm(request.POST if is_spoiling else None, kinds=kind_titles(clock.today()))
    if is_spoiling and form.is_valid():
        return _spoil_number(request, form.cleaned_data)
    if request.method == "POST" and not is_spoiling:
        return _make_batch(request)
    found = visible_batches(request.user)
    if after := request.GET.get("after", ""):
        found = older_than(found, after, "made_at")
    state = PrintLine.State
    rows = list(
        found.select_related("made_by")
        .annotate(
            cards=Count("lines"),
            waiting=Count("lines", filter=Q(lines__state=state.WAITING)),
            spoiled=Count("lines", filter=Q(lines__state=state.SPOILED)),
            taken=Count("lines", filter=Q(lines__state=state.HANDED_OVER)),
        )
        .order_by("-made_at", "-id")[: PAGE + 1]  # grouped rows forget the model's order
    )
    context = {
        "rows": rows[:PAGE],
        "following": f"?{urlencode({'after': place_of(rows[PAGE - 1], 'made_at')})}" if rows[PAGE:] else "",
        "first_page": "?" if after else "",
        "form": form,
        "spoiled": [{"it": row, "number": grouped(card_number(row.prefix, row.serial))} for row in spoiled_numbers()],
    }
    return render(request, "cards/desk/batches.html", context, status=422 if form.errors else 200)


def _make_batch(request: HttpRequest) -> HttpResponse:
    name = "on_page" if request.POST.get("which") == "page" else "card"
    try:
        batch = make_batch(card_ids=ids_in(request.POST.getlist(name)), by=request.user, at=clock.now())
    except PrintRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('desk_cards')}?printing=ready")
    return redirect("print_batch", batch.number)


def _spoil_number(request: HttpRequest, values: dict[str, str]) -> HttpResponse:
    prefix = city().card_prefixes[values["kind"]]
    spoiled = spoil_next(prefix=prefix, reason=values["reason"], by=request.user, at=clock.now())
    number = grouped(card_number(prefix, spoiled.serial))
    messages.success(request, _("已登记不用的卡号：%(number)s。") % {"number": number})
    return redirect("print_batches")


def batch_or_404(user: User, number: str) -> PrintBatch:
    """A batch in the reach of ``user``. Raises Http404: "not yours" looks like "not there"."""
    batch = visible_batches(user).select_related("made_by").filter(number=number).first()
    if batch is None:
        raise Http404
    return batch


@require_http_methods(["GET", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def print_batch(request: HttpRequest, number: str) -> HttpResponse:
    """One batch and its cards; a POST notes which came out well and which blanks were spoiled."""
    batch = batch_or_404(request.user, number)
    form, refusal = BlankForm(request.POST if request.method == "POST" else None), ""
    if request.method == "POST":
        act = request.POST.get("act", "")
        if not request.user.has_role(Role.CLERK) or act not in ("printed", "all_printed", "spoiled"):
            raise Http404
        chosen = ids_in(request.POST.getlist("on_page" if act == "all_printed" else "line"))
        refusal = _mark(request, batch, act, chosen, form)
        if not refusal and not form.errors:
            return redirect("print_batch", number)
    return _page(request, batch, form, refusal)


def _mark(request: HttpRequest, batch: PrintBatch, act: str, chosen: list[UUID], form: BlankForm) -> str:
    """One call of a service; gives the sentence where it cannot be done."""
    if not form.is_valid():
        return ""
    try:
        if act != "spoiled":
            count = mark_printed(batch=batch, line_ids=chosen, by=request.user, at=clock.now())
            text = ngettext("%(count)d 张打好了，等本人来领。", "%(count)d 张打好了，等本人来领。", count)
        else:
            reason = form.cleaned_data["reason"]
            if not reason:
                form.add_error("reason", _("请写明怎么打废的。"))
                return ""
            count = spoil_blanks(batch=batch, line_ids=chosen, reason=reason, by=request.user, at=clock.now())
            text = ngettext("%(count)d 张打废了，可以排进下一批。", "%(count)d 张打废了，可以排进下一批。", count)
    except PrintRefused as refusal:
        return str(refusal)
    messages.success(request, text % {"count": count})
    return ""


def _page(request: HttpRequest, batch: PrintBatch, form: BlankForm, refusal: str) -> HttpResponse:
    lines = list(batch.lines.select_related("card__application"))
    rows = [_row(line) for line in lines]
    context = {
        "batch": batch,
        "rows": rows,
        "form": form,
        "refusal": refusal,
        "may_mark": request.user.has_role(Role.CLERK) and any(row["is_open"] for row in rows),
        "waiting": sum(row["is_waiting"] for row in rows),
        "to_print": sum(row["is_open"] for row in rows),
        "is_clerk": request.user.has_role(Role.CLERK),
        "downloads": Entry.objects.filter(action="print_batch.download", target_id=str(batch.pk))
        .select_related("actor")
        .order_by("-recorded_at")[:5],
    }
    return render(request, "cards/desk/batch.html", context, status=422 if refusal or form.errors else 200)


def _row(line: PrintLine) -> dict[str, Any]:
    state = PrintLine.State
    kind, icon = LINE_TAGS[state(line.state)]
    is_dead = line.card.state == CardState.ENDED
    return {
        "line": line,
        "card": line.card,
        "number": grouped(line.card.number),
        "kind": kind_title(line.card),
        "tag": {"text": line.get_state_display(), "kind": kind, "icon": icon},
        "is_open": line.state in (state.WAITING, state.PRINTED) and not is_dead,
        "is_waiting": line.state == state.WAITING and not is_dead,
        "is_dead": is_dead and line.state != state.HANDED_OVER,
    }


@require_POST
@bureau_only(Role.CLERK)
@confirmed_recently(back="print_batch")
def print_batch_download(request: HttpRequest, number: str) -> HttpResponseBase:
    """Both faces of every card still to print and their list, as one ZIP."""
    batch = batch_or_404(request.user, number)
    try:
        pieces = batch_pieces(batch=batch, by=request.user, at=clock.now())
    except PrintRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("print_batch", number)
    return StreamingHttpResponse(
        pieces,
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{batch.number}.zip"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
