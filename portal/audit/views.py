"""The audit trail, for those who may read it all."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.audit.models import Entry
from portal.audit.sealing import newest_head
from portal.ui.asking import older_than, place_of

PAGE = 50


@require_safe
@bureau_only(Role.ADMINISTRATOR, Role.AUDITOR)
def entries(request: HttpRequest) -> HttpResponse:
    """Entries, newest first, fifty a page; narrowed by action or by the target's id or reference.

    Pages go on from the last entry shown (``before``), so a page costs the same however long the trail is.
    """
    wanted = {name: request.GET.get(name, "").strip() for name in ("action", "target")}
    found: QuerySet[Entry] = Entry.objects.select_related("actor").order_by("-recorded_at", "-id")
    if wanted["action"]:
        found = found.filter(action=wanted["action"])
    if wanted["target"]:
        found = found.filter(target_id=wanted["target"])
    if request.GET.get("before"):
        found = older_than(found, request.GET["before"], "recorded_at")
    rows = list(found[: PAGE + 1])
    following = ""
    if len(rows) > PAGE:
        rows.pop()
        place = place_of(rows[-1], "recorded_at")
        following = "?" + urlencode({name: value for name, value in wanted.items() if value} | {"before": place})
    context = {"rows": rows, "wanted": wanted, "following": following, "head": newest_head()}
    return render(request, "audit/entries.html", context)
