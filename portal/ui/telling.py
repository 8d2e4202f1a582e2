"""What views do alike: tell a service's refusal, show a form again, lay out the acts that are offered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@contextmanager
def told_beside(form: BaseForm, field: str | None, *refusals: type[Exception]) -> Iterator[None]:
    """Tell a refusal, whose text is a sentence, beside ``field`` (None: above the form), and go on after the block."""
    try:
        yield
    except refusals as refusal:
        form.add_error(field, str(refusal))


@contextmanager
def told_above(request: HttpRequest, *refusals: type[Exception]) -> Iterator[None]:
    """Tell a refusal, whose text is a sentence, on the page that comes next, and go on after the block."""
    try:
        yield
    except refusals as refusal:
        messages.error(request, str(refusal))


def form_page(request: HttpRequest, template: str, form: BaseForm, **context: Any) -> HttpResponse:
    """A form, with status 422 where it has errors."""
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


def acts_shown(offered: Mapping[str, Any], words: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a page of acts shows: each act's form, sent or (from its class) new, with the ``words`` for it."""
    forms = {name: form if isinstance(form, BaseForm) else form(prefix=name) for name, form in offered.items()}
    return {
        "acts": [{"name": name, "form": form, **words[name]} for name, form in forms.items()],
        "bad_forms": [form for form in forms.values() if form.errors],
    }
