"""Query sets that Django puts into SQL once.

Putting a query set with joins into SQL takes Django a millisecond, several times as long as the database needs to
answer it. Where the same question is asked all day long, ask a ``Prepared`` one.
"""

from __future__ import annotations

import copy
import datetime
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import connection, connections, models
from django.db.models.query import ModelIterable

M = TypeVar("M", bound=models.Model)


class Prepared(Generic[M]):
    """``Prepared(lambda token: Device.objects.filter(token=token), Device._meta.get_field("token"))``.

    Leans on how Django 5.2 iterates over rows (tests/floor/test_prepared.py says when that has changed).

    ``build`` gives the query set for values of the fields named, in their order, and is called once for each kind of
    database. It must not look at the values: where it chooses by one of them, or slices by it, the first one's SQL
    would answer for all. Calling gives the rows as a list.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]], *fields: Any) -> None:
        self._build, self._fields = build, fields
        self._known: dict[str, tuple[models.QuerySet[M], Any, str, tuple[Any, ...]]] = {}

    def __call__(self, *values: Any) -> list[M]:
        """The rows for these values: one query."""
        if connection.vendor not in self._known:
            self._known[connection.vendor] = self._put_into_sql()
        queryset, compiler, sql, params = self._known[connection.vendor]
        given = [field.get_db_prep_value(value, connection) for field, value in zip(self._fields, values, strict=True)]
        filled = tuple(given[param.at] if isinstance(param, _Place) else param for param in params)
        ready = copy.copy(compiler)
        ready.connection, ready.as_sql = connections[queryset.db], lambda *_args, **_kwargs: (sql, filled)
        query = SimpleNamespace(get_compiler=lambda **_kwargs: ready)
        asked = SimpleNamespace(db=queryset.db, query=query, model=queryset.model, _known_related_objects={})
        return list(ModelIterable(asked))  # type: ignore[arg-type]

    def _put_into_sql(self) -> tuple[models.QuerySet[M], Any, str, tuple[Any, ...]]:
        samples = [_sample(field) for field in self._fields]
        queryset = self._build(*samples)
        compiler = queryset.query.get_compiler(queryset.db)
        sql, params = compiler.as_sql()
        places = {
            field.get_db_prep_value(sample, connection): _Place(at)
            for at, (field, sample) in enumerate(zip(self._fields, samples, strict=True))
        }
        marked = tuple(places.get(param, param) for param in params)
        if {param.at for param in marked if isinstance(param, _Place)} != set(range(len(samples))):
            raise TypeError("The query set does not ask for each value as it is given.")
        return queryset, compiler, sql, marked


class _Place:
    """Where a value goes."""

    def __init__(self, at: int) -> None:
        self.at = at


def _sample(field: Any) -> Any:
    """A value that stands nowhere else in a query."""
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, models.DateTimeField):
        return datetime.datetime.now(datetime.UTC)
    return uuid.uuid4().hex
