"""A statement as a file, for either side; whoever takes it leaves an entry."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpResponse

from housing.lodging.exports.settlement import statement_pdf, statement_xlsx
from housing.lodging.models import Settlement
from portal.accounts.models import User
from portal.audit.services import record

FILES = {
    "xlsx": (statement_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (statement_pdf, "application/pdf"),
}


def statement_file(row: Settlement, kind: str, *, by: User, at: datetime) -> HttpResponse:
    """The download. Raises Http404 for a ``kind`` that is not one of FILES."""
    if kind not in FILES:
        raise Http404
    make, content_type = FILES[kind]
    content = make(row)
    record(action="settlement.download", actor=by, target=row, at=at, note=kind)
    return HttpResponse(
        content,
        headers={
            "Content-Type": content_type,
            "Content-Disposition": f'attachment; filename="{row.number}.{kind}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
