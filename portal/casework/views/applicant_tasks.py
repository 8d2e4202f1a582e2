"""The task list of a draft, and of a correction with only what is marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from applicants.people.answers import answers_of
from portal import clock
from portal.audit.models import Entry
from portal.casework.completeness import SIGNED_FORM, Part, by_hand, parts_of
from portal.casework.models import Application, Correction, CorrectionItem
from portal.casework.programmes import DECLARATION, programme
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import discard_draft
from portal.casework.states import State
from portal.casework.views.applicant_answers import (
    PAPERS,
    field_name,
    part_href,
    part_label,
    part_names,
)
from portal.casework.views.applicant_door import own_application

ABOUT = ("identity", "education", "employment")


@require_safe
@own_application
def application_tasks(request: HttpRequest, application: Application) -> HttpResponse:
    """What is done and what is left; in a correction only what is marked."""
    if application.state == State.CORRECTION:
        return _correction(request, application)
    if application.state != State.DRAFT:
        return redirect("application", id=application.pk)
    parts = parts_of(application)
    left = [part for part in parts if not part.is_done]
    following = part_href(application, left[0].name) if left else reverse("application_check", args=[application.pk])
    context = {
        "application": application,
        "document": application.policy_version.parsed,
        "groups": _groups(application, parts),
        "done": len(parts) - len(left),
        "total": len(parts) + 1,  # with checking and sending
        "is_ready": not left,
        "following": following,
        "saved_at": saved_at(application),
    }
    return render(request, "applicant/tasks.html", context)


@require_http_methods(["GET", "POST"])
@own_application
def application_discard(request: HttpRequest, application: Application) -> HttpResponse:
    """Delete a draft after asking once more."""
    if application.state != State.DRAFT:
        messages.info(request, _("已经提交的申请不能删除，可以撤回。"))
        return redirect("application", id=application.pk)
    if request.method == "POST":
        try:
            discard_draft(application=application, by=request.user, at=clock.now())
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("application", id=application.pk)
        messages.success(request, _("草稿和它的材料已删除。"))
        return redirect("counter" if request.acting_for else "applications")
    return render(request, "applicant/discard.html", {"application": application})


def _groups(application: Application, parts: list[Part]) -> list[dict[str, Any]]:
    asked = programme(application.programme)
    own = [section.name for section in asked.asked_sections]
    money = _("收款账户与材料") if "account" in asked.sections else _("材料")
    layout = (
        ("about", _("关于您"), ABOUT),
        ("own", asked.title, own),
        ("money", money, ("account", PAPERS)),
        ("send", _("确认与提交"), (DECLARATION,)),
    )
    known = {part.name: part for part in parts}
    groups = []
    for name, heading, members in layout:
        rows = [_row(application, known[member]) for member in members if member in known]
        if name == "send":
            rows.append(_check_row(application, sum(not part.is_done for part in parts)))
        if rows:
            groups.append({"name": name, "heading": heading, "rows": rows})
    return groups


def _row(application: Application, part: Part) -> dict[str, str]:
    note, state = "", "done" if part.is_done else "todo"
    if part.name == PAPERS:
        note = _("需要 %(needed)s 种，已传 %(done)s 种") % {"needed": part.needed, "done": part.done}
        state = state if part.is_done or not part.done else "active"
    label, href = part_label(application, part.name), part_href(application, part.name)
    return {"label": label, "state": state, "href": href, "note": note}


def _check_row(application: Application, left: int) -> dict[str, str]:
    href = reverse("application_check", args=[application.pk])
    if left:
        note = ngettext(
            "完成上面还没完成的 %(count)s 项后，可以提交", "完成上面还没完成的 %(count)s 项后，可以提交", left
        ) % {"count": left}
        return {"label": _("核对并提交"), "state": "locked", "note": note}
    return {"label": _("核对并提交"), "state": "todo", "href": href, "text": _("可以提交了")}


def saved_at(application: Application) -> datetime | None:
    """When something of this application was last stored, as the audit trail says."""
    person = application.applicant
    targets = [application.pk, person.pk]
    for part in ("education", "employment"):
        if (row := getattr(person, part, None)) is not None:
            targets.append(row.pk)
    if account := person.current_account():
        targets.append(account.pk)
    entries = Entry.objects.filter(target_id__in=[str(pk) for pk in targets], actor__isnull=False)
    if application.entered_by_id is None:
        entries = entries.filter(actor=person.user)
    return entries.order_by("-recorded_at").values_list("at", flat=True).first()


# ── corrections ────────────────────────────────────────────────────────────────────────────────────────────────────


def open_correction(application: Application) -> Correction:
    """The open correction with its marks."""
    return application.corrections.prefetch_related("items").get(closed_at__isnull=True)


def fresh_papers(application: Application, correction: Correction) -> set[str]:
    """The kinds of paper that stand on the shelf anew since ``correction`` was asked for."""
    fresh = application.shelf.filter(added_at__gte=correction.at, removed_at__isnull=True)
    return set(fresh.values_list("kind", flat=True))


def changed_items(application: Application, correction: Correction) -> set[Any]:
    """The marks whose answer or papers differ from what was submitted last."""
    before = application.submissions.order_by("number").last().answers
    own = programme(application.programme).own_answers(application)
    now: Mapping[str, Mapping[str, Any]] = answers_of(application.applicant) | own
    fresh = fresh_papers(application, correction)
    changed = set()
    for item in correction.items.all():
        if item.kind == CorrectionItem.Kind.PAPER:
            is_changed = item.name in fresh
        else:
            is_changed = before.get(item.section, {}).get(item.name) != now.get(item.section, {}).get(item.name)
        if is_changed:
            changed.add(item.pk)
    return changed


def _correction(request: HttpRequest, application: Application) -> HttpResponse:
    correction = open_correction(application)
    changed = changed_items(application, correction)
    rows = []
    for part, items in _by_part(application, correction).items():
        names = pgettext("between two items", "、").join(_item_name(application, item) for item in items)
        notes = pgettext("between two items", "；").join(item.note for item in items if item.note)
        is_done = all(item.pk in changed for item in items)
        rows.append(
            {
                "label": _("%(part)s：%(fields)s") % {"part": part_label(application, part), "fields": names},
                "state": "done" if is_done else "urgent",
                "text": _("已修改") if is_done else "",
                "href": part_href(application, part),
                "note": notes,
            }
        )
    unchanged = correction.items.count() - len(changed)
    if request.acting_for and PAPERS not in _by_part(application, correction):
        is_signed = SIGNED_FORM in fresh_papers(application, correction)
        rows.append(
            {
                "label": str(by_hand(SIGNED_FORM).title),
                "state": "done" if is_signed else "urgent",
                "href": part_href(application, PAPERS),
                "note": str(by_hand(SIGNED_FORM).note),
            }
        )
    rows.append(
        {
            "label": _("核对并再次提交"),
            "state": "todo",
            "href": reverse("application_check", args=[application.pk]),
            "text": "" if unchanged else _("可以提交了"),
        }
    )
    context = {
        "application": application,
        "correction": correction,
        "rows": rows,
        "following": next((row["href"] for row in rows if row["state"] == "urgent"), rows[-1]["href"]),
        "is_ready": not unchanged,
    }
    return render(request, "applicant/correction.html", context)


def _by_part(application: Application, correction: Correction) -> dict[str, list[CorrectionItem]]:
    parts: dict[str, list[CorrectionItem]] = defaultdict(list)
    for item in correction.items.all():
        parts[PAPERS if item.kind == CorrectionItem.Kind.PAPER else item.section].append(item)
    order = part_names(application)
    return dict(sorted(parts.items(), key=lambda part: order.index(part[0])))


def _item_name(application: Application, item: CorrectionItem) -> str:
    if item.kind == CorrectionItem.Kind.PAPER:
        return str(application.policy_version.parsed.paper(item.name).title)
    return field_name(application, item.section, item.name)
