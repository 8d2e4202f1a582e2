"""What am I entitled to? A person's own profile against every policy in force, and what would settle each clause."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applicants.people.models import Person
from applicants.people.services import person_of, prove_number, save_education, save_employment, save_identity
from portal.accounts.models import User
from portal.casework import programmes
from portal.casework.models import Application, Assessment
from portal.casework.programmes import programme
from portal.casework.services.checking import settle_facts
from portal.casework.services.entitling import (
    Entitlement,
    choices_among,
    entitlements_of,
    known_facts,
    outlook,
    profile_of,
)
from portal.policy.assessing import assess
from portal.policy.calendar import shipped_calendar
from portal.policy.facts import Facts, Provenance
from portal.policy.services import load_policy
from tests.factories import (
    AT_2024,
    MASTER_2024,
    SHANGHAI,
    make_application_in,
    make_draft,
    make_person,
    make_user,
    move_clock,
    settle_everything,
    staff,
)
from tests.policy.judging import with_clause
from tests.policy.qualifying import document, text_of

pytestmark = pytest.mark.django_db
CODES = ("LS-2022", "YTE-2024", "CARD-2023", "LODGE-2023", "APT-2023")
PAGE = "/entitlements/"
IN_2024 = date(2024, 10, 16)


@pytest.fixture(autouse=True)
def _autumn_2024() -> None:
    move_clock(AT_2024)
    for code in CODES:
        load_policy(text_of(code), at=datetime(2022, 7, 1, tzinfo=SHANGHAI))


def a_master() -> Person:
    """A master of 2024 with everything filled in and nothing proven, whom LS-2022 and YTE-2024 both fit."""
    return make_person(at=AT_2024, **MASTER_2024)


def entitled(person: Person, on: date = IN_2024) -> dict[str, Entitlement]:
    """What ``person`` is entitled to, by policy."""
    items = entitlements_of(profile_of(person.user), on=on, calendar=shipped_calendar())
    return {item.document.code: item for item in items}


def answers(item: Entitlement) -> dict[str, str]:
    """The clauses that are not met."""
    return {it.clause: it.answer.value for it in item.findings if it.answer != "met"}


def page_of(user: User, address: str = PAGE, language: str = "zh-hans") -> str:
    """The words of a page."""
    client = Client()
    client.force_login(user)
    client.cookies["language"] = language
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# ── the profile against every policy ───────────────────────────────────────────────────────────────────────────────


def test_what_is_filled_in_looks_right_and_grants_nothing() -> None:
    found = entitled(a_master())
    assert {code: item.standing.value for code, item in found.items()} == {
        "LS-2022": "likely",
        "YTE-2024": "likely",
        "CARD-2023": "likely",
        "APT-2023": "likely",
        "LODGE-2023": "unmet",
    }
    assert answers(found["LS-2022"]) == {f"LS-{n}": "unproven" for n in range(1, 9)}
    assert dict(zip([it.clause for it in found["LS-2022"].findings], found["LS-2022"].as_declared, strict=True)) == {
        **{f"LS-{n}": "met" for n in range(1, 8)},
        "LS-8": "unproven",  # nobody has said yet whether something was received before
    }
    assert found["LODGE-2023"].as_declared[3] == "unmet"  # JL-4: the household is in Shishi
    assert found["LODGE-2023"].findings[3].answer == "unproven"  # and nobody has looked at it


def test_open_programmes_come_first_and_the_others_say_that_they_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = replace(programme("apartment"), is_open=False)
    monkeypatch.setitem(programmes._PROGRAMMES, "apartment", closed)
    found = entitled(a_master())
    assert [(code, item.programme.is_open) for code, item in found.items()] == [
        ("CARD-2023", True),
        ("LS-2022", True),
        ("YTE-2024", True),
        ("LODGE-2023", True),
        ("APT-2023", False),
    ]
    assert page_of(make_person(at=AT_2024, **MASTER_2024).user).count("还没有开放申请") == 1


def test_what_excludes_each_other_stands_side_by_side_with_amounts_and_instalments() -> None:
    person = a_master()
    (choice,) = choices_among(entitled(person).values())
    assert (choice.mode, [it.document.code for it in choice.members]) == ("block", ["LS-2022", "YTE-2024"])
    assert [[(part.amount_fen, part.due_on) for part in it.prospect.instalments] for it in choice.members] == [
        [(10_000_00, date(2024, 10, 16))],
        [(25_000_00, date(2024, 10, 16)), (25_000_00, date(2026, 10, 16))],
    ]
    text = page_of(person.user)
    side = text[text.index("请比较") : text.index("看起来符合")]
    words = ("两项生活补贴只能享受一项。", "10,000 元", "50,000 元", "25,000 元，2026 年 10 月 16 日以后", "示例规则")
    assert [it for it in words if it not in side] == []


def test_one_clause_that_is_not_met_leaves_nothing_to_choose() -> None:
    person = a_master()
    save_identity(person=person, values={"household_code": "350582"}, by=person.user, at=AT_2024)
    found = entitled(person)
    assert (found["LS-2022"].standing.value, choices_among(found.values())) == ("unmet", [])
    assert found["LS-2022"].prospect.amount_fen is None


def test_a_part_of_a_profile_leaves_the_rest_open() -> None:
    person = person_of(user=make_user())
    save_education(person=person, values={"level": "bachelor", "study_mode": "full_time"}, by=person.user, at=AT_2024)
    assert {code: item.standing.value for code, item in entitled(person).items()} == dict.fromkeys(CODES, "open")


def test_everything_met_and_proven_says_so() -> None:
    row = make_application_in("second_review", at=AT_2024, person=a_master())
    found = entitled(row.applicant)
    assert found["LS-2022"].standing.value == "proven"
    assert "都符合，已核实" in page_of(row.applicant.user)


def test_a_proven_fact_against_somebody_is_not_met() -> None:
    row = make_application_in("first_review", at=AT_2024, person=a_master())
    paper = row.shelf.get(kind="household_page").paper
    settle_facts(
        application=row, values={"hukou_code": "350582"}, paper=paper,
        by=staff("first_reviewer"), at=AT_2024, expected_version=row.version,
    )  # fmt: skip
    assert answers(entitled(row.applicant)["LS-2022"])["LS-3"] == "unmet"


# ── the facts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def facts_now(person: Person) -> dict[str, tuple[Any, str, str]]:
    """What is known: value, provenance, source."""
    known = known_facts(profile_of(person.user), IN_2024).known
    return {name: (fact.value, fact.provenance.name.lower(), fact.source) for name, fact in known.items()}


def test_a_settled_fact_counts_until_the_profile_says_something_else() -> None:
    row = make_application_in("first_review", at=AT_2024, person=a_master())
    settle_everything(row, at=AT_2024)
    person = row.applicant
    assert facts_now(person)["education"][:2] == ("master", "paper")
    save_education(person=person, values={"level": "doctor"}, by=person.user, at=AT_2024)
    after = facts_now(person)
    assert after["education"] == ("doctor", "declared", "profile")
    assert after["study_mode"][1] == "paper"


def test_a_proven_number_proves_the_birth_date() -> None:
    person = a_master()
    assert facts_now(person)["birth_date"][1:] == ("declared", "profile")
    prove_number(person=person, by=staff("clerk"), at=AT_2024)
    assert facts_now(person)["birth_date"] == (date(2001, 3, 8), "paper", "paper:id_card")


def test_what_a_register_answered_counts_only_for_a_proven_number() -> None:
    row = make_application_in("accept", at=AT_2024, person=a_master())
    add_register_fact(row, "homes", "350581@2020-05-01", "register:property")
    assert "homes" not in facts_now(row.applicant)
    assert answers(entitled(row.applicant)["APT-2023"])["TA-5"] == "unproven"
    prove_number(person=row.applicant, by=staff("clerk"), at=AT_2024)
    assert facts_now(row.applicant)["homes"][1:] == ("register", "register:property")
    assert answers(entitled(row.applicant)["APT-2023"])["TA-5"] == "unmet"


def add_register_fact(row: Application, name: str, value: str, source: str) -> Assessment:
    """A later assessment of ``row`` that knows one more fact, as a register's answer leaves it."""
    last = row.assessments.order_by("number").last()
    facts = last.facts | {
        "facts": last.facts["facts"]
        | {name: {"value": value, "provenance": "register", "as_of": "2024-10-15", "source": source}}
    }
    result = assess(row.policy_version.parsed, Facts.from_json(facts), shipped_calendar())
    return Assessment.objects.create(
        application=row, number=last.number + 1, submission=last.submission, policy_version=row.policy_version,
        trigger=Assessment.Trigger.SETTLED, at=AT_2024, verdict=result.verdict, amount_fen=result.amount_fen,
        facts=facts, result=result.as_json(),
    )  # fmt: skip


