"""Whoever acts on money or rules says first who they are, and loses nothing of what they wrote."""

from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import QueryDict
from django.urls import reverse

from portal.accounts.models import Role, RoleGrant
from portal.audit.models import Entry
from subsidies.models import Payable, Roll
from subsidies.services.issuing import issue_roll
from subsidies.services.rolls import collect_roll
from tests.factories import make_application_in, make_staff, move_clock, staff
from tests.traps import age_sign_in

PASSWORD = {"password": "harbour-2023"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REASON = "他已经调离，这一笔不再发放。"


@pytest.fixture
def payable(db):
    row = make_application_in("approved")
    move_clock(row.state_at)
    return Payable.objects.get(application=row)


@pytest.fixture
def finance(client, payable):
    client.force_login(staff(Role.FINANCE))
    return client


@pytest.fixture
def collected(payable):
    return collect_roll(payable_ids=[payable.pk], by=staff(Role.FINANCE), at=payable.application.state_at)


def confirm(client, answer):
    """Where ``answer`` sends to confirm, the password is given."""
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    cache.clear()
    query = QueryDict(urlsplit(answer.headers["Location"]).query)
    return client.post(answer.headers["Location"], PASSWORD | {"next": query["next"]})


@pytest.mark.slow
def test_who_has_just_signed_in_is_not_asked(finance, collected):
    assert finance.post(reverse("roll_issue", args=[collected.number])).headers["Location"] == reverse(
        "roll", args=[collected.number]
    )


@pytest.mark.slow
def test_after_ten_minutes_a_roll_is_issued_once_the_password_was_given_again(finance, collected):
    age_sign_in(finance, 11)
    asked = finance.post(reverse("roll_issue", args=[collected.number]))
    collected.refresh_from_db()
    assert collected.state == Roll.State.COLLECTED
    done = confirm(finance, asked)
    assert done.headers["Location"] == reverse("roll", args=[collected.number])
    collected.refresh_from_db()
    assert collected.state == Roll.State.ISSUED


def test_a_wrong_password_issues_nothing(finance, collected):
    age_sign_in(finance, 11)
    finance.post(reverse("roll_issue", args=[collected.number]))
    finance.post(reverse("account_reauthenticate"), {"password": "wrong"})
    collected.refresh_from_db()
    assert collected.state == Roll.State.COLLECTED


@pytest.mark.slow
def test_a_reason_that_was_typed_is_kept_sealed_and_used(client, payable):
    client.force_login(staff(Role.ADMINISTRATOR))
    age_sign_in(client, 11)
    asked = client.post(reverse("payable_cancel", args=[payable.pk]), {"reason": REASON})
    kept = str(client.session["account_reauthentication_state"])
    assert REASON not in kept
    assert REASON not in str(Session.objects.get(pk=client.session.session_key).get_decoded())
    confirm(client, asked)
    payable.refresh_from_db()
    assert payable.cancelled_reason == REASON


@pytest.mark.slow
def test_what_was_given_up_is_not_done_with_something_else(client, payable):
    client.force_login(staff(Role.ADMINISTRATOR))
    age_sign_in(client, 11)
    client.post(reverse("payable_cancel", args=[payable.pk]), {"reason": REASON})
    elsewhere = f"{reverse('account_reauthenticate')}?next={reverse('desk')}"
    answer = client.post(elsewhere, {**PASSWORD, "next": reverse("desk")})
    assert answer.headers["Location"] == reverse("desk")
    payable.refresh_from_db()
    assert payable.cancelled_at is None


def test_what_was_kept_too_long_is_not_done(client, payable, monkeypatch):
    client.force_login(staff(Role.ADMINISTRATOR))
    age_sign_in(client, 11)
    asked = client.post(reverse("payable_cancel", args=[payable.pk]), {"reason": REASON})
    monkeypatch.setattr("portal.accounts.doors.KEPT_SECONDS", -1)
    assert confirm(client, asked).headers["Location"] == reverse("payable_cancel", args=[payable.pk])
    payable.refresh_from_db()
    assert payable.cancelled_at is None


@pytest.mark.slow
def test_a_form_that_is_far_too_long_is_not_kept_and_breaks_nothing(client, payable):
    client.force_login(staff(Role.ADMINISTRATOR))
    age_sign_in(client, 11)
    asked = client.post(reverse("payable_cancel", args=[payable.pk]), {"reason": "长" * 60_000})
    assert "account_reauthentication_state" not in client.session
    assert confirm(client, asked).headers["Location"] == reverse("payable_cancel", args=[payable.pk])


def test_a_page_with_a_form_asks_before_anything_is_typed(client, payable):
    client.force_login(staff(Role.ADMINISTRATOR))
    age_sign_in(client, 11)
    here = reverse("payable_cancel", args=[payable.pk])
    assert confirm(client, client.get(here)).headers["Location"] == here
    assert client.get(here).status_code == 200


@pytest.mark.slow
def test_a_download_comes_back_to_its_page(finance, collected):
    issue_roll(roll=collected, by=staff(Role.FINANCE), at=collected.collected_at)
    age_sign_in(finance, 11)
    asked = finance.post(reverse("roll_download", args=[collected.number]))
    assert confirm(finance, asked).headers["Location"] == reverse("roll", args=[collected.number])
    assert finance.post(reverse("roll_download", args=[collected.number])).status_code == 200


def test_a_list_is_masked_without_asking_and_unmasked_after_it(client, payable):
    client.force_login(staff(Role.ADMINISTRATOR))
    age_sign_in(client, 11)
    here = reverse("list_export_new") + "?view=ended"
    assert client.post(here, {"masking": "masked"}).headers["Content-Type"] == XLSX
    asked = client.post(here, {"masking": "unmasked", "reason": "核对名单"})
    shown = confirm(client, asked)
    assert (shown.status_code, shown.context["form"]["reason"].value()) == (200, "核对名单")
    again = client.post(here, {"masking": "unmasked", "reason": "核对名单"})
    assert again.headers["Content-Type"] == XLSX


def test_roles_are_granted_by_who_has_just_confirmed(client, db):
    chief, clerk = make_staff("administrator"), make_staff("clerk")
    chief.is_staff = chief.is_superuser = True
    chief.save()
    client.force_login(chief)
    age_sign_in(client, 11)
    grant = {"user": clerk.pk, "role": "finance", "programme": "", "town": ""}
    asked = client.post(reverse("admin:accounts_rolegrant_add"), grant)
    assert not RoleGrant.objects.filter(user=clerk, role="finance").exists()
    confirm(client, asked)
    assert RoleGrant.objects.filter(user=clerk, role="finance").exists()
    assert Entry.objects.filter(action="rolegrant.add", actor=chief).count() == 1


@pytest.mark.parametrize("name", ["roll_issue", "roll_download"])
@pytest.mark.slow
def test_who_has_no_business_there_is_not_even_asked(client, collected, name):
    client.force_login(staff(Role.CLERK))
    age_sign_in(client, 11)
    assert client.post(reverse(name, args=[collected.number])).status_code == 404
