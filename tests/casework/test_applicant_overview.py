"""What the applicant's lists say is left: money still to come, papers still to be replaced, parts still to fill in."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from portal.accounts.models import User
from portal.casework.models import Application
from subsidies.models import Payable
from tests.browsing import signed_in
from tests.factories import AT, load_policies, make_application_in, make_draft, make_upload, make_user, move_clock
from tests.subsidies.paying import cancelled

pytestmark = pytest.mark.django_db
MARKED = ({"kind": "paper", "section": "", "name": "diploma", "note": "四角没拍全"},)


@pytest.fixture(autouse=True)
def _october_2023() -> None:
    move_clock()
    load_policies()


def my_list(user: User) -> dict[str, list[Any]]:
    """What stands where on the page of all one's applications."""
    context = signed_in(user).get("/applications/").context
    return {
        "open": [card["application"].pk for card in context["open_cards"]],
        "ended": [card["application"].pk for card in context["ended_cards"]],
        "offered": [(offer["programme"].code, getattr(offer["granted"], "pk", None)) for offer in context["offers"]],
    }


def page(row: Application, name: str, *args: str) -> str:
    return signed_in(row.applicant.user).get(reverse(name, args=[row.pk, *args])).content.decode()


def listed(open: tuple[UUID, ...] = (), ended: tuple[UUID, ...] = (), granted: UUID | None = None) -> dict[str, Any]:
    offered = [("talent-card", None), ("living-subsidy", granted), ("lodging", None), ("apartment", None)]
    return {"open": [*open], "ended": [*ended], "offered": offered}


@pytest.mark.slow
def test_an_approved_application_is_open_until_its_money_is_paid_and_is_not_offered_again():
    row = make_application_in("approved")
    assert my_list(row.applicant.user) == listed(open=(row.pk,), granted=row.pk)
    html = signed_in(row.applicant.user).get("/applications/").content.decode()
    offer = html.split('id="more-heading"')[1].split("</section>")[0]
    assert (reverse("application", args=[row.pk]) in offer, "<small>已批准</small>" in offer) == (True, True)


@pytest.mark.slow
def test_an_approved_application_whose_money_was_taken_back_is_ended_and_may_be_made_again():
    row = make_application_in("approved")
    payable = Payable.objects.get(application=row)
    for name, value in cancelled().items():
        setattr(payable, name, value)
    payable.save()
    assert my_list(row.applicant.user) == listed(ended=(row.pk,))
    assert "已批准，后来取消了发放" in page(row, "application")


def test_a_refused_application_is_ended_and_may_be_made_again():
    row = make_application_in("refused")
    assert my_list(row.applicant.user) == listed(ended=(row.pk,))


def test_without_applications_every_open_programme_is_offered():
    assert my_list(make_user()) == listed()


@pytest.mark.slow
def test_a_marked_paper_counts_as_replaced_once_another_one_is_handed_in():
    row = make_application_in("correction", items=MARKED)
    before = page(row, "application_papers")
    move_clock(AT.replace(year=2024))
    signed_in(row.applicant.user).post(
        reverse("application_papers", args=[row.pk]), {"kind": "diploma", "file": make_upload()}
    )
    after = page(row, "application_papers")
    said = [[words in html for words in ("要换 1 种，已换 0 种", "还没换", "已换 1 种")] for html in (before, after)]
    assert said == [[True, True, False], [False, False, True]]


@pytest.mark.slow
def test_every_page_of_the_task_list_counts_the_same_parts():
    row = make_draft()
    pages = [page(row, "application_section", name) for name in ("identity", "education", "employment", "account")]
    pages += [page(row, "application_papers"), page(row, "application_section", "declaration")]
    pages += [page(row, "application_check")]
    assert [re.search(r"第 \d 部分，共 \d 部分", html)[0] for html in pages] == [
        f"第 {number} 部分，共 7 部分" for number in range(1, 8)
    ]
    assert "共 7 项" in page(row, "application_tasks")
