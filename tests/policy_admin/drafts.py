"""Administrators and drafts for the tests, and what a browser sends back of a form nobody touched."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

from django import forms
from django.http import QueryDict

from portal.accounts.models import Role, User
from portal.policy.drafting import begin_draft, save_part
from portal.policy.editing.shapes import model_of
from portal.policy.editing.tree import Node, find
from portal.policy.models import PolicyDraft, PolicyVersion
from portal.policy.parsing import Path
from portal.policy.services import load_policy
from tests.factories import AT, make_staff
from tests.policy.qualifying import text_of

_serial = count(1)


def administrator(**scope: str) -> User:
    """A new administrator, of the whole city for every programme where ``scope`` says nothing else."""
    number = next(_serial)
    return make_staff(Role.ADMINISTRATOR, email=f"admin{number}@example.test", name=f"管理员{number}", **scope)


def published(code: str = "LS-2022", at: datetime = AT) -> PolicyVersion:
    """The shipped document as a published version."""
    return load_policy(text_of(code), at=at)


def make_policy_draft(by: User, code: str = "LS-2022", at: datetime = AT) -> PolicyDraft:
    """A draft of the shipped policy, with its first version published."""
    return begin_draft(version=published(code), by=by, at=at)


def edit(draft: PolicyDraft, path: Path, by: User, at: datetime = AT, **changes: Any) -> PolicyDraft:
    """Change fields of one part through the service."""
    draft.refresh_from_db()
    value = {**find(draft.data, path).value, **changes}
    return save_part(draft=draft, path=path, value=value, by=by, at=at, expected_revision=draft.revision)


def nodes_of(data: Any, node: Node | None = None) -> Iterator[Node]:
    """Every part of a document that has a page, the document itself first."""
    node = node or find(data, ())
    yield node
    for shape in node.pages:
        value = node.value.get(shape.name)
        if shape.is_list:
            for place, item in enumerate(value or ()):
                assert model_of(shape, item) is not None
                yield from nodes_of(data, find(data, (*node.path, shape.name, place)))
        elif value is not None:
            yield from nodes_of(data, find(data, (*node.path, shape.name)))


def untouched(form: forms.Form) -> QueryDict:
    """What a browser sends of ``form`` as it was shown."""
    sent = QueryDict(mutable=True)
    for bound in form:
        value = bound.field.prepare_value(bound.value())
        if isinstance(bound.field.widget, forms.CheckboxInput):
            if value:
                sent[bound.html_name] = "on"
        elif isinstance(bound.field.widget, forms.CheckboxSelectMultiple):
            chosen = {str(it) for it in value or ()}  # a browser sends them in the order of the page
            offered = [name for name, _label in bound.field.choices]
            sent.setlist(bound.html_name, [name for name in offered if name in chosen])
        else:
            sent[bound.html_name] = "" if value is None else str(value).replace("\n", "\r\n")
    return sent
