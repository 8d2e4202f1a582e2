"""The queue: who sees what, filters, pages by key, finding a file, files that nobody may move."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import RoleGrant
from portal.casework.models import Application, Assessment
from portal.casework.services.finding import PAGE, QueueFilter, queue_files, queue_page, stuck_files
from tests import factories as make
from tests.browsing import signed_in

pytestmark = pytest.mark.django_db
ON = make.ON


def references(response):
    return re.findall(r'th-q-ref">([A-Z]+-\d{4}-\d{6})<', response.content.decode())


def in_state(state, count=1):
    return [make.make_application_in(state) for _number in range(count)]


def copies(row, count, **changes):
    """Rows like ``row`` of as many other people, without walking each of them through the services."""
    rows, assessments = [], []
    newest = row.assessments.order_by("number").last()
    for number in range(count):
        user = make.make_user()
        person = make.person_of(user=user)
        fields = {
            "reference": f"LS-2023-{900000 + number:06d}",
            "programme": row.programme,
            "policy_version": row.policy_version,
            "applicant": person,
            "state": row.state,
            "state_at": row.state_at,
            "town": row.town,
            "created_at": row.created_at,
            "submitted_at": row.submitted_at,
            "submitted_on": row.submitted_on,
            "due_on": row.due_on,
            "name_masked": "王**",
            **changes,
        }
        rows.append(Application(**fields))
        assessments.append((rows[-1], newest))
    Application.objects.bulk_create(rows)
    Assessment.objects.bulk_create(
        Assessment(
            application=copy,
            submission=seen.submission,
            policy_version=seen.policy_version,
            number=1,
            trigger="settled",
            at=seen.at,
            verdict=seen.verdict,
            answers=seen.answers,
            facts=seen.facts,
            result=seen.result,
        )
        for copy, seen in assessments
    )
    return rows


@pytest.mark.slow
def test_the_queue_opens_on_what_the_person_can_act_on():
    make.move_clock()
    waiting, reviewing = in_state("accept")[0], in_state("first_review")[0]

    assert references(signed_in(make.staff("clerk")).get(reverse("desk"))) == [waiting.reference]
    assert references(signed_in(make.staff("first_reviewer")).get(reverse("desk"))) == [reviewing.reference]


@pytest.mark.slow
def test_auditors_see_everything_in_work_and_have_no_form_but_the_search():
    make.move_clock()
    rows = in_state("accept") + in_state("first_review")

    page = signed_in(make.staff("auditor")).get(reverse("desk"))

    assert sorted(references(page)) == sorted(row.reference for row in rows)
    assert re.findall(r'<form[^>]*action="(/desk/[^"]*)"', page.content.decode()) == ["/desk/find/"]


def test_a_row_shows_masked_name_policy_stage_findings_and_clock():
    make.move_clock()
    in_state("first_review")

    text = signed_in(make.staff("first_reviewer")).get(reverse("desk")).content.decode()

    assert "林**" in text and "林晓航" not in text
    assert "LS-2022" in text
    assert "7 条待证实" in text  # LS-8 is proven by the declaration
    assert "剩 5 日" in text  # first review has five working days, and none has passed


def test_the_clock_of_a_correction_is_paused_and_a_late_file_says_by_how_much():
    make.move_clock()
    in_state("correction")
    late = in_state("accept")[0]
    Application.objects.filter(pk=late.pk).update(due_on=date(2023, 10, 12))

    text = signed_in(make.staff("clerk")).get(reverse("desk") + "?view=all").content.decode()

    assert "已暂停" in text
    assert "超 2 日" in text  # 13 and 16 October


@pytest.mark.slow
def test_a_town_clerk_sees_the_files_of_that_town_only():
    make.move_clock()
    ours, theirs = in_state("accept", 2)
    Application.objects.filter(pk=theirs.pk).update(town="baogai")
    clerk = make.make_staff("clerk", town="fengli")

    assert references(signed_in(clerk).get(reverse("desk"))) == [ours.reference]


def test_files_in_the_hands_of_a_colleague_are_not_in_my_view():
    make.move_clock()
    row = in_state("accept")[0]
    Application.objects.filter(pk=row.pk).update(assignee=make.make_staff("clerk"))
    client = signed_in(make.staff("clerk"))

    assert references(client.get(reverse("desk"))) == []
    assert references(client.get(reverse("desk") + "?view=all")) == [row.reference]


def test_a_first_reviewer_who_also_reviews_second_does_not_find_the_own_file_there():
    make.move_clock()
    row = in_state("second_review")[0]
    RoleGrant.objects.create(user=make.staff("first_reviewer"), role="second_reviewer")

    assert references(signed_in(make.staff("first_reviewer")).get(reverse("desk"))) == []
    assert references(signed_in(make.staff("second_reviewer")).get(reverse("desk"))) == [row.reference]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("view=all", {"a", "b", "c"}),
        ("view=all&stage=accept", {"a", "b"}),
        ("view=all&town=baogai", {"b"}),
        ("view=all&policy=YTE-2024", {"c"}),
        ("view=overdue", {"a"}),
        ("view=all&due=overdue", {"a"}),
        ("view=all&due=today", {"a", "b"}),
        ("view=all&due=week", {"a", "b", "c"}),
        ("view=mine", {"c"}),
        ("view=free", {"a", "b"}),
        ("view=ended", set()),
        ("view=nonsense&town=nowhere", {"a", "b", "c"}),
    ],
)
@pytest.mark.slow
def test_the_filters_narrow_the_queue(query, found):
    make.move_clock()
    auditor = make.staff("auditor")
    names = dict(zip("ab", in_state("accept", 2), strict=True))
    yte = make.make_person(employment={"first_insured_on": date(2024, 3, 1)})
    names["c"] = make.make_application_in(
        "first_review", person=yte, policy="YTE-2024", at=make.AT + timedelta(days=200)
    )
    Application.objects.filter(pk=names["a"].pk).update(due_on=ON - timedelta(days=1))
    Application.objects.filter(pk=names["b"].pk).update(due_on=ON, town="baogai")
    Application.objects.filter(pk=names["c"].pk).update(due_on=ON + timedelta(days=7), assignee=auditor)

    shown = references(signed_in(auditor).get(f"{reverse('desk')}?{query}"))

    assert {name for name, row in names.items() if row.reference in shown} == found


def test_pages_go_by_key_through_every_file_once_and_back():
    make.move_clock()
    row = in_state("accept")[0]
    copies(row, 60)
    Application.objects.filter(reference__in=[f"LS-2023-{900000 + n:06d}" for n in range(40, 60)]).update(due_on=None)
    files = queue_files(make.staff("auditor"), QueueFilter(view="all"), on=ON)

    first = queue_page(files)
    second = queue_page(files, after=first.next)

    assert (len(first.rows), len(second.rows)) == (PAGE, 11)
    assert (first.previous, second.next) == ("", "")
    assert len({row.pk for row in first.rows + second.rows}) == 61
    assert [row.due_on is None for row in first.rows + second.rows] == [False] * 41 + [True] * 20
    back = queue_page(files, before=second.previous)
    assert [row.pk for row in back.rows] == [row.pk for row in first.rows]
    assert back.previous == ""


def test_a_key_that_cannot_be_read_gives_the_first_page():
    make.move_clock()
    row = in_state("accept")[0]

    assert references(signed_in(make.staff("clerk")).get(reverse("desk") + "?after=drop+table")) == [row.reference]


@pytest.mark.slow
def test_thirty_files_cost_no_more_queries_than_one():
    make.move_clock()
    row = in_state("accept")[0]
    client = signed_in(make.make_staff("clerk", "administrator"))
    client.get(reverse("desk"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("desk"))
    copies(row, 29)
    with CaptureQueriesContext(connection) as thirty:
        assert len(references(client.get(reverse("desk")))) == 30

    assert len(thirty) == len(one)


def test_an_empty_queue_says_what_to_do_next():
    make.move_clock()
    make.load_policies()

    text = signed_in(make.staff("clerk")).get(reverse("desk")).content.decode()

    assert "现在没有等您办理的件。" in text
    assert '<a href="?view=all">' in text


def test_finance_lands_on_the_payables():
    assert signed_in(make.staff("finance")).get(reverse("desk")).headers["Location"] == reverse("payables")


def test_an_applicant_finds_no_desk():
    assert signed_in(make.make_user()).get(reverse("desk")).status_code == 404
    assert Client().get(reverse("desk")).status_code == 302


# ── finding a file ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_found_by_reference_by_its_last_digits_and_by_number():
    make.move_clock()
    row = in_state("accept")[0]
    client = signed_in(make.staff("clerk"))

    for text in (
        row.reference,
        row.reference.lower(),
        row.reference[-4:],
        row.applicant.number,
        row.applicant.number.lower(),
    ):
        answer = client.post(reverse("desk_find"), {"q": text})
        assert answer.headers["Location"] == reverse("desk_file", args=[row.pk])


def test_a_file_out_of_scope_is_not_found():
    make.move_clock()
    row = in_state("accept")[0]
    clerk = make.make_staff("clerk", town="baogai")

    answer = signed_in(clerk).post(reverse("desk_find"), {"q": row.reference})

    assert answer.status_code == 200
    assert "您的范围内没有找到这件。" in answer.content.decode()


def test_several_hits_are_listed():
    make.move_clock()
    row = in_state("accept")[0]
    Application.objects.filter(pk=row.pk).update(reference="LS-2022-000123")
    other = in_state("accept")[0]
    Application.objects.filter(pk=other.pk).update(reference="LS-2023-000123")

    text = signed_in(make.staff("clerk")).post(reverse("desk_find"), {"q": "000123"}).content.decode()

    assert "LS-2022-000123" in text and "LS-2023-000123" in text


def test_the_search_takes_no_number_from_an_address():
    client = signed_in(make.staff("clerk"))

    assert client.get(reverse("desk_find") + "?q=350581200103080017").headers["Location"] == reverse("desk")


# ── files that nobody may move ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_file_is_stuck_where_the_only_holder_is_barred():
    make.move_clock()
    row = in_state("second_review")[0]
    admin = make.staff("administrator")
    make.staff("second_reviewer")
    assert stuck_files(admin, on=ON) == []

    RoleGrant.objects.filter(role="second_reviewer").delete()
    RoleGrant.objects.create(user=make.staff("first_reviewer"), role="second_reviewer")

    assert [found.file.pk for found in stuck_files(admin, on=ON)] == [row.pk]
    assert row.reference in signed_in(admin).get(reverse("desk")).content.decode()


def test_a_file_is_stuck_where_the_only_holder_is_its_applicant_or_switched_off():
    make.move_clock()
    clerk = make.staff("clerk")
    mine = make.make_application_in("accept", person=make.make_person(clerk))
    in_state("accept")
    admin = make.staff("administrator")

    assert [found.file.pk for found in stuck_files(admin, on=ON)] == [mine.pk]

    clerk.is_active = False
    clerk.save()
    assert len(stuck_files(admin, on=ON)) == 2


def test_only_administrators_are_shown_what_is_stuck():
    make.move_clock()
    in_state("accept")
    clerk = make.staff("clerk")
    RoleGrant.objects.filter(role="clerk").update(role="auditor")

    assert "卡住的件" not in signed_in(clerk).get(reverse("desk")).content.decode()
    assert "卡住的件" in signed_in(make.staff("administrator")).get(reverse("desk")).content.decode()
