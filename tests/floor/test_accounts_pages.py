"""Sign-in, the second factor of the bureau, the Django admin's door, and the language of pages."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.http import Http404, HttpResponse
from django.urls import reverse

from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, RoleGrant, User

PASSWORD = "a long password 9"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def user(db):
    user = User.objects.create_user("person@example.org", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


# ── the second factor ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", Role.values)
def test_every_role_is_sent_to_set_up_a_second_factor(client, user, role):
    RoleGrant.objects.create(user=user, role=role)
    client.force_login(user)
    for name in ("after_sign_in", "letters", "home"):
        response = client.get(reverse(name))
        assert (response.status_code, response.headers["Location"]) == (302, reverse("mfa_activate_totp"))


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_whoever_may_enter_the_admin_is_sent_too(client, user, flag):
    setattr(user, flag, True)
    user.save()
    client.force_login(user)
    for path in (reverse("letters"), "/admin/"):
        assert client.get(path).headers["Location"] == reverse("mfa_activate_totp")


def test_an_applicant_is_not(client, user):
    client.force_login(user)
    assert client.get(reverse("letters")).status_code == 200


@pytest.mark.parametrize("name", ["account_logout", "account_reauthenticate", "healthz"])
def test_the_way_to_the_second_factor_is_open(client, user, name):
    RoleGrant.objects.create(user=user, role=Role.CLERK)
    client.force_login(user)
    assert client.get(reverse(name)).status_code == 200


def test_a_clerk_signs_in_sets_up_a_second_factor_and_reaches_the_desk(client, user):
    RoleGrant.objects.create(user=user, role=Role.CLERK)
    response = client.post(reverse("account_login"), {"login": "Person@Example.org", "password": PASSWORD})
    assert response.headers["Location"] == reverse("after_sign_in")
    assert client.get(reverse("after_sign_in")).headers["Location"] == reverse("mfa_activate_totp")
    assert client.get(reverse("mfa_activate_totp")).headers["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert client.get(reverse("after_sign_in")).headers["Location"] == reverse("desk")
    stored = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"]
    assert stored.startswith("v1:")
    assert get_adapter().decrypt(stored) == secret


def test_the_next_sign_in_asks_for_the_code(client, user):
    RoleGrant.objects.create(user=user, role=Role.CLERK)
    TOTP.activate(user, SECRET)
    response = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert response.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get(reverse("letters")).status_code == 302
    response = client.post(reverse("mfa_authenticate"), {"code": code(SECRET)})
    assert response.headers["Location"] == reverse("after_sign_in")
    assert client.get(reverse("letters")).status_code == 200


def test_the_bureau_keeps_its_second_factor_and_an_applicant_may_drop_it(user):
    authenticator = TOTP.activate(user, SECRET).instance
    assert get_adapter().can_delete_authenticator(authenticator)
    RoleGrant.objects.create(user=user, role=Role.AUDITOR)
    user.refresh_from_db()
    assert not get_adapter().can_delete_authenticator(authenticator)


# ── doors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_applicant_goes_to_the_applications_after_signing_in(client, user):
    client.force_login(user)
    assert client.get(reverse("after_sign_in")).headers["Location"] == reverse("applications")


@pytest.mark.parametrize(
    ("role", "doors", "opens"),
    [
        (Role.CLERK, [Role.CLERK], True),
        (Role.CLERK, [Role.CLERK, Role.FINANCE], True),
        (Role.CLERK, [Role.FINANCE], False),
        (Role.AUDITOR, [], True),
        (None, [], False),
        (None, [Role.CLERK], False),
    ],
)
def test_a_bureau_page_opens_for_its_roles_and_is_not_there_for_others(rf, user, role, doors, opens):
    view = bureau_only(*doors)(lambda request: HttpResponse("inside"))
    if role:
        RoleGrant.objects.create(user=user, role=role)
    request = rf.get("/desk/")
    request.user = user
    if opens:
        assert view(request).content == b"inside"
    else:
        with pytest.raises(Http404):
            view(request)


def test_a_visitor_of_a_bureau_page_is_sent_to_sign_in(client, db):
    response = client.get(reverse("entries"))
    assert response.headers["Location"] == f"{reverse('account_login')}?next={reverse('entries')}"


def test_the_admin_has_no_sign_in_of_its_own(client, db):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == f"{reverse('account_login')}?next=/admin/"


def test_the_admin_is_not_there_for_an_applicant(client, user):
    client.force_login(user)
    assert client.get("/admin/", follow=True).status_code == 404


def test_staff_with_a_second_factor_enter_the_admin(client, user):
    user.is_staff = user.is_superuser = True
    user.save()
    TOTP.activate(user, SECRET)
    client.force_login(user)
    assert client.get("/admin/").status_code == 200


def test_the_admin_shows_nothing_that_libraries_brought(client, user):
    from django.contrib import admin

    shown = {model._meta.label for model in admin.site._registry}
    assert {"accounts.User", "accounts.RoleGrant"} <= shown
    assert not {label for label in shown if label.split(".")[0] in {"auth", "account", "mfa", "usersessions"}}


# ── language ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cookie", "account", "language"),
    [
        (None, None, "zh-hans"),
        (None, "en", "en"),
        (None, "zh-hans", "zh-hans"),
        ("en", None, "en"),
        ("en", "zh-hans", "en"),
        ("zh-hans", "en", "zh-hans"),
        ("fr", "en", "en"),
        ("", None, "zh-hans"),
    ],
)
def test_the_cookie_then_the_account_then_chinese_whatever_the_browser_asks(client, user, cookie, account, language):
    if account:
        user.language = account
        user.save()
        client.force_login(user)
    if cookie is not None:
        client.cookies["language"] = cookie
    page = client.get(reverse("letters"), headers={"accept-language": "en"})
    assert page.headers["Content-Language"] == language


def test_a_language_chosen_while_signed_in_is_kept_in_the_account(client, user):
    client.force_login(user)
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    user.refresh_from_db()
    assert user.language == "en"


def test_a_new_account_remembers_the_language_it_signed_up_in(client, db):
    client.cookies["language"] = "en"
    client.post(reverse("account_signup"), {"email": "New@Example.org", "password1": "quite unusual 42"})
    new = User.objects.get(email="new@example.org")
    assert new.language == "en"
