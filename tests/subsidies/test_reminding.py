"""The letter that asks for a proof before a later instalment, and what was granted under a number."""

from datetime import datetime, timedelta

import pytest

from applicants.people.services import prove_number, save_identity
from portal.casework.programmes import grants_of
from portal.clock import move_to
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from portal.settings import CELERY_BEAT_SCHEDULE
from subsidies.services.reminding import ask_for_rechecks
from subsidies.tasks import sweep_rechecks
from tests.factories import SHANGHAI, make_number, make_person, staff
from tests.subsidies.paying import LATER, cancelled, quick_payable, walked_payable

pytestmark = pytest.mark.django_db
FIRST_DAY = datetime(2026, 8, 17, 9, 0, tzinfo=SHANGHAI)
DUE = {"due_on": datetime(2026, 10, 16).date(), "is_recheck_needed": True}


def test_sixty_days_before_a_later_instalment_its_person_is_asked_once():
    payable = quick_payable(**DUE)
    assert ask_for_rechecks(at=FIRST_DAY - timedelta(days=1)) == 0
    assert [ask_for_rechecks(at=FIRST_DAY + timedelta(hours=turn)) for turn in range(2)] == [1, 0]
    letter = Letter.objects.get()
    assert (letter.kind, letter.recipient, letter.key) == (
        "recheck_due",
        payable.person.user,
        f"{payable.pk}:recheck_due",
    )
    assert (
        "请在“我的申请”里上传现单位开的在职证明。核实后，2026 年 10 月 16 日起发放。"
        in render_letter(letter, "zh-hans").paragraphs
    )


def test_who_needs_no_proof_is_not_asked():
    quick_payable()
    quick_payable(**DUE, **cancelled())
    assert ask_for_rechecks(at=FIRST_DAY) == 0


def test_the_sweep_runs_every_hour_by_the_portals_clock():
    quick_payable(**DUE)
    move_to(FIRST_DAY)
    sweep_rechecks()
    assert Letter.objects.get().kind == "recheck_due"
    rows = [row for row in CELERY_BEAT_SCHEDULE.values() if row["task"] == sweep_rechecks.name]
    assert [row["schedule"] for row in rows] == [timedelta(hours=1)]


def test_a_grant_stays_with_the_number_it_was_given_under():
    payable = walked_payable()
    person, number = payable.person, payable.person.number
    save_identity(person=person, values={"number": make_number()}, by=person.user, at=LATER)
    person.refresh_from_db()
    other = prove_number(person=make_person(identity={"number": number}), by=staff("clerk"), at=LATER)
    for anybody in (person, other):
        assert [(grant.scheme, grant.amount_fen) for grant in grants_of(anybody)] == [("LS-2022", 1_000_000)]
    assert grants_of(make_person()) == []
