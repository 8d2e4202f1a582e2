"""The audit trail, for those who may read it all."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.audit.models import Entry

PAGE = 50


@require_safe
@bureau_only(Role.ADMINISTRATOR, Role.AUDITOR)
def entries(request: HttpRequest) -> HttpResponse:
    """Entries, newest first, fifty a page; narrowed by action or by the target's id or reference.

    Pages go on from the last entry shown (``before``), so a page costs the same however long the trail is.
    """
    wanted = {name: request.GET.get(name, "").strip() for name in ("action", "target")}
    found = Entry.objects.select_related("actor").order_by("-recorded_at", "-id")
    if wanted["action"]:
        found = found.filter(action=wanted["action"])
    if wanted["target"]:
        found = found.filter(target_id=wanted["target"])
    if request.GET.get("before"):
        found = older_than(found, request.GET["before"])
    rows = list(found[: PAGE + 1])
    following = ""
    if len(rows) > PAGE:
        rows.pop()
        cursor = f"{rows[-1].recorded_at.isoformat()}_{rows[-1].pk}"
        following = "?" + urlencode({name: value for name, value in wanted.items() if value} | {"before": cursor})
    return render(request, "audit/entries.html", {"rows": rows, "wanted": wanted, "following": following})


def older_than(found: QuerySet[Entry], cursor: str) -> QuerySet[Entry]:
    """Narrow to entries after the cursor ``<recorded_at>_<id>`` in the list. Raises Http404 for one nobody gave out."""
    moment, _, entry_id = cursor.partition("_")
    try:
        recorded_at, pk = datetime.fromisoformat(moment), UUID(entry_id)
    except ValueError:
        raise Http404 from None
    if recorded_at.tzinfo is None:
        raise Http404
    return found.filter(Q(recorded_at__lt=recorded_at) | Q(recorded_at=recorded_at, id__lt=pk))
