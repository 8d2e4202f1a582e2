"""Brings what older keys sealed and hashed up to the newest ones, in small steps, while the portal runs (ADR 0013).

Every step can be repeated and stopped at: what is up to date says so itself (the key's id in a sealed value, the mark
in a hash), so there is no list of what was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from portal.vault.fields import Sealed, SealedField
from portal.vault.files import reseal
from portal.vault.sealing import VERSION, SealBroken, current_prefix, hash_mark, open_sealed, rehash, seal

BATCH = 500
VALUES = 50  # of hashes that stand in several tables: some rows each


@dataclass(frozen=True)
class Progress:
    """How far one table or folder is: ``done`` were changed in this run, ``broken`` do not open."""

    what: str
    done: int
    broken: int


def sealed_columns() -> list[tuple[type[models.Model], list[SealedField]]]:
    """Every model with sealed columns of its own."""
    found, tables = [], set(connection.introspection.table_names())
    for model in apps.get_models():
        fields = [field for field in model._meta.local_fields if isinstance(field, SealedField)]
        if fields and model._meta.db_table in tables and not model._meta.proxy:
            found.append((model, fields))
    return found


def reseal_table(model: type[models.Model], fields: list[SealedField], *, batch: int = BATCH) -> Iterator[Progress]:
    """Seal every value of the table with the key that seals now, ``batch`` rows at a time.

    A row is written only where its values are still those read: what somebody else has written meanwhile stays, and is
    sealed with the newest key anyway.
    """
    rows = _rows(model)
    done, broken, last = 0, 0, None
    while True:
        due = _sealed_before(model, fields)
        if last is not None:
            due = due.filter(pk__gt=last)
        found = list(due.order_by("pk").values_list("pk", *(field.attname for field in fields))[:batch])
        if not found:
            return
        for pk, *tokens in found:
            try:
                done += _reseal_row(rows, fields, pk, tokens)
            except SealBroken:
                broken += 1
        last = found[-1][0]
        yield Progress(model._meta.label, done, broken)


def _sealed_before(model: type[models.Model], fields: list[SealedField]) -> QuerySet[Any]:
    """The rows with a value that another key than the newest has sealed."""
    stale, texts = Q(), {}
    for field in fields:
        name = f"text_of_{field.attname}"
        texts[name] = Cast(field.attname, models.TextField())  # a sealed column refuses to be searched
        stale |= Q(**{f"{name}__startswith": f"{VERSION}:"}) & ~Q(**{f"{name}__startswith": current_prefix()})
    due: QuerySet[Any] = _rows(model).annotate(**texts).filter(stale)
    return due


def _reseal_row(rows: QuerySet[Any], fields: list[SealedField], pk: Any, tokens: list[Any]) -> int:
    row = rows.model(pk=pk)
    before = {
        field.attname: token
        for field, token in zip(fields, tokens, strict=True)
        if isinstance(token, Sealed) and not token.startswith(current_prefix())
    }
    by_name = {field.attname: field.context(row) for field in fields}
    after = {name: Sealed(seal(open_sealed(token, by_name[name]), by_name[name])) for name, token in before.items()}
    return rows.filter(pk=pk, **before).update(**after) if after else 0


def _rows(model: type[models.Model]) -> QuerySet[Any]:
    """The rows of a table, past managers that hide or refuse: what is written says the same as before."""
    rows: QuerySet[Any] = QuerySet(model=model)
    return rows


def reseal_files(folder: str = "") -> Iterator[Progress]:
    """Seal every stored file anew, folder by folder."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing stored yet, or gone meanwhile
        return
    done = broken = 0
    for name in names:
        if name.endswith(".resealing"):  # of a run that was stopped
            default_storage.delete(f"{folder}/{name}".lstrip("/"))
            continue
        try:
            done += reseal(f"{folder}/{name}".lstrip("/"))
        except SealBroken:
            broken += 1
    if done or broken:
        yield Progress(folder or "/", done, broken)
    for inner in folders:
        yield from reseal_files(f"{folder}/{inner}".lstrip("/"))


# ── hashes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def rehash_columns(family: Iterable[str], *, batch: int = BATCH) -> Iterator[Progress]:
    """Bring the hashes in columns that hold the same values up to the newest key.

    A value changes in all of them in one transaction: constraints and comparisons between tables hold throughout.
    """
    columns = [_column(path) for path in family]
    if not hash_mark():
        return
    several = len(columns) > 1
    for model, name in columns:
        done = 0
        while True:
            rows = _stale(model, name).order_by("pk")
            if several:
                values = list(rows.values_list(name, flat=True)[:VALUES])
            else:
                keys = list(rows.values_list("pk", name)[:batch])
                values = [value for _pk, value in keys]
            if not values:
                break
            if several:
                done += move_hashes({value: rehash(value) for value in values}, columns)
            else:
                with transaction.atomic():
                    same = _rows(model).filter(pk__in=[pk for pk, _value in keys])
                    done += same.filter(**{f"{name}__in": values}).update(**{name: _changed(name, values)})
            yield Progress(f"{model._meta.label}.{name}", done, 0)


def bring_up_to_date(stored: Iterable[str], family: Iterable[str]) -> None:
    """Bring these hashes, of whatever key, up to the newest in all columns of a family: before one is relied upon.

    In the caller's transaction. Nothing is asked of the database where there has been one key only.
    """
    if hash_mark():
        columns = [_column(path) for path in family]
        older = [value for value in stored if value and not value.startswith(hash_mark())]
        found = {
            value for model, name in columns for value in _holding(model, name, older).values_list(name, flat=True)
        }
        if found:
            move_hashes({value: rehash(value) for value in found}, columns)


def move_hashes(moves: dict[str, str], columns: list[tuple[type[models.Model], str]]) -> int:
    """Write new hashes for old ones in every column, in one transaction; gives how many rows changed."""
    with transaction.atomic():
        # The first column's rows are locked before, in order, as everybody does who relies on them.
        first, name = columns[0]
        list(first._base_manager.select_for_update().filter(**{f"{name}__in": list(moves)}).order_by("pk").values("pk"))
        return sum(
            _holding(model, name, list(moves)).update(**{name: _changed(name, moves)}) for model, name in columns
        )


def _holding(model: type[models.Model], name: str, values: list[str]) -> QuerySet[Any]:
    # That it is not empty is said twice, for the planner: some indexes leave the empty ones out.
    return _rows(model).filter(**{f"{name}__in": values, f"{name}__gt": ""})


def _changed(name: str, values: Iterable[str]) -> Case:
    return Case(*(When(**{name: value}, then=Value(rehash(value))) for value in set(values)))


def _stale(model: type[models.Model], name: str) -> QuerySet[Any]:
    return _rows(model).exclude(**{name: ""}).exclude(**{f"{name}__startswith": hash_mark()})


def _column(path: str) -> tuple[type[models.Model], str]:
    label, _dot, name = path.rpartition(".")
    return apps.get_model(label), name


def families() -> tuple[tuple[str, ...], ...]:
    """The columns of keyed hashes, by family (settings.KEYED_HASHES)."""
    return settings.KEYED_HASHES


def what_is_left() -> int:
    """How many rows (not files) still wait for the newest keys."""
    left = 0
    for model, fields in sealed_columns():
        left += _sealed_before(model, fields).count()
    if hash_mark():
        left += sum(_stale(*_column(path)).count() for family in families() for path in family)
    return left
