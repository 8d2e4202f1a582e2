"""What is done with a whole draft: discard, ask, take back, send back, publish."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.policy.drafting import DraftRefused, ask_to_publish, discard, publish_draft, send_back, take_back
from portal.policy.forms import AskForm, PublishForm, SendBackForm
from portal.policy.models import PolicyDraft
from portal.policy.views.doors import draft_to_change, person, revision_in
from portal.policy.views.drafts import draft_context


@require_POST
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_discard(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give the draft up."""
    draft = draft_to_change(request, id)
    return _act(request, draft, discard, _("草稿已放弃。"), then="desk_policies")


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
