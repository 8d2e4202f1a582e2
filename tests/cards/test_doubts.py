"""What registers say against a card: a doubt with its evidence, which a person decides about."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from applicants.cards.models import Card, CardDoubt
from applicants.cards.services.changing import ChangeRefused, change_card
from applicants.cards.services.rechecking import ask_about_cards, keep_card, report_employer, weigh_answers
from applicants.people.services import save_identity
from applicants.registers.models import RegisterAnswer
from portal.audit.models import Entry
from tests.browsing import signed_in
from tests.cards.making import make_card_application_in
from tests.casework.moving import now
from tests.casework.register_answers import answer
from tests.factories import AT, SHANGHAI, make_number, make_staff, move_clock, staff

pytestmark = pytest.mark.django_db

NIGHT = datetime(2024, 1, 10, 2, 0, tzinfo=SHANGHAI)
EMPLOYER = {"employer_name": "石狮海云科技有限公司", "credit_code": "91350581MA2X0000XX", "started_on": "2024-01-02"}


@pytest.fixture
def card():
    """A valid card, three months after it was issued."""
    move_clock(NIGHT)
    return Card.objects.get(application=make_card_application_in("approved"))


def told(card, register, values, at=NIGHT):
    answer(card.person, register, values, at=at)
    weigh_answers(now(card.application), at)


def grounds(card, outcome="open"):
    return list(card.doubts.filter(outcome=outcome).values_list("ground", flat=True))


@pytest.mark.slow
def test_holders_are_asked_about_by_night_once_in_thirty_days(card, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    assert ask_about_cards(at=NIGHT.replace(hour=14)) == 0
    assert ask_about_cards(at=NIGHT) == 1
    asked = RegisterAnswer.objects.waiting().filter(asked_for=card.application_id)
    assert set(asked.values_list("register", flat=True)) == {"household", "insurance", "business"}
    assert ask_about_cards(at=NIGHT + timedelta(days=1)) == 0


def test_who_left_the_post_keeps_a_valid_card_until_a_person_decides(card):
    told(card, "insurance", {"in_post": "no"})
    assert grounds(card) == ["TC-3"]
    card.refresh_from_db()
    assert card.state == "active"
    change_card(card.pk, "suspend", by=staff("first_reviewer"), at=NIGHT, reason="社保登记显示已离职，请说明情况。")
    assert (grounds(card), grounds(card, "acted")) == ([], ["TC-3"])
    assert card.doubts.get().closed_by == staff("first_reviewer")


@pytest.mark.slow
def test_a_register_that_takes_its_word_back_lifts_the_doubt(card):
    told(card, "insurance", {"in_post": "no"})
    told(card, "insurance", {"in_post": "yes"}, at=NIGHT + timedelta(days=1))
    assert (grounds(card), grounds(card, "lifted")) == ([], ["TC-3"])


def test_silence_and_a_number_not_proven_raise_nothing(card):
    told(card, "insurance", None)
    assert grounds(card) == []
    save_identity(person=card.person, values={"number": make_number()}, by=card.person.user, at=NIGHT)
    card.person.refresh_from_db()
    told(card, "insurance", {"in_post": "no"})
    assert grounds(card) == []


@pytest.mark.slow
def test_of_somebody_who_died_the_office_learns(card):
    told(card, "household", {"deceased_on": "2023-12-20"})
    assert grounds(card) == ["deceased"]


def test_what_a_person_has_looked_at_is_not_raised_again_for_the_same_words(card):
    told(card, "insurance", {"in_post": "no"})
    keep_card(card.pk, by=staff("first_reviewer"), at=NIGHT, reason="单位漏报，已补缴。")
    told(card, "insurance", {"in_post": "no"}, at=NIGHT + timedelta(days=31))
    assert (grounds(card), grounds(card, "kept")) == ([], ["TC-3"])
    entries = Entry.objects.filter(target_id=str(card.pk), action__startswith="card.doubt").order_by(
        "recorded_at", "id"
    )
    assert [entry.action for entry in entries] == ["card.doubt", "card.doubt_kept"]


@pytest.mark.parametrize("role", ["clerk", "finance", "administrator", "auditor"])
@pytest.mark.slow
def test_only_whoever_may_suspend_decides(card, role):
    told(card, "insurance", {"in_post": "no"})
    with pytest.raises(ChangeRefused):
        keep_card(card.pk, by=make_staff(role), at=NIGHT, reason="没有问题。")
    assert grounds(card) == ["TC-3"]


@pytest.mark.slow
def test_a_change_of_employer_that_is_reported_is_looked_at(card):
    report_employer(card.pk, values=EMPLOYER, by=card.person.user, at=NIGHT)
    report_employer(card.pk, values=EMPLOYER, by=card.person.user, at=NIGHT)
    assert grounds(card) == ["employer"]
    with pytest.raises(ChangeRefused):
        report_employer(card.pk, values=EMPLOYER, by=staff("clerk"), at=NIGHT)


@pytest.mark.slow
def test_a_second_report_of_an_employer_keeps_the_first(card):
    report_employer(card.pk, values=EMPLOYER, by=card.person.user, at=NIGHT)
    second = EMPLOYER | {"employer_name": "石狮港湾软件有限公司", "started_on": "2024-01-09"}
    for _time in range(2):
        report_employer(card.pk, values=second, by=card.person.user, at=NIGHT + timedelta(days=1))
    page = signed_in("first_reviewer").get(f"/desk/cards/{card.pk}/").content.decode()
    assert grounds(card) == ["employer"]
    assert [page.count(name) for name in ("石狮海云科技有限公司", "石狮港湾软件有限公司")] == [1, 1]
    assert page.index("石狮港湾软件有限公司") < page.index("石狮海云科技有限公司")
    assert ("2024 年 1 月 10 日" in page, "2024 年 1 月 11 日" in page) == (True, True)


@pytest.mark.slow
def test_one_doubt_per_card_and_ground_is_open_and_none_is_kept_without_a_person(card):
    told(card, "insurance", {"in_post": "no"})
    with pytest.raises(IntegrityError, match="ground"), transaction.atomic():
        CardDoubt.objects.create(card=card, ground="TC-3", evidence={}, raised_at=AT)
    with pytest.raises(IntegrityError, match="a_doubt_is_settled"), transaction.atomic():
        CardDoubt.objects.update(outcome="kept", closed_at=AT)


@pytest.mark.slow
def test_the_reviewer_sees_the_evidence_and_keeps_the_card(card):
    told(card, "insurance", {"in_post": "no"})
    reviewer, page = signed_in("first_reviewer"), f"/desk/cards/{card.pk}/"
    listed = reviewer.get("/desk/cards/doubts/").content.decode()
    assert "登记显示不再符合：申请时在职" in listed
    assert page in listed
    shown = reviewer.get(page).content.decode()
    assert "社会保险登记" in shown
    empty = reviewer.post(f"{page}keep/", {"keep-reason": ""})
    assert (empty.status_code, "请写明理由。" in empty.content.decode()) == (422, True)
    done = reviewer.post(f"{page}keep/", {"keep-reason": "单位漏报。"})
    assert (done.status_code, done.headers["Location"]) == (302, page)
    assert "现在没有" in reviewer.get("/desk/cards/doubts/").content.decode()


@pytest.mark.slow
def test_the_holder_reports_another_employer(card):
    holder = signed_in(card.person.user)
    wrong = holder.post("/card/employer/", {**EMPLOYER, "credit_code": "123"})
    assert wrong.status_code == 422
    right = {**EMPLOYER, "credit_code": "91350581MA2XN6A43N"}
    answered = holder.post("/card/employer/", right)
    if answered.status_code == 422:
        pytest.fail(str(answered.context["form"].errors))
    assert grounds(card) == ["employer"]
    assert "石狮海云科技有限公司" in signed_in("first_reviewer").get(f"/desk/cards/{card.pk}/").content.decode()
