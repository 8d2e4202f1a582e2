"""Who has a one-off grant already is not invited again, and amounts say what is left after a part was cancelled."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.casework.models import Application
from portal.casework.programmes import grants_of
from portal.casework.services.drafting import start_application
from portal.casework.services.holding import held_by
from portal.policy.services import load_policy
from subsidies.living import create_payables
from subsidies.models import Payable
from subsidies.services.cancelling import cancel_payable
from tests.browsing import signed_in, text_of
from tests.factories import (
    AT_2024,
    ROOT,
    SHANGHAI,
    load_policies,
    make_application_in,
    make_draft,
    make_user,
    move_clock,
    staff,
)
from tests.subsidies.paying import quick_payable

pytestmark = pytest.mark.django_db
PAGE = "/programmes/living-subsidy/"


@pytest.fixture
def granted() -> Application:
    """A master's approved application under YTE-2024: two instalments of 25,000 yuan."""
    row = make_application_in("approved", policy="YTE-2024")
    move_clock(row.state_at + timedelta(days=1))
    return row


def cancel(row: Application, *numbers: int) -> None:
    for payable in Payable.objects.filter(application=row, number__in=numbers).order_by("number"):
        cancel_payable(
            payable=payable, reason="已离职。", by=staff("administrator"), at=row.state_at + timedelta(days=1)
        )


def test_somebody_granted_is_shown_the_grant_and_not_invited_again(granted):
    client, address = signed_in(granted.applicant.user), reverse("application", args=[granted.pk])
    page = client.get(PAGE).content.decode()
    said = ("您已经享受“一次性生活补贴”" in page, f'href="{address}"' in page, "/apply/living-subsidy/privacy/" in page)
    assert said == (True, True, False)
    for path in ("/", "/programmes/"):
        text = text_of(client.get(path))
        assert ("您已经享受" in text, "看条件，申请" in text, "正在受理" in text) == (True, False, False), path


def test_the_way_in_leads_somebody_granted_to_the_application(granted):
    client = signed_in(granted.applicant.user)
    client.post("/apply/living-subsidy/privacy/")
    response = client.get("/apply/living-subsidy/", follow=True)
    assert response.redirect_chain == [(reverse("application", args=[granted.pk]), 302)]
    assert "您已经享受“一次性生活补贴”，不用再申请。" in text_of(response)


def test_somebody_whose_grant_was_taken_back_is_invited_again(granted):
    cancel(granted, 1, 2)
    client = signed_in(granted.applicant.user)
    assert "/apply/living-subsidy/privacy/" in client.get(PAGE).content.decode()
    assert "正在受理" in text_of(client.get("/"))
    assert held_by(granted.applicant.user, granted.state_at.date()) == {}


def test_a_draft_beside_the_grant_is_what_one_goes_on_with(granted):
    draft = make_draft(granted.applicant, policy="YTE-2024", at=granted.state_at + timedelta(days=1))
    page = signed_in(granted.applicant.user).get(PAGE).content.decode()
    assert (f"/applications/{draft.pk}/tasks/" in page, "您已经享受" in page) == (True, False)


def test_a_grant_is_the_own_one_only(granted):
    assert "您已经享受" not in text_of(signed_in(make_user()).get(PAGE))
    assert "您已经享受" not in text_of(Client().get(PAGE))


