"""The invented city and its developers' page."""

import os
import re
import subprocess
import sys
from datetime import datetime

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from applicants.cards.models import Card
from housing.apartments.models import ArrearsStep, Bill, Lease, Round
from housing.lodging.models import Stay, WaitingPlace
from portal import clock
from portal.accounts.models import User
from portal.casework.models import Application
from portal.casework.states import State
from portal.demo.accounts import BUREAU, PASSWORD, create_account
from portal.sms.gateway import NotSent, send
from subsidies.models import RollLine
from tests import factories as make
from tests.apartments.making import load_apartment_policy
from tests.cards.making import load_card_policy
from tests.factories import SHANGHAI
from tests.lodging.making import load_lodging_policy
from tests.partners.making import a_hotel, make_manager

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_city_has_sixty_people_in_every_state_and_money_that_moved_and_a_year_may_pass(client):
    make.load_policies()
    load_card_policy()
    load_lodging_policy()
    load_apartment_policy()
    call_command("seed_demo")
    states = set(Application.objects.values_list("state", flat=True))
    assert states == set(State.values)  # also in check: one register has yet to answer about the newest
    assert Application.objects.count() == 69 + 20 + 20 + 17
    cards = Card.objects.values_list("kind", "state").distinct()
    assert {kind for kind, _state in cards} == {"gold", "silver", "green"}
    assert {state for _kind, state in cards} == {"active", "held", "suspended", "ended"}
    assert set(Stay.objects.values_list("state", flat=True)) == {"held", "booked", "in", "left", "no_show", "cancelled"}
    assert sorted(WaitingPlace.objects.values_list("state", flat=True)) == ["offered", "waiting", "waiting"]
    assert sorted(Round.objects.values_list("state", flat=True)) == ["closed", "open", "published"]
    assert set(Lease.objects.values_list("state", flat=True)) == {"drafted", "running", "ending"}
    assert set(RollLine.objects.values_list("result", flat=True)) == {"paid", "rejected", "pending"}
    with pytest.raises(CommandError, match="accounts already"):
        call_command("seed_demo")
    call_command("seed_demo", if_empty=True)
    assert Application.objects.count() == 69 + 20 + 20 + 17

    client.post(reverse("demo_move_clock"), {"working_days": "250"})
    assert set(Stay.objects.values_list("state", flat=True)) == {"left", "no_show", "cancelled", "lapsed"}
    assert set(WaitingPlace.objects.values_list("state", flat=True)) == {"passed", "left"}
    assert sorted(Round.objects.values_list("state", flat=True)) == ["closed", "frozen", "published"]
    assert set(Lease.objects.values_list("state", flat=True)) == {"cancelled", "ending"}  # who stays is over time
    assert Bill.objects.filter(month=clock.today().replace(day=1)).exists()
    assert ArrearsStep.objects.filter(act="decide").exists()
    assert not Card.objects.filter(state="active", valid_to__lt=clock.today()).exists()


def test_the_page_shows_codes_that_open_the_door(client):
    for account in BUREAU:
        create_account(account)
    page = client.get(reverse("demo")).content.decode()
    code = re.search(r'data-code-for="auditor@shishi.example">(\d{6})<', page)[1]
    client.post(reverse("account_login"), {"login": "auditor@shishi.example", "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get(reverse("entries")).status_code == 200


def test_the_clock_moves_by_working_days_and_only_by_whole_ones(client):
    clock.move_to(datetime(2023, 9, 28, 10, tzinfo=SHANGHAI))
    client.post(reverse("demo_move_clock"), {"working_days": "1"})
    assert clock.today().isoformat() == "2023-10-07"  # the working Saturday after the double holiday
    for nonsense in ("", "0", "-1", "251", "1.5", "一", "9" * 5000):
        client.post(reverse("demo_move_clock"), {"working_days": nonsense})
    assert clock.today().isoformat() == "2023-10-07"


@pytest.mark.slow
def test_the_switch_of_the_gateway_is_turned_on_the_page(client, sms):
    page = client.get(reverse("demo")).content.decode()
    assert '<option value="well" selected>' in page
    for position, trouble in (("down", "down"), ("refuse", "refused"), ("slow", ""), ("well", "")):
        client.post(reverse("demo_texts"), {"texts": position})
        assert f'<option value="{position}" selected>' in client.get(reverse("demo")).content.decode()
        try:
            send(phone="+8613800138000", template="code_zh", values={"code": "1", "minutes": "5"}, message_id=position)
        except NotSent as problem:
            assert problem.trouble == trouble
        else:
            assert trouble == ""
    for nonsense in ("", "fast", "\0"):
        page = client.post(reverse("demo_texts"), {"texts": nonsense}, follow=True).content.decode()
        assert "请选一种。" in page


def test_a_gateway_that_is_not_there_is_no_fault_of_the_page(client, settings):
    settings.SMS_URL = "http://127.0.0.1:9"
    page = client.post(reverse("demo_texts"), {"texts": "down"}, follow=True).content.decode()
    assert "短信网关没有答应，什么也没有改。" in page
    assert "短信网关没有回答。" in page


@pytest.mark.slow
def test_without_demo_there_is_no_such_page():
    question = (
        "import django; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        "try:\n    resolve('/demo/')\nexcept Resolver404:\n    print('not there')\n"
    )
    keys = {
        "DEMO": "0",
        "SECRET_KEY": "s" * 50,
        "FIELD_ENCRYPTION_KEYS": "k1:aes:" + "A" * 43 + "=",
        "FIELD_HASH_KEY": "B" * 43 + "=",
        "AUDIT_SEAL_KEY": "C" * 43 + "=",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")} | keys
    answer = subprocess.run([sys.executable, "-c", question], env=env, capture_output=True, text=True, check=False)
    assert answer.stdout.strip() == "not there", answer.stderr


def test_an_operators_link_is_made_also_where_a_partner_has_several_managers(client):
    manager, operator = a_hotel()
    make_manager(manager.partner)
    answer = client.post(reverse("demo_partner_link", args=[operator.pk]))
    assert client.get(answer.headers["Location"]).status_code == 200


def test_an_account_of_the_demo_has_its_role_and_second_factor():
    create_account(BUREAU[2])
    user = User.objects.get()
    assert [(grant.role, grant.town) for grant in user.grants] == [("first_reviewer", "lingxiu"), ("clerk", "lingxiu")]
    assert user.authenticator_set.get().type == "totp"
