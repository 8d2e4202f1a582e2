"""The desk's pages about what comes up in a card's life: doubts, and reconsiderations to answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from applicants.cards.faces.faces import grouped
from applicants.cards.forms.life import AnswerForm
from applicants.cards.kinds import kind_title
from applicants.cards.models import LIVE, Card, CardDoubt, CardReconsideration, Recognition
from applicants.cards.services.changing import ChangeRefused
from applicants.cards.services.printing import visible_cards
from applicants.cards.services.rechecking import DECEASED, EMPLOYER, TIER, keep_card, may_decide, reports_in
from applicants.cards.services.reconsidering import answer_reconsideration, may_answer, waiting
from applicants.people.fields import ReasonForm
from applicants.people.labels import FIELD_LABELS
from applicants.registers.services import title_of
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import User
from portal.casework.doors import DESK_ROLES
from portal.casework.views.findings import Evidence, evidence_of
from portal.policy.assessing import Finding
from portal.policy.explanations import fact_label
from portal.policy.facts import TIERS
from portal.ui.figures import day_text
from portal.ui.telling import told_beside

SHOWN = 100


@require_safe
@never_cache
@bureau_only(*DESK_ROLES)
def card_doubts(request: HttpRequest) -> HttpResponse:
    """Cards that somebody has to look at, the oldest first: doubts, reconsiderations, recognitions to confirm."""
    cards = visible_cards(request.user).select_related("application__policy_version__policy")
    doubts = CardDoubt.objects.filter(outcome=CardDoubt.Outcome.OPEN, card__in=cards)
    asked = CardReconsideration.objects.filter(outcome=CardReconsideration.Outcome.OPEN, card__in=cards)
    found = [
        *((row.raised_at, row.card, ground_words(row.card, row.ground)) for row in _with_cards(doubts)),
        *((row.asked_at, row.card, _("本人申请复核")) for row in _with_cards(asked)),
        *((card.claimed_at, card, _("本人报告新的人才认定")) for card in _to_confirm(cards)),
    ]
    rows = [
        {"at": at, "card": card, "number": grouped(card.number), "kind": kind_title(card), "why": why}
        for at, card, why in sorted(found, key=lambda item: item[0])
    ]
    return render(request, "cards/desk/doubts.html", {"rows": rows})


def _to_confirm(cards: QuerySet[Card]) -> QuerySet[Card]:
    """The live cards whose holder has reported a recognition that nobody has looked at."""
    reported = Recognition.objects.filter(
        person=OuterRef("person"),
        paper__isnull=False,
        confirmed_at__isnull=True,
        withdrawn_on__isnull=True,
        removed_at__isnull=True,
    ).order_by("claimed_at")
    claimed = cards.annotate(claimed_at=Subquery(reported.values("claimed_at")[:1]))
    return claimed.filter(state__in=LIVE, claimed_at__isnull=False).order_by("claimed_at", "id")[:SHOWN]


def _with_cards(rows: Any) -> Any:
    return rows.select_related("card__application__policy_version__policy")[:SHOWN]


@require_POST
@never_cache
@bureau_only(*DESK_ROLES)
def card_keep(request: HttpRequest, id: UUID) -> HttpResponse:
    """Leave the card as it is in spite of its doubts."""
    return _decide(request, id, "keep", ReasonForm(request.POST, prefix="keep"), may_decide)


@require_POST
@never_cache
@bureau_only(*DESK_ROLES)
def card_answer(request: HttpRequest, id: UUID) -> HttpResponse:
    """Answer a reconsideration."""
    return _decide(request, id, "answer", AnswerForm(request.POST, prefix="answer"), may_answer)


def _decide(request: HttpRequest, pk: UUID, act: str, form: Any, may: Callable[[Card, User], bool]) -> HttpResponse:
    from applicants.cards.views.desk import card_or_404, card_page  # whose page shows what is here

    card, by, at = card_or_404(request.user, pk), request.user, clock.now()
    if not may(card, by):
        raise Http404
    if form.is_valid():
        values = form.cleaned_data
        with told_beside(form, None, ChangeRefused):
            if act == "keep":
                keep_card(card.pk, by=by, at=at, reason=values["reason"])
                messages.success(request, _("已处理，卡照常使用。"))
            else:
                is_upheld = values["outcome"] == "upheld"
                answer_reconsideration(card.pk, is_upheld=is_upheld, answer=values["reason"], by=by, at=at)
                messages.success(request, _("已答复，信已发给本人。"))
            return redirect("card_file", card.pk)
    return card_page(request, card, life_forms={act: form}, status=422)


def life_of(card: Card, user: User, forms: dict[str, Any]) -> dict[str, Any]:
    """What the card's page says of doubts and reconsiderations, and the forms for whoever decides."""
    doubts = list(card.doubts.filter(outcome=CardDoubt.Outcome.OPEN))
    asked = waiting(card)
    return {
        "doubts": [
            {"at": row.raised_at, "why": ground_words(card, row.ground), "evidence": _evidence(card, row)}
            for row in doubts
        ],
        "keep": (forms.get("keep") or ReasonForm(prefix="keep")) if doubts and may_decide(card, user) else None,
        "asked": asked,
        "answer": (forms.get("answer") or AnswerForm(prefix="answer")) if asked and may_answer(card, user) else None,
        "bad": [form for form in forms.values() if form.errors],
    }


def ground_words(card: Card, ground: str) -> str:
    """What the doubt is about."""
    if ground == DECEASED:
        return _("户籍登记显示本人已去世")
    if ground == EMPLOYER:
        return _("本人报告更换单位")
    if ground == TIER:
        return _("卡的层次和现在的人才认定不一致")
    document = card.application.policy_version.parsed
    clause = next(item for item in document.clauses if item.code == ground)
    return _("登记显示不再符合：%(clause)s") % {"clause": clause.text}


def _evidence(card: Card, doubt: CardDoubt) -> list[Evidence]:
    """What speaks for the doubt: facts with their sources and dates."""
    told = doubt.evidence
    if doubt.ground == EMPLOYER:
        return [line for report in reports_in(told) for line in _reported(report)]
    if doubt.ground == TIER:
        due = str(TIERS.get(told["tier"], _("没有可以办的卡")))
        return [Evidence(_("按已确认的认定和学历，应是"), due, str(fact_label("recognitions")), None)]
    if doubt.ground == DECEASED:
        told_by, as_of = str(title_of(told["source"])), date.fromisoformat(told["as_of"]) if told["as_of"] else None
        return [Evidence(fact_label("deceased_on"), day_text(date.fromisoformat(told["on"])), told_by, as_of)]
    document = card.application.policy_version.parsed
    return [evidence_of(seen, document) for seen in Finding.from_json(told).facts]


def _reported(report: dict[str, Any]) -> list[Evidence]:
    """One report of another employer, and when it was made."""
    said = {**report, "started_on": day_text(date.fromisoformat(report["started_on"]))}
    reported_on = said.pop("reported_on", None)
    as_of = date.fromisoformat(reported_on) if reported_on else None
    return [Evidence(str(FIELD_LABELS["employment"][name]), said[name], _("本人报告"), as_of) for name in said]
