"""Registers accounts in the Django admin: whose second factor is taken away, and whose lock is lifted."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import clock
from portal.accounts.locking import account_locked_until
from portal.accounts.models import User
from portal.audit.admin import RecordedUserAdmin
from portal.recovery.locks import lift_account_lock
from portal.recovery.services import RecoveryRefused, reset_second_factor
from portal.ui.figures import day_time_text


@admin.register(User)
class HelpedUserAdmin(RecordedUserAdmin):
    """Accounts, with the ways back in."""

    actions = ("reset_second_factor", "lift_lock")
    readonly_fields = (*RecordedUserAdmin.readonly_fields, "locked")
    fieldsets = (*RecordedUserAdmin.fieldsets, (gettext_lazy("登录锁定"), {"fields": ("locked",)}))

    @admin.display(description=gettext_lazy("锁定"))
    def locked(self, user: User) -> str:
        """Until when nobody can sign in with a password or a code."""
        until = account_locked_until(user)
        return _("锁定到 %(when)s") % {"when": day_time_text(until)} if until else _("没有锁定")

    @admin.action(description=gettext_lazy("重置动态验证码和通行密钥（手机丢失）"), permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Take away what was lost; the person sets up new ones at the next sign-in."""
        for user in queryset.order_by("pk"):
            try:
                reset_second_factor(user=user, by=request.user, at=clock.now())
            except RecoveryRefused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("已重置。对方下次登录时要重新设置。"))

    @admin.action(description=gettext_lazy("解除登录锁定"), permissions=["change"])
    def lift_lock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let them sign in at once."""
        for user in queryset.order_by("pk"):
            lift_account_lock(user=user, by=request.user, at=clock.now())
        messages.success(request, _("已解除，可以马上登录。"))
