"""Recognitions after the issue: the holder reports one, reviewers look at it, an approver lets the card follow."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applicants.cards.forms.applying import RecognitionForm
from applicants.cards.kinds import kind_title, title_of_kind
from applicants.cards.models import LIVE, Card, Recognition
from applicants.cards.services.changing import ChangeRefused
from applicants.cards.services.retier import (
    change_tier,
    confirm_recognition,
    may_change_tier,
    may_confirm,
    may_withdraw,
    offer_due,
    report_recognition,
    withdraw_recognition,
)
from applicants.cards.views.desk import card_or_404
from applicants.people.fields import PlainForm
from applicants.people.refusals import PaperRefused
from portal import clock
from portal.accounts.doors import bureau_only
from portal.casework.doors import DESK_ROLES
from portal.casework.views.versions import version_sent
from portal.policy.facts import TIERS

ACCEPT = "image/jpeg,image/png,image/heic,image/heif,image/webp,application/pdf"


class ReasonForm(PlainForm):
    """Why; the holder reads it."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        help_text=gettext_lazy("写进给本人的信。"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("请写明理由。")},
    )


class ReportForm(RecognitionForm):
    """A recognition with the document that proves it."""

    file = forms.FileField(
        label=gettext_lazy("人才认定文件"),
        help_text=gettext_lazy("拍照或 PDF，要看得清文号和公章。"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        error_messages={"required": gettext_lazy("请上传人才认定文件。")},
    )

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.files = files or {}


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def own_recognitions(request: HttpRequest) -> HttpResponse:
    """What counts for one's own card, and a form to report another; whoever has no live card sees "not there"."""
    cards = Card.objects.filter(person__user=request.user, state__in=LIVE)
    card = cards.select_related("person", "application__policy_version__policy").first()
    if card is None:
        raise Http404
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ReportForm(*given, application=card.application, on=clock.today())
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            report_recognition(
                card_id=card.pk, upload=values.pop("file"), values=values, by=request.user, at=clock.now()
            )
        except PaperRefused as refusal:
            form.add_error("file", refusal.sentence)
        except ChangeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("收到了。工作人员核对文件后，决定卡的层次要不要变，结果写信告诉您。"))
            return redirect("own_recognitions")
    context = {"form": form, "card": card, "kind": kind_title(card), "tier": TIERS[card.tier], "rows": _rows(card)}
    return render(request, "cards/tiers/own.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def card_tiers(request: HttpRequest, id: UUID) -> HttpResponse:
    """What the holder's recognitions are, what tier is due, and what may be done about it."""
    card = card_or_404(request.user, id)
    act = request.POST.get("act", "")
    form = ReasonForm(request.POST if act in ("withdraw", "change") else None, auto_id=f"id_{act}_%s")
    if request.method == "POST":
        row = _chosen(request, card) if act in ("confirm", "withdraw") else None
        if act not in ("confirm", "withdraw", "change"):
            raise Http404
        try:
            if act == "confirm" and row:
                confirm_recognition(row.pk, by=request.user, at=clock.now())
                messages.success(request, _("已确认，这项认定从现在起计入。"))
                return redirect("card_tiers", card.pk)
            if form.is_valid():
                return _decide(request, card, row, form.cleaned_data["reason"])
        except ChangeRefused as refusal:
            if form.is_bound:
                form.add_error(None, str(refusal))
            else:
                messages.error(request, str(refusal))
                return redirect("card_tiers", card.pk)
    return render(request, "cards/tiers/desk.html", _desk(request, card, form, act), status=422 if form.errors else 200)


def _decide(request: HttpRequest, card: Card, row: Recognition | None, reason: str) -> HttpResponse:
    by, at = request.user, clock.now()
    if row is not None:
        withdraw_recognition(row.pk, by=by, at=at, reason=reason)
        messages.success(request, _("这项认定不再计入，已写信告诉本人。"))
        return redirect("card_tiers", card.pk)
    made = change_tier(card.pk, by=by, at=at, expected_version=version_sent(request), reason=reason)
    messages.success(request, _("新卡已经办好，原卡同时失效，已写信告诉本人。"))
    return redirect("card_file", made.pk)


def _desk(request: HttpRequest, card: Card, form: ReasonForm, act: str) -> dict[str, Any]:
    due = offer_due(card, clock.today())
    is_live, user = card.state in LIVE, request.user
    return {
        "card": card,
        "kind": kind_title(card),
        "tier": TIERS[card.tier],
        "rows": _rows(card),
        "due_kind": title_of_kind(card, due.card) if due.card else "",
        "due_tier": TIERS.get(due.tier, ""),
        "is_due": is_live and due.tier != card.tier,
        "may_confirm": is_live and may_confirm(card, user),
        "may_withdraw": is_live and may_withdraw(card, user),
        "may_change": is_live and bool(due.card) and due.tier != card.tier and may_change_tier(card, user),
        "form": form,
        "act": act,
        "chosen": request.POST.get("recognition", ""),
    }


def _rows(card: Card) -> list[dict[str, Any]]:
    """The claims of the card's holder, the first claimed first, each with how it stands."""
    today = clock.today()
    claimed = Recognition.objects.filter(person=card.person_id, removed_at__isnull=True)
    return [
        {"it": row, "id": str(row.pk), "tier": TIERS[row.tier], **_standing(row, today)}
        for row in claimed.order_by("claimed_at", "id")
    ]


def _standing(row: Recognition, today: Any) -> dict[str, Any]:
    if row.withdrawn_on is not None:
        return {"text": _("不再计入"), "kind": "no", "is_open": False}
    if not row.counts_on(today):
        return {"text": _("已到期"), "kind": "no", "is_open": False}
    if row.confirmed_at is None:
        return {"text": _("等待核对"), "kind": "wait", "is_open": True}
    return {"text": _("计入"), "kind": "ok", "is_open": True}


def _chosen(request: HttpRequest, card: Card) -> Recognition:
    try:
        wanted = UUID(request.POST.get("recognition", ""))
    except ValueError:
        raise Http404 from None
    row = Recognition.objects.filter(pk=wanted, person=card.person_id).first()
    if row is None:
        raise Http404
    return row
