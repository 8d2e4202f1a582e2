"""Users and the roles they hold."""

from collections.abc import Sequence
from functools import cached_property

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.city import town_choices


class Role(models.TextChoices):
    """What a person of the bureau may be. Auditors read everything and change nothing."""

    CLERK = "clerk", pgettext_lazy("role", "受理")
    FIRST_REVIEWER = "first_reviewer", pgettext_lazy("role", "初审")
    SECOND_REVIEWER = "second_reviewer", pgettext_lazy("role", "复审")
    APPROVER = "approver", pgettext_lazy("role", "审定")
    FINANCE = "finance", pgettext_lazy("role", "财务")
    ADMINISTRATOR = "administrator", pgettext_lazy("role", "管理员")
    AUDITOR = "auditor", pgettext_lazy("role", "审计")


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """Create and store a user; without a password the account cannot be signed in to until one is set."""
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """Create a user with every right in the Django admin (accounts and calendar only)."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True} | fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail address, however it was typed."""
        return self.get(email=normalise_email(username or ""))


def normalise_email(email: str) -> str:
    """Trim and lower-case: one address is one account."""
    return email.strip().lower()


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in. What makes a user staff of the bureau is a role grant, not a flag here."""

    email = models.EmailField(_("邮箱"), unique=True, error_messages={"unique": _("这个邮箱已有账号。")})
    # For people of the bureau; applicants are named, encrypted, in their own file.
    display_name = models.CharField(_("姓名"), max_length=60, blank=True)
    language = models.CharField(_("语言"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    is_staff = models.BooleanField(_("可进入后台管理"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)
    date_joined = models.DateTimeField(_("注册时间"), default=timezone.now)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"

    class Meta:
        verbose_name = _("账号")
        verbose_name_plural = _("账号")
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_is_lower_case")]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def clean(self) -> None:
        """Normalise what a form brought."""
        super().clean()
        self.email = normalise_email(self.email)

    def save(self, *args, **kwargs) -> None:
        """Store the address in its one spelling."""
        self.email = normalise_email(self.email)
        super().save(*args, **kwargs)

    def refresh_from_db(self, *args, **kwargs) -> None:
        """Reload, grants included."""
        super().refresh_from_db(*args, **kwargs)
        self.__dict__.pop("grants", None)

    @cached_property
    def grants(self) -> list["RoleGrant"]:
        """Role grants, read once per instance. None for an account that is switched off."""
        return list(self.role_grants.order_by("pk")) if self.is_active and self.pk else []

    @property
    def is_bureau(self) -> bool:
        """Holds any role."""
        return bool(self.grants)

    @property
    def needs_second_factor(self) -> bool:
        """Holds any role, or may enter the Django admin."""
        return self.is_staff or self.is_superuser or self.is_bureau

    def has_role(self, *roles: str) -> bool:
        """Hold one of the roles, for whatever programme or town; with no argument, any role."""
        return any(not roles or grant.role in roles for grant in self.grants)

    def may_act_as(self, role: str, programme: str, town: str) -> bool:
        """Hold the role for a file of this programme and town ("" = the file belongs to the whole city)."""
        return any(grant.role == role and grant.covers(programme, town) for grant in self.grants)


class RoleGrant(models.Model):
    """One role of one user, for one programme or all (""), in one town or the whole city ("")."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_grants", verbose_name=_("账号"))
    role = models.CharField(_("角色"), max_length=20, choices=Role.choices)
    programme = models.SlugField(
        _("项目"), max_length=40, blank=True, db_index=False, help_text=_("项目代码；留空：全部项目")
    )
    town = models.CharField(_("镇（街道）"), max_length=20, blank=True, choices=town_choices, help_text=_("留空：全市"))

    class Meta:
        verbose_name = _("角色")
        verbose_name_plural = _("角色")
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "programme", "town"], name="a_role_is_granted_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="a_granted_role_is_a_known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.role} / {self.programme or '*'} / {self.town or '*'}"

    def covers(self, programme: str, town: str) -> bool:
        """Say whether a file of this programme and town is within the grant."""
        return self.programme in ("", programme) and self.town in ("", town)


def grants_as(user: User, roles: Sequence[str] | None) -> list[RoleGrant]:
    """The user's grants in these roles; None means any role."""
    return [grant for grant in user.grants if roles is None or grant.role in roles]
