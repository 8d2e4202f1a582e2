"""Drafting a version and publishing it by two: who drafted, edited or asked does not publish.

Every change names the revision it was made on, so that two people do not overwrite each other. A change after the ask
takes the ask back: what is published is, byte for byte, what was asked for.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.policy.draft_letters import tell_asker, tell_publishers
from portal.policy.editing.tree import NEW, find, with_moved, with_value, without, write_path
from portal.policy.models import Policy, PolicyDraft, PolicyVersion
from portal.policy.parsing import Path
from portal.policy.schema import PolicyDocument, PolicyUnreadable, check_document, parse_document
from portal.policy.services import PolicyConflict, publish_document, refuse_conflict

State = PolicyDraft.State
LONGEST_NOTE = 500
LARGEST_IMPORT = 1024 * 1024  # bytes

# The simulations of exactly the text with that digest, newest first. Whoever simulates stands above this app and puts
# its own function here when the portal starts.
simulations_of: Callable[[str], list[Any]] = lambda sha256: []  # noqa: E731


class DraftRefused(Exception):
    """What may not be done to a draft; its text is the sentence the person reads."""


class DraftChanged(DraftRefused):
    """Somebody else changed the draft since this page was opened."""


def may_draft(user: User, programme: str) -> bool:
    """Whether ``user`` is an administrator of the whole city for that programme."""
    return user.may_act_as(Role.ADMINISTRATOR, programme, "")


def why_not_publish(draft: PolicyDraft, user: User) -> str:
    """The sentence that tells ``user`` why somebody else has to publish; empty where they may. Costs a query."""
    if not may_draft(user, draft.policy.programme):
        return _("只有负责全市这个项目的管理员才能发布。")
    if user.pk == draft.asked_by_id:
        return _("申请发布的人不能自己发布，请另一位管理员发布。")
    if user.pk == draft.drafted_by_id or draft.edited_by.filter(pk=user.pk).exists():
        return _("起草或改过这份草稿的人不能发布，请另一位管理员发布。")
    return ""


# ── beginning ──────────────────────────────────────────────────────────────────────────────────────────────────────


def begin_draft(*, version: PolicyVersion, by: User, at: datetime) -> PolicyDraft:
    """Begin a draft that says what ``version`` says, under the next label and from tomorrow on.

    Raises:
        DraftRefused: not an administrator of the whole city for its programme.
    """
    data = version.parsed.model_dump(mode="json")
    first = max(localtime(at).date(), version.effective_from) + timedelta(days=1)
    data |= {"version": _next_label(version), "effective_from": first.isoformat()}
    if version.effective_to and version.effective_to < first:
        data["effective_to"] = None
    return _begin(version.policy, version, data, by, at, "new")


def begin_draft_from_yaml(*, text: str, by: User, at: datetime) -> PolicyDraft:
    """Begin a draft from a document; its policy may be one that has no version yet.

    Raises:
        PolicyUnreadable: the text is not a policy document.
        DraftRefused: not an administrator of the whole city for its programme; or the policy is of another one.
    """
    document = _read(text)
    _refuse_without_role(by, document.programme)
    title = {"title_zh": document.title.zh, "title_en": document.title.en}
    with transaction.atomic():
        policy, _is_new = Policy.objects.get_or_create(
            code=document.code, defaults={"programme": document.programme, **title}
        )
        if policy.programme != document.programme:
            values = {"code": document.code, "programme": policy.programme}
            raise DraftRefused(_("政策 %(code)s 已登记在项目 %(programme)s 之下") % values)
        return _begin(policy, None, document.model_dump(mode="json"), by, at, "yaml")


# ── editing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def save_part(
    *, draft: PolicyDraft, path: Path, value: Mapping[str, Any], by: User, at: datetime, expected_revision: int
) -> PolicyDraft:
    """Put ``value``, which the part's model has accepted, at ``path``.

    Raises:
        DraftRefused: not theirs to change, or no longer a draft.
        DraftChanged: changed by somebody else meanwhile.
        NoSuchPart: there is no such part.
    """
    with _changing(draft, by, expected_revision) as row:
        kind = str(value.get("kind", ""))
        find(row.data, path, kind)
        _store(row, with_value(row.data, path, dict(value)), by, at, "save", path)
    return row


def add_item(
    *, draft: PolicyDraft, path: Path, value: Mapping[str, Any], by: User, at: datetime, expected_revision: int
) -> Path:
    """Put ``value`` behind the last part of the list at ``path`` and return its own path. Raises as ``save_part``."""
    with _changing(draft, by, expected_revision) as row:
        find(row.data, (*path, NEW), str(value.get("kind", "")))
        data = with_value(row.data, (*path, NEW), dict(value))
        _store(row, data, by, at, "add", path)
    inside: Any = row.data
    for step in path:
        inside = inside[step]
    return (*path, len(inside) - 1)


def remove_item(*, draft: PolicyDraft, path: Path, by: User, at: datetime, expected_revision: int) -> None:
    """Take out the part at ``path``. Raises as ``save_part``."""
    with _changing(draft, by, expected_revision) as row:
        if not find(row.data, path).is_removable:
            raise DraftRefused(_("这一部分不能去掉。"))
        _store(row, without(row.data, path), by, at, "remove", path)


def move_item(*, draft: PolicyDraft, path: Path, places: int, by: User, at: datetime, expected_revision: int) -> None:
    """Move the part at ``path`` so many places on in its list (−1: one up). Raises as ``save_part``."""
    with _changing(draft, by, expected_revision) as row:
        if not find(row.data, path).is_item:
            raise DraftRefused(_("这一部分不在列表里，不能移动。"))
        _store(row, with_moved(row.data, path, places), by, at, "move", path)


def import_yaml(*, draft: PolicyDraft, text: str, by: User, at: datetime, expected_revision: int) -> None:
    """Put the document written in ``text`` in the place of everything the draft says.

    Raises:
        PolicyUnreadable: the text is not a policy document; nothing is stored.
        DraftRefused: it is one of another policy; and as ``save_part``.
    """
    document = _read(text)
    with _changing(draft, by, expected_revision) as row:
        if (document.code, document.programme) != (row.policy.code, row.policy.programme):
            values = {"code": document.code, "wanted": row.policy.code}
            raise DraftRefused(_("这份文件写的是 %(code)s，这里起草的是 %(wanted)s。") % values)
        _store(row, document.model_dump(mode="json"), by, at, "import", ())


def discard(*, draft: PolicyDraft, by: User, at: datetime, expected_revision: int) -> None:
    """Give the draft up; it stays readable. Raises as ``save_part``."""
    with _changing(draft, by, expected_revision) as row:
        _reopen(row)
        row.state = State.DISCARDED
        row.revision += 1
        row.save()
        record(action="draft.discard", actor=by, target=row, at=at, digest=row.sha256)


# ── publishing by two ──────────────────────────────────────────────────────────────────────────────────────────────


def ask_to_publish(
    *, draft: PolicyDraft, by: User, at: datetime, expected_revision: int, note: str = "", is_backdated: bool = False
) -> None:
    """Fix the text and ask the other administrators to publish it.

    ``is_backdated`` says that a first day that has passed is meant. Raises as ``save_part``, and DraftRefused where
    the document is unfinished, begins on a day that has passed, or does not fit what is published.
    """
    with _changing(draft, by, expected_revision) as row:
        if row.state == State.ASKED:
            raise DraftRefused(_("已经申请发布了。"))
        document = _finished(row)
        _refuse_past(document, localtime(at).date(), is_backdated=is_backdated)
        _refuse_conflict(row.policy, document)
        row.state, row.asked_by, row.asked_at, row.asked_sha256 = State.ASKED, by, at, row.sha256
        row.ask_note, row.return_reason = note[:LONGEST_NOTE], ""
        row.revision += 1
        row.save()
        record(action="draft.ask", actor=by, target=row, at=at, digest=row.sha256)
        tell_publishers(row, document, at=at)


def take_back(*, draft: PolicyDraft, by: User, at: datetime, expected_revision: int) -> None:
    """Take the ask back, to go on editing. Raises as ``save_part``."""
    with _changing(draft, by, expected_revision) as row:
        _refuse_unless_asked(row)
        _reopen(row)
        row.revision += 1
        row.save()
        record(action="draft.take_back", actor=by, target=row, at=at, digest=row.sha256)


def send_back(*, draft: PolicyDraft, by: User, at: datetime, expected_revision: int, reason: str) -> None:
    """Decline to publish, with a reason for who asked. Raises as ``publish_draft``."""
    with _changing(draft, by, expected_revision) as row:
        _refuse_unless_asked(row)
        if refused := why_not_publish(row, by):
            raise DraftRefused(refused)
        if not reason.strip():
            raise DraftRefused(_("请写明退回的原因。"))
        tell_asker(row, by=by, at=at, reason=reason[:LONGEST_NOTE])
        _reopen(row)
        row.return_reason = reason[:LONGEST_NOTE]
        row.revision += 1
        row.save()
        record(action="draft.send_back", actor=by, target=row, at=at, digest=row.sha256)


def publish_draft(
    *, draft: PolicyDraft, by: User, at: datetime, expected_revision: int, is_backdated: bool = False
) -> PolicyVersion:
    """Publish what was asked for, as a second person.

    Raises:
        DraftRefused: drafted, edited or asked for by the same person; nobody has asked; the text is not the one asked
            for; it does not fit what is published; or begins on a day that has passed and ``is_backdated`` is not set.
        DraftChanged: changed by somebody else meanwhile.
    """
    with _changing(draft, by, expected_revision) as row:
        _refuse_unless_asked(row)
        if refused := why_not_publish(row, by):
            raise DraftRefused(refused)
        if row.sha256 != row.asked_sha256:
            raise DraftRefused(_("草稿的内容和申请发布时不一致，不能发布。请重新申请。"))
        document = _finished(row)
        _refuse_past(document, localtime(at).date(), is_backdated=is_backdated)
        try:
            version = publish_document(document, at=at, asked_by=row.asked_by, published_by=by)
        except PolicyConflict as conflict:
            raise DraftRefused(str(conflict)) from conflict
        row.state, row.version = State.PUBLISHED, version
        row.revision += 1
        row.save()
        record(action="draft.publish", actor=by, target=row, at=at, digest=row.sha256)
        tell_asker(row, by=by, at=at)
    return version


# ── what they share ────────────────────────────────────────────────────────────────────────────────────────────────


def _begin(
    policy: Policy, based_on: PolicyVersion | None, data: dict[str, Any], by: User, at: datetime, note: str
) -> PolicyDraft:
    _refuse_without_role(by, policy.programme)
    with transaction.atomic():
        draft = PolicyDraft.objects.create(
            policy=policy, based_on=based_on, data=_settled(data), drafted_by=by, drafted_at=at, edited_at=at
        )
        draft.edited_by.add(by)
        record(action="draft.begin", actor=by, target=draft, at=at, digest=draft.sha256, note=note)
    return draft


@contextmanager
def _changing(draft: PolicyDraft, by: User, expected_revision: int) -> Iterator[PolicyDraft]:
    """The draft's row, locked, in a transaction: a draft still, theirs to change, and as they saw it."""
    with transaction.atomic():
        rows = PolicyDraft.objects.select_for_update(of=("self",)).select_related("policy")
        row = rows.get(pk=draft.pk)
        _refuse_without_role(by, row.policy.programme)
        if row.state == State.PUBLISHED:
            raise DraftRefused(_("这份草稿已经发布，不能再改；需要调整时，请另立新版。"))
        if row.state == State.DISCARDED:
            raise DraftRefused(_("这份草稿已经放弃，不能再改。"))
        if row.revision != expected_revision:
            raise DraftChanged(_("这份草稿刚刚被别人改过。请看最新的内容，再决定怎么改。"))
        yield row


