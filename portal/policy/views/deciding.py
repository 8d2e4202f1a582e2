"""What is done with a whole draft: discard, ask, take back, send back, publish."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role
from portal.policy.drafting import DraftRefused, ask_to_publish, discard, publish_draft, send_back, take_back
from portal.policy.editing.outline import Line
from portal.policy.forms import AskForm, PublishForm, SendBackForm
from portal.policy.models import PolicyDraft, PolicyVersion
from portal.policy.views.doors import draft_to_change, person, revision_in
from portal.policy.views.drafts import comparisons, draft_context, is_open


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_discard(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give the draft up, once the page that says what is lost has been confirmed."""
    draft = draft_to_change(request, id)
    if request.method == "POST":
        return _act(request, draft, discard, _("草稿已放弃。"), then="desk_policies")
    if not is_open(draft):
        messages.error(request, _("这份草稿不能再改。"))
        return redirect("policy_draft", draft.pk)
    sentences = [_("放弃以后不能再改，也不能发布，只能查看。")]
    if draft.state == PolicyDraft.State.ASKED:
        sentences.append(_("发布的申请也一并收回。"))
    groups = [(comparison["version"], comparison["groups"]) for comparison in comparisons(draft)]
    context = {
        "draft": draft,
        "here": _("放弃这份草稿"),
        "question": _("要放弃这份草稿吗？"),
        "sentences": sentences,
        "lost": [_what_differs(version, sum(len(group.changes) for group in found)) for version, found in groups],
        "act": _("放弃这份草稿"),
        "stay": _("不放弃"),
        "back": reverse("policy_draft", args=[draft.pk]),
    }
    return render(request, "policy/confirm.html", context)


def _what_differs(version: PolicyVersion, number: int) -> Line:
    text = ngettext("有 %(number)s 处不同", "有 %(number)s 处不同", number) % {"number": number}
    return Line(_("与第 %(label)s 版相比") % {"label": version.label}, (text,))


@require_POST
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_ask(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask the other administrators to publish the draft."""
    draft = draft_to_change(request, id)
    form = AskForm(request.POST)
    if not form.is_valid():
        return render(request, "policy/draft.html", draft_context(request, draft, ask_form=form), status=422)
    return _act(request, draft, ask_to_publish, _("已请其他管理员核对发布。"), **form.cleaned_data)


@require_POST
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_take_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take the ask back."""
    return _act(request, draft_to_change(request, id), take_back, _("申请已收回，可以继续修改。"))


@require_POST
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_send_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Decline to publish, with a reason."""
    draft = draft_to_change(request, id)
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return render(request, "policy/draft.html", draft_context(request, draft, send_back_form=form), status=422)
    return _act(request, draft, send_back, _("草稿已退回。"), **form.cleaned_data)


@require_POST
@bureau_only(Role.ADMINISTRATOR)
@confirmed_recently
def policy_draft_publish(request: HttpRequest, id: UUID) -> HttpResponse:
    """Publish what was asked for."""
    draft = draft_to_change(request, id)
    form = PublishForm(request.POST)
    backdated = form.cleaned_data["is_backdated"] if form.is_valid() else False
    return _act(request, draft, publish_draft, _("已发布。"), is_backdated=backdated)


def _act(
    request: HttpRequest,
    draft: PolicyDraft,
    act: Callable[..., object],
    success: str,
    then: str = "",
    **details: Any,
) -> HttpResponse:
    try:
        act(draft=draft, by=person(request), at=clock.now(), expected_revision=revision_in(request), **details)
    except DraftRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("policy_draft", draft.pk)
    messages.success(request, success)
    return redirect(then) if then else redirect("policy_draft", draft.pk)
