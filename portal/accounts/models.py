"""Users and the roles they hold."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal import clock
from portal.city import town_choices
from portal.vault.fields import EncryptedTextField


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

    def create_user(self, email: str | None, password: str | None = None, **fields) -> "User":
        """Create and store a user; without a password it is entered by phone, or not until a password is set."""
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """Create a user with every right in the Django admin (accounts and calendar only)."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True} | fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail address, however it was typed."""
        return self.get(email=normalise_email(username) or "")  # nobody's, where nothing was given


def normalise_email(email: str | None) -> str | None:
    """Trim and lower-case: one address is one account. None where there is none."""
    return (email or "").strip().lower() or None


class SignInPhone(models.Model):
    """The mobile number somebody signs in by. It is written only once a code sent to it has come back."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    number = EncryptedTextField()  # E.164: +8613800138000
    number_hash = models.CharField(max_length=64, editable=False)
    proven_at = models.DateTimeField()  # real time
    gets_letters = models.BooleanField(default=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["number_hash"], name="a_phone_opens_one_account")]

    def __str__(self) -> str:
        return f"phone {self.pk}"


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in. What makes a user staff of the bureau is a role grant, not a flag here."""

    # One without an address signs in by phone.
    email = models.EmailField(
        _("邮箱"), unique=True, null=True, blank=True, error_messages={"unique": _("这个邮箱已有账号。")}
    )
    phone = models.OneToOneField(SignInPhone, models.PROTECT, null=True, blank=True, editable=False)
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
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_is_lower_case"),
            models.CheckConstraint(
                # What stands for a partner's device is switched off: nobody signs in to it (ADR 0016).
                condition=Q(email__isnull=False) | Q(phone__isnull=False) | Q(is_active=False),
                name="an_account_has_email_or_phone",
                violation_error_message=_("账号要有邮箱或手机号。"),
            ),
        ]

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
        """Role grants, read once per instance: the own ones, and those delegated to this person on this business day.

        None for an account that is switched off, or that holds no role of its own (any more). One query; with a
        delegation that is not ended, two.
        """
        if not (self.is_active and self.pk):
            return []
        lent = Delegation.objects.open().filter(to_user=self)
        found = list(RoleGrant.objects.filter(Q(user=self) | Q(pk__in=lent.values("grants"))).order_by("pk"))
        own = [grant for grant in found if grant.user_id == self.pk]
        if not own or len(own) == len(found):
            return own
        today = set(lent.in_force(clock.today()).values_list("grants", flat=True))
        return own + [grant for grant in found if grant.user_id != self.pk and grant.pk in today]

    @property
    def own_grants(self) -> list["RoleGrant"]:
        """The grants that are this person's own: only these can be delegated, and only these govern delegations."""
        return [grant for grant in self.grants if grant.user_id == self.pk]

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

    def administers(self, programme: str, town: str) -> bool:
        """Be administrator there in one's own right: to whom the role is lent neither lends on nor lifts a recusal."""
        return any(grant.role == Role.ADMINISTRATOR and grant.covers(programme, town) for grant in self.own_grants)

    def stands_in_for(self, role: str, programme: str, town: str) -> int | None:
        """The id of the person on whose behalf this one acts there; None where the own role reaches."""
        holders = [grant.user_id for grant in self.grants if grant.role == role and grant.covers(programme, town)]
        return None if self.pk in holders else next(iter(holders), None)


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


class DelegationQuerySet(models.QuerySet["Delegation"]):
    """Narrows delegations by what they are worth on a day."""

    def open(self) -> "DelegationQuerySet":
        """Those nobody has ended, by people who are still there; over or still to come included."""
        return self.filter(ended_at__isnull=True, from_user__is_active=True)

    def in_force(self, on: date) -> "DelegationQuerySet":
        """Those that count on the business day ``on``; the last day counts whole."""
        return self.open().filter(from_on__lte=on, to_on__gte=on)


class Delegation(models.Model):
    """Roles of one person of the bureau lent to another for some days. Whoever acts, signs with their own name."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    from_user = models.ForeignKey(User, models.PROTECT, related_name="delegations_given")
    to_user = models.ForeignKey(User, models.PROTECT, related_name="delegations_received")
    # The grants themselves: what is taken from the one is taken from the other.
    grants = models.ManyToManyField(RoleGrant, related_name="delegations")
    from_on = models.DateField()
    to_on = models.DateField()
    is_away = models.BooleanField(default=False)  # the files that wait for this person only are stuck meanwhile
    reason = EncryptedTextField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = DelegationQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=~Q(from_user=F("to_user")), name="a_delegation_is_to_somebody_else"),
            models.CheckConstraint(condition=~Q(made_by=F("to_user")), name="nobody_delegates_a_role_to_themselves"),
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="a_delegation_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="a_delegation_is_ended_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["to_user", "to_on"], condition=Q(ended_at__isnull=True), name="open_delegations_to"),
        ]

    def __str__(self) -> str:
        return f"delegation {self.pk}"


def grants_as(user: User, roles: Sequence[str] | None) -> list[RoleGrant]:
    """The user's grants in these roles; None means any role."""
    return [grant for grant in user.grants if roles is None or grant.role in roles]
