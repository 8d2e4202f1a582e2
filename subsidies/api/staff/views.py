"""Payment rolls, to read: the list, one roll, its lines."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from portal import clock
from portal.api.calls import CURSOR, STAFF, ApiView, page_of, paged
from portal.api.doors import bureau_only
from subsidies.api.staff.serializers import RollLineSerializer, RollSerializer
from subsidies.models import Roll
from subsidies.services.rolls import READERS, visible_rolls
from subsidies.views.roll_reading import line_rows
from subsidies.views.rolls import roll_or_404, state_tag, with_totals


class RollsView(ApiView):
    """GET: every roll in reach."""

    audience = STAFF
    permission_classes = (bureau_only(*READERS),)
    refusals = (404,)

    @extend_schema(
        operation_id="rolls",
        summary=gettext_lazy("发放花名册，新的在前"),
        parameters=[CURSOR],
        responses=page_of(RollSerializer),
    )
    def get(self, request: Request) -> Response:
        """Answer 200 with a page."""
        rows = with_totals(visible_rolls(request.user))
        return paged(self, rows, lambda found: RollSerializer([_roll(row) for row in found], many=True).data)


class RollView(ApiView):
    """GET: one roll."""

    audience = STAFF
    permission_classes = (bureau_only(*READERS),)

    @extend_schema(operation_id="roll", summary=gettext_lazy("一份花名册"), responses=RollSerializer)
    def get(self, request: Request, number: str) -> Response:
        """Answer 200, or 404 for a roll out of reach."""
        found = roll_or_404(request.user, number)
        rows: QuerySet[Roll] = with_totals(visible_rolls(request.user))
        return Response(RollSerializer(_roll(rows.get(pk=found.pk))).data)


class RollLinesView(ApiView):
    """GET: the lines of one roll."""

    audience = STAFF
    permission_classes = (bureau_only(*READERS),)

    @extend_schema(
        operation_id="roll_lines",
        summary=gettext_lazy("花名册里的每一笔"),
        parameters=[CURSOR],
        responses=page_of(RollLineSerializer),
    )
    def get(self, request: Request, number: str) -> Response:
        """Answer 200 with a page."""
        found, on = roll_or_404(request.user, number), clock.today()
        lines = found.lines.select_related("approved_by", "payable").order_by("position")

        def show(rows: list[Any]) -> Any:
            return RollLineSerializer([_line(row) for row in line_rows(found, rows, on=on)], many=True).data

        return paged(self, lines, show)


def _roll(roll: Roll) -> dict[str, Any]:
    return {
        "number": roll.number,
        "programme": roll.programme,
        "state": roll.state,
        "standing": state_tag(roll)["text"],
        "lines": roll.lines_count,
        "net_fen": roll.lines_fen or 0,
        "answered": roll.answered,
        "collected_at": roll.collected_at,
        "collected_by": roll.collected_by.display_name,
        "issued_at": roll.issued_at,
        "issued_by": roll.issued_by.display_name if roll.issued_by else "",
        "sha256": roll.xlsx_sha256,
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    line = row["line"]
    return {
        "position": line.position,
        "name": row["name"],
        "number_last4": row["number"],
        "employer": row["employer"],
        "account_last4": row["account"],
        "gross_fen": line.gross_fen,
        "tax_fen": line.tax_fen,
        "net_fen": line.net_fen,
        "result": line.result,
        "standing": row["standing"]["text"],
    }
