"""The desk's rounds: prepared, opened, frozen, drawn, published, closed; annulled by two; a result looked at again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applicants.people.refusals import Refused
from housing.apartments.forms.rounds import AnnulForm, AnswerForm, DrawForm, EmptyForm, RoundForm, WitnessForm
from housing.apartments.models import Round, RoundAnnulment, RoundFile, RoundState, RoundWitness
from housing.apartments.services import annulling, closing, drawing, freezing, opening, reconsidering
from housing.apartments.services.rounds import may_run_rounds, why_barred
from housing.apartments.views.round_words import state_tag
from portal import clock
from portal.accounts.doors import ask_again, bureau_only, is_recent
from portal.accounts.models import Role
from portal.casework.doors import DESK_ROLES
from portal.casework.views.versions import version_sent
from portal.ui.telling import acts_shown, form_page, told_above, told_beside

SHOWN = 200
MOST_AT_ONCE = 5_000  # ranks written while somebody waits
BINDING = ("draw", "publish")  # who does this for the public says first who they are; so do those who annul
ACTS: dict[str, dict[str, Any]] = {
    "open": {
        "label": gettext_lazy("公布批次"),
        "text": gettext_lazy("公布以后，时间、方式和房源都不能再改。摇号的，同时生成秘密并公布它的承诺。"),
        "is_main": True,
    },
    "discard": {
        "label": gettext_lazy("删除草稿"),
        "text": gettext_lazy("还没有公布，删除以后房源可以放进别的批次。"),
        "is_grave": True,
    },
    "freeze": {
        "label": pgettext_lazy("act", "锁定名单"),
        "text": gettext_lazy("到时间会自动锁定。自动锁定还没有进行的，可以在这里办。"),
    },
    "witness": {
        "label": gettext_lazy("登记见证人"),
        "text": gettext_lazy("至少一位。姓名和身份会和结果一起公布。"),
    },
    "draw": {
        "label": gettext_lazy("开始排位"),
        "text": gettext_lazy("只能进行一次。结果要再点“公布结果”才公开。"),
        "is_main": True,
    },
    "publish": {
        "label": gettext_lazy("公布结果"),
        "text": gettext_lazy("公布以后不能作废。选房从第一名开始。"),
        "is_main": True,
    },
    "close": {
        "label": gettext_lazy("结束批次"),
        "text": gettext_lazy("没有答复的选房通知会撤回，没有分到的人可以参加下一批。"),
    },
}
DONE = {
    "open": gettext_lazy("批次已公布。"),
    "discard": gettext_lazy("草稿已删除。"),
    "freeze": gettext_lazy("名单已锁定。"),
    "witness": gettext_lazy("已登记。"),
    "draw": gettext_lazy("排位完成。核对以后请公布结果。"),
    "publish": gettext_lazy("结果已公布。"),
    "close": gettext_lazy("批次已结束。"),
}
ANNULMENT_DONE = {
    "propose": gettext_lazy("已提出作废，请另一位管理员确认。"),
    "confirm": gettext_lazy("批次已作废。"),
    "take_back": gettext_lazy("作废的提议已撤回。"),
}


@require_safe
@never_cache
@bureau_only(*DESK_ROLES)
def desk_rounds(request: HttpRequest) -> HttpResponse:
    """Every round, the newest first, and the results that somebody does not agree with."""
    at, rounds = clock.now(), Round.objects.order_by("-opens_at", "-pk")[:SHOWN]
    open_ones = reconsidering.visible_reconsiderations(request.user).filter(outcome=reconsidering.Outcome.OPEN)
    context = {
        "rail": "rounds",
        "rows": [{"round": row, "state": state_tag(row, at=at)} for row in rounds],
        "asked": open_ones.select_related("round", "entrant")[:SHOWN],
        "may_change": may_run_rounds(request.user),
    }
    return render(request, "apartments/rounds/desk_list.html", context)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_round_new(request: HttpRequest) -> HttpResponse:
    """Prepare a round; ``?of=`` names one that is void and run again by it."""
    again = opening.rounds_to_run_again().filter(pk=_uuid(request.GET["of"])).first() if "of" in request.GET else None
    data = request.POST if request.method == "POST" else None
    known = RoundForm.initial_for_another(again) if again else {}
    form = RoundForm(data, initial=known, units=opening.choosable_units())
    if form.is_valid():
        values = form.values | {"redraw_of": again}
        with told_beside(form, None, Refused):
            row = opening.make_round(values=values, units=form.chosen, by=request.user, at=clock.now())
            messages.success(request, _("已保存为草稿，公众看不到。核对以后再公布。"))
            return redirect("desk_round", row.pk)
    return form_page(request, "apartments/rounds/desk_form.html", form, again=again)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_round_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change a round that is not open yet."""
    row = get_object_or_404(Round, pk=id, state=RoundState.DRAFT)
    data = request.POST if request.method == "POST" else None
    form = RoundForm(data, initial=RoundForm.initial_from(row), units=opening.choosable_units(row))
    if form.is_valid():
        about = {"expected_version": form.cleaned_data["version"] or 0, "by": request.user, "at": clock.now()}
        with told_beside(form, None, Refused):
            opening.change_draft(row.pk, values=form.values, units=form.chosen, **about)
            messages.success(request, _("已保存。"))
            return redirect("desk_round", row.pk)
    return form_page(request, "apartments/rounds/desk_form.html", form, round=row)


