"""Registers the accounts' admin with a record of every change, in the transaction of the change.

Who may act is itself worth auditing, and accounts, one floor below, knows nothing of audit.
"""

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import clock
from portal.accounts.admin import RoleGrantAdmin, UserAdmin
from portal.accounts.models import RoleGrant, User
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


@admin.register(User)
class RecordedUserAdmin(Recorded, UserAdmin):
    """Accounts, with the way out for a lost phone."""

    actions = ("reset_second_factor",)

    @admin.action(description=gettext_lazy("重置动态验证码（手机丢失）"), permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Take away TOTP and recovery codes; the person sets up new ones at the next sign-in."""
        with transaction.atomic():
            for user in queryset:
                Authenticator.objects.filter(user=user).delete()
                self.record(request, user, "reset_second_factor")
        messages.success(request, _("已重置。对方下次登录时要重新设置。"))


@admin.register(RoleGrant)
class RecordedRoleGrantAdmin(Recorded, RoleGrantAdmin):
    """Role grants."""

    def what(self, obj: RoleGrant) -> str:
        """Whose role, for what."""
        return f"user:{obj.user_id} {obj.role} {obj.programme or '-'} {obj.town or '-'}"
