"""Passkeys: what is sent in place of one breaks nothing, and the bureau keeps its authenticator."""

import json

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.urls import reverse

from portal.accounts.models import Role, RoleGrant
from tests.factories import TOTP_SECRET, make_user

NO_PASSKEYS = [
    "", "x", "[]", "{}", "null", "1", '"a"', "[" * 3000, '{"response": []}', '{"response": {"userHandle": 7}}',
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {"userHandle": "////"}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key",
                "response": {"clientDataJSON": "e30", "attestationObject": "oA", "authenticatorData": "AA",
                             "signature": "AA", "userHandle": "MQ"}}),
    json.dumps({"id": 1, "rawId": None, "type": {}, "response": {"clientDataJSON": "!!!", "attestationObject": []}}),
    json.dumps({"response": {"clientDataJSON": "A" * 30_000}}),
]  # fmt: skip


@pytest.fixture
def user(db):
    return make_user("person@example.test")


@pytest.mark.parametrize("sent", NO_PASSKEYS)
def test_nothing_that_is_no_passkey_signs_in(client, user, sent):
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": sent})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("account_login"))
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("sent", NO_PASSKEYS)
def test_nothing_that_is_no_passkey_is_added(client, user, sent):
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "reauthenticated": True} for record in session["account_authentication_methods"]
    ]
    session.save()
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200
    answer = client.post(reverse("mfa_add_webauthn"), {"credential": sent, "name": "x", "passwordless": "on"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("sent", NO_PASSKEYS)
def test_nothing_that_is_no_passkey_is_a_second_factor(client, user, sent):
    TOTP.activate(user, TOTP_SECRET)
    client.post(reverse("account_login"), {"login": user.email, "password": "harbour-2023"})
    cache.clear()
    assert client.post(reverse("mfa_authenticate"), {"credential": sent}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_passkey_alone_is_too_little_for_the_bureau(client, user):
    RoleGrant.objects.create(user=user, role=Role.CLERK)
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "a", "credential": {}})
    client.force_login(user)
    assert client.get(reverse("desk")).headers["Location"] == reverse("mfa_activate_totp")


def test_the_bureau_may_remove_a_passkey_and_keeps_its_authenticator(user):
    RoleGrant.objects.create(user=user, role=Role.CLERK)
    totp = TOTP.activate(user, TOTP_SECRET).instance
    data = {"name": "a", "credential": {}}
    key = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)
    assert [get_adapter().can_delete_authenticator(it) for it in (totp, key)] == [False, True]


def test_somebody_elses_passkey_is_not_there(client, user):
    data = {"name": "a", "credential": {}}
    key = Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)
    client.force_login(make_user("other@example.test"))
    session = client.session
    session["account_authentication_methods"] = [
        {**record, "reauthenticated": True} for record in session["account_authentication_methods"]
    ]
    session.save()
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.get(reverse(name, args=[key.pk])).status_code == 404


def test_the_page_of_sign_in_keeps_its_password_where_there_is_no_javascript(client, db):
    page = client.get(reverse("account_login")).content.decode()
    assert 'data-passkey="loginForm" hidden' in page
    assert 'name="password"' in page
