"""Delegations: whose roles go to whom, from the first day to the end of the last, and who may make or end them."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import Delegation, Role, RoleGrant, User
from portal.accounts.staffing import staffing_on
from portal.audit.models import Entry
from portal.casework.doors import desk_applications
from portal.casework.models import StepTaken
from portal.casework.services.delegating import DelegationRefused, end_delegation, make_delegation
from portal.casework.services.finding import stuck_files
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from tests import factories as make
from tests.casework.moving import now, refused, take
from tests.factories import AT, ON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _the_day():
    make.move_clock()


def lend(giver, delegate, *, by=None, grants=None, first=ON, last=ON, is_away=False, reason="年休假", at=AT):
    return make_delegation(
        from_user=giver,
        to_user=delegate,
        grants=list(giver.role_grants.order_by("pk")) if grants is None else grants,
        from_on=first,
        to_on=last,
        is_away=is_away,
        reason=reason,
        by=by or giver,
        at=at,
    )


def not_lent(*args, **kwargs):
    before = Delegation.objects.count()
    with pytest.raises(DelegationRefused) as refusal:
        lend(*args, **kwargs)
    assert Delegation.objects.count() == before
    return str(refusal.value)


def again(user):
    """The same person in another request: what they hold is read anew."""
    return User.objects.get(pk=user.pk)


def acts_as_first_reviewer(user):
    return again(user).may_act_as("first_reviewer", "living-subsidy", "fengli")


# ── the days ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_delegation_counts_from_its_first_day_to_the_end_of_its_last():
    reviewer, colleague = make.staff("first_reviewer"), make.make_staff("clerk")
    lend(reviewer, colleague, first=ON + DAY, last=ON + 3 * DAY)

    seen = {}
    for day in range(6):
        for hour, minute in ((0, 1), (23, 58)):
            at = AT.replace(hour=hour, minute=minute) + day * DAY
            make.move_clock(at)
            seen[day, hour] = acts_as_first_reviewer(colleague)

    assert seen == {
        (0, 0): False, (0, 23): False, (1, 0): True, (1, 23): True, (2, 0): True, (2, 23): True,
        (3, 0): True, (3, 23): True, (4, 0): False, (4, 23): False, (5, 0): False, (5, 23): False,
    }  # fmt: skip
    assert acts_as_first_reviewer(reviewer) is True


def test_only_the_chosen_roles_are_lent():
    giver = make.make_staff("first_reviewer", "second_reviewer")
    colleague = make.make_staff("clerk", town="lingxiu")
    lend(giver, colleague, grants=[giver.role_grants.get(role="second_reviewer")])

    held = {(grant.role, grant.town) for grant in again(colleague).grants}
    assert held == {("clerk", "lingxiu"), ("second_reviewer", "")}
    assert {grant.role for grant in again(colleague).own_grants} == {"clerk"}


def test_what_is_lent_is_seen_on_the_desk_in_its_own_scope():
    row = make.make_application_in("first_review")
    reviewer, colleague = make.staff("first_reviewer"), make.make_staff("first_reviewer", town="lingxiu")
    assert list(desk_applications(again(colleague))) == []

    lend(reviewer, colleague)

    assert list(desk_applications(again(colleague))) == [row]


def test_a_role_that_is_taken_from_the_one_is_taken_from_the_other():
    reviewer, colleague = make.staff("first_reviewer"), make.make_staff("clerk")
    lend(reviewer, colleague)

    RoleGrant.objects.filter(user=reviewer).delete()

    assert acts_as_first_reviewer(colleague) is False


def test_nobody_acts_for_an_account_that_is_switched_off_or_as_one():
    reviewer, colleague = make.staff("first_reviewer"), make.make_staff("clerk")
    lend(reviewer, colleague)

    User.objects.filter(pk=reviewer.pk).update(is_active=False)
    assert acts_as_first_reviewer(colleague) is False

    User.objects.filter(pk=reviewer.pk).update(is_active=True)
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    assert acts_as_first_reviewer(colleague) is False


def test_who_lost_the_last_role_of_their_own_is_no_delegate_any_more():
    reviewer, colleague = make.staff("first_reviewer"), make.make_staff("clerk")
    lend(reviewer, colleague)

    colleague.role_grants.all().delete()

    assert again(colleague).grants == []
    assert staffing_on(ON).holders("first_reviewer", "living-subsidy", "") == {reviewer.pk}


def test_the_staffing_of_a_day_is_what_each_person_holds_on_it():
    reviewer, colleague = make.staff("first_reviewer"), make.make_staff("clerk", "approver")
    lend(reviewer, colleague, last=ON + DAY, is_away=True)

    staffing = staffing_on(ON)

    assert {(pk, grant.role) for pk, grant in staffing.held} == {
        (reviewer.pk, "first_reviewer"),
        (colleague.pk, "clerk"),
        (colleague.pk, "approver"),
        (colleague.pk, "first_reviewer"),
    }
    assert staffing.away == {reviewer.pk: ON + DAY}


def test_reading_roles_costs_one_query_and_one_more_for_a_delegate(django_assert_num_queries):
    reviewer, colleague = make.staff("first_reviewer"), make.make_staff("clerk")
    others = [make.make_staff("clerk") for _one in range(3)]
    with django_assert_num_queries(1):
        assert len(again_without_query(colleague).grants) == 1

    for giver in (reviewer, *others):
        lend(giver, colleague)

    with django_assert_num_queries(3):  # the clock of a demo is one of them
        assert len(again_without_query(colleague).grants) == 5


def again_without_query(user):
    user.__dict__.pop("grants", None)
    return user


# ── acting for somebody ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_delegate_signs_with_their_own_name_and_the_file_says_for_whom():
    row = make.make_application_in("second_review")
    giver, colleague = make.make_staff("second_reviewer"), make.make_staff("clerk")
    lend(giver, colleague)

    take(row, "pass_second", again(colleague))

    assert now(row).second_reviewer_id == colleague.pk
    step = StepTaken.objects.get(application=row, step="pass_second")
    assert (step.actor_id, step.on_behalf_of_id) == (colleague.pk, giver.pk)
    entry = Entry.objects.get(action="application.pass_second")
    assert (entry.actor_id, entry.note) == (colleague.pk, f"public_notice, for user {giver.pk}")


def test_who_holds_the_role_acts_for_nobody():
    row = make.make_application_in("second_review")
    giver, colleague = make.make_staff("second_reviewer"), make.make_staff("second_reviewer")
    lend(giver, colleague)

    take(row, "pass_second", again(colleague))

    assert StepTaken.objects.get(application=row, step="pass_second").on_behalf_of is None


def test_three_people_sign_whoever_lends_what():
    row = make.make_application_in("second_review")
    second, first = make.make_staff("second_reviewer"), make.staff("first_reviewer")
    lend(second, first)

    assert refused(row, "pass_second", again(first)) == "这件由您初审，复审要由另一人办理。"


# ── making ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_both_are_told_and_it_is_kept_who_made_it():
    reviewer = make.make_staff("first_reviewer", name="苏一舟")
    colleague, admin = make.make_staff("clerk", name="曾启明"), make.make_staff("administrator", name="管一川")

    row = lend(reviewer, colleague, by=admin, last=date(2023, 10, 20))

    to_giver, to_delegate = (Letter.objects.get(recipient=user) for user in (reviewer, colleague))
    assert render_letter(to_giver, "zh-hans").paragraphs == (
        "苏一舟，您好：",
        "2023 年 10 月 16 日至 2023 年 10 月 20 日，您的下列角色由曾启明代办，两天都算在内：\n· 初审 · 全部项目 · 全市",
        "理由：年休假",
        "对方用自己的名字办理，记录里写明受您委托。要提前停止，请到办理台的“委托”。",
    )
    assert render_letter(to_delegate, "zh-hans").paragraphs == (
        "曾启明，您好：",
        "2023 年 10 月 16 日至 2023 年 10 月 20 日，苏一舟的下列角色由您代办，两天都算在内：\n· 初审 · 全部项目 · 全市",
        "理由：年休假",
        "您用自己的名字办理，记录里写明受谁委托。受托的角色不能再转委托。",
    )
    entry = Entry.objects.get(action="delegation.make")
    grant = reviewer.role_grants.get()
    assert (entry.actor_id, entry.target_id) == (admin.pk, str(row.pk))
    assert entry.note == f"user {reviewer.pk} to {colleague.pk}, 2023-10-16 to 2023-10-20, grants {grant.pk}"


def test_who_may_lend_what_to_whom_and_for_how_long():
    reviewer, colleague = make.make_staff("first_reviewer"), make.make_staff("clerk")
    admin, auditor = make.make_staff("administrator"), make.make_staff("auditor")
    local = make.make_staff("administrator", town="lingxiu")
    gone = make.make_staff("clerk")
    gone.is_active = False
    gone.save()
    without = make.make_user(display_name="新来的")
    RoleGrant.objects.create(user=without, role="clerk")

    assert not_lent(reviewer, reviewer) == "不能委托给本人。"
    assert not_lent(reviewer, admin, by=admin) == "不能把别人的角色委托给自己。请由另一位管理员，或者由本人办理。"
    assert not_lent(reviewer, colleague, by=make.make_staff("approver")) == "您没有委托这些角色的权限。"
    assert not_lent(reviewer, colleague, by=local) == "您没有委托这些角色的权限。"
    assert not_lent(auditor, colleague) == "您没有委托这些角色的权限。"
    assert not_lent(reviewer, colleague, grants=[]) == "请选择要委托的角色。"
    assert not_lent(reviewer, colleague, grants=list(admin.role_grants.all())) == "请选择要委托的角色。"
    assert not_lent(reviewer, gone) == "只能委托给在岗的办理人员。"
    assert not_lent(reviewer, make.make_user()) == "只能委托给在岗的办理人员。"
    assert not_lent(reviewer, auditor) == "只能委托给在岗的办理人员。"
    assert not_lent(reviewer, without) == "这位同事还没有设置两步验证，设置以后才能接受委托。"
    assert not_lent(reviewer, colleague, first=ON - DAY) == "开始的日子不能早于今天。"
    assert not_lent(reviewer, colleague, first=ON + DAY, last=ON) == "结束的日子不能早于开始的日子。"
    assert not_lent(reviewer, colleague, last=ON + 367 * DAY) == "一次委托最长一年。"
    assert not_lent(reviewer, colleague, reason=" ") == "请写明理由。"
    assert lend(reviewer, colleague, last=ON + 366 * DAY).made_by == reviewer


def test_the_same_role_is_lent_to_the_same_person_once_at_a_time():
    giver, colleague = make.make_staff("first_reviewer", "approver"), make.make_staff("clerk")
    first, other = giver.role_grants.order_by("pk")
    lend(giver, colleague, grants=[first], first=ON + 2 * DAY, last=ON + 4 * DAY)

    told = "这段时间里，其中的角色已经委托给这位同事。"
    assert not_lent(giver, colleague, grants=[first, other], first=ON, last=ON + 2 * DAY) == told
    assert not_lent(giver, colleague, grants=[first], first=ON + 4 * DAY, last=ON + 9 * DAY) == told
    lend(giver, colleague, grants=[other], first=ON, last=ON + 9 * DAY)
    lend(giver, colleague, grants=[first], first=ON, last=ON + DAY)
    lend(giver, make.make_staff("clerk"), grants=[first], first=ON, last=ON + 9 * DAY)


def test_what_was_lent_is_lent_no_further():
    reviewer, colleague, third = make.make_staff("first_reviewer"), make.make_staff("clerk"), make.make_staff("clerk")
    lend(reviewer, colleague)

    told = not_lent(reviewer, third, by=again(colleague))
    assert told == "您没有委托这些角色的权限。"
    assert not_lent(colleague, third, grants=list(reviewer.role_grants.all())) == "请选择要委托的角色。"


def test_who_was_lent_the_administrators_role_governs_no_delegations():
    admin, colleague = make.make_staff("administrator"), make.make_staff("clerk")
    reviewer, third = make.make_staff("first_reviewer"), make.make_staff("clerk")
    given = lend(reviewer, third)
    lend(admin, colleague)
    colleague = again(colleague)

    assert colleague.has_role("administrator")
    assert not_lent(reviewer, third, by=colleague, first=ON + DAY, last=ON + DAY) == "您没有委托这些角色的权限。"
    with pytest.raises(DelegationRefused):
        end_delegation(delegation=given, by=colleague, at=AT)


def test_two_delegations_of_one_pair_at_one_moment_make_one(race):
    make.move_clock()
    reviewer, colleague = make.make_staff("first_reviewer"), make.make_staff("clerk")

    outcomes = race(4, lambda _number: lend(User.objects.get(pk=reviewer.pk), User.objects.get(pk=colleague.pk)))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Delegation"] + ["DelegationRefused"] * 3
    assert Delegation.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"to_user": "giver"}, "a_delegation_is_to_somebody_else"),
        ({"made_by": "delegate"}, "nobody_delegates_a_role_to_themselves"),
        ({"to_on": ON - DAY}, "a_delegation_ends_after_it_begins"),
        ({"ended_at": AT}, "a_delegation_is_ended_by_somebody"),
    ],
)
def test_the_database_holds_what_a_delegation_is(change, name):
    people = {"giver": make.make_staff("first_reviewer"), "delegate": make.make_staff("clerk")}
    row = lend(people["giver"], people["delegate"])
    values = {field: people.get(value, value) if isinstance(value, str) else value for field, value in change.items()}

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Delegation.objects.filter(pk=row.pk).update(**values)


# ── ending ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_ends_early_at_once_and_both_are_told():
    reviewer, colleague = make.make_staff("first_reviewer", name="苏一舟"), make.make_staff("clerk", name="曾启明")
    row = lend(reviewer, colleague, last=ON + 5 * DAY)
    assert acts_as_first_reviewer(colleague) is True

    end_delegation(delegation=row, by=reviewer, at=AT + timedelta(hours=1))
    end_delegation(delegation=row, by=colleague, at=AT + timedelta(hours=2))

    assert acts_as_first_reviewer(colleague) is False
    row.refresh_from_db()
    assert (row.ended_at, row.ended_by) == (AT + timedelta(hours=1), reviewer)
    letters = Letter.objects.filter(kind="delegation_ended").order_by("recipient")
    assert [letter.recipient_id for letter in letters] == sorted([reviewer.pk, colleague.pk])
    assert render_letter(letters[0], "zh-hans").subject == "委托已停止：苏一舟给曾启明"
    assert Entry.objects.filter(action="delegation.end").count() == 1


def test_it_is_ended_by_the_two_or_an_administrator_and_not_after_its_last_day():
    reviewer, colleague = make.make_staff("first_reviewer"), make.make_staff("clerk")
    row = lend(reviewer, colleague)

    with pytest.raises(DelegationRefused, match="您没有办理这一步的权限。"):
        end_delegation(delegation=row, by=make.make_staff("approver"), at=AT)
    with pytest.raises(DelegationRefused, match="这次委托已经到期。"):
        end_delegation(delegation=row, by=colleague, at=AT + DAY)
    assert end_delegation(delegation=row, by=make.make_staff("administrator"), at=AT).ended_at == AT


# ── who is away ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_waits_for_who_is_away_until_a_delegate_could_move_it():
    row = make.make_application_in("second_review")
    second, first = make.make_staff("second_reviewer"), make.staff("first_reviewer")
    admin = make.staff("administrator")
    assert stuck_files(admin, on=ON) == []

    lend(second, first, is_away=True, last=ON + 2 * DAY)  # who has reviewed it already

    [stuck] = stuck_files(admin, on=ON)
    assert (stuck.file.pk, stuck.awaited) == (row.pk, {second.pk: ON + 2 * DAY})
    assert stuck.barred == {first.pk, row.applicant.user_id}
    assert stuck_files(admin, on=ON + 3 * DAY) == []

    lend(second, make.make_staff("clerk"), last=ON + 2 * DAY)
    assert stuck_files(admin, on=ON) == []


@pytest.mark.slow
def test_stuck_files_cost_the_same_queries_for_one_and_for_several():
    make.make_application_in("second_review")
    second, first, admin = make.make_staff("second_reviewer"), make.staff("first_reviewer"), make.staff("administrator")
    lend(second, first, is_away=True)
    admin.has_role(Role.ADMINISTRATOR)

    with CaptureQueriesContext(connection) as for_one:
        assert len(stuck_files(admin, on=ON)) == 1
    make.make_application_in("second_review")
    make.make_application_in("second_review")
    with CaptureQueriesContext(connection) as for_three:
        assert len(stuck_files(admin, on=ON)) == 3

    assert len(for_three) == len(for_one)