def _store(row: PolicyDraft, data: dict[str, Any], by: User, at: datetime, act: str, path: Path) -> None:
    data = _settled(data)
    if data == row.data:
        return
    _reopen(row)
    row.data, row.edited_at = data, at
    row.revision += 1
    row.save()
    row.edited_by.add(by)
    record(action=f"draft.{act}", actor=by, target=row, at=at, fields=[write_path(path)], digest=row.sha256)


def _reopen(row: PolicyDraft) -> None:
    row.state, row.asked_by, row.asked_at, row.asked_sha256, row.ask_note = State.OPEN, None, None, "", ""


def _settled(data: dict[str, Any]) -> dict[str, Any]:
    """``data`` in the one spelling that a document has, so that equal drafts have equal digests."""
    parts = data.get("instalments")  # they are counted anew, as parts come, go and move
    numberless = [{name: it for name, it in part.items() if name != "number"} for part in parts or ()]
    data = {**data, "instalments": numberless} if parts else data
    try:
        return check_document(data).model_dump(mode="json")
    except PolicyUnreadable:
        return json.loads(json.dumps(data))  # type: ignore[no-any-return]


def _read(text: str) -> PolicyDocument:
    if len(text.encode()) > LARGEST_IMPORT:
        raise PolicyUnreadable([_("文件太大，最大 1 MB。")])
    return parse_document(text)


