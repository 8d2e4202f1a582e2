"""The queue and a file, to read: what the pages show, put together from what they are put together from."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from applicants.people.labels import display_value
from portal import clock
from portal.api.calls import CURSOR, STAFF, ApiView, page_of, query
from portal.api.doors import bureau_only
from portal.api.problems import Invalid
from portal.casework.api.staff.serializers import FileRowSerializer, FileSerializer
from portal.casework.doors import DESK_ROLES, open_file
from portal.casework.forms.desk import VIEWS, QueueForm
from portal.casework.models import Application
from portal.casework.programmes import programme
from portal.casework.services.advancing import possible_steps
from portal.casework.services.finding import queue_files, queue_page
from portal.casework.states import State
from portal.casework.views.desk import ANSWERS, MOVERS, days_left
from portal.casework.views.desk_reading import Reading, answer_sections, clause_rows, differences, timeline_items
from portal.policy.calendar import Calendar
from portal.policy.models import Policy
from portal.policy.services import stored_calendar

FILTERS = (
    query("view", gettext_lazy("看哪些件；不写，就看自己能办的。"), VIEWS),
    query("stage", gettext_lazy("环节。")),
    query("town", gettext_lazy("镇（街道）的代码。")),
    query("policy", gettext_lazy("政策代码。")),
    query("due", gettext_lazy("时限。"), ("overdue", "today", "week")),
)


class QueueView(ApiView):
    """GET: the files in one view of the queue."""

    audience = STAFF
    permission_classes = (bureau_only(*DESK_ROLES),)
    refusals = (404, 422)

    @extend_schema(
        operation_id="queue",
        summary=gettext_lazy("待办队列，最晚日期早的在前"),
        parameters=[*FILTERS, CURSOR],
        responses=page_of(FileRowSerializer),
    )
    def get(self, request: Request) -> Response:
        """Answer 200 with fifty files and the addresses of the pages beside them."""
        on, given = clock.today(), request.query_params
        default = "todo" if request.user.has_role(*MOVERS) else "all"
        policies = Policy.objects.order_by("code").values_list("code", flat=True)
        form = QueueForm(given, policies=policies, default_view=default)
        if form.errors:
            raise Invalid.of(form)
        way, _colon, key = given.get("cursor", "").partition(":")
        asked = {way: key} if way in ("after", "before") else {}
        page = queue_page(queue_files(request.user, form.wanted, on=on), **asked)
        calendar = stored_calendar()
        rows = [_row(row, on, calendar) | {"answers": [ANSWERS[it] for it in row.answers or ""]} for row in page.rows]
        return Response(
            {
                "next": _address(request, "after", page.next),
                "previous": _address(request, "before", page.previous),
                "results": FileRowSerializer(rows, many=True).data,
            }
        )


class FileView(ApiView):
    """GET: one file."""

    audience = STAFF
    permission_classes = (bureau_only(*DESK_ROLES),)

    @extend_schema(
        operation_id="file", summary=gettext_lazy("一件申请：条款、资料、材料、进度"), responses=FileSerializer
    )
    def get(self, request: Request, id: UUID) -> Response:
        """Answer 200 with what the page shows; 404 for a file out of reach."""
        row = open_file(request.user, id)
        reading, asked = Reading.of(row), programme(row.programme)
        clauses, now = clause_rows(reading, may_settle=False), clock.now()
        steps = list(row.steps_taken.select_related("actor", "on_behalf_of").order_by("version"))
        shown = _row(row, now.date(), stored_calendar()) | {
            "answers": [clause.answer for clause in clauses if clause.answer],
            "number": display_value("identity", "number", reading.answers["identity"].get("number"), is_masked=True),
            "is_number_proven": row.applicant.is_proven,
            "employer": reading.answers.get("employment", {}).get("employer_name", ""),
            "clauses": clauses,
            "sections": [
                {"label": label, "rows": rows} for label, rows in answer_sections(reading, asked, is_revealed=False)
            ],
            "papers": [_paper(item, title) for item, title in reading.titled_shelf()],
            "changes": differences(reading, asked),
            "timeline": timeline_items(row, steps),
            "acts": [
                {"step": step.name, "blocked": blocked} for step, blocked in possible_steps(row, request.user, at=now)
            ],
        }
        return Response(FileSerializer(shown).data)


def _row(row: Application, on: date, calendar: Calendar) -> dict[str, Any]:
    return {
        "id": row.pk,
        "reference": row.reference,
        "programme": row.programme,
        "policy": row.policy_version.policy.code,
        "state": row.state,
        "label": State(row.state).label,
        "version": row.version,
        "name": row.name_masked,
        "town": row.town,
        "submitted_on": row.submitted_on,
        "due_on": row.due_on,
        "days_left": days_left(row, on, calendar),
        "is_paused": row.state == State.CORRECTION,
        "assignee": row.assignee.display_name if row.assignee else "",
    }


def _paper(item: Any, title: str) -> dict[str, Any]:
    return {
        "id": item.pk,
        "kind": item.kind,
        "title": title,
        "content_type": item.paper.content_type,
        "pages": item.paper.pages,
        "added_at": item.added_at,
    }


def _address(request: Request, way: str, key: str) -> str | None:
    if not key:
        return None
    wanted = request.query_params.copy()
    wanted["cursor"] = f"{way}:{key}"
    return request.build_absolute_uri(f"?{wanted.urlencode()}")
