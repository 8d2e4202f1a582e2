"""Objections to a public notice: raised on line or entered at the desk, read and answered by an administrator."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applicants.people.models import Person
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.casework.doors import within
from portal.casework.forms.notices import AnswerForm, DeskObjectionForm, ObjectionForm, TellForm
from portal.casework.models import Application, NoticeLine, NoticeObjection
from portal.casework.services.advancing import StepRefused
from portal.casework.services.noticing import (
    ENTERERS,
    OBJECTION_READERS,
    answer_objection,
    notices_on,
    objections_of,
    raise_objection,
    read_objection,
)
from portal.casework.services.telling import may_tell, print_answer, tell_objector
from portal.casework.views.notices_desk import notice_or_404
from portal.casework.views.notices_public import keep_off_record
from portal.casework.views.notices_table import table_of
from portal.ui.telling import told_beside


def _public_line(number: str, position: int) -> NoticeLine:
    """A person on a list that is on line today. Raises Http404."""
    lines = NoticeLine.objects.select_related("notice__policy_version__policy").filter(
        notice__in=notices_on(clock.today()).order_by(), notice__number=number, position=position, is_live=True
    )
    line = lines.first()
    if line is None:
        raise Http404
    return line


def _line_context(line: NoticeLine) -> dict[str, Any]:
    return {
        "notice": line.notice,
        "document": line.notice.policy_version.parsed,
        "row": table_of(line.notice, [line]).rows[0],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def objection_new(request: HttpRequest, number: str, line: int) -> HttpResponse:
    """Object, with name and contact, to one person on a list."""
    found = _public_line(number, line)
    form = ObjectionForm(request.POST or None, initial=_known_of(request))
    if form.is_valid():
        with told_beside(form, None, StepRefused):
            raise_objection(line=found, **form.cleaned_data, objector=request.user, by=request.user, at=clock.now())
            return redirect("objection_sent", number, line)
    status = 422 if form.errors else 200
    context = {"form": form, **_line_context(found)}
    return keep_off_record(render(request, "public/objection_new.html", context, status=status))


def _known_of(request: HttpRequest) -> dict[str, str]:
    person = Person.objects.filter(user=request.user).first()
    if person:
        return {"name": person.legal_name, "contact": person.phone}
    return {"contact": request.user.email or request.user.phone.number}


@require_safe
@never_cache
@login_required
def objection_sent(request: HttpRequest, number: str, line: int) -> HttpResponse:
    """Say that the objection has arrived, to the one who sent it."""
    sent = NoticeObjection.objects.filter(line__notice__number=number, line__position=line, objector=request.user)
    objection = sent.select_related("line__notice").order_by("-at", "-id").first()
    if objection is None:
        raise Http404
    return keep_off_record(render(request, "public/objection_sent.html", {"objection": objection}))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(*ENTERERS)
def desk_objection_new(request: HttpRequest, number: str, line: int) -> HttpResponse:
    """Enter an objection that came by letter, telephone or visit."""
    notice_or_404(request.user, number)
    found = _public_line(number, line)
    if not Application.objects.filter(within(request.user, ENTERERS), pk=found.application_id).exists():
        raise Http404
    form = DeskObjectionForm(request.POST or None)
    if form.is_valid():
        with told_beside(form, None, StepRefused):
            raise_objection(line=found, **form.cleaned_data, objector=None, by=request.user, at=clock.now())
            messages.success(request, _("异议已录入，这个人的申请先暂停。由管理员核实和答复。"))
            return redirect("desk_notice", number)
    context = {"form": form, **_line_context(found)}
    return render(request, "desk/notices/objection_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(*OBJECTION_READERS)
def desk_objection(request: HttpRequest, id: UUID) -> HttpResponse:
    """Read an objection (which leaves an entry), and decide and answer it."""
    objection = _objection_or_404(request, id)
    row = objection.line.application
    if request.method == "POST" and not request.user.has_role(Role.ADMINISTRATOR):
        raise Http404
    form = AnswerForm(request.POST or None, initial={"version": row.version})
    if form.is_valid():
        with told_beside(form, None, StepRefused):
            answer_objection(
                objection=objection,
                is_upheld=form.cleaned_data["decision"] == AnswerForm.UPHELD,
                answer=form.cleaned_data["answer"],
                by=request.user,
                at=clock.now(),
                expected_version=form.cleaned_data["version"],
            )
            messages.success(request, _("已答复，结果写进了申请的办理记录。"))
            return redirect("desk_objection", id)
    if request.method != "POST":
        read_objection(objection=objection, by=request.user, at=clock.now())
    return _objection_page(request, objection, form=form)


@require_POST
@never_cache
@bureau_only(Role.ADMINISTRATOR)
def desk_objection_told(request: HttpRequest, id: UUID) -> HttpResponse:
    """Note that the answer was handed to an objector without an account."""
    objection = _objection_or_404(request, id)
    form = TellForm(request.POST)
    if form.is_valid():
        with told_beside(form, "on" if may_tell(objection, request.user) else None, StepRefused):
            tell_objector(objection=objection, **form.cleaned_data, by=request.user, at=clock.now())
            messages.success(request, _("送达已登记。"))
            return redirect("desk_objection", id)
    return _objection_page(request, objection, telling=form)


@require_safe
@never_cache
@bureau_only(*OBJECTION_READERS)
def desk_objection_letter(request: HttpRequest, id: UUID) -> HttpResponse:
    """The answer as a letter that prints; opening it leaves an entry, since it names the objector."""
    objection = _objection_or_404(request, id)
    if objection.answered_at is None:
        messages.info(request, _("这份异议还没有答复，没有可以打印的。"))
        return redirect("desk_objection", id)
    print_answer(objection=objection, by=request.user, at=clock.now())
    context = {"objection": objection, **_line_context(objection.line)}
    return keep_off_record(render(request, "desk/notices/objection_letter.html", context))


def _objection_or_404(request: HttpRequest, pk: UUID) -> NoticeObjection:
    """An objection in the scope of the reader. Raises Http404."""
    found = objections_of(request.user).select_related(
        "line__notice__policy_version__policy", "line__application", "entered_by", "answered_by", "told_by"
    )
    objection = found.filter(pk=pk).first()
    if objection is None:
        raise Http404
    return objection


def _objection_page(
    request: HttpRequest, objection: NoticeObjection, *, form: AnswerForm | None = None, telling: TellForm | None = None
) -> HttpResponse:
    row = objection.line.application
    is_open = objection.state == NoticeObjection.State.OPEN
    context = {
        "objection": objection,
        "form": form or AnswerForm(initial={"version": row.version}),
        "telling": telling or TellForm(initial={"on": clock.today()}),
        "may_answer": is_open and request.user.may_act_as(Role.ADMINISTRATOR, row.programme, row.town),
        "may_tell": may_tell(objection, request.user),
        **_line_context(objection.line),
    }
    is_refused = any(bound is not None and bound.errors for bound in (form, telling))
    return render(request, "desk/notices/objection.html", context, status=422 if is_refused else 200)
