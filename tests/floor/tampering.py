"""What somebody who owns the database can do to the audit trail."""

from django.db import connection


def tamper(words: str, values: tuple[object, ...] = ()) -> None:
    """Run SQL on the entries with everything out of the way that keeps sealed ones."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER sealed_entries_are_kept")
        cursor.execute(words, values)
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER sealed_entries_are_kept")
