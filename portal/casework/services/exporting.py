"""Lists of applications as spreadsheets: a short one is handed over at once, a long one is made in the background.

A job goes through its list by reference, ``BATCH`` files at a time. The rows of a batch are stored as a sealed part;
one short statement then moves the job on from where the batch began and takes the part in, so that of two workers only
one does. What a killed worker left is done again. At the end the parts become one sealed spreadsheet, and their folder
is emptied.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO, cast
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.audit.services import record
from portal.casework.list_rows import list_rows, write_list
from portal.casework.models import Application, ListExport
from portal.casework.services.finding import QueueFilter, queue_files
from portal.notifications.nudging import nudge
from portal.vault.files import (
    delete_sealed,
    digest_of_sealed,
    read_sealed,
    sealed_pieces,
    write_sealed,
    writing_sealed,
)
from portal.vault.sealing import SealBroken

logger = logging.getLogger(__name__)
BATCH = 500
MOST_AT_ONCE = 2_000
MOST = 100_000
TURN_SECONDS = 10.0  # then a worker lets other work pass before it goes on
SILENCE = timedelta(seconds=30)
KEPT = timedelta(days=7)
MOST_FAILURES = 3
TASK = "casework.export_list"


class ExportRefused(Exception):
    """What was asked for cannot be had; the message is a sentence for whoever asked."""


def listed_files(user: User, wanted: QueueFilter, *, is_unmasked: bool, at: datetime) -> QuerySet[Application]:
    """The files of a list by reference; unmasked only those that ``user`` administers."""
    files = queue_files(user, wanted, on=timezone.localdate(at)).order_by("reference")
    return files.filter(scope_q(user, [Role.ADMINISTRATOR])) if is_unmasked else files


def filter_digest(wanted: QueueFilter) -> str:
    """The SHA-256 of what a list was filtered by."""
    return hashlib.sha256(json.dumps(asdict(wanted), sort_keys=True).encode()).hexdigest()


def ask_for_list(
    *, by: User, wanted: QueueFilter, is_unmasked: bool, reason: str, at: datetime
) -> tuple[ListExport, bytes]:
    """Hand over the spreadsheet of a list of at most ``MOST_AT_ONCE`` files, or start the job for a longer one (b"").

    Raises ExportRefused: nobody but an administrator gets a list unmasked, and not without a reason; the list is empty
    or longer than ``MOST``.
    """
    if is_unmasked and not by.has_role(Role.ADMINISTRATOR):
        raise ExportRefused(_("只有管理员能下载不遮盖的名单。"))
    if is_unmasked and not reason:
        raise ExportRefused(_("请写明为什么需要不遮盖的名单。"))
    files = listed_files(by, wanted, is_unmasked=is_unmasked, at=at)
    total = files.count()
    if not total:
        raise ExportRefused(_("没有符合这些条件的件。"))
    if total > MOST:
        raise ExportRefused(_("这份名单超过 %(count)s 件，请先缩小条件。") % {"count": f"{MOST:,}"})
    export = ListExport(
        asked_by=by,
        asked_at=at,
        filters=asdict(wanted),
        filters_sha256=filter_digest(wanted),
        is_unmasked=is_unmasked,
        reason=reason if is_unmasked else "",
        total=total,
    )
    content = b""
    if total <= MOST_AT_ONCE:
        target = BytesIO()
        write_list(target, _rows_of(files, is_unmasked))
        content = target.getvalue()
        export.state, export.done, export.finished_at = ListExport.State.HANDED, total, at
        export.sha256, export.size = hashlib.sha256(content).hexdigest(), len(content)
    with transaction.atomic():
        export.save()
        _record("list.export" if content else "list.ask", export, by, at)
        if not content:
            nudge(TASK, export_id=str(export.pk))
    return export, content


def _rows_of(files: QuerySet[Application], is_unmasked: bool) -> Iterator[list[Any]]:
    cursor = ""
    while batch := list(files.filter(reference__gt=cursor)[:BATCH]):
        yield from list_rows(batch, is_unmasked=is_unmasked)
        cursor = batch[-1].reference or ""


def _record(action: str, export: ListExport, by: User | None, at: datetime) -> None:
    note = f"{export.total} {'unmasked' if export.is_unmasked else 'masked'}"
    record(action=action, actor=by, target=export, at=at, digest=export.filters_sha256, note=note)


def own_exports(user: User) -> QuerySet[ListExport]:
    """The lists that ``user`` asked for, newest first; unmasked ones only while they administer."""
    found = ListExport.objects.filter(asked_by=user).order_by("-asked_at", "-id")
    return found if user.has_role(Role.ADMINISTRATOR) else found.filter(is_unmasked=False)


def download_list(*, export: ListExport, by: User, at: datetime) -> Iterator[bytes]:
    """The stored spreadsheet, piece by piece; every download is audited.

    Raises ExportRefused where there is none (any more).
    """
    if not own_exports(by).filter(pk=export.pk, state=ListExport.State.DONE, expires_at__gt=at).exists():
        raise ExportRefused(_("这份名单还没有做好，或者已经过期删除。"))
    try:
        found = digest_of_sealed(export.name)  # all of it, before the first piece goes out
    except (FileNotFoundError, SealBroken) as error:
        raise ExportRefused(_("存档文件打不开，请联系管理员。")) from error
    if found != export.sha256:
        raise ExportRefused(_("存档文件与生成时的校验值不符，请联系管理员。"))
    _record("list.export", export, by, at)
    return sealed_pieces(export.name)


def silent_exports(*, at_real: datetime) -> list[UUID]:
    """Jobs that nobody works on: not begun, or without a sign of life for ``SILENCE``; longest waiting first."""
    silent = Q(heartbeat__isnull=True) | Q(heartbeat__lt=at_real - SILENCE)
    found = ListExport.objects.filter(silent, state__in=ListExport.LIVE)
    return list(found.order_by("asked_at", "id").values_list("pk", flat=True)[:5])


def run_list_export(*, export_id: UUID, at: datetime, at_real: datetime) -> None:
    """Do batches for ``TURN_SECONDS``, then ask for the next turn. Safe to call at any time, by anybody."""
    begun = time.monotonic()
    try:
        while True:
            passed = timedelta(seconds=time.monotonic() - begun)
            if not run_batch(export_id=export_id, at=at + passed, at_real=at_real + passed):
                return
            if passed.total_seconds() > TURN_SECONDS:
                nudge(TASK, export_id=str(export_id))
                return
    except Exception as error:  # nobody's data may reach a log with it
        logger.error("List export %s failed (%s).", export_id, type(error).__name__)
        _note_failure(export_id, at, at_real)


def run_batch(*, export_id: UUID, at: datetime, at_real: datetime, size: int = BATCH) -> bool:
    """Do the next ``size`` files, or put the parts together. Says whether there is more to do here."""
    export = ListExport.objects.select_related("asked_by").filter(pk=export_id, state__in=ListExport.LIVE).first()
    if export is None:
        return False
    wanted = QueueFilter(**export.filters)
    files = listed_files(export.asked_by, wanted, is_unmasked=export.is_unmasked, at=export.asked_at)
    batch = list(files.filter(reference__gt=export.cursor)[:size])
    if not batch:
        _put_together(export, at)
        return False
    part = f"{_folder(export)}/{uuid4().hex}.part.sealed"
    write_sealed(part, json.dumps(list_rows(batch, is_unmasked=export.is_unmasked), ensure_ascii=False).encode())
    done = export.done + len(batch)
    here = ListExport.objects.filter(pk=export.pk, state__in=ListExport.LIVE, cursor=export.cursor)
    is_ours = here.update(
        state=ListExport.State.RUNNING,
        cursor=batch[-1].reference,
        done=done,
        parts=[*export.parts, part],
        total=max(export.total, done),  # files may have come since they were counted
        started_at=export.started_at or at,
        heartbeat=at_real,
    )
    if not is_ours:
        delete_sealed(part)
    return bool(is_ours)


def _folder(export: ListExport) -> str:
    return f"lists/{export.pk.hex}"


def _stored_rows(export: ListExport) -> Iterator[list[Any]]:
    for part in export.parts:
        yield from json.loads(read_sealed(part))


def _put_together(export: ListExport, at: datetime) -> None:
    name = f"lists/{uuid4().hex}.xlsx.sealed"
    with writing_sealed(name) as writer:
        write_list(cast(BinaryIO, writer), _stored_rows(export))
    with transaction.atomic():
        is_ours = ListExport.objects.filter(pk=export.pk, state__in=ListExport.LIVE, cursor=export.cursor).update(
            state=ListExport.State.DONE,
            total=export.done,
            parts=[],
            name=name,
            sha256=writer.sha256,
            size=writer.size,
            started_at=export.started_at or at,
            finished_at=at,
            expires_at=at + KEPT,
        )
        if is_ours:
            record(action="list.finish", actor=None, target=export, at=at, digest=export.filters_sha256)
    if not is_ours:
        delete_sealed(name)
        return
    _delete_parts(export)


def _delete_parts(export: ListExport) -> None:
    """Also those that a killed worker wrote and nobody took in."""
    folder = _folder(export)
    if default_storage.exists(folder):
        for name in default_storage.listdir(folder)[1]:
            delete_sealed(f"{folder}/{name}")
        default_storage.delete(folder)


def _note_failure(export_id: UUID, at: datetime, at_real: datetime) -> None:
    live = ListExport.objects.filter(pk=export_id, state__in=ListExport.LIVE)
    live.update(failures=F("failures") + 1, heartbeat=at_real)
    for export in live.filter(failures__gte=MOST_FAILURES):
        if live.update(state=ListExport.State.FAILED, finished_at=at):
            _delete_parts(export)


def expire_lists(*, at: datetime) -> int:
    """Delete the files of lists that were kept long enough; how many. The rows stay, to say who took what along."""
    over = list(ListExport.objects.filter(state=ListExport.State.DONE, expires_at__lte=at).order_by("expires_at")[:500])
    for export in over:
        delete_sealed(export.name)
        with transaction.atomic():
            if ListExport.objects.filter(pk=export.pk, state=ListExport.State.DONE).update(
                state=ListExport.State.EXPIRED
            ):
                record(action="list.expire", actor=None, target=export, at=at, digest=export.filters_sha256)
    return len(over)
