"""The way in: the privacy notice, then the policy to apply under."""

from datetime import datetime
from itertools import zip_longest
from typing import Any

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
from portal.casework.models import Application
from portal.casework.programmes import Programme, programme
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import start_application
from portal.casework.services.holding import NOTHING, held_by
from portal.casework.states import State
from portal.casework.views.public_policy import PolicyPage
from portal.policy.schema import PolicyDocument
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
    documents = [version.parsed for version in versions]
    context = {
        "programme": asked,
        "rows": privacy_rows(documents),
        "is_illustrative": any(document.privacy.illustrative for document in documents),
    }
    return render(request, "applicant/privacy.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def application_start(request: HttpRequest, programme_code: str) -> HttpResponse:
    """Choose the policy, or go on with the application that is open already."""
    asked = _open_programme(programme_code)
    found = held_by(request.user, clock.today()).get(asked.code, NOTHING).application
    if found:
        return _go_on(request, found, asked)
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


def privacy_rows(documents: list[PolicyDocument]) -> list[dict[str, Any]]:
    """The privacy notices as one: what all of them say once, the rest once with the titles of its policies."""
    labels = {
        "controller": _("谁在处理"),
        "purpose": _("为什么"),
        "basis": _("依据"),
        "kinds": _("用到哪些信息"),
        "shared_with": _("交给谁"),
        "keeping": _("保存多久"),
        "rights": _("您的权利"),
        "contact": _("找谁"),
    }
    rows = []
    for name, label in labels.items():
        said = [getattr(document.privacy, name) for document in documents]
        lists = [value if isinstance(value, tuple) else (value,) for value in said]
        lines = []
        for text in dict.fromkeys(line for together in zip_longest(*lists) for line in together if line):
            titles = [document.title for document, texts in zip(documents, lists, strict=True) if text in texts]
            lines.append({"text": text, "titles": titles if len(titles) < len(documents) else []})
        if lines:
            rows.append({"label": label, "lines": lines})
    return rows


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


def _go_on(request: HttpRequest, row: Application, asked: Programme) -> HttpResponse:
    if row.state == State.DRAFT:
        messages.info(request, _("您有一份没提交的草稿，接着填就行。"))
        return redirect("application_tasks", id=row.pk)
    if row.state == State.APPROVED:
        messages.info(request, _("您已经享受“%(title)s”，不用再申请。") % {"title": asked.title})
    else:
        messages.info(request, _("您在这个项目已有一件申请在办，不用再申请。"))
    return redirect("application", id=row.pk)
