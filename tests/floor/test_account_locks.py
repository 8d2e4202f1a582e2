"""Wrong passwords and codes lock an account, from wherever they come and whether or not there is one."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from portal.accounts.locking import account_locked_until, begin_sign_in, end_sign_in
from portal.audit.models import Entry
from portal.locks.models import GuessCount
from portal.locks.services import Locked, begin_guess, forget_old_guesses
from portal.notifications.models import Letter
from tests.factories import TOTP_SECRET, make_staff, make_user
from tests.floor.test_accounts_pages import code

RIGHT = "harbour-2023"
LOCKED = "试错的次数太多，暂时不能登录。请半小时后再试；忘记密码的，重设密码以后马上可以登录。"
WRONG = "邮箱或密码不对。"


@pytest.fixture
def user(db):
    return make_user("person@example.test")


def sign_in(client, email, password, address="198.51.100.1"):
    """What the page of sign-in says is wrong; nothing where it lets in. The limit by address is not in the way."""
    cache.clear()
    answer = client.post(
        reverse("account_login"), {"login": email, "password": password}, headers={}, REMOTE_ADDR=address
    )
    return [] if answer.status_code == 302 else answer.context["form"].non_field_errors()


def test_the_fifth_wrong_password_locks_the_account_from_every_address(client, user):
    said = [sign_in(client, user.email, "wrong", f"198.51.100.{number}") for number in range(6)]
    assert said == [[WRONG]] * 5 + [[LOCKED]]
    assert sign_in(client, user.email, RIGHT, "203.0.113.9") == [LOCKED]
    assert "_auth_user_id" not in client.session


def test_nothing_tells_whether_there_is_an_account(client, user):
    known = [sign_in(client, user.email, "wrong") for _turn in range(7)]
    unknown = [sign_in(client, "nobody@example.test", "wrong") for _turn in range(7)]
    assert unknown == known
    assert not GuessCount.objects.filter(key__contains="nobody").exists()


def test_another_account_is_not_locked_with_it(client, user):
    for _turn in range(6):
        sign_in(client, "somebody.else@example.test", "wrong")
    assert sign_in(client, user.email, RIGHT) == []


def test_it_speaks_english(client, user):
    client.cookies["language"] = "en"
    for _turn in range(5):
        sign_in(client, user.email, "wrong")
    assert len(sign_in(client, user.email, RIGHT)) == 1
    assert client.post(reverse("account_login"), {"login": user.email, "password": RIGHT}).status_code == 200


def test_a_lock_ends_after_half_an_hour(user):
    for _turn in range(5):
        end_sign_in(begin_sign_in(user), user, is_right=False)
    until = account_locked_until(user)
    assert timedelta(minutes=29) < until - timezone.now() <= timedelta(minutes=30)
    row = GuessCount.objects.get()
    row.began_at -= timedelta(minutes=31)
    row.locked_until -= timedelta(minutes=31)
    row.save()
    end_sign_in(begin_sign_in(user), user, is_right=True)
    assert account_locked_until(user) is None


def test_four_slips_in_a_quarter_of_an_hour_lock_nothing_and_are_forgotten(db):
    now = timezone.now()
    for _turn in range(4):
        begin_guess("a", "b", at_real=now).was_wrong()
    later = begin_guess("a", "b", at_real=now + timedelta(minutes=15))
    assert later.was_wrong() is False
    assert GuessCount.objects.get().wrong == 1


def test_a_right_password_does_not_clear_the_wrong_codes_before_it(user):
    for _turn in range(4):
        end_sign_in(begin_sign_in(user), user, is_right=False)
        end_sign_in(begin_sign_in(user), user, is_right=True)
    end_sign_in(begin_sign_in(user), user, is_right=False)
    with pytest.raises(Locked):
        begin_sign_in(user)


def test_the_owner_is_told_once_a_day_and_it_is_recorded(client, user):
    for _round in range(2):
        for _turn in range(5):
            sign_in(client, user.email, "wrong")
        GuessCount.objects.all().delete()
    assert [(entry.action, entry.actor, entry.target_id) for entry in Entry.objects.order_by("recorded_at")] == [
        ("user.locked", None, str(user.pk))
    ] * 2
    assert [(letter.kind, letter.recipient) for letter in Letter.objects.order_by("pk")] == [("sign_in_locked", user)]


def test_wrong_codes_of_the_second_factor_lock_as_well(client, user):
    TOTP.activate(user, TOTP_SECRET)
    assert sign_in(client, user.email, RIGHT) == []
    for _turn in range(5):
        cache.clear()
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    cache.clear()
    answer = client.post(reverse("mfa_authenticate"), {"code": code(TOTP_SECRET)})
    assert answer.context["form"].errors["code"] == [LOCKED]
    assert "_auth_user_id" not in client.session


def test_the_own_password_cannot_be_guessed_at_an_unlocked_screen(client, user):
    client.force_login(user)
    for _turn in range(5):
        cache.clear()
        client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    cache.clear()
    answer = client.post(reverse("account_reauthenticate"), {"password": RIGHT})
    assert answer.status_code == 200
    assert account_locked_until(user) is not None


def test_a_new_password_ends_the_lock(client, user):
    from allauth.account.adapter import get_adapter

    for _turn in range(6):
        sign_in(client, user.email, "wrong")
    get_adapter().set_password(user, "another-quay-77")
    assert sign_in(client, user.email, "another-quay-77") == []


def test_an_administrator_sees_the_lock_and_lifts_it(client, user):
    for _turn in range(5):
        sign_in(client, user.email, "wrong")
    chief = make_staff("administrator", email="chief@example.test")
    chief.is_staff = chief.is_superuser = True
    chief.save()
    client.force_login(chief)
    page = client.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()
    assert "锁定到" in page
    action = {"action": "lift_lock", "_selected_action": [user.pk]}
    assert client.post(reverse("admin:accounts_user_changelist"), action).status_code == 302
    assert account_locked_until(user) is None
    last = Entry.objects.order_by("-recorded_at").first()
    assert (last.action, last.actor, last.target_id) == ("user.unlocked", chief, str(user.pk))


def test_nobody_resets_their_own_second_factor(client, db):
    chief = make_staff("administrator", email="chief@example.test")
    chief.is_staff = chief.is_superuser = True
    chief.save()
    client.force_login(chief)
    action = {"action": "reset_second_factor", "_selected_action": [chief.pk]}
    client.post(reverse("admin:accounts_user_changelist"), action)
    assert Authenticator.objects.filter(user=chief).exists()
    assert not Entry.objects.filter(action="user.reset_second_factor").exists()


def test_old_guesses_are_forgotten(db):
    now = timezone.now()
    begin_guess("a", "old", at_real=now - timedelta(days=2))
    begin_guess("a", "new", at_real=now)
    forget_old_guesses(at_real=now)
    assert GuessCount.objects.count() == 1


def test_too_many_requests_get_a_page_of_ours(client, user):
    answers = [client.post(reverse("account_login"), {"login": "", "password": ""}) for _turn in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "操作太频繁" in answers[-1].content.decode()


@pytest.mark.slow
def test_sixteen_guesses_at_once_are_five(race):
    now = timezone.now()

    def guess(_number):
        begin_guess("a", "b", at_real=now).was_wrong()

    outcomes = race(16, guess)
    assert sum(outcome is None for outcome in outcomes) == 5
    assert sum(isinstance(outcome, Locked) for outcome in outcomes) == 11
