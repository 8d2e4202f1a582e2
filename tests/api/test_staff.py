"""What the bureau reads by API: the queue, a file and rolls, with no more of a person than the pages show."""

from datetime import timedelta

import pytest
from django.urls import reverse

from portal.casework.models import Application
from subsidies.models import Payable, RollLine
from subsidies.services.issuing import issue_roll
from subsidies.services.rolls import collect_roll
from tests import factories as make
from tests.api.calling import Caller, errors_of, problem_of

pytestmark = pytest.mark.django_db
LIMIT = 6  # queries of counting the calls of an account, in the database cache


@pytest.fixture(autouse=True)
def _october_2023(db):
    make.load_policies()
    make.move_clock()


@pytest.fixture
def reviewer():
    return Caller(make.staff("first_reviewer"))


def copies(row, count):
    """More files like ``row``, without a person behind each."""
    names = ("programme", "policy_version", "applicant", "state_at", "created_at", "submitted_at", "submitted_on")
    values = {name: getattr(row, name) for name in names}
    return Application.objects.bulk_create(
        Application(**values, state="withdrawn", reference=f"LS-2023-2{n:05d}", name_masked="林**")
        for n in range(count)
    )


@pytest.mark.slow
def test_the_queue_shows_what_the_page_shows(reviewer):
    row = make.make_application_in("first_review")
    (found,) = reviewer.get("api_queue").json()["results"]
    assert (found["reference"], found["name"], found["state"]) == (row.reference, "林**", "first_review")
    assert len(found["answers"]) == 8
    page = reviewer.client.get(reverse("desk"))
    assert [it["file"].pk for it in page.context["rows"]] == [row.pk]
    assert found["days_left"] == page.context["rows"][0]["days_left"]


@pytest.mark.slow
def test_a_file_holds_no_name_number_phone_or_account_in_full(reviewer):
    row = make.make_application_in("first_review")
    person = row.applicant
    answer = reviewer.get("api_file", row.pk)
    text = answer.content.decode()
    for secret in (person.legal_name, person.number, person.phone, person.current_account().number):
        assert secret not in text
    found = answer.json()
    assert found["number"] == f"{person.number[:4]}**********{person.number[-4:]}"
    page = reviewer.client.get(reverse("desk_file", args=[row.pk]), {"tab": "answers"})
    shown = [{"label": label, "rows": [dict(it) for it in rows]} for label, rows in page.context["sections"]]
    reviewer.headers = {}
    chinese = reviewer.get("api_file", row.pk).json()["sections"]
    assert chinese == [
        {"label": it["label"], "rows": [{k: str(v) for k, v in row.items()} for row in it["rows"]]} for it in shown
    ]
    assert [it["clause"] for it in found["clauses"]] == [f"LS-{n}" for n in range(1, 9)]
    assert [it["step"] for it in found["acts"]] == ["pass_first", "return", "refuse"]
    assert answer["Cache-Control"] == "no-store, private"


@pytest.mark.slow
def test_files_out_of_reach_are_not_there():
    row = make.make_application_in("first_review")
    elsewhere = Caller(make.make_staff("first_reviewer", town="lingxiu"))
    assert problem_of(elsewhere.get("api_file", row.pk))[0] == 404
    assert elsewhere.get("api_queue", view="all").json()["results"] == []
    for caller in (Caller(row.applicant.user), Caller(make.staff("finance"))):
        assert problem_of(caller.get("api_queue"))[0] == 404
        assert problem_of(caller.get("api_file", row.pk))[0] == 404
    assert problem_of(Caller(make.staff("first_reviewer")).get("api_rolls"))[0] == 404


def test_a_filter_that_nobody_knows_is_refused(reviewer):
    assert list(errors_of(reviewer.get("api_queue", view="everything"))) == ["view"]
    assert list(errors_of(reviewer.get("api_queue", town="atlantis"))) == ["town"]


@pytest.mark.slow
def test_the_queue_goes_by_cursor_both_ways_at_a_constant_cost(reviewer, django_assert_num_queries):
    row = make.make_application_in("withdrawn")
    reviewer.get("api_queue")
    with django_assert_num_queries(10 + LIMIT):
        reviewer.get("api_queue", view="ended")
    copies(row, 60)
    with django_assert_num_queries(10 + LIMIT):
        first = reviewer.get("api_queue", view="ended").json()
    assert (len(first["results"]), first["previous"]) == (50, None)
    second = reviewer.client.get(first["next"]).json()
    assert (len(second["results"]), second["next"]) == (11, None)
    back = reviewer.client.get(second["previous"], headers=reviewer.headers).json()
    assert back["results"] == first["results"]
    assert reviewer.get("api_queue", cursor="nonsense").status_code == 200


@pytest.fixture
def issued():
    row = make.make_application_in("approved")
    at = row.state_at + timedelta(days=1)
    make.move_clock(at)
    payable = Payable.objects.get(application=row)
    finance = make.staff("finance")
    return issue_roll(roll=collect_roll(payable_ids=[payable.pk], by=finance, at=at), by=finance, at=at)


@pytest.mark.slow
def test_a_roll_and_its_lines_show_what_the_page_shows(issued):
    finance = Caller(make.staff("finance"))
    (row,) = finance.get("api_rolls").json()["results"]
    assert row == finance.get("api_roll", issued.number).json()
    assert (row["number"], row["lines"], row["net_fen"], row["state"]) == (issued.number, 1, 1_000_000, "issued")
    assert row["sha256"] == issued.xlsx_sha256
    answer = finance.get("api_roll_lines", issued.number)
    (line,) = answer.json()["results"]
    shown = finance.client.get(reverse("roll", args=[issued.number])).context["lines"][0]
    assert (line["name"], line["number_last4"], line["account_last4"], line["employer"]) == (
        shown["name"], shown["number"], shown["account"], shown["employer"],
    )  # fmt: skip
    stored = RollLine.objects.get()
    for secret in (stored.payee["name"], stored.payee["number"], stored.account):
        assert secret not in answer.content.decode()


@pytest.mark.slow
def test_a_roll_that_is_only_collected_is_masked_too():
    row = make.make_application_in("approved")
    at = row.state_at + timedelta(days=1)
    make.move_clock(at)
    finance = make.staff("finance")
    roll = collect_roll(payable_ids=[Payable.objects.get(application=row).pk], by=finance, at=at)
    answer = Caller(finance).get("api_roll_lines", roll.number)
    person = row.applicant
    assert answer.json()["results"][0]["name"] == "林**"
    for secret in (person.legal_name, person.number, person.current_account().number):
        assert secret not in answer.content.decode()


@pytest.mark.slow
def test_lines_come_at_a_constant_cost(issued, django_assert_num_queries):
    finance, line = Caller(make.staff("auditor")), RollLine.objects.get()
    finance.get("api_rolls")
    with django_assert_num_queries(8 + LIMIT):
        finance.get("api_roll_lines", issued.number)
    same = {
        name: getattr(line, name)
        for name in ("roll_id", "payable_id", "approved_by_id", "collected_by_id", "issued_by_id", "gross_fen",
                     "tax_fen", "net_fen", "payee", "account")
    }  # fmt: skip
    RollLine.objects.bulk_create(RollLine(**same, position=n, is_live=False) for n in range(2, 61))
    with django_assert_num_queries(8 + LIMIT):
        page = finance.get("api_roll_lines", issued.number).json()
    assert [it["position"] for it in page["results"]] == list(range(1, 51))
    assert len(finance.client.get(page["next"]).json()["results"]) == 10
