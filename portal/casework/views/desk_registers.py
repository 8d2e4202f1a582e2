"""The registers on a file's page: what each has answered, and asking one more time."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from applicants.registers.asking import Trouble
from applicants.registers.catalogue import REGISTERS, registers_for
from applicants.registers.models import RegisterAnswer
from applicants.registers.services import is_connected
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import User
from portal.casework.doors import DESK_ROLES, open_file
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.services.answering import ask_again, may_ask_again
from portal.casework.services.asking import answers_for
from portal.ui.telling import told_above


@require_POST
@bureau_only(*DESK_ROLES)
def ask_registers_again(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask the registers again about this file's applicant."""
    application = open_file(request.user, id)
    with told_above(request, StepRefused):
        ask_again(application=application, by=request.user, at=clock.now())
        messages.success(request, _("已再次查询登记，有答复后会自动重新核对。"))
    return redirect("desk_file", application.pk)


def register_panel(application: Application, user: User, on: date) -> dict[str, Any]:
    """What the file page says of the registers that the policy's clauses can be proven by; empty where none is."""
    answers = answers_for(application)
    rows = [
        {"title": REGISTERS[code].title, **_standing(answers.get(code, []), on)}
        for code in registers_for(application.policy_version.parsed.reads)
        if code in answers or is_connected(code)
    ]
    waiting = sum(row["waiting"] is not None for row in rows)
    answered = sum(row["answered"] is not None for row in rows)
    brief = _("%(answered)s 个已答复，%(waiting)s 个在等") if waiting else _("%(answered)s 个已答复")
    return {
        "registers": rows,
        "registers_wait": waiting > 0,
        "registers_brief": brief % {"answered": answered, "waiting": waiting},
        "may_ask_again": may_ask_again(application, user),
    }


def _standing(asked: list[RegisterAnswer], on: date) -> dict[str, Any]:
    """How one register stands: its newest answer, and the question that still waits."""
    answered = next((row for row in reversed(asked) if row.is_answered), None)
    waiting = next((row for row in reversed(asked) if not row.is_answered), None)
    kind, text = "plain", _("没有查询")
    if waiting is not None:
        kind, text = "wait", _("等待答复")
    elif answered is not None and answered.expires_on < on:
        kind, text = "wait", _("已过有效期")
    elif answered is not None:
        kind, text = ("ok", _("已答复")) if answered.is_known else ("plain", _("查无此人"))
    return {
        "answered": answered,
        "waiting": waiting,
        "trouble": Trouble(waiting.last_error).label if waiting and waiting.last_error else "",
        "kind": kind,
        "text": text,
    }