@require_safe
@never_cache
@bureau_only(*DESK_ROLES)
def desk_round(request: HttpRequest, id: UUID) -> HttpResponse:
    """One round, and what may be done about it now."""
    row = _round_or_404(id)
    return _page(request, row, _offered(row, request))


@bureau_only(Role.ADMINISTRATOR)
@require_POST
@never_cache
def desk_round_act(request: HttpRequest, id: UUID) -> HttpResponse:
    """One act on the round."""
    row, act = _round_or_404(id), request.POST.get("act", "")
    if act == "drop_witness":
        return _drop_witness(request, row)
    offered = _offered(row, request)
    if act not in offered:
        if act not in ACTS:
            raise Http404
        messages.error(request, _("这个批次现在不能这样办理。"))
        return redirect("desk_round", row.pk)
    form = offered[act] = offered[act](request.POST, prefix=act)
    if form.is_valid():
        if act in BINDING and not is_recent(request):
            return ask_again(request)
        with told_beside(form, None, Refused):
            _do(act, row, form.cleaned_data, request)
            messages.success(request, DONE[act])
            return redirect("desk_rounds") if act == "discard" else redirect("desk_round", row.pk)
    return _page(request, _round_or_404(id), offered, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(Role.ADMINISTRATOR)
def desk_round_annulment(request: HttpRequest, id: UUID) -> HttpResponse:
    """Propose that a round be void; confirm it as another, or take the proposal back."""
    row, act = _round_or_404(id), request.POST.get("act", "")
    proposed = RoundAnnulment.objects.filter(round=row).select_related("proposed_by", "confirmed_by").first()
    form = AnnulForm(request.POST if act == "propose" else None)
    if request.method == "POST" and act not in ANNULMENT_DONE:
        raise Http404
    if form.is_valid() or act in ("confirm", "take_back"):
        if act != "take_back" and not is_recent(request):
            return ask_again(request)
        with told_above(request, Refused):
            _annul(act, row, form, request)
            messages.success(request, ANNULMENT_DONE[act])
        return redirect("desk_round", row.pk)
    context = {
        "round": row,
        "state": state_tag(row, at=clock.now()),
        "proposed": proposed,
        "is_own": proposed is not None and proposed.proposed_by_id == request.user.pk,
        "may_propose": row.state in (RoundState.OPEN, RoundState.FROZEN, RoundState.DRAWN),
    }
    return form_page(request, "apartments/rounds/desk_annulment.html", form, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def desk_round_reconsideration(request: HttpRequest, id: UUID) -> HttpResponse:
    """What an entrant says against a result, and the answer of somebody who did not run the draw."""
    wanted = ("round", "entrant__application__applicant", "drawn_by", "decided_by")
    rows = reconsidering.visible_reconsiderations(request.user).select_related(*wanted)
    asked = get_object_or_404(rows, pk=id)
    is_other = reconsidering.may_decide(asked, request.user)
    if request.method == "POST" and not is_other:
        raise Http404
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        about = {"answer": data["reason"], "by": request.user, "at": clock.now()}
        with told_beside(form, None, Refused):
            reconsidering.decide_reconsideration(asked.pk, is_upheld=data["outcome"] == "upheld", **about)
            messages.success(request, _("已答复，信已发给本人。"))
            return redirect("desk_round", asked.round_id)
    may_decide = is_other and asked.outcome == reconsidering.Outcome.OPEN
    context = {"asked": asked, "round": asked.round, "may_decide": may_decide}
    return form_page(request, "apartments/rounds/desk_reconsideration.html", form, **context)


def _round_or_404(id: UUID) -> Round:
    return get_object_or_404(Round.objects.select_related("policy_version__policy", "made_by", "drawn_by"), pk=id)


def _offered(row: Round, request: HttpRequest) -> dict[str, Any]:
    """What the administrator may do now, and the form that asks for it."""
    if not may_run_rounds(request.user) or why_barred(row, request.user):
        return {}
    at, waits = clock.now(), RoundAnnulment.objects.filter(round=row, confirmed_by=None).exists()
    if row.state == RoundState.DRAFT:
        return {"open": EmptyForm, "discard": EmptyForm}
    if row.state == RoundState.OPEN and at >= row.freezes_at:
        return {"freeze": EmptyForm}
    if row.state == RoundState.FROZEN and row.entrants_sha256 and not waits:
        is_ready = at >= row.draw_at and row.witnesses.exists() and not drawing.is_listed_late(row)
        return {"witness": WitnessForm} | ({"draw": DrawForm if row.is_lottery else EmptyForm} if is_ready else {})
    if row.state == RoundState.DRAWN and not waits:
        return {"publish": EmptyForm}
    return {"close": EmptyForm} if row.state == RoundState.PUBLISHED else {}


def _do(act: str, row: Round, values: dict[str, Any], request: HttpRequest) -> None:
    """One call of a service. Raises Refused."""
    by, at = request.user, clock.now()
    if act == "witness":
        drawing.note_witness(row.pk, **values, by=by, at=at)
        return
    about = {"by": by, "at": at, "expected_version": version_sent(request)}
    if act == "draw":
        drawing.draw_round(row.pk, public_value=values.get("public_value", ""), **about)
        if row.entrant_count <= MOST_AT_ONCE:  # of a larger round the sweep writes them
            drawing.write_ranks(row.pk, at=at)
        return
    services: dict[str, Callable[..., object]] = {
        "open": opening.open_round,
        "discard": opening.discard_draft,
        "freeze": freezing.freeze_round,
        "publish": drawing.publish_round,
        "close": closing.close_round,
    }
    services[act](row.pk, **about)


def _drop_witness(request: HttpRequest, row: Round) -> HttpResponse:
    witness = get_object_or_404(RoundWitness, round=row, pk=_uuid(request.POST.get("witness", "")))
    with told_above(request, Refused):
        drawing.drop_witness(row.pk, witness.pk, by=request.user, at=clock.now())
    return redirect("desk_round", row.pk)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _annul(act: str, row: Round, form: AnnulForm, request: HttpRequest) -> None:
    """One call of a service. Raises Refused."""
    about = {"by": request.user, "at": clock.now()}
    if act == "propose":
        annulling.propose_annulment(row.pk, reason=form.cleaned_data["reason"], **about)
    elif act == "confirm":
        annulling.confirm_annulment(row.pk, **about)
    else:
        annulling.take_back_annulment(row.pk, **about)


def _page(request: HttpRequest, row: Round, offered: dict[str, Any], *, status: int = 200) -> HttpResponse:
    may_change, barred = may_run_rounds(request.user), why_barred(row, request.user)
    files = {stored.kind: stored for stored in RoundFile.objects.filter(round=row).defer("content")}
    context = {
        "rail": "rounds",
        "round": row,
        "state": state_tag(row, at=clock.now()),
        "units": row.units.select_related("unit__building__place", "unit__type").order_by(
            "unit__building__place__name_zh", "unit__label"
        ),
        "files": files,
        "entrants": row.entrants.exclude(state="left").count(),
        "witnesses": row.witnesses.all(),
        "annulment": RoundAnnulment.objects.filter(round=row).select_related("proposed_by", "confirmed_by").first(),
        "asked": reconsidering.visible_reconsiderations(request.user).filter(round=row).select_related("entrant"),
        "may_run_again": opening.rounds_to_run_again().filter(pk=row.pk).exists(),
        "may_change": may_change and not barred,
        "barred": barred if may_change else None,
        "is_empty": row.state == RoundState.FROZEN and not row.entrants_sha256,
        "is_early": row.state == RoundState.FROZEN and clock.now() < row.draw_at,
        "is_late": row.state == RoundState.FROZEN and drawing.is_listed_late(row),
    } | acts_shown(offered, ACTS)
    return render(request, "apartments/rounds/desk_one.html", context, status=status)
