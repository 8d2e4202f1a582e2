"""The card's own pages of the task list: recognitions and portrait."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from applicants.cards.forms.applying import PortraitForm, RecognitionForm
from applicants.cards.models import Portrait, Recognition
from applicants.cards.programme import CODE
from applicants.cards.services.applying import (
    claim_no_recognition,
    claim_recognition,
    detail_of,
    recognitions_of,
    remove_recognition,
)
from applicants.cards.services.portraits import KIND, LEAST, add_picture, open_portrait, picture_of, set_portrait
from applicants.people.models import Paper
from applicants.people.refusals import PaperRefused
from portal import clock
from portal.audit.services import record
from portal.casework.completeness import editable_fields
from portal.casework.doors import visible_to
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.views.applicant_door import own_application
from portal.casework.views.applicant_sections import following, part_frame, turn_away
from portal.policy.facts import TIERS

PORTRAIT_ACCEPT = "image/jpeg,image/png,image/heic,image/heif,image/webp"


@require_http_methods(["GET", "POST"])
@own_application
def card_recognitions(request: HttpRequest, application: Application) -> HttpResponse:
    """What is claimed, and a form for one more; none is an answer, too."""
    if (away := _closed(request, application, "recognitions")) is not None:
        return away
    act = request.POST.get("act", "")
    form = RecognitionForm(request.POST if act == "add" else None, application=application, on=clock.today())
    if request.method == "POST":
        try:
            if act == "add" and form.is_valid():
                claim_recognition(application=application, by=request.user, at=clock.now(), **form.cleaned_data)
                return redirect("card_recognitions", id=application.pk)
            if act == "remove":
                _remove(request, application)
                return redirect("card_recognitions", id=application.pk)
            if act == "none":
                claim_no_recognition(application=application, by=request.user, at=clock.now())
                return redirect(following(application, "recognitions"))
        except StepRefused as refusal:
            form.add_error(None, str(refusal)) if form.is_bound else messages.error(request, str(refusal))
    claimed = recognitions_of(application.applicant)
    context = {
        **part_frame(application, "recognitions"),
        "form": form,
        "claimed": [{"it": row, "tier": TIERS[row.tier]} for row in claimed],
        "has_none": detail_of(application).has_recognitions is False,
        "following": following(application, "recognitions"),
    }
    return render(request, "cards/recognitions.html", context)


@require_http_methods(["GET", "POST"])
@own_application
def card_portrait(request: HttpRequest, application: Application) -> HttpResponse:
    """Upload a picture, then choose what of it becomes the portrait."""
    if (away := _closed(request, application, "portrait")) is not None:
        return away
    fault = ""
    if request.method == "POST":
        fault = _change_portrait(request, application)
        if not fault:
            is_cut = "cut" in request.POST
            return redirect(following(application, "portrait") if is_cut else request.path)
    portrait = detail_of(application).portrait
    context = {
        **part_frame(application, "portrait"),
        "portrait": portrait,
        "size": picture_of(portrait.source)[1] if portrait else None,
        "cut_height": round(portrait.cut_width * LEAST[1] / LEAST[0]) if portrait else 0,
        "least": LEAST,
        "accept": PORTRAIT_ACCEPT,
        "fault": fault,
        "errors": [("file", fault)] if fault else [],
    }
    return render(request, "cards/portrait.html", context, status=422 if fault else 200)


@login_required
@never_cache
@require_safe
def portrait_image(request: HttpRequest, id: UUID) -> HttpResponse:
    """One's own portrait, or that of a file one may see (which leaves an entry); anything else is 404."""
    portrait = get_object_or_404(Portrait.objects.select_related("person"), pk=id)
    if portrait.person.user_id != request.user.pk:
        if not visible_to(request.user).filter(programme=CODE, applicant=portrait.person).exists():
            raise Http404
        record(action="portrait.view", actor=request.user, target=portrait, at=clock.now())
    response = HttpResponse(open_portrait(portrait), content_type="image/jpeg")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _change_portrait(request: HttpRequest, application: Application) -> str:
    """Upload or cut; gives the sentence where it cannot be done."""
    form = PortraitForm(request.POST)
    now = detail_of(application).portrait
    try:
        if (upload := request.FILES.get("file")) is not None:
            paper = add_picture(application=application, upload=upload, by=request.user, at=clock.now())
            cut = None
        elif now is not None and form.is_valid():
            paper, cut = Paper.objects.get(pk=now.source_id, kind=KIND), form.cut()
        else:
            return _("请选择一张照片。")
        set_portrait(application=application, paper=paper, cut=cut, by=request.user, at=clock.now())
    except PaperRefused as refusal:
        return refusal.sentence
    except StepRefused as refusal:
        return str(refusal)
    return ""


def _remove(request: HttpRequest, application: Application) -> None:
    try:
        wanted = UUID(request.POST.get("recognition", ""))
    except ValueError:
        raise Http404 from None
    recognition = Recognition.objects.filter(pk=wanted, person=application.applicant).first()
    if recognition is None:
        raise Http404
    remove_recognition(application=application, recognition=recognition, by=request.user, at=clock.now())


def _closed(request: HttpRequest, application: Application, section: str) -> HttpResponse | None:
    if application.programme != CODE:
        raise Http404
    only = editable_fields(application, section)
    return turn_away(request, application) if only is not None and section not in only else None
