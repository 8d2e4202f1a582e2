"""The page of one part of a draft: its form, and its parts to add, remove and move."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.policy.drafting import DraftChanged, DraftRefused, add_item, move_item, remove_item, save_part
from portal.policy.editing.forms import PartForm
from portal.policy.editing.outline import said_by, sections_of, title_of, trail
from portal.policy.editing.tree import NEW, Node, NoSuchPart, find, read_path, write_path
from portal.policy.models import PolicyDraft
from portal.policy.views.doors import draft_to_change, person, revision_in
from portal.policy.views.drafts import State, is_open, kind_choices
from portal.ui.telling import told_above

GONE = 409


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_part(request: HttpRequest, id: UUID, part: str) -> HttpResponse:
    """One part: read, and saved. What is wrong is said beside the field, and nothing is stored."""
    draft = draft_to_change(request, id)
    if not is_open(draft):
        messages.error(request, _("这份草稿不能再改。"))
        return redirect("policy_draft", draft.pk)
    node = _node_or_404(draft, part, request.GET.get("kind", ""))
    if request.method != "POST":
        return _page(request, draft, node, PartForm(node, draft.data))
    form = PartForm(node, draft.data, request.POST)
    if not form.is_valid():
        return _page(request, draft, node, form, status=422)
    try:
        path = _save(request, draft, node, form)
    except DraftChanged as changed:
        return _changed_meanwhile(request, draft_to_change(request, id), node, form, str(changed))
    except (DraftRefused, NoSuchPart) as refusal:
        messages.error(request, str(refusal) or _("这份草稿刚刚被别人改过。请看最新的内容，再决定怎么改。"))
        return redirect("policy_draft", draft.pk)
    messages.success(request, _("已保存。"))
    if node.pages and (node.is_new or not node.path):
        return redirect("policy_draft_part", draft.pk, write_path(path)) if path else redirect("policy_draft", draft.pk)
    return redirect(_above(draft, path))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_remove(request: HttpRequest, id: UUID, part: str) -> HttpResponse:
    """Take one part out, once the page that says what is lost has been confirmed."""
    draft = draft_to_change(request, id)
    node = _node_or_404(draft, part)
    title, above = title_of(node, draft.data), _above(draft, node.path)
    if request.method != "POST":
        return _confirm_removal(request, draft, node, title, above)
    with told_above(request, DraftRefused, NoSuchPart):
        changer, revision = person(request), revision_in(request)
        remove_item(draft=draft, path=node.path, by=changer, at=clock.now(), expected_revision=revision)
        messages.success(request, _("“%(title)s”已去掉。") % {"title": title})
    return redirect(above)


def _confirm_removal(request: HttpRequest, draft: PolicyDraft, node: Node, title: str, above: str) -> HttpResponse:
    if not is_open(draft):
        messages.error(request, _("这份草稿不能再改。"))
        return redirect("policy_draft", draft.pk)
    if not node.is_removable:
        raise Http404
    sentences = [_("去掉以后不能恢复，要用时只能重新填写。")]
    if draft.state == State.ASKED:
        sentences.append(_("已经申请发布。现在修改任何内容，申请就收回了。"))
    context = {
        "draft": draft,
        "here": _("去掉"),
        "question": _("要去掉“%(title)s”吗？") % {"title": title},
        "sentences": sentences,
        "lost": said_by(node, draft.data),
        "act": _("去掉"),
        "stay": _("不去掉"),
        "back": above,
    }
    return render(request, "policy/confirm.html", context)


@require_POST
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_move(request: HttpRequest, id: UUID, part: str) -> HttpResponse:
    """Move one part up or down in its list."""
    draft = draft_to_change(request, id)
    path = _node_or_404(draft, part).path
    places = {"up": -1, "down": 1}.get(request.POST.get("to", ""))
    if places is None:
        raise Http404
    with told_above(request, DraftRefused, NoSuchPart):
        move_item(
            draft=draft,
            path=path,
            places=places,
            by=person(request),
            at=clock.now(),
            expected_revision=revision_in(request),
        )
    return redirect(_above(draft, path))


def _changed_meanwhile(
    request: HttpRequest, draft: PolicyDraft, node: Node, form: PartForm, sentence: str
) -> HttpResponse:
    """What was typed, once more: to be saved on the newest revision, unless another part stands in its place now."""
    try:
        is_same = title_of(find(draft.data, node.path, str(node.value.get("kind", ""))), draft.data) == _about(request)
    except NoSuchPart:
        is_same = False
    advice = _("您填的内容还在下面，没有保存。再按一次“保存”，就用它代替最新的内容。")
    if not is_same:
        advice = _("这一部分已经不在原来的位置。您填的内容还在下面，没有保存，请复制后从草稿重新打开。")
        draft.revision = revision_in(request)
    return _page(request, draft, node, form, refused=(sentence, advice), status=GONE)


def _about(request: HttpRequest) -> str:
    return str(request.POST.get("about", ""))


def _save(request: HttpRequest, draft: PolicyDraft, node: Node, form: PartForm) -> tuple[int | str, ...]:
    common: dict[str, Any] = {
        "draft": draft,
        "value": form.result,
        "by": person(request),
        "at": clock.now(),
        "expected_revision": revision_in(request),
    }
    if node.path and node.path[-1] == NEW:
        return add_item(path=node.path[:-1], **common)
    save_part(path=node.path, **common)
    return node.path


def _page(
    request: HttpRequest,
    draft: PolicyDraft,
    node: Node,
    form: PartForm,
    *,
    refused: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    try:
        title, above = title_of(node, draft.data), trail(node.path, draft.data)
    except NoSuchPart:  # what it stood in is gone meanwhile
        title, above = _about(request), []
    context = {
        "draft": draft,
        "node": node,
        "title": title,
        "about": _about(request) if refused else title,
        "trail": above,
        "form": form,
        "sections": [] if node.is_new or not node.path or refused else sections_of(node, draft.data),
        "kinds": kind_choices(),
        "refused": refused,
        "above": _above(draft, node.path),
    }
    return render(request, "policy/part.html", context, status=status)


def _node_or_404(draft: PolicyDraft, part: str, kind: str = "") -> Node:
    try:
        return find(draft.data, read_path(part), kind)
    except NoSuchPart:
        raise Http404 from None


def _above(draft: PolicyDraft, path: tuple[int | str, ...]) -> str:
    """The page on which the part at ``path`` is listed, at its list."""
    holder = path[:-1] if path and (isinstance(path[-1], int) or path[-1] == NEW) else path
    page, anchor = (write_path(holder[:-1]), f"#part-{holder[-1]}") if holder else ("", "")
    if len(holder) < 2:
        return reverse("policy_draft", args=[draft.pk]) + anchor
    return reverse("policy_draft_part", args=[draft.pk, page]) + anchor
