"""Before pay day registers are asked once more; a doubt holds the money until a person has looked (cases 10 and 24)."""

from datetime import timedelta

import pytest

from applicants.people.services import save_identity
from applicants.registers.models import RegisterAnswer
from portal.casework.services.advancing import StepRefused
from portal.casework.services.asking import ask_registers
from portal.casework.states import State
from portal.demo.papers import sample_paper
from portal.notifications.models import Letter
from subsidies.models import Payable
from subsidies.services.checking import obstacles, payables_of
from subsidies.services.doubting import ask_before_paying, weigh_answers
from subsidies.services.outlook import payment_outlook
from subsidies.services.rolls import bar_of
from subsidies.services.settling import recheck_payable
from tests import factories as make
from tests.casework.moving import now
from tests.casework.register_answers import answer

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=8)


@pytest.fixture
def granted():
    """An approved application, a week after its approval, with its one payable ready."""
    row = make.make_application_in(State.APPROVED)
    row.later = Payable.objects.get().approved_at + WEEK
    assert in_the_way(row) == []
    return row


def in_the_way(row):
    payable = payables_of(make.staff("finance")).get(application=row)
    return obstacles(payable, on=row.later.date())


def told(row, register, values):
    answer(row.applicant, register, values, at=row.later)
    weigh_answers(now(row), row.later)


