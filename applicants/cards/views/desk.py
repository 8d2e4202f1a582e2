"""The desk's pages about cards: the list, one card with its history, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from applicants.cards.faces.faces import grouped
from applicants.cards.forms.desk import (
    CardFilterForm,
    HandOverForm,
    NoteForm,
    NumberForm,
    ReleaseForm,
)
from applicants.cards.kinds import kind_title
from applicants.cards.machine import CHANGES, LIVE, Change
from applicants.cards.models import Card, CardFile, PrintLine
from applicants.cards.services.changing import ChangeRefused, change_card, may_change
from applicants.cards.services.files import ENDINGS, open_card_file, unprintable
from applicants.cards.services.listing import CardRow, cards_page, count_cards, find_card
from applicants.cards.services.printing import (
    PrintRefused,
    clerks_cards,
    hand_over,
    live_line,
    print_standing,
    visible_cards,
)
from applicants.cards.services.releasing import release_card
from applicants.cards.services.replacing import is_replaceable, may_replace, replace_lost
from applicants.cards.views.benefit_rows import kind_titles
from applicants.cards.views.desk_words import ACTS, DONE, history, printing_tag, state_tag
from applicants.cards.views.doubting import life_of
from applicants.people.fields import ReasonForm
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import DESK_ROLES
from portal.casework.views.versions import version_sent
from portal.policy.facts import TIERS
from portal.ui.figures import listed
from portal.ui.telling import acts_shown, told_beside

TYPES = {"png": "image/png", "webp": "image/webp", "pdf": "application/pdf"}
SHOWN_ON_DESK = (CardFile.Kind.FRONT, CardFile.Kind.BACK, CardFile.Kind.PDF)


@require_http_methods(["GET", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def desk_cards(request: HttpRequest) -> HttpResponse:
    """Cards, newest first, fifty a page; a POST opens the card of a number."""
    find = NumberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and find.is_valid():
        if found := find_card(request.user, find.cleaned_data["number"]):
            return redirect("card_file", found.pk)
        find.add_error("number", _("没有这个卡号，或者这张卡不在您的范围内。"))
    kinds = {code: str(title) for code, title in kind_titles(clock.today()).items()}
    form = CardFilterForm(request.GET, kinds=kinds)
    wanted = {name: value for name, value in vars(form.wanted).items() if value}
    page = cards_page(request.user, form.wanted, after=request.GET.get("after", ""))
    may_print = form.wanted.printing == "ready" and request.user.has_role(Role.CLERK)
    context = {
        "find": find,
        "form": form,
        "rows": [_row(row) for row in page.rows],
        "is_narrowed": bool(wanted),
        "here": f"?{urlencode(wanted)}",
        "may_print": may_print,
        "counts": count_cards(request.user),
        "following": f"?{urlencode({**wanted, 'after': page.following})}" if page.following else "",
        "first_page": f"?{urlencode(wanted)}" if request.GET.get("after") else "",
    }
    return render(request, "cards/desk/list.html", context, status=422 if find.errors else 200)


def _row(row: CardRow) -> dict[str, Any]:
    return {
        "card": row.card,
        "number": grouped(row.card.number),
        "kind": kind_title(row.card),
        "tier": TIERS[row.card.tier],
        "state": state_tag(row.card),
        "printing": printing_tag(row.standing),
        "batch": row.line.batch if row.line else None,
    }


def card_or_404(user: User, pk: UUID) -> Card:
    """A card in the reach of ``user``. Raises Http404: "not yours" looks like "not there"."""
    rows = visible_cards(user).select_related("person", "portrait", "application__policy_version__policy")
    card = rows.filter(pk=pk).first()
    if card is None:
        raise Http404
    return card


@require_http_methods(["GET", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def card_file(request: HttpRequest, id: UUID) -> HttpResponse:
    """One card: its faces, how it stands, its history; a POST does one act of those that are offered."""
    card = card_or_404(request.user, id)
    offered = _offered(card, request.user)
    if request.method == "GET":
        return card_page(request, card, offered)
    act = request.POST.get("act", "")
    if act not in offered:
        if _may_ever(act, card, request.user):  # offered until a moment ago
            messages.error(request, _("这张卡现在不能这样办理。"))
            return redirect("card_file", card.pk)
        raise Http404
    form = offered[act](request.POST, prefix=act)
    offered[act] = form
    if form.is_valid():
        with told_beside(form, next(iter(form.fields)) if act == "release" else None, ChangeRefused, PrintRefused):
            target = _do(act, card, form.cleaned_data, request)
            messages.success(request, DONE[act])
            return redirect("card_file", target.pk)
        card = card_or_404(request.user, id)
    return card_page(request, card, offered, status=422)


def _do(act: str, card: Card, values: dict[str, Any], request: HttpRequest) -> Card:
    """One call of a service; the card to go on with."""
    by, at = request.user, clock.now()
    if act == "hand_over":
        return hand_over(card_id=card.pk, **values, by=by, at=at).card
    if act == "replace":
        return replace_lost(card.pk, by=by, at=at)
    seen = version_sent(request)
    if act == "release":
        return release_card(card.pk, by=by, at=at, expected_version=seen, **values)
    return change_card(card.pk, act, by=by, at=at, expected_version=seen, reason=values["reason"])


def _offered(card: Card, user: User) -> dict[str, Any]:
    """What ``user`` may do about the card now, and the form that asks for it."""
    acts: dict[str, Any] = {
        change.name: _form_of(change)
        for change in CHANGES
        if change.name in ACTS and card.state in change.sources and may_change(change, card, user)
    }
    line = live_line(card)
    is_clerks = clerks_cards(user).filter(pk=card.pk).exists()
    if is_clerks and line is not None and line.state == PrintLine.State.PRINTED and card.state == "active":
        acts = {"hand_over": HandOverForm, **acts}
    if may_replace(card, user) and is_replaceable(card, at=clock.now()):
        acts = {"replace": forms.Form, **acts}
    return acts


def _may_ever(act: str, card: Card, user: User) -> bool:
    """Whether ``act`` is offered to ``user`` in some other state of the card."""
    if act in ("hand_over", "replace"):
        return may_replace(card, user)
    return act in ACTS and any(may_change(change, card, user) for change in CHANGES if change.name == act)


def _form_of(change: Change) -> Callable[..., forms.Form]:
    if change.name == "release":
        return ReleaseForm
    return ReasonForm if change.needs_reason else NoteForm


def card_page(
    request: HttpRequest,
    card: Card,
    offered: dict[str, Any] | None = None,
    *,
    life_forms: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one card with the forms that were sent, if any."""
    acts = acts_shown(_offered(card, request.user) if offered is None else offered, ACTS)
    life = life_of(card, request.user, life_forms or {})
    line, files = live_line(card), set(card.files.order_by("kind").values_list("kind", flat=True))
    followed = Card.objects.filter(follows=card).first()
    context = {
        "card": card,
        "number": grouped(card.number),
        "kind": kind_title(card),
        "tier": TIERS[card.tier],
        "state": state_tag(card),
        "has_files": CardFile.Kind.FRONT in files,
        "faces": [CardFile.Kind.FRONT, CardFile.Kind.BACK] if CardFile.Kind.FRONT in files else [],
        "lacking": _lacking(card),
        "printing": printing_tag(print_standing(card, line, has_files=bool(files))),
        "line": line,
        "followed": followed,
        "history": history(card),
        "acts": acts["acts"],
        "life": life,
        "bad_forms": [*acts["bad_forms"], *life["bad"]],
    }
    return render(request, "cards/desk/card.html", context, status=status)


def _lacking(card: Card) -> str:
    """The characters that no font has, with their code points: the reader's machine may not have them either."""
    found = unprintable(card) if card.state in LIVE else ""
    return listed(f"{character} (U+{ord(character):04X})" for character in found) if found else ""


@require_safe
@never_cache
@bureau_only(*DESK_ROLES)
def card_face(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """A face of a card, or both on paper. Whoever looks leaves an entry: the name stands on it in full."""
    card = card_or_404(request.user, id)
    file = CardFile.objects.filter(card=card, kind=kind).first() if kind in SHOWN_ON_DESK else None
    if file is None:
        raise Http404
    record(action="card.view", actor=request.user, target=card, at=clock.now(), note=kind)
    return picture_response(file)


def picture_response(file: CardFile, *, name: str = "") -> HttpResponse:
    """The stored bytes, under ``never_cache``; with ``name`` as a file to keep."""
    ending = ENDINGS[CardFile.Kind(file.kind)]
    response = HttpResponse(open_card_file(file), content_type=TYPES[ending])
    response.headers["X-Content-Type-Options"] = "nosniff"
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response
