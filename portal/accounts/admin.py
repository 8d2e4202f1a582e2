"""How accounts and roles look in the Django admin. The audit floor registers these, with a record of every change."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext_lazy as _

from portal.accounts.adapters import user_label
from portal.accounts.models import RoleGrant, User


class NewUserForm(AdminUserCreationForm):
    """A new account; without a password the person sets one through "forgot password"."""

    class Meta:
        model = User
        fields = ("email", "display_name")
        field_classes = {"email": forms.EmailField}


class UserForm(UserChangeForm):
    """An account."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"email": forms.EmailField}


class UserAdmin(DjangoUserAdmin):
    """Accounts. They are switched off, not deleted: files and entries name them."""

    form = UserForm
    add_form = NewUserForm
    fieldsets = (
        (None, {"fields": ("email", "password", "display_name", "language")}),
        (_("权限"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("时间"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"classes": ("wide",), "fields": ("email", "display_name", "usable_password", "password1", "password2")},
        ),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("email", "display_name", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "role_grants__role")
    search_fields = ("email", "display_name")
    ordering = ("email",)
    filter_horizontal = ()

    def has_delete_permission(self, request, obj=None) -> bool:
        """Never."""
        return False


class RoleGrantAdmin(admin.ModelAdmin):
    """Role grants. A grant is given or taken away, not rewritten."""

    list_display = ("account", "role", "programme", "town")
    list_filter = ("role", "town", "programme")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__display_name")
    autocomplete_fields = ("user",)
    ordering = ("user__email", "role")

    @admin.display(description=_("账号"), ordering="user__email")
    def account(self, grant: RoleGrant) -> str:
        """Whose grant it is."""
        return user_label(grant.user)

    def has_change_permission(self, request, obj=None) -> bool:
        """Look, but do not rewrite."""
        return False
