"""Traps that catch whole classes of mistakes, whatever a test is about."""

import ipaddress
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.db.models.query import MAX_GET_RESULTS
from django.template.base import FilterExpression, Node

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.test import Client

ROOT = Path(__file__).resolve().parent.parent
OUR_APPS = ("portal.", "applicants.", "subsidies.", "housing.")
# Templates that restyle allauth and the admin rely on undefined names, as the originals do.
LENIENT = tuple(str(ROOT / "templates" / name) + "/" for name in ("admin", "allauth", "account", "mfa", "django"))


class UndefinedTemplateVariable(Exception):
    """A template of ours prints a name that nobody gave it."""


class UndefinedVariable(str):
    """Django's ``string_if_invalid``: an empty string that refuses to stand in for a name in our own templates.

    ``{% if name %}`` and ``{{ name|default:"" }}`` remain allowed: they say that the name may be missing.
    """

    def __bool__(self) -> bool:
        frame = sys._getframe(1)
        expression = frame.f_locals.get("self")
        if frame.f_code.co_name == "resolve" and isinstance(expression, FilterExpression):
            first_filter = expression.filters[0][0].__name__ if expression.filters else ""
            if first_filter not in {"default", "default_if_none"}:
                _refuse(str(expression), frame.f_back)
        return False

    def __contains__(self, text: object) -> bool:
        frame = sys._getframe(1)
        if frame.f_code.co_name == "render_value":  # a name in the text of {% blocktranslate %}
            _refuse(frame.f_locals["key"], frame.f_back)
        return super().__contains__(text)


def _refuse(name: str, frame: FrameType | None) -> None:
    """Raise when the node being rendered, found up the stack, stands in a template of ours."""
    while frame:
        node = frame.f_locals.get("self")
        origin = getattr(node, "origin", None) if isinstance(node, Node) else None
        if origin is not None:
            if _is_ours(str(origin.name)):
                raise UndefinedTemplateVariable(f"{name} is not defined, used in {origin.name}")
            return
        frame = frame.f_back


def _is_ours(template: str) -> bool:
    return template.startswith(str(ROOT)) and "site-packages" not in template and not template.startswith(LENIENT)


class UnorderedSlice(AssertionError):
    """A slice of rows in no order: which rows it holds is up to the database."""


def _is_unordered(queryset: QuerySet) -> bool:
    return queryset.model.__module__.startswith(OUR_APPS) and not queryset.ordered


def reverse_unordered_querysets() -> None:
    """Hand back unordered rows of our models last first, and refuse to slice them.

    A test that passes only because the database happened to keep the order of insertion then fails at once.
    """
    fetch_all, iterate = QuerySet._fetch_all, QuerySet._iterator

    def fetch_all_reversed(self: QuerySet) -> None:
        is_fresh = self._result_cache is None
        fetch_all(self)
        if not is_fresh or len(self._result_cache) < 2 or not _is_unordered(self):
            return
        limit = self.query.high_mark
        if self.query.low_mark or (limit is not None and limit not in (1, MAX_GET_RESULTS)):
            raise UnorderedSlice(f"A slice of {self.model.__name__} rows without order_by(): {self.query}")
        self._result_cache.reverse()

    def iterate_reversed(self: QuerySet, *args, **kwargs):
        rows = iterate(self, *args, **kwargs)
        return reversed(list(rows)) if _is_unordered(self) and not self.query.is_sliced else rows

    QuerySet._fetch_all = fetch_all_reversed
    QuerySet._iterator = iterate_reversed


def record_forced_sign_ins() -> None:
    """Let ``force_login`` leave in the session what allauth's sign-in leaves there: by which means, and when.

    A page that asks again who it is then takes a forced sign-in for one of just now (``age_sign_in`` makes it older).
    """
    from django.test import Client  # its apps are not there yet when the settings read this file

    force_login = Client.force_login

    def recorded(self: "Client", user: "AbstractBaseUser", backend: str | None = None) -> None:
        force_login(self, user, backend)
        _write_records(self, user.pk, [{"method": "password", "at": time.time()}])

    Client.force_login = recorded


def age_sign_in(client: "Client", minutes: int) -> None:
    """Make everything that ``client`` has shown of who they are older by so many minutes."""
    records = client.session["account_authentication_methods"]
    _write_records(client, None, [{**record, "at": record["at"] - 60 * minutes} for record in records])


def _write_records(client: "Client", user_pk: int | None, records: list[dict[str, object]]) -> None:
    session = client.session
    session["account_authentication_methods"] = records
    if user_pk is not None:
        session["account_authentication_methods_user"] = str(user_pk)
    session.save()


class NetworkForbidden(AssertionError):
    """A test reached for a machine other than this one."""


def forbid_network() -> None:
    """Let sockets connect to this machine only."""
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, address, _original=original):
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
                raise NetworkForbidden(f"No test may reach {address[0]}.")
            return _original(self, address)

        setattr(socket.socket, name, guarded)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
