"""The way in: the privacy notice, then the policy to apply under."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal import clock
from portal.casework.doors import own_applications
from portal.casework.models import Application
from portal.casework.programmes import Programme, programme
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import start_application
from portal.casework.states import OPEN, State
from portal.casework.views.public_policy import PolicyPage
from portal.policy.services import versions_in_force


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def privacy_notice(request: HttpRequest, programme_code: str) -> HttpResponse:
    """Who handles what, why, how long, and the applicant's rights; read before anything is asked (PIPL art. 17, 30)."""
    asked = _open_programme(programme_code)
    versions = versions_in_force(asked.code, clock.today())
    if not versions:
        return render(request, "applicant/closed.html", {"programme": asked})
    if request.method == "POST":
        request.session[_key(asked)] = clock.now().isoformat()
        return redirect("application_start", programme_code=asked.code)
    notices = []
    for version in versions:  # policies of one programme may share their notice: shown once
        if version.parsed.privacy not in notices:
            notices.append(version.parsed.privacy)
    return render(request, "applicant/privacy.html", {"programme": asked, "notices": notices})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def application_start(request: HttpRequest, programme_code: str) -> HttpResponse:
    """Choose the policy, or go on with the application that is open already."""
    asked = _open_programme(programme_code)
    found = own_applications(request.user).filter(programme=asked.code, state__in=OPEN).first()
    if found:
        return _go_on(request, found)
    versions = versions_in_force(asked.code, clock.today())
    if not versions:
        return render(request, "applicant/closed.html", {"programme": asked})
    read_at = _read_at(request, asked)
    if read_at is None:
        return redirect("privacy_notice", programme_code=asked.code)
    chosen, error = request.POST.get("policy", ""), ""
    if request.method == "POST":
        if chosen in {version.policy.code for version in versions}:
            try:
                row = start_application(
                    user=request.user,
                    programme_code=asked.code,
                    policy_code=chosen,
                    privacy_read_at=read_at,
                    at=clock.now(),
                )
                return redirect("application_tasks", id=row.pk)
            except StepRefused as refusal:
                error = str(refusal)
        else:
            error = _("请选择按哪一项政策申请。")
    context = {
        "programme": asked,
        "pages": [PolicyPage(version) for version in versions],
        "chosen": chosen,
        "error": error,
        "errors": [(f"policy-{versions[0].policy.code}", error)] if error else [],
    }
    return render(request, "applicant/start.html", context)


def _open_programme(code: str) -> Programme:
    try:
        found = programme(code)
    except KeyError:
        raise Http404 from None
    if not found.is_open:
        raise Http404
    return found


def _key(asked: Programme) -> str:
    return f"privacy_read:{asked.code}"


def _read_at(request: HttpRequest, asked: Programme) -> datetime | None:
    moment = parse_datetime(request.session.get(_key(asked), ""))
    return timezone.localtime(moment) if moment else None


def _go_on(request: HttpRequest, row: Application) -> HttpResponse:
    if row.state == State.DRAFT:
        messages.info(request, _("您有一份没提交的草稿，接着填就行。"))
        return redirect("application_tasks", id=row.pk)
    messages.info(request, _("您在这个项目已有一件申请在办，不用再申请。"))
    return redirect("application", id=row.pk)
