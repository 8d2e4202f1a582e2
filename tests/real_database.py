"""The test database: a copy of one with every migration, emptied of what a test has committed."""

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases

COPIES = Path(settings.BASE_DIR) / "var" / "tests"  # SQLite files, named by the migrations they have
KEPT = {"django_content_type", "auth_permission"}  # what every database begins with, and no test changes
WITH_TRIGGER = "audit_entry"  # the database lets nobody delete sealed entries


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """The test database; before it is dropped, what a browser left open in the live server is ended."""
    TransactionTestCase._fixture_teardown = lambda _test: empty_tables()
    with django_db_blocker.unblock():
        configured = _set_up_sqlite() if connection.vendor == "sqlite" else _set_up_postgres()
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            _end_other_connections()
        teardown_databases(configured, verbosity=0)


def empty_tables() -> None:
    """Delete the rows that a test has committed.

    Most tables are empty, and finding that out is one query; Django would empty each of them, which takes PostgreSQL a
    second, and make all permissions anew.
    """
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)
    looks = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables)
    with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are looked at in the end
        cursor.execute(looks)
        for (name,) in cursor.fetchall():
            is_guarded = name == WITH_TRIGGER and connection.vendor == "postgresql"
            cursor.execute(f'TRUNCATE "{name}"' if is_guarded else f'DELETE FROM "{name}"')


def _set_up_sqlite() -> Any:
    """A copy of the file with today's migrations; the first run makes it, which takes half a minute."""
    COPIES.mkdir(parents=True, exist_ok=True)
    migrated, own = COPIES / f"{_name_of_migrations()}.sqlite3", Path(connection.creation._get_test_db_name())
    with (COPIES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other process of this run waits for the copy
        if migrated.exists():
            shutil.copyfile(migrated, own)
            return setup_databases(0, interactive=False, serialized_aliases=(), keepdb=True)
        configured = setup_databases(0, interactive=False, serialized_aliases=())
        for old in COPIES.glob("*.sqlite3"):
            old.unlink()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(migrated.with_suffix(".new"))])
        migrated.with_suffix(".new").replace(migrated)
        return configured


def _set_up_postgres() -> Any:
    """A copy of the database with today's migrations; the first process on this server makes it for all."""
    stem = f"{connection.settings_dict['NAME']}_migrated_"
    migrated = stem + _name_of_migrations()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [stem])  # the other process waits for the copy
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [stem])
        kept = [name for (name,) in cursor.fetchall()]
        if migrated in kept:
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated
            return setup_databases(0, interactive=False, serialized_aliases=())
        configured = setup_databases(0, interactive=False, serialized_aliases=())
        connections.close_all()
        connection.close_pool()  # a database that is copied is nobody else's
        for name in kept:
            cursor.execute(f'DROP DATABASE "{name}"')
        cursor.execute(f'CREATE DATABASE "{migrated}" TEMPLATE "{connection.settings_dict["NAME"]}"')
        return configured


def _name_of_migrations() -> str:
    """A name that changes with every change of a migration, ours or of a library."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label} {path.name}".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _end_other_connections() -> None:
    connections.close_all()
    connection.close_pool()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connections.close_all()
