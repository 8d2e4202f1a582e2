"""The desk's list of cards as a spreadsheet: as it is filtered, names masked, always in Chinese like all lists."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from applicants.cards.forms.desk import PRINTING_LABELS, CardFilterForm
from applicants.cards.kinds import kind_title
from applicants.cards.services.files import tier_title
from applicants.cards.services.listing import CardFilter, CardRow, cards_page, listed_cards
from applicants.cards.views.desk_words import state_tag
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.doors import DESK_ROLES
from portal.printing.tables import Column, write_table

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT_IN_MEMORY = 1 << 20  # bytes; a longer list waits on disk while it is sent
COLUMNS = (
    Column("卡号", "text", 20),
    Column("持卡人", "text", 12),
    Column("卡种", "text", 8),
    Column("层次", "text", 14),
    Column("起始日期", "text", 12),
    Column("截止日期", "text", 12),
    Column("情况", "text", 18),
    Column("制卡", "text", 16),
    Column("制卡批次", "text", 16),
    Column("申请编号", "text", 18),
)


@require_POST
@never_cache
@bureau_only(*DESK_ROLES)
def desk_cards_file(request: HttpRequest) -> HttpResponseBase:
    """All pages of the list; the filters stand in the address, as on the list. Whoever takes it leaves an entry."""
    wanted, at = CardFilterForm(request.GET, kinds={}).wanted, clock.now()
    if not listed_cards(request.user, wanted).exists():
        messages.error(request, _("没有符合这些条件的卡。可以去掉几个条件再看。"))
        return redirect("desk_cards")
    record(action="card_list.export", actor=request.user, target=("cards.card", "list"), at=at, note="masked")
    return StreamingHttpResponse(
        _pieces(request.user, wanted),
        headers={
            "Content-Type": XLSX,
            "Content-Disposition": f'attachment; filename="cards-{at:%Y%m%d}.xlsx"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _pieces(user: User, wanted: CardFilter) -> Iterator[bytes]:
    with SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as file:
        with override("zh-hans"):
            write_table(cast(BinaryIO, file), title="优才卡", columns=COLUMNS, rows=_rows(user, wanted))
        file.seek(0)
        while piece := file.read(KEPT_IN_MEMORY):
            yield piece


def _rows(user: User, wanted: CardFilter) -> Iterator[list[Any]]:
    after = ""
    while True:
        page = cards_page(user, wanted, after=after)
        yield from map(_row, page.rows)
        if not (after := page.following):
            return


def _row(row: CardRow) -> list[Any]:
    card = row.card
    days = (card.valid_from.isoformat(), card.valid_to.isoformat())
    batch = row.line.batch.number if row.line else ""
    return [
        card.number,
        card.application.name_masked,
        kind_title(card).zh,
        tier_title(card),
        *days,
        state_tag(card)["text"],
        PRINTING_LABELS[row.standing],
        batch,
        card.application.reference,
    ]
