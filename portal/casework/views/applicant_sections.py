"""One section of the task list: the questions, saved at each step."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applicants.people.employment_form import EmploymentForm
from applicants.people.forms import AccountForm, EducationForm, IdentityForm
from portal import clock
from portal.casework.completeness import editable_fields, marked_items, missing_parts
from portal.casework.models import Application, CorrectionItem
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import answer_section
from portal.casework.states import State
from portal.casework.views.applicant_answers import (
    field_name,
    part_href,
    part_label,
    part_names,
    place_of,
)
from portal.casework.views.applicant_door import own_application
from portal.ui.telling import told_beside

FORMS = {"identity": IdentityForm, "education": EducationForm, "employment": EmploymentForm, "account": AccountForm}


@require_http_methods(["GET", "POST"])
@own_application
def application_section(request: HttpRequest, application: Application, section: str) -> HttpResponse:
    """Answer one section of a draft, or what a correction marks in it."""
    if section not in programme(application.programme).section_names():
        raise Http404
    only = editable_fields(application, section)
    if only is not None and not only:
        return turn_away(request, application)
    form = _form(request, application, section, only)
    if only is not None:
        _mark(application, section, form)
    if request.method == "POST" and form.is_valid():
        with told_beside(form, None, StepRefused):
            _save(request, application, section, form)
            return redirect(following(application, section))
    context = part_frame(application, section) | {
        "form": form,
        "shown": _shown(form, only),
        "section": section,
        "is_own": programme(application.programme).own_section(section) is not None,
    }
    return render(request, "applicant/section.html", context)


def part_frame(application: Application, section: str) -> dict[str, Any]:
    """What the page of a part says around its form."""
    return {
        "application": application,
        "label": part_label(application, section),
        "place": place_of(application, section),
        "is_correction": application.state == State.CORRECTION,
        "marks": told_marks(application, section),
    }


def _form(request: HttpRequest, application: Application, section: str, only: Collection[str] | None) -> forms.Form:
    data = request.POST if request.method == "POST" else None
    if own := programme(application.programme).own_section(section):
        return own.form(data, application=application, only=only)
    if request.acting_for and section == "identity" and only is None:
        only = IdentityForm.answers  # at the counter a proven number may be put right, against the card
    return FORMS[section](data, person=application.applicant, on=clock.today(), only=only)


def _shown(form: forms.Form, only: Collection[str] | None) -> Any:
    """What is rendered: the whole form, or in a correction only the fields that are open."""
    if only is None or not hasattr(form, "plain_fields"):
        return form
    rows = form.insured_rows if form.is_open("insured_ranges") else ()
    return {
        "plain_fields": [field for field in form.plain_fields() if not field.field.disabled],
        "insured_rows": rows,
        "insured_legend": getattr(form, "insured_legend", ""),
    }


def _save(request: HttpRequest, application: Application, section: str, form: Any) -> None:
    if programme(application.programme).own_section(section):
        form.save(by=request.user, at=clock.now())
    else:
        answer_section(application=application, section=section, values=form.values, by=request.user, at=clock.now())


def following(application: Application, section: str) -> str:
    """The next part that is not done, or the list; when all is done, the answers to check."""
    if application.state == State.CORRECTION:
        return reverse("application_tasks", args=[application.pk])
    order = part_names(application)
    left = missing_parts(application)
    later = [name for name in left if order.index(name) > order.index(section)]
    if later:
        return part_href(application, later[0])
    return reverse("application_tasks" if left else "application_check", args=[application.pk])


def marks_in(application: Application, section: str) -> list[CorrectionItem]:
    """What an open correction marks in a section."""
    return [item for item in marked_items(application) if item.kind == "field" and item.section == section]


def told_marks(application: Application, section: str) -> list[tuple[str, str]]:
    """The same by name, each with the reviewer's words."""
    return [(field_name(application, section, it.name), it.note) for it in marks_in(application, section)]


def _mark(application: Application, section: str, form: forms.Form) -> None:
    """Put the reviewer's words at each marked field, before any of it is bound."""
    for item in marks_in(application, section):
        for name, field in form.fields.items():
            if item.note and getattr(form, "answer_behind", {}).get(name, name) == item.name:
                field.help_text = _("请改：%(note)s") % {"note": item.note}


def turn_away(request: HttpRequest, application: Application) -> HttpResponse:
    if application.state == State.CORRECTION:
        messages.info(request, _("这一部分不用改。请改标出的地方。"))
        return redirect("application_tasks", id=application.pk)
    messages.info(request, _("已经提交的内容不能再改。需要补正时，我们会写信告诉您。"))
    return redirect("application", id=application.pk)