def another_like(row, **changes):
    """A copy of a row with another key."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row).objects.create(**values | {"id": uuid4()} | changes)


@pytest.mark.parametrize("path", ["/", "/programmes/", PAGE])
def test_pages_cost_the_same_for_one_grant_and_for_three(path):
    load_policies()
    move_clock(AT_2024)
    payable = quick_payable()
    client, counts = signed_in(payable.person.user), []
    for references in ((), ("T-1", "T-2")):
        for reference in references:
            row = another_like(payable.application, reference=reference)
            another_like(payable.application.submissions.get(), application_id=row.pk)
            another_like(payable, application_id=row.pk)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert "您已经享受" in text_of(client.get(path))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_cancelled_part_is_taken_off_what_the_pages_say(granted):
    client, address = signed_in(granted.applicant.user), reverse("application", args=[granted.pk])
    assert "已批准，补贴共 50,000 元" in text_of(client.get(address))
    cancel(granted, 2)
    page = client.get(address)
    text = text_of(page)
    assert "已批准，补贴现为 25,000 元，其余已取消" in text
    assert re.search(r"<dt>取消以后共</dt><dd><strong>.*25,000 元", page.content.decode())
    assert "<del>25,000 元</del>" in page.content.decode()
    assert "50,000 元" not in text_of(client.get("/applications/"))
    letter = text_of(client.get(reverse("decision", args=[granted.pk])))
    assert "这份决定作出以后，有一部分补贴已取消。取消以后共 25,000 元。" in letter


def test_a_decision_whose_money_was_all_cancelled_says_so(granted):
    address = reverse("decision", args=[granted.pk])
    client = signed_in(granted.applicant.user)
    assert "已取消" not in text_of(client.get(address))
    cancel(granted, 1, 2)
    assert "这份决定作出以后，补贴已全部取消，不再发放。" in text_of(client.get(address))


def test_a_grant_counts_with_what_is_left_of_it(granted):
    def grants() -> list[tuple[str, int]]:
        return [(grant.scheme, grant.amount_fen) for grant in grants_of(granted.applicant)]

    assert grants() == [("YTE-2024", 5_000_000)]
    cancel(granted, 2)
    assert grants() == [("YTE-2024", 2_500_000)]
    cancel(granted, 1)
    assert grants() == []


def monthly() -> str:
    """LS-2022 as it could be: half at once, half in three monthly parts that want the post settled anew."""
    text = (ROOT / "subsidies" / "policy" / "LS-2022.yaml").read_text(encoding="utf-8")
    plan = "  - {percent: 50}\n  - {percent: 50, months_after_application: 6, monthly: 3, recheck: [in_post]}\n"
    return text.replace("instalments:\n  - {percent: 100}\n", f"instalments:\n{plan}").replace(
        'version: "1"', 'version: "2"'
    ).replace("effective_from: 2022-06-30", "effective_from: 2023-01-01")  # fmt: skip


def test_every_monthly_part_takes_its_rule_with_it():
    load_policies()
    at = datetime(2023, 10, 16, 9, 12, tzinfo=SHANGHAI)
    load_policy(monthly(), at=at)
    row = make_application_in("approved", at=at)
    parts = Payable.objects.filter(application=row).order_by("number")
    assert [(it.number, it.gross_fen, it.due_on.isoformat(), it.is_recheck_needed) for it in parts] == [
        (1, 500_000, "2023-10-16", False),
        (2, 166_666, "2024-04-16", True),
        (3, 166_666, "2024-05-16", True),
        (4, 166_668, "2024-06-16", True),
    ]


def test_an_assessment_stored_before_rules_were_kept_still_makes_its_payables():
    row = make_application_in("final_approval", policy="YTE-2024")
    row.approver = staff("approver")
    assessment = row.assessments.order_by("number").last()
    old = [{name: value for name, value in part.items() if name != "rule"} for part in assessment.result["instalments"]]
    assessment.result = assessment.result | {"instalments": old}
    create_payables(row, assessment, row.state_at)
    parts = Payable.objects.filter(application=row).order_by("number")
    assert [(it.number, it.is_recheck_needed) for it in parts] == [(1, False), (2, True)]


def test_starting_again_after_a_grant_is_the_same_application_where_one_is_open(granted):
    draft = make_draft(granted.applicant, policy="YTE-2024", at=granted.state_at + timedelta(days=1))
    again = start_application(
        user=granted.applicant.user,
        programme_code="living-subsidy",
        policy_code="YTE-2024",
        privacy_read_at=draft.created_at,
        at=draft.created_at,
    )
    assert again == draft
