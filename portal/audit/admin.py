"""Registers the accounts' admin with a record of every change, in the transaction of the change.

Who may act is itself worth auditing, and accounts, one floor below, knows nothing of audit.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from portal import clock
from portal.accounts.admin import RoleGrantAdmin, UserAdmin
from portal.accounts.models import RoleGrant
from portal.audit.services import record


class Recorded(admin.ModelAdmin):  # type: ignore[type-arg]
    """Adds an audit entry wherever Django's admin writes its own log."""

    def record(self, request: Any, obj: Model, act: str, fields: Sequence[str] = (), note: str = "") -> None:
        """Record an act on the object by whoever is signed in."""
        action = f"{self.opts.model_name}.{act}"
        record(action=action, actor=request.user, target=obj, at=clock.now(), fields=fields, note=note)

    def what(self, obj: Any) -> str:
        """A short code of what the object says; nothing by default."""
        return ""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record an addition."""
        self.record(request, obj, "add", note=self.what(obj))
        return super().log_addition(request, obj, message)

    def construct_change_message(self, request: Any, form: Any, formsets: Any, add: bool = False) -> Any:
        """Remember the fields' names: Django's message holds their labels."""
        request.changed_fields = list(form.changed_data)
        return super().construct_change_message(request, form, formsets, add)

    def log_change(self, request: Any, obj: Model, message: Any) -> Any:
        """Record a change, with the names of the fields."""
        self.record(request, obj, "change", fields=request.changed_fields)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Record deletions, before they happen."""
        for obj in queryset:
            self.record(request, obj, "delete", note=self.what(obj))
        return super().log_deletions(request, queryset)


class RecordedUserAdmin(Recorded, UserAdmin):
    """Accounts; the app that gives them back to their owners registers these."""


@admin.register(RoleGrant)
class RecordedRoleGrantAdmin(Recorded, RoleGrantAdmin):
    """Role grants."""

    def what(self, obj: RoleGrant) -> str:
        """Whose role, for what."""
        return f"user:{obj.user_id} {obj.role} {obj.programme or '-'} {obj.town or '-'}"