def _finished(row: PolicyDraft) -> PolicyDocument:
    try:
        return row.document
    except PolicyUnreadable as error:
        raise DraftRefused(_("草稿还有需要修改的地方，改好以后才能申请发布。")) from error


def _refuse_without_role(by: User, programme: str) -> None:
    if not may_draft(by, programme):
        raise DraftRefused(_("只有负责全市这个项目的管理员才能起草和发布政策。"))


def _refuse_unless_asked(row: PolicyDraft) -> None:
    if row.state != State.ASKED:
        raise DraftRefused(_("还没有人申请发布这份草稿。"))


def _refuse_past(document: PolicyDocument, today: date, *, is_backdated: bool) -> None:
    if document.effective_from < today and not is_backdated:
        raise DraftRefused(_("施行日期已经过去。确实要往前施行的，请勾选确认。"))


def _refuse_conflict(policy: Policy, document: PolicyDocument) -> None:
    try:
        refuse_conflict(policy, document)
    except PolicyConflict as conflict:
        raise DraftRefused(str(conflict)) from conflict


def _next_label(version: PolicyVersion) -> str:
    """The number behind the highest one of the policy's labels, or the label with a 2 behind it."""
    labels = set(version.policy.versions.order_by().values_list("label", flat=True))
    numbers = [int(label) for label in labels if label.isascii() and label.isdigit()]
    return str(max(numbers) + 1) if numbers else f"{version.label}-2"[:20]


def draft_with(pk: UUID) -> PolicyDraft | None:
    """The draft of that id with the people a page names."""
    people = ("policy", "based_on", "version", "drafted_by", "asked_by")
    return PolicyDraft.objects.select_related(*people).filter(pk=pk).first()
