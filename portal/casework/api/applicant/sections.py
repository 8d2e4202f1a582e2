"""Answers that come as data, put to the forms of the pages: one set of rules, one set of sentences."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from applicants.people.employment_form import PARTS, ROWS
from applicants.people.forms import SECTION_FORMS
from applicants.people.labels import ELSEWHERE
from portal.accounts.models import User
from portal.api.problems import Invalid, Refused, told_as_refused
from portal.casework.completeness import editable_fields
from portal.casework.models import Application
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import answer_section
from portal.city import city


def change_answers(application: Application, section: str, given: Mapping[str, Any], *, by: User, at: datetime) -> None:
    """Keep ``given`` answers of ``section``; what is left out stays. Raises Refused, or Invalid by field."""
    only = editable_fields(application, section)
    if only is not None and not only:
        raise Refused(_("这一部分现在不能再改。"))
    form = _form(application, section, given, only, at.date())
    closed = [name for name in given if not _is_open(form, section, name)]
    if closed:
        raise Invalid({section: {name: [_("这一栏现在不能改。")] for name in closed}})
    if not form.is_valid():
        raise Invalid({section: _by_answer(form)})
    with told_as_refused(StepRefused):
        if programme(application.programme).own_section(section):
            form.save(by=by, at=at)
        else:
            answer_section(application=application, section=section, values=form.values, by=by, at=at)


def _form(
    application: Application, section: str, given: Mapping[str, Any], only: Collection[str] | None, on: date
) -> Any:
    if own := programme(application.programme).own_section(section):
        made = own.form
        empty = made(None, application=application, only=only)
        if not set(given) <= set(empty.fields):
            raise Invalid({section: [_known(empty.fields)]})
        return made(_declared(empty, given), application=application, only=only)
    if section not in programme(application.programme).sections:
        raise Invalid({section: [_("这个项目不问这一部分。")]})
    made = SECTION_FORMS[section]
    person = application.applicant
    stored = {name: _typed(value) for name, value in made.initial_from(person).items()}
    return made(stored | _as_typed(given), person=person, on=on, only=only)


def _known(names: Collection[str]) -> str:
    return _("有不认识的栏目。可以用的是：%(known)s。") % {"known": ", ".join(names)}


def _as_typed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as somebody would type them into the page's fields."""
    data = {name: _typed(value) for name, value in given.items() if name not in ("household_code", "insured_ranges")}
    if "household_code" in given:
        code = given["household_code"]
        data["household_place"] = ("city" if code == city().code else "elsewhere") if code else ""
        data["household_code"] = "" if code in (ELSEWHERE, city().code) else code
    if "insured_ranges" in given:
        rows = [*given["insured_ranges"], *[{}] * ROWS][:ROWS]
        for number, row in enumerate(rows, start=1):
            data |= {f"insured_{number}_{part}": _typed(row.get(part)) for part in PARTS}
    return data


def _typed(value: Any) -> Any:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else value


def _declared(form: forms.Form, given: Mapping[str, Any]) -> dict[str, Any]:
    data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()} | dict(given)
    for name, value in data.items():
        if isinstance(form.fields[name], forms.ChoiceField) and isinstance(value, bool):
            data[name] = "yes" if value else "no"
    return {name: _typed(value) for name, value in data.items()}


def _is_open(form: Any, section: str, name: str) -> bool:
    return form.is_open(name) if section in SECTION_FORMS else not form.fields[name].disabled


def _by_answer(form: forms.Form) -> dict[str, list[str]]:
    """The sentences by the names of answers, several fields of the page being one answer here and there."""
    behind = getattr(form, "answer_behind", {})
    found: dict[str, list[str]] = {}
    for name, sentences in form.errors.items():
        found.setdefault(behind.get(name, name), []).extend(str(sentence) for sentence in sentences)
    return found