def test_the_stay_of_one_application_says_nothing_about_the_next() -> None:
    row = make_application_in("first_review", at=AT_2024, person=a_master())
    add_register_fact(row, "nights_wanted", "5", "application")
    assert "nights_wanted" not in facts_now(row.applicant)


def test_a_fact_that_the_catalogue_cannot_read_any_more_is_left_out() -> None:
    row = make_application_in("first_review", at=AT_2024, person=a_master())
    last = row.assessments.order_by("number").last()
    odd = {"value": "perhaps", "provenance": "paper", "as_of": None, "source": "paper:marriage_record"}
    facts = last.facts | {"facts": last.facts["facts"] | {"married": odd}}
    Assessment.objects.create(
        application=row, number=last.number + 1, submission=last.submission, policy_version=row.policy_version,
        trigger=Assessment.Trigger.SETTLED, at=AT_2024, verdict=last.verdict, facts=facts, result=last.result,
    )  # fmt: skip
    assert "married" not in facts_now(row.applicant)


@pytest.mark.slow
def test_what_this_portal_granted_counts_without_anybody_declaring_it() -> None:
    row = make_application_in("approved", at=AT_2024, person=a_master())
    found = entitled(row.applicant, date(2024, 12, 2))
    assert (answers(found["LS-2022"])["LS-8"], answers(found["YTE-2024"])["YT-6"]) == ("unmet", "unmet")


