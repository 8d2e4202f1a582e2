"""The public screener: honest about what it does not know, and it keeps nothing."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.casework.forms.screener import ScreenerForm
from portal.casework.screening import QUESTIONS, asked_facts, months_back, people_behind, questions_for
from portal.casework.services.entitling import Standing, choices_among, outlook, policies_in_force, screened
from portal.policy.assessing import assess
from portal.policy.calendar import shipped_calendar
from portal.policy.facts import FACTS, Facts
from portal.policy.services import load_policy
from tests.factories import SHANGHAI, make_user, move_clock
from tests.policy.judging import with_clause
from tests.policy.qualifying import document, text_of

ON = date(2026, 3, 3)  # a Tuesday: what ended on Sunday the 1st rolled to Monday the 2nd
NOW = datetime(2026, 3, 3, 9, 0, tzinfo=SHANGHAI)
CODES = ("LS-2022", "YTE-2024", "CARD-2023", "LODGE-2023", "APT-2023")
DOCUMENTS = [document(code) for code in CODES]
QUICK = settings(max_examples=200, deadline=None, database=None, derandomize=True)
# A bachelor of a listed school, of Shishi, since October with a private firm: their first job.
LIN = {
    "born": "2003",
    "degree": "bachelor",
    "study": "listed",
    "graduated": "2025-06",
    "household": "city",
    "work": "private",
    "since": "2025-10",
    "before": "never",
    "already": ["none"],
}
PAGE = "/screener/"


def looked_at(answers: dict[str, Any], code: str, on: date = ON) -> tuple[str, dict[str, str]]:
    """Standing and clauses of one shipped policy by these answers."""
    people = people_behind(answers, document(code), DOCUMENTS, on)
    standing, findings, _prospect = outlook(document(code), people, shipped_calendar(), asked=asked_facts(DOCUMENTS))
    return standing.value, {finding.clause: finding.answer.value for finding in findings}


def apart_from_met(answers: dict[str, Any], code: str, on: date = ON) -> tuple[str, dict[str, str]]:
    """The standing, and the clauses that are not met."""
    standing, clauses = looked_at(answers, code, on)
    return standing, {number: answer for number, answer in clauses.items() if answer != "met"}


# ── the questions ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_nine_questions_at_most_and_each_tells_facts_that_exist() -> None:
    assert len(QUESTIONS) == 9
    for question in QUESTIONS:
        assert question.facts and set(question.facts) <= set(FACTS)
        told = {name for option in question.options for end in option.ends for name in end}
        assert told <= set(question.facts)


def test_every_question_is_about_something_that_a_policy_in_force_reads() -> None:
    assert [question.name for question in questions_for(DOCUMENTS)] == list(LIN)
    assert [question.name for question in questions_for([document("LODGE-2023")])] == [
        "born", "degree", "graduated", "household", "since", "already",
    ]  # fmt: skip
    assert questions_for([]) == ()


# ── what the answers come to, policy by policy ─────────────────────────────────────────────────────────────────────


def test_a_graduate_of_the_city_in_a_first_job_is_told_what_looks_right() -> None:
    assert {code: apart_from_met(LIN, code) for code in CODES} == {
        "LS-2022": ("likely", {}),
        "YTE-2024": ("likely", {}),
        "CARD-2023": ("likely", {"TC-2": "unproven"}),
        "LODGE-2023": (
            "unmet",
            {"JL-4": "unmet", "JL-6": "unmet", "JL-7": "unproven", "JL-8": "unproven", "JL-9": "unproven"},
        ),
        "APT-2023": ("likely", {}),
    }


def test_somebody_from_elsewhere_who_looks_for_a_job_is_told_of_the_lodging() -> None:
    looking = LIN | {"household": "elsewhere", "work": "looking", "since": "never"}
    assert {code: apart_from_met(looking, code)[0] for code in CODES} == {
        "LS-2022": "unmet",
        "YTE-2024": "unmet",
        "CARD-2023": "unmet",
        "LODGE-2023": "likely",
        "APT-2023": "unmet",
    }
    assert apart_from_met(looking, "LODGE-2023")[1] == dict.fromkeys(("JL-7", "JL-8", "JL-9"), "unproven")


def test_without_any_answer_nothing_is_met_and_nothing_is_denied() -> None:
    for code in CODES:
        standing, clauses = looked_at({}, code)
        assert (standing, set(clauses.values())) == ("open", {"unproven"})


@pytest.mark.parametrize(
    ("changed", "code", "standing", "clauses"),
    [
        # The year of birth alone leaves the 40th birthday open, and decides the years around it.
        ({"born": "1986"}, "YTE-2024", "open", {"YT-2": "unproven"}),
        ({"born": "1985"}, "YTE-2024", "unmet", {"YT-2": "unmet"}),
        ({"born": "1987"}, "YTE-2024", "likely", {}),
        # A diploma of March 2025 may be more than a year old, or not; one of February is.
        ({"graduated": "2025-03"}, "LS-2022", "open", {"LS-7": "unproven"}),
        ({"graduated": "2025-02"}, "LS-2022", "unmet", {"LS-7": "unmet"}),
        # December, January and February are three months in a row; January and February are two.
        ({"since": "2025-12"}, "LS-2022", "likely", {}),
        ({"since": "2026-01"}, "LS-2022", "unmet", {"LS-5": "unmet"}),
        # Months that are not told are not missing.
        ({"since": "other"}, "LS-2022", "open", {"LS-5": "unproven"}),
        ({"since": ""}, "LS-2022", "open", {"LS-5": "unproven"}),
        # Insured for the first time in a month of which some days are more than a year ago, or all of them.
        ({"since": "2025-03"}, "YTE-2024", "open", {"YT-5": "unproven"}),
        ({"since": "2025-02"}, "YTE-2024", "unmet", {"YT-5": "unmet"}),
        ({"before": "worked"}, "YTE-2024", "open", {"YT-3": "unproven", "YT-5": "unproven"}),
        ({"before": "worked"}, "LS-2022", "unmet", {"LS-4": "unmet"}),
        ({"household": "collective"}, "LS-2022", "likely", {}),
        ({"household": "elsewhere"}, "LS-2022", "unmet", {"LS-3": "unmet"}),
        ({"work": "state"}, "LS-2022", "unmet", {"LS-4": "unmet"}),
        ({"work": "dispatched"}, "LS-2022", "open", {"LS-4": "unproven"}),
        ({"study": "domestic"}, "YTE-2024", "unmet", {"YT-1": "unmet"}),
        ({"study": "overseas_pending"}, "LS-2022", "open", {"LS-1": "unproven"}),
        ({"study": "part_time"}, "LS-2022", "unmet", {"LS-1": "unmet"}),
        ({"degree": "diploma", "already": []}, "CARD-2023", "open", {"TC-2": "unproven", "TC-5": "unproven"}),
        ({"degree": "other"}, "CARD-2023", "unmet", {"TC-1": "unmet", "TC-2": "unproven"}),
        # Not picked anything: a recognition may still be there, so nothing is denied.
        ({"degree": "other", "already": []}, "CARD-2023", "open", dict.fromkeys(("TC-1", "TC-2", "TC-5"), "unproven")),
        ({"already": ["granted:living-subsidy"]}, "LS-2022", "unmet", {"LS-8": "unmet"}),
        ({"already": ["granted:talent-card"]}, "LS-2022", "likely", {}),
        ({"already": ["granted:talent-card"]}, "CARD-2023", "unmet", {"TC-2": "unproven", "TC-5": "unmet"}),
        # One's own or the spouse's: one of two clauses is not met, whichever it is.
        ({"already": ["granted:apartment"]}, "APT-2023", "unmet", {"TA-6": "unproven", "TA-7": "unproven"}),
        ({"already": ["home"]}, "APT-2023", "unmet", {"TA-5": "unmet"}),
        ({"already": ["family_home"]}, "APT-2023", "unmet", {"TA-5": "unmet"}),
        ({"work": "dispatched"}, "APT-2023", "likely", {}),
        ({"work": "elsewhere"}, "APT-2023", "unmet", {"TA-3": "unmet"}),
    ],
)  # fmt: skip
def test_one_other_answer_moves_the_clauses_it_is_about(
    changed: dict[str, Any], code: str, standing: str, clauses: dict[str, str]
) -> None:
    assert apart_from_met(LIN | changed, code) == (standing, clauses)


def test_a_home_that_may_have_been_sold_is_no_home_where_only_the_present_counts() -> None:
    from_elsewhere = LIN | {"household": "elsewhere", "work": "looking", "since": "never", "already": ["home"]}
    standing, clauses = apart_from_met(from_elsewhere, "LODGE-2023")
    assert (standing, clauses["JL-5"]) == ("open", "unproven")


def test_a_graduation_this_month_is_past_or_to_come() -> None:
    student = LIN | {"graduated": "2026-03"}
    assert looked_at(student, "LODGE-2023")[1]["JL-2"] == "met"
    assert looked_at(student, "LS-2022")[1]["LS-7"] == "unproven"
    assert looked_at(LIN | {"graduated": "2026-06"}, "LS-2022")[1]["LS-7"] == "unmet"  # today; not for ever
    assert looked_at(LIN | {"graduated": "2027-04"}, "LODGE-2023")[1]["JL-2"] == "unmet"


def test_a_household_in_the_prefecture_is_elsewhere_and_still_not_denied() -> None:
    wider = with_clause(
        "LS-2022", "LS-3", {"kind": "household_in", "place": "3505", "place_name": {"zh": "泉州", "en": "Quanzhou"}}
    )
    people = people_behind(LIN | {"household": "elsewhere"}, wider, [wider], ON)
    _standing, findings, _prospect = outlook(wider, people, shipped_calendar(), asked=asked_facts([wider]))
    assert {it.clause: it.answer.value for it in findings}["LS-3"] == "unproven"


def test_what_was_received_is_weighed_at_its_least_and_its_most() -> None:
    scheme = {"scheme": "OLD-1", "title": {"zh": "旧补贴", "en": "the old subsidy"}}
    higher = with_clause("LS-2022", "LS-8", {"kind": "earlier_grants", "mode": "higher", "schemes": [scheme]})
    people = people_behind(LIN | {"already": ["granted:living-subsidy"]}, higher, [higher], ON)
    standing, findings, _prospect = outlook(higher, people, shipped_calendar(), asked=asked_facts([higher]))
    assert (standing, {it.clause: it.answer.value for it in findings}["LS-8"]) == (Standing.OPEN, "unproven")


# ── never "no" where it only does not know ─────────────────────────────────────────────────────────────────────────

ALREADY = ["home", "family_home", "recognised", "granted:living-subsidy", "granted:talent-card", "granted:apartment"]
FULL = st.fixed_dictionaries(
    {
        "born": st.integers(1960, 2008).map(str),
        "graduated": st.dates(date(2015, 1, 1), date(2028, 1, 1)).map(lambda day: f"{day:%Y-%m}"),
        "since": st.sampled_from(["never", "other", "earlier", *months_back(ON)]),
        "already": st.one_of(
            st.just(["none"]), st.lists(st.sampled_from(ALREADY), min_size=1, max_size=2, unique=True)
        ),
        **{
            question.name: st.sampled_from([option.code for option in question.options])
            for question in QUESTIONS
            if question.form == "one"
        },
    }
)


@QUICK
@given(full=FULL, blank=st.lists(st.sampled_from(list(LIN)), min_size=1, unique=True), code=st.sampled_from(CODES))
@pytest.mark.slow
def test_a_skipped_question_never_denies_what_its_answer_would_have_met(
    full: dict[str, Any], blank: list[str], code: str
) -> None:
    fewer = {name: value for name, value in full.items() if name not in blank}
    (before, some), (after, all_of_them) = looked_at(fewer, code), looked_at(full, code)
    assert {it for it in some if some[it] == "unmet" and all_of_them[it] == "met"} == set()
    assert before != "unmet" or after in ("unmet", "open")


@QUICK
@given(full=FULL, part=st.floats(0, 1), code=st.sampled_from(CODES))
@pytest.mark.slow
def test_a_year_or_a_month_never_denies_what_its_exact_day_would_meet(
    full: dict[str, Any], part: float, code: str
) -> None:
    """Somebody born, graduated and insured on days that the answers only bound, assessed as they are."""
    _standing, coarse = looked_at(full, code)
    for person in people_behind(full, document(code), DOCUMENTS, ON):
        exact = {name: fact.value for name, fact in person.known.items()}
        if "birth_date" in exact:
            exact["birth_date"] = date(int(full["born"]), 1, 1) + timedelta(days=int(part * 364))
        if isinstance(exact.get("diploma_on"), date):
            day = exact["diploma_on"]
            exact["diploma_on"] = min(ON, day.replace(day=1 + int(part * (monthrange(day.year, day.month)[1] - 1))))
        known = Facts.of(person.on, exact, next(iter(person.known.values())).provenance) if exact else person
        found = assess(document(code), known, shipped_calendar(), trust_declared=True)
        assert [it.clause for it in found.findings if coarse[it.clause] == "unmet" and it.answer != "unmet"] == []


def test_the_most_people_an_answer_may_stand_for_are_few_enough_for_a_page() -> None:
    vague = LIN | {"graduated": "2026-03", "since": "earlier", "work": "state", "already": ALREADY}
    assert max(len(people_behind(vague, it, DOCUMENTS, ON)) for it in DOCUMENTS) <= 200


def test_answers_that_stand_for_too_many_leave_the_coarsest_of_them_open_and_deny_no_more() -> None:
    everything = LIN | {"household": "elsewhere", "already": ALREADY}
    facts = {name for person in people_behind(everything, document("APT-2023"), DOCUMENTS, ON) for name in person.known}
    assert {"recognitions", "homes", "spouse_homes"} & facts == {"homes", "spouse_homes"}
    assert looked_at(everything, "APT-2023")[1]["TA-1"] != "unmet"


# ── side by side ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def _spring_2026(db: None) -> None:
    move_clock(NOW)
    for code in CODES:
        load_policy(text_of(code), at=NOW)


@pytest.mark.usefixtures("_spring_2026")
def test_what_looks_right_and_excludes_each_other_stands_side_by_side_with_its_amounts() -> None:
    items = screened(LIN, on=ON, calendar=shipped_calendar(), policies=policies_in_force(ON))
    (choice,) = choices_among(items)
    assert (choice.name, choice.mode) == ("quanzhou-living-subsidy", "block")
    assert [
        (it.document.code, it.prospect.amount_fen, [(part.amount_fen, part.due_on) for part in it.prospect.instalments])
        for it in choice.members
    ] == [
        ("LS-2022", 10_000_00, [(10_000_00, ON)]),
        ("YTE-2024", 20_000_00, [(10_000_00, ON), (10_000_00, date(2028, 3, 3))]),
    ]
    offers = {it.document.code: it.prospect.offer for it in items}
    assert (offers["CARD-2023"].card, offers["CARD-2023"].validity_years) == ("green", 3)
    assert (offers["APT-2023"].area_m2, offers["APT-2023"].shared_by) == (45, 2)
    assert offers["APT-2023"].rent_fen == 45 * 18 * 60  # 60 % of 45 m² at 18 yuan, in fen


# ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────


def text_on(response: Any) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.usefixtures("_spring_2026")
def test_the_page_asks_without_sign_in_and_answers_above_the_questions_filled_in(client: Client) -> None:
    empty, full = client.get(PAGE), client.post(PAGE, LIN)
    assert (empty.status_code, full.status_code) == (200, 200)
    text = text_on(full)
    places = [
        text.index(it)
        for it in ("这不是审核结果", "请比较", "看起来符合", "目前不符合", "申请时要准备什么", "清空，重新回答")
    ]
    assert all(one < other for one, other in pairwise(places))
    assert "JL-4 户籍不在石狮 不符合 户籍在哪里？ 本市" in text
    html = full.content.decode()
    assert re.search(r'<input type="radio" name="degree" value="bachelor"[^>]*checked', html)
    assert re.search(r'name="born" value="2003"', html)
    assert '<option value="2025-10" selected>' in html
    assert "请比较" not in text_on(empty)


@pytest.mark.usefixtures("_spring_2026")
def test_it_stores_nothing_and_says_so_to_caches(client: Client) -> None:
    ordinary = client.get("/programmes/")
    sessions = Session.objects.count()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = client.post(PAGE, LIN)
    assert {query["sql"].split()[0] for query in asked.captured_queries} == {"SELECT"}
    assert Session.objects.count() == sessions
    assert set(response.cookies) <= set(ordinary.cookies)
    assert (response["Cache-Control"], client.get(PAGE)["Cache-Control"]) == ("no-store", "no-store")
    assert set(client.cookies) == {"csrftoken"}


@pytest.mark.usefixtures("_spring_2026")
def test_an_assessment_in_a_request_costs_three_queries(client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        client.post(PAGE, LIN)
    tables = [re.search(r'FROM "(\w+)"', query["sql"])[1] for query in asked.captured_queries]
    assert [it for it in tables if it != "clock_clockoffset"] == [  # the demo's clock is moved by a row
        "policy_policyversion",
        "policy_calendaryear",
        "policy_calendarday",
    ]


@pytest.mark.usefixtures("_spring_2026")
def test_answers_in_an_address_are_not_looked_at(client: Client) -> None:
    assert "请比较" not in text_on(client.get(PAGE, LIN))


@pytest.mark.usefixtures("_spring_2026")
def test_no_answer_at_all_asks_for_one(client: Client) -> None:
    response = client.post(PAGE, {})
    assert (response.status_code, "还没有回答" in text_on(response)) == (200, True)


@pytest.mark.usefixtures("_spring_2026")
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"born": "abc"}, "请填写四位数字的年份，例如 2001。"),
        ({"born": "1"}, "请填写四位数字的年份，例如 2001。"),
        ({"born": "9999"}, "请核对出生的年份。"),
        ({"born": "0001"}, "请核对出生的年份。"),
        ({"born": "2" * 5000}, "请填写四位数字的年份，例如 2001。"),
        ({"born": "２００１\x00"}, None),
        ({"graduated": "June"}, "请写年份和月份，例如 2023-07。"),
        ({"graduated": "1901-01"}, "请核对毕业的年份。"),
        ({"graduated": "2025-13"}, "请写年份和月份，例如 2023-07。"),
        ({"degree": "king"}, "请从列出的选项里选一项。"),
        ({"degree": ["king", "x" * 9000]}, "请从列出的选项里选一项。"),
        ({"since": "1999-01"}, "请从列出的选项里选一项。"),
        ({"already": "granted:nothing"}, "请从列出的选项里选一项。"),
        ({"already": ["none", "home"]}, "选了“以上都不是”，就不要再选别的。"),
    ],
)
def test_an_odd_answer_is_refused_beside_its_question_and_the_rest_stays(
    client: Client, sent: dict[str, Any], sentence: str | None
) -> None:
    response = client.post(PAGE, {"household": "city"} | sent)
    if sentence is None:
        assert response.status_code in (200, 400, 422)
        return
    assert response.status_code == 422
    text = text_on(response)
    assert (text.count(sentence), "请比较" in text) == (2 if "born" in sent else text.count(sentence), False)
    assert sentence in text
    assert re.search(r'name="household" value="city"[^>]*checked', response.content.decode())


@pytest.mark.usefixtures("_spring_2026")
def test_full_width_digits_are_forgiven() -> None:
    form = ScreenerForm({"born": "２００１年", "graduated": "2025年6月"}, documents=DOCUMENTS, on=ON)
    assert form.is_valid()
    assert form.answers == {"born": "2001", "graduated": "2025-06"}


@pytest.mark.django_db
def test_without_a_policy_in_force_there_is_nothing_to_ask(client: Client) -> None:
    move_clock(NOW)
    response = client.post(PAGE, {"born": "2001"})
    assert (response.status_code, "现在没有有效的政策。" in text_on(response)) == (200, True)


@pytest.mark.usefixtures("_spring_2026")
def test_home_and_programmes_lead_to_it() -> None:
    for address in ("/", "/programmes/", "/programmes/living-subsidy/"):
        assert f'href="{PAGE}"' in Client().get(address).content.decode()


@pytest.mark.usefixtures("_spring_2026")
def test_somebody_signed_in_may_use_it_too() -> None:
    client = Client()
    client.force_login(make_user())
    assert client.post(PAGE, LIN).status_code == 200