@pytest.mark.slow
def test_whoever_is_to_be_paid_within_a_week_is_asked_about_once_a_week(granted, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    assert ask_before_paying(at=granted.later) == 1
    asked = RegisterAnswer.objects.waiting().filter(asked_for=granted.pk)
    assert set(asked.values_list("register", flat=True)) == {"insurance", "household", "grants"}
    assert ask_before_paying(at=granted.later + timedelta(days=1)) == 0
    asked.delete()
    assert ask_before_paying(at=granted.later + timedelta(days=2)) == 1


@pytest.mark.slow
def test_a_register_that_does_not_answer_holds_nothing(granted, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    ask_registers(granted, at=granted.later, facts=["in_post"], afresh=True)
    weigh_answers(now(granted), granted.later)
    told(granted, "household", None)
    assert in_the_way(granted) == []


@pytest.mark.slow
def test_24_somebody_who_left_the_post_is_not_paid_until_a_reviewer_has_looked(granted):
    told(granted, "insurance", {"in_post": "no"})
    assert in_the_way(granted) == ["doubt_in_post"]
    assert Letter.objects.filter(kind="payment_doubted", recipient=granted.applicant.user).count() == 1
    weigh_answers(now(granted), granted.later + timedelta(days=1))
    assert Letter.objects.filter(kind="payment_doubted").count() == 1

    paper = make.make_paper(granted.applicant, "in_post_proof")
    make.put_on_shelf(
        application=granted, kind="in_post_proof", paper=paper, by=granted.applicant.user, at=granted.later
    )
    payable = payables_of(make.staff("first_reviewer")).get()
    at = granted.later + timedelta(days=1)
    recheck_payable(payable=payable, paper_id=paper.pk, by=make.staff("first_reviewer"), at=at, doubt="in_post")
    assert in_the_way(granted) == []
    told(granted, "insurance", {"in_post": "no"})  # a week later it still says so: a person has looked
    assert in_the_way(granted) == []


@pytest.mark.slow
def test_24_a_register_that_takes_its_word_back_lifts_the_doubt(granted):
    told(granted, "insurance", {"in_post": "no"})
    granted.later += timedelta(days=1)
    told(granted, "insurance", {"in_post": "yes"})
    assert in_the_way(granted) == []


def test_24_of_somebody_who_died_the_money_waits_and_no_letter_goes_out(granted):
    told(granted, "household", {"deceased_on": "2023-11-01"})
    assert in_the_way(granted) == ["doubt_deceased_on"]
    assert Letter.objects.filter(kind="payment_doubted").count() == 0


@pytest.mark.slow
def test_10_a_grant_of_another_county_holds_the_money_and_the_portal_s_own_does_not(granted):
    told(granted, "grants", {"prior_grants": "LS-2022@350581@10000@2023-10-30"})
    assert in_the_way(granted) == []
    granted.later += timedelta(days=1)
    told(granted, "grants", {"prior_grants": "LS-2022@350581@10000@2023-10-30;living-subsidy@350582@8000@2023-10-20"})
    assert in_the_way(granted) == ["doubt_prior_grants"]


def a_proof(row, kind):
    paper = make.make_paper(row.applicant, kind)
    make.put_on_shelf(application=row, kind=kind, paper=paper, by=row.applicant.user, at=row.later)
    return paper


def settle(row, paper, **said):
    payable = payables_of(make.staff("first_reviewer")).get()
    return recheck_payable(payable=payable, paper_id=paper.pk, by=make.staff("first_reviewer"), at=row.later, **said)


def outlook(row):
    return payment_outlook([now(row)], row.later.date())[row.pk]


ELSEWHERE = {"prior_grants": "living-subsidy@350582@8000@2023-10-20"}


@pytest.mark.slow
def test_10_a_proof_of_being_in_post_settles_no_doubt_about_a_grant_and_a_statement_does(granted):
    told(granted, "grants", ELSEWHERE)
    in_post, statement = a_proof(granted, "in_post_proof"), a_proof(granted, "grants_statement")
    with pytest.raises(StepRefused, match="这份材料已经不在档案里，请重新选择。"):
        settle(granted, in_post, doubt="prior_grants")
    payable = settle(granted, statement, doubt="prior_grants")
    assert (payable.doubt_paper, payable.rechecked_at) == (statement, None)
    assert settle(granted, statement, doubt="prior_grants") == payable  # a second click
    assert in_the_way(granted) == []


def test_a_doubt_that_the_reviewer_had_not_on_the_page_is_not_settled(granted):
    paper = a_proof(granted, "in_post_proof")
    told(granted, "insurance", {"in_post": "no"})
    with pytest.raises(StepRefused, match="登记的答复刚刚有变动，请看过最新的情况再核实。"):
        settle(granted, paper)
    assert in_the_way(granted) == ["doubt_in_post"]


@pytest.mark.slow
def test_whoever_settled_a_doubt_does_not_collect_the_money(granted):
    told(granted, "grants", ELSEWHERE)
    settle(granted, a_proof(granted, "grants_statement"), doubt="prior_grants")
    reviewer = make.staff("first_reviewer")
    assert bar_of(payables_of(make.staff("finance")).get(), reviewer) != ""


@pytest.mark.parametrize(
    ("register", "values", "kind"),
    [
        ("insurance", {"in_post": "no"}, "in_post_proof"),
        ("grants", ELSEWHERE, "grants_statement"),
        ("household", {"deceased_on": "2023-11-01"}, "in_post_proof"),
    ],
)
@pytest.mark.slow
def test_the_applicant_is_asked_for_the_paper_that_settles_the_doubt(granted, register, values, kind):
    assert outlook(granted).evidence_kind == ""
    told(granted, register, values)
    assert (outlook(granted).evidence_kind, outlook(granted).payments[0].state) == (kind, "waiting")
    a_proof(granted, kind)
    assert outlook(granted).evidence_kind == ""


@pytest.mark.slow
def test_the_letter_leads_to_a_page_that_takes_the_statement(granted, client):
    told(granted, "grants", ELSEWHERE)
    make.move_clock(granted.later)
    client.force_login(granted.applicant.user)
    page = client.get(f"/applications/{granted.pk}/evidence/").content.decode()
    assert "上传补贴情况说明" in page and "上传在职证明" not in page
    proof = sample_paper("grants_statement")
    assert client.post(f"/applications/{granted.pk}/evidence/", {"file": proof}).status_code == 302
    assert granted.shelf.filter(kind="grants_statement").count() == 1
    assert client.get(f"/applications/{granted.pk}/").status_code == 200


@pytest.mark.slow
def test_a_reviewer_settles_a_doubt_about_a_grant_on_the_page(granted, client):
    told(granted, "grants", ELSEWHERE)
    make.move_clock(granted.later)
    paper = a_proof(granted, "grants_statement")
    client.force_login(make.staff("first_reviewer"))
    address = f"/desk/payables/{Payable.objects.get().pk}/recheck/"
    page = client.get(address).content.decode()
    assert "核实补贴登记" in page and "仍在职，核实通过" not in page
    said = {"paper": str(paper.pk), "is_in_post": "on", "doubt": "prior_grants"}
    assert client.post(address, said | {"doubt": "in_post"}).status_code == 200
    assert in_the_way(granted) == ["doubt_prior_grants"]
    assert client.post(address, said).status_code == 302
    assert in_the_way(granted) == []


def test_a_doubt_is_not_lifted_by_the_silence_of_its_register(granted):
    told(granted, "insurance", {"in_post": "no"})
    granted.later += timedelta(days=31)  # by then the answer has expired
    told(granted, "grants", {"prior_grants": "-"})
    assert in_the_way(granted) == ["doubt_in_post"]


def test_a_number_that_is_not_proven_any_more_is_neither_asked_about_nor_weighed(granted, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    person = granted.applicant
    save_identity(person=person, values={"number": make.make_number()}, by=person.user, at=granted.later)
    person.refresh_from_db()
    assert ask_before_paying(at=granted.later) == 0
    told(granted, "household", {"deceased_on": "2023-11-01"})
    assert Payable.objects.get().doubt == ""


def test_whoever_waits_for_a_silent_register_is_not_asked_about_again_in_place_of_others(granted, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    assert ask_before_paying(at=granted.later) == 1
    assert ask_before_paying(at=granted.later + 2 * WEEK) == 0


def test_without_a_register_connected_nobody_is_looked_for(granted, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert ask_before_paying(at=granted.later) == 0