@pytest.mark.slow
def test_a_grant_is_known_even_where_nothing_was_declared() -> None:
    person = make_application_in("approved", at=AT_2024, person=a_master()).applicant
    Assessment.objects.all().delete()
    (grant,) = known_facts(profile_of(person.user), IN_2024).known["prior_grants"].value
    assert (grant.scheme, grant.area, grant.amount_fen) == ("LS-2022", "350581", 10_000_00)
    assert "已领补贴 LS-2022，10,000 元" in page_of(person.user)
    assert "本网站的记录" in page_of(person.user)


# ── what it costs ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_costs_five_queries(django_assert_num_queries: Any) -> None:
    row = make_application_in("first_review", at=AT_2024, person=a_master())
    person = profile_of(row.applicant.user)
    with django_assert_num_queries(5):
        entitlements_of(person, on=IN_2024, calendar=shipped_calendar())


@pytest.mark.slow
def test_the_page_costs_the_same_with_one_application_and_with_three() -> None:
    person = a_master()
    client = Client()
    client.force_login(person.user)
    make_application_in("withdrawn", at=AT_2024, person=person)
    counts = []
    for _more in range(2):
        client.get(PAGE)
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        counts.append(len(asked))
        make_application_in("withdrawn", at=AT_2024, person=person)
    assert counts[0] == counts[1]


# ── what is not said ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clause_whose_excepted_branch_is_unknown_does_not_look_right() -> None:
    facts = Facts.of(IN_2024, {"education": "secondary", "study_mode": "full_time"}, Provenance.DECLARED)
    standing, _findings, _prospect = outlook(
        document("CARD-2023"), [facts], shipped_calendar(), asked={"education", "study_mode"}
    )
    assert standing.value == "open"


def test_money_that_no_row_gives_is_not_promised() -> None:
    only_doctors = with_clause("YTE-2024", "YT-1", {"kind": "study_mode", "modes": ["full_time"]}).model_copy(
        update={"amounts": document("YTE-2024").amounts[:1], "clauses": document("LS-2022").clauses[7:]}
    )
    facts = Facts.of(IN_2024, {"prior_grants": "-", "education": "bachelor"}, Provenance.DECLARED)
    standing, _findings, prospect = outlook(only_doctors, [facts], shipped_calendar(), asked={"education"})
    assert (standing.value, prospect.amount_fen) == ("open", None)


# ── the pages ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_profile_the_page_says_what_to_do() -> None:
    text = page_of(make_user())
    assert ("还没有您的资料。" in text, "开始申请，填写资料" in text, "LS-1" in text) == (True, True, False)
    empty = person_of(user=make_user())
    assert "还没有您的资料。" in page_of(empty.user)


@pytest.mark.slow
def test_a_profile_that_registers_prove_whole_is_no_empty_one() -> None:
    row = make_application_in("second_review", at=AT_2024, person=a_master())
    last = row.assessments.order_by("number").last()
    proven = {"provenance": "register", "source": "register:education"}
    facts = last.facts | {"facts": {name: fact | proven for name, fact in last.facts["facts"].items()}}
    Assessment.objects.create(
        application=row, number=last.number + 1, submission=last.submission, policy_version=row.policy_version,
        trigger=Assessment.Trigger.REGISTER, at=AT_2024, verdict=last.verdict, facts=facts, result=last.result,
    )  # fmt: skip
    sources = {source for _value, _provenance, source in facts_now(row.applicant).values()}
    assert sources == {"register:education", "portal"}
    text = page_of(row.applicant.user)
    assert ("还没有您的资料。" in text, "LS-1" in text) == (False, True)


