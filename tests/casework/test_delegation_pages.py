"""The pages of delegations and recusals: a list, making and ending one, and unlocking a stuck file through them."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from portal.accounts.models import Delegation, User
from portal.casework.models import Recusal, StepTaken
from portal.casework.services.delegating import make_delegation
from tests import factories as make
from tests.browsing import signed_in
from tests.casework.moving import now
from tests.factories import AT, ON

pytestmark = pytest.mark.django_db
LIST, NEW = "/desk/delegations/", "/desk/delegations/new/"


@pytest.fixture(autouse=True)
def _the_day():
    make.move_clock()


def text_of(response):
    html = re.sub(r"</?span[^>]*>", "", response.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def filled(giver, delegate, **changes):
    values = {
        "grants": [str(grant.pk) for grant in giver.role_grants.all()],
        "to_user": str(delegate.pk),
        "from_on": "2023-10-16",
        "to_on": "2023-10-20",
        "reason": "年休假",
    }
    return values | changes


@pytest.mark.slow
def test_an_administrator_sees_a_stuck_file_and_unlocks_it_through_the_pages():
    row = make.make_application_in("first_review")
    reviewer = make.staff("first_reviewer")
    admin = make.make_staff("administrator", name="管一川")
    fifth = make.make_staff("first_reviewer", town="lingxiu", name="柯再远")
    at_desk, in_charge, from_elsewhere = signed_in(reviewer), signed_in(admin), signed_in(fifth)

    # The only first reviewer is related to the applicant, and says so on the page of the file.
    assert reverse("desk_recusal_new", args=[row.pk]) in at_desk.get(f"/desk/files/{row.pk}/").content.decode()
    done = at_desk.post(reverse("desk_recusal_new", args=[row.pk]), {"reason": "申请人是我的表妹。"})
    assert done.headers["Location"] == "/desk/"
    assert f"您已回避 {row.reference}" in text_of(at_desk.get(f"/desk/files/{row.pk}/"))

    # The administrator sees it at once, on the queue and among the delegations, and is led to the form.
    way = f"{NEW}?file={row.pk}"
    assert way in in_charge.get("/desk/").content.decode()
    assert way in in_charge.get(LIST).content.decode()
    page = in_charge.get(way)
    assert f"{row.reference} 在“初审”卡住了。" in text_of(page)
    assert "委托office first_reviewer的角色" in text_of(page)
    assert page.context["form"].initial["grants"] == [str(reviewer.role_grants.get().pk)]
    assert [name for _pk, name in page.context["form"].fields["to_user"].choices][1:] == ["office clerk", "柯再远"]

    # The fifth person had nothing to do with it, and now has.
    assert from_elsewhere.get(f"/desk/files/{row.pk}/").status_code == 404
    sent = in_charge.post(way, filled(reviewer, fifth, reason="这件没有别人可以初审。"))
    assert sent.headers["Location"] == LIST
    assert row.reference not in in_charge.get(LIST).content.decode()
    assert from_elsewhere.get(f"/desk/files/{row.pk}/").status_code == 200

    make.settle_everything(now(row), by=User.objects.get(pk=fifth.pk))
    moved = from_elsewhere.post(reverse("desk_step", args=[row.pk, "pass_first"]), {"version": str(now(row).version)})
    assert moved.headers["Location"] == "/desk/"
    step = StepTaken.objects.get(application=row, step="pass_first")
    assert (step.actor, step.on_behalf_of) == (fifth, reviewer)
    timeline = text_of(in_charge.get(f"/desk/files/{row.pk}/?tab=timeline"))
    assert "柯再远（受office first_reviewer委托）" in timeline


def test_the_list_shows_ones_own_and_administrators_and_auditors_all():
    reviewer, colleague = make.make_staff("first_reviewer", name="苏一舟"), make.make_staff("clerk", name="曾启明")
    make_delegation(
        from_user=reviewer, to_user=colleague, grants=list(reviewer.role_grants.all()), from_on=ON,
        to_on=ON + timedelta(days=2), is_away=True, reason="年休假", by=reviewer, at=AT,
    )  # fmt: skip
    admin, auditor, other = (make.staff(role) for role in ("administrator", "auditor", "approver"))

    seen = {
        user: "年休假" in text_of(signed_in(user).get(LIST)) for user in (reviewer, colleague, admin, auditor, other)
    }
    assert seen == {reviewer: True, colleague: True, admin: True, auditor: True, other: False}
    assert "苏一舟，到 2023 年 10 月 18 日" in text_of(signed_in(admin).get(LIST))
    assert "停止委托" not in text_of(signed_in(auditor).get(LIST))


def test_a_delegation_is_made_and_ended_on_the_pages():
    reviewer, colleague = make.make_staff("first_reviewer"), make.make_staff("clerk", name="曾启明")
    client = signed_in(reviewer)

    made = client.post(NEW, filled(reviewer, colleague, is_away="on"), follow=True)
    assert "已委托给曾启明，双方都收到了通知。" in text_of(made)
    row = Delegation.objects.get()
    assert (row.from_user, row.to_user, row.is_away, row.reason) == (reviewer, colleague, True, "年休假")

    end = reverse("desk_delegation_end", args=[row.pk])
    assert signed_in(make.staff("approver")).post(end).status_code == 404
    assert "委托已停止" in text_of(signed_in(colleague).post(end, follow=True))
    assert client.get(end).status_code == 405


def test_whose_roles_one_may_not_lend_are_not_there():
    reviewer, admin = make.make_staff("first_reviewer"), make.make_staff("administrator")
    local = make.make_staff("administrator", town="lingxiu")

    assert signed_in(admin).get(f"{NEW}?from={reviewer.pk}").status_code == 200
    for user, query in (
        (reviewer, f"from={admin.pk}"),
        (local, f"from={reviewer.pk}"),
        (admin, "from=x"),
        (admin, f"from={10**30}"),
        (admin, "file=x"),
        (reviewer, f"file={uuid4()}"),
    ):
        assert signed_in(user).get(f"{NEW}?{query}").status_code == 404
    assert signed_in(make.staff("auditor")).get(NEW).status_code == 404


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"grants": []}, "请选择要委托的角色。"),
        ({"grants": ["0"]}, "请选择"),
        ({"to_user": ""}, "请选择委托给哪位同事。"),
        ({"to_user": "99999999"}, "请选择"),
        ({"from_on": "昨天"}, "请填写一个日期，例如 2026-11-16。"),
        ({"from_on": "2023-10-15"}, "开始的日子不能早于今天。"),
        ({"to_on": "9999-12-31"}, "一次委托最长一年。"),
        ({"to_on": "2023-10-01"}, "结束的日子不能早于开始的日子。"),
        ({"reason": ""}, "请写明理由。"),
        ({"reason": "年\x00假"}, "空字符"),
        ({"reason": "长" * 501}, "500"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field_and_kept(changes, sentence):
    reviewer, colleague = make.make_staff("first_reviewer"), make.make_staff("clerk")

    page = signed_in(reviewer).post(NEW, filled(reviewer, colleague, **changes))

    assert page.status_code == 422
    assert sentence in text_of(page)
    assert 'value="2023-10-16"' in page.content.decode() or "from_on" in changes
    assert not Delegation.objects.exists()


@pytest.mark.slow
def test_an_administrator_asks_for_a_recusal_and_lifts_it_on_the_pages():
    row = make.make_application_in("first_review")
    reviewer, admin = make.staff("first_reviewer"), make.make_staff("administrator", name="管一川")
    client, page = signed_in(admin), reverse("desk_recusal_new", args=[row.pk])

    assert "请写明理由。" in text_of(client.post(page, {"person": str(reviewer.pk)}))
    asked = client.post(page, {"person": str(reviewer.pk), "reason": "申请人的姐姐。"})
    assert asked.headers["Location"] == f"/desk/files/{row.pk}/"
    recusal = Recusal.objects.get()
    assert "回避 office first_reviewer" in text_of(client.get(f"/desk/files/{row.pk}/"))
    assert "管一川要求您回避这件申请。" in text_of(signed_in(reviewer).get(f"/desk/files/{row.pk}/"))

    withdraw = reverse("desk_recusal_withdraw", args=[recusal.pk])
    assert signed_in(reviewer).get(withdraw).status_code == 404
    assert signed_in(make.make_staff("administrator", town="lingxiu")).get(withdraw).status_code == 404
    assert "申请人的姐姐。" in text_of(client.get(withdraw))
    assert client.post(withdraw, {"reason": ""}).status_code == 422
    done = client.post(withdraw, {"reason": "弄错了人。"}, follow=True)
    assert f"office first_reviewer可以再办理 {row.reference}。" in text_of(done)
    assert client.get(withdraw).status_code == 404


def test_the_reason_of_a_recusal_is_read_by_administrators_only():
    row = make.make_application_in("first_review")
    reviewer, clerk, admin = make.staff("first_reviewer"), make.staff("clerk"), make.staff("administrator")
    page = reverse("desk_recusal_new", args=[row.pk])
    signed_in(reviewer).post(page, {"reason": "申请人是我的表妹。"})

    assert "申请人是我的表妹。" not in text_of(signed_in(clerk).get(page))
    assert "office first_reviewer" in text_of(signed_in(clerk).get(page))
    assert "申请人是我的表妹。" in text_of(signed_in(admin).get(page))
