"""Taking a list of applications along: asking for it, its progress, the file."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import clock
from portal.accounts.doors import ask_again, bureau_only, is_recent, was_kept
from portal.accounts.models import Role, User
from portal.casework.doors import DESK_ROLES
from portal.casework.forms.desk import QueueForm
from portal.casework.forms.list_export import UNMASKED, ListExportForm
from portal.casework.models import ListExport
from portal.casework.services.exporting import (
    KEPT,
    MOST_AT_ONCE,
    ExportRefused,
    ask_for_list,
    download_list,
    listed_files,
    own_exports,
)
from portal.casework.services.finding import QueueFilter
from portal.casework.states import State
from portal.casework.views.desk import VIEW_LABELS
from portal.city import city
from portal.policy.models import Policy

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REFRESH_SECONDS = 3
SHOWN = 10


@require_http_methods(["GET", "POST"])
@never_cache
@bureau_only(*DESK_ROLES)
def list_export_new(request: HttpRequest) -> HttpResponse:
    """What the list would hold, and whether masked. A short one is handed over at once, a long one becomes a job.

    The filters stand in the address, as on the queue.
    """
    policies = Policy.objects.order_by("code").values_list("code", flat=True)
    queue = QueueForm(request.GET, policies=policies, default_view="all")
    wanted = queue.wanted
    may_unmask = request.user.has_role(Role.ADMINISTRATOR)
    form = ListExportForm(request.POST if request.method == "POST" else None, may_unmask=may_unmask)
    refusal = ""
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and form.cleaned_data["masking"] == UNMASKED and not is_recent(request):
        return ask_again(request)
    if is_sent and was_kept(request):
        messages.info(request, _("已确认是您本人。请核对以后，再点一次下载。"))
    elif is_sent:
        try:
            export, content = ask_for_list(
                by=request.user,
                wanted=wanted,
                is_unmasked=form.cleaned_data["masking"] == UNMASKED,
                reason=form.cleaned_data.get("reason", "").strip(),
                at=clock.now(),
            )
        except ExportRefused as error:
            refusal = str(error)
        else:
            if content:
                return HttpResponse(content, headers=_headers(export))
            response = redirect("list_export", export.pk)
            response.status_code = 303
            return response
    total = listed_files(request.user, wanted, is_unmasked=False, at=clock.now()).count()
    kept = {name: value for name, value in vars(wanted).items() if value}
    context = {
        "form": form,
        "refusal": refusal,
        "total": total,
        "is_long": total > MOST_AT_ONCE,
        "most_at_once": MOST_AT_ONCE,
        "days": KEPT.days,
        "filters": filter_rows(wanted),
        "back": f"?{urlencode(kept)}",
        "earlier": own_exports(request.user).exclude(state=ListExport.State.HANDED)[:SHOWN],
    }
    is_bad = bool(refusal) or (form.is_bound and bool(form.errors))
    return render(request, "desk/list_export_new.html", context, status=422 if is_bad else 200)


def filter_rows(wanted: QueueFilter) -> list[dict[str, str]]:
    """What a list is filtered by, for people."""
    dues = {"overdue": _("已超期"), "today": _("今天到期"), "week": _("7 天内到期")}
    town = city().town(wanted.town)
    rows = [
        (_("视图"), str(VIEW_LABELS[wanted.view][0])),
        (_("环节"), str(State(wanted.stage).label) if wanted.stage else ""),
        (_("镇街"), town.name if town else ""),
        (_("政策"), wanted.policy),
        (_("时限"), dues.get(wanted.due, "")),
    ]
    return [{"label": label, "value": value} for label, value in rows if value]


def _own(user: User, pk: UUID) -> ListExport:
    """A list that ``user`` asked for. Raises Http404: somebody else's looks like none."""
    found = own_exports(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_safe
@never_cache
@bureau_only(*DESK_ROLES)
def list_export(request: HttpRequest, id: UUID) -> HttpResponse:
    """How far a list is; once it is made, its size, its digest and the button."""
    export = _own(request.user, id)
    context = {
        "export": export,
        "filters": filter_rows(QueueFilter(**export.filters)),
        "refresh_seconds": REFRESH_SECONDS,
        "digest": " ".join(export.sha256[at : at + 8] for at in range(0, len(export.sha256), 8)),
        "is_over": export.expires_at is not None and export.expires_at <= clock.now(),
    }
    return render(request, "desk/list_export.html", context)


@require_POST
@bureau_only(*DESK_ROLES)
def list_export_download(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """The stored spreadsheet, byte for byte."""
    export = _own(request.user, id)
    if export.is_unmasked and not is_recent(request):
        return ask_again(request, back=reverse("list_export", args=[export.pk]))
    try:
        pieces = download_list(export=export, by=request.user, at=clock.now())
    except ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("list_export", export.pk)
    return StreamingHttpResponse(pieces, headers=_headers(export))


def _headers(export: ListExport) -> dict[str, str]:
    name = f"applications-{export.asked_at:%Y%m%d}-{export.pk.hex[:8]}.xlsx"
    return {
        "Content-Type": XLSX,
        "Content-Length": str(export.size),
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