def test_a_draft_offers_the_way_to_its_sections() -> None:
    draft = make_draft(a_master(), at=AT_2024)
    save_employment(person=draft.applicant, values={"first_insured_on": None}, by=draft.applicant.user, at=AT_2024)
    client = Client()
    client.force_login(draft.applicant.user)
    html = client.get(PAGE).content.decode()
    assert f'href="{reverse("application_section", args=[draft.pk, "employment"])}"' in html
    assert f'href="{reverse("application_tasks", args=[draft.pk])}"' in html
    assert "还没有填写：首次在本市参保日期。" in html


def test_without_a_draft_the_way_is_to_start_an_application() -> None:
    person = person_of(user=make_user())
    save_education(person=person, values={"level": "bachelor"}, by=person.user, at=AT_2024)
    client = Client()
    client.force_login(person.user)
    html = client.get(PAGE).content.decode()
    assert f'<a href="{reverse("privacy_notice", args=["talent-card"])}">去填写身份信息</a>' in html


def test_home_my_applications_and_programmes_lead_to_it() -> None:
    client = Client()
    client.force_login(make_user())
    for address in ("/", "/applications/", "/programmes/", "/programmes/living-subsidy/"):
        assert f'href="{PAGE}"' in client.get(address).content.decode()


@pytest.mark.slow
def test_the_application_tells_every_clause_after_the_check_and_nothing_before() -> None:
    before = make_application_in("check", at=AT_2024, person=a_master())
    assert "逐条核对结果" not in page_of(before.applicant.user, reverse("application", args=[before.pk]))
    row = make_application_in("first_review", at=AT_2024, person=a_master())
    text = page_of(row.applicant.user, reverse("application", args=[row.pk]))
    part = text[text.index("逐条核对结果") : text.index("您提交的内容")]
    assert "1 条符合、7 条待证实" in part
    assert [number for number in (f"LS-{n}" for n in range(1, 9)) if number not in part] == []
    assert "毕业证书签发日期 2024 年 6 月 20 日 本人填写 · 2024 年 10 月 16 日" in part


def test_what_a_register_answered_is_withheld_until_the_number_is_proven() -> None:
    row = make_application_in("accept", at=AT_2024, person=a_master())
    add_register_fact(row, "hukou_code", "350582", "register:household")
    address = reverse("application", args=[row.pk])
    text = page_of(row.applicant.user, address)
    part = text[text.index("逐条核对结果") : text.index("您提交的内容")]
    clause = part[part.index("LS-3") : part.index("LS-4")]
    assert clause.split(" ", 1)[1].strip() == ("户籍在石狮 已查询 已向登记部门查询。证件号码核实以后，这里显示结果。")
    assert "不符合" not in part
    prove_number(person=row.applicant, by=staff("clerk"), at=AT_2024)
    text = page_of(row.applicant.user, address)
    clause = text[text.index("LS-3") : text.index("LS-4")]
    assert "不符合" in clause and "公安户籍登记 · 2024 年 10 月 15 日" in clause


@pytest.mark.slow
def test_reviewers_read_what_would_settle_a_clause() -> None:
    row = make_application_in("first_review", at=AT_2024, person=a_master())
    text = page_of(staff("first_reviewer"), reverse("desk_file", args=[row.pk]))
    assert "怎样认定：凭户口簿本人页核对，或者由公安户籍登记证实：户籍所在地" in text


def test_insured_months_that_are_old_are_not_held_against_somebody_still_in_post() -> None:
    person = a_master()
    later = date(2025, 3, 16)
    facts = known_facts(profile_of(person.user), later)
    assert "insurance" not in facts.known
    assert "insurance" in known_facts(profile_of(person.user), date(2024, 11, 16)).known
    found = {
        it.document.code: it for it in entitlements_of(profile_of(person.user), on=later, calendar=shipped_calendar())
    }
    finding = next(it for it in found["LS-2022"].findings if it.clause == "LS-5")
    assert finding.answer == "unproven"


@pytest.mark.slow
def test_what_this_portal_granted_is_its_own_record_of_the_day_it_was_granted() -> None:
    row = make_application_in("approved")
    fact = known_facts(profile_of(row.applicant.user), IN_2024).known["prior_grants"]
    assert (fact.source, fact.as_of) == ("portal", fact.value[0].granted_on)


def test_a_stranger_does_not_learn_whether_a_register_knows_name_and_number(settings: Any) -> None:
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    row = make_application_in("accept", at=AT_2024, person=a_master())
    Person.objects.filter(pk=row.applicant_id).update(proven_at=None, proven_by=None, proven_paper=None)
    text = page_of(row.applicant.user, reverse("application", args=[row.pk]))
    clause = text[text.index("LS-3") : text.index("LS-4")]
    assert "已查询" in clause  # whatever the register said, and where it said nothing
