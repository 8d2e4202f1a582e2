"""Recusals: who keeps away from a file has no hand in it and does not see it, until another lifts that."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from portal.audit.models import Entry
from portal.casework.doors import desk_applications, visible_to
from portal.casework.models import NoticeObjection, Recusal
from portal.casework.services.advancing import StepRefused, take_file
from portal.casework.services.drafting import resubmit_application
from portal.casework.services.finding import stuck_files
from portal.casework.services.noticing import answer_objection, collect_notice, may_release, objections_of
from portal.casework.services.recusing import recuse, withdraw_recusal
from subsidies.models import Payable
from subsidies.services.checking import payables_of
from subsidies.services.settling import may_review
from tests import factories as make
from tests.browsing import signed_in
from tests.casework.moving import now, refused, take
from tests.factories import AT, ON

pytestmark = pytest.mark.django_db
BARRED = "您已回避这件申请，不能办理。"


@pytest.fixture(autouse=True)
def _the_day():
    make.move_clock()


def keep_away(row, person, *, by=None, reason="申请人是近亲属。"):
    return recuse(application=row, person=person, reason=reason, by=by or person, at=AT)


def not_kept_away(row, person, **kwargs):
    with pytest.raises(StepRefused) as refusal:
        keep_away(row, person, **kwargs)
    assert not Recusal.objects.filter(application=row, person=person).exists()
    return str(refusal.value)


def test_who_keeps_away_neither_takes_nor_moves_nor_settles_the_file():
    row = make.make_application_in("first_review")
    reviewer = make.staff("first_reviewer")

    keep_away(row, reviewer)

    assert refused(row, "pass_first", "first_reviewer") == BARRED
    with pytest.raises(StepRefused, match=BARRED):
        take_file(now(row), by=reviewer, at=AT, expected_version=now(row).version)
    with pytest.raises(StepRefused, match=BARRED):
        make.settle_everything(now(row))


@pytest.mark.slow
def test_who_keeps_away_does_not_see_the_file_and_is_told_so_on_its_page():
    row = make.make_application_in("first_review")
    other = make.make_application_in("first_review")
    reviewer = make.staff("first_reviewer")
    keep_away(row, reviewer)
    client = signed_in(reviewer)

    assert list(desk_applications(reviewer)) == [other]
    assert list(visible_to(reviewer)) == [other]
    page = client.get(reverse("desk_file", args=[row.pk]))
    assert f'您已回避 <span class="th-ref">{row.reference}</span>' in page.content.decode()
    assert row.name_masked not in page.content.decode()
    paper = row.shelf.order_by("added_at", "id").first().paper_id
    assert client.get(reverse("paper", args=[paper])).status_code == 404
    assert client.get(reverse("desk_step", args=[row.pk, "refuse"])).status_code == 404
    assert client.post(reverse("desk_prove", args=[row.pk])).status_code == 404
    assert client.post(reverse("desk_reveal", args=[row.pk])).status_code == 404
    assert row.reference not in client.get(reverse("desk")).content.decode()


def test_a_file_in_hand_is_put_back_and_what_was_signed_stands():
    row = make.make_application_in("second_review")
    second, first = make.make_staff("second_reviewer"), make.staff("first_reviewer")
    take_file(row, by=second, at=AT, expected_version=row.version)

    keep_away(row, second)
    keep_away(row, first)
    keep_away(row, first)

    assert (now(row).assignee_id, now(row).first_reviewer_id) == (None, first.pk)
    kept = Entry.objects.filter(action="recusal.make").order_by("recorded_at").values_list("note", "fields")
    assert list(kept) == [(f"user {second.pk}", ["assignee"]), (f"user {first.pk}", [])]


def test_a_corrected_file_does_not_go_back_to_who_keeps_away():
    row = make.make_application_in("correction")
    clerk, applicant = make.staff("clerk"), row.applicant.user
    keep_away(row, clerk)

    resubmit_application(application=row, by=applicant, at=row.state_at, expected_version=row.version)

    assert (now(row).state, now(row).assignee) == ("accept", None)


def test_oneself_or_an_administrator_says_who_keeps_away_and_why():
    row = make.make_application_in("first_review")
    reviewer, clerk, admin = make.staff("first_reviewer"), make.staff("clerk"), make.make_staff("administrator")
    away = make.make_staff("administrator", town="lingxiu")
    delegate_of_nobody = make.make_user()

    assert not_kept_away(row, reviewer, by=clerk) == "您没有办理这一步的权限。"
    assert not_kept_away(row, reviewer, by=away) == "您没有办理这一步的权限。"
    assert not_kept_away(row, away) == "您没有办理这一步的权限。"
    assert not_kept_away(row, make.staff("auditor"), by=admin) == "只有在岗的办理人员才需要回避。"
    assert not_kept_away(row, delegate_of_nobody, by=admin) == "只有在岗的办理人员才需要回避。"
    assert not_kept_away(row, reviewer, reason="  ") == "请写明理由。"

    made = keep_away(row, reviewer, by=admin)
    assert (made.person, made.made_by, made.reason) == (reviewer, admin, "申请人是近亲属。")


def test_it_is_lifted_by_another_administrator_with_a_reason():
    row = make.make_application_in("first_review")
    reviewer, admin = make.staff("first_reviewer"), make.make_staff("administrator")
    mine, theirs = keep_away(row, admin), keep_away(row, reviewer)

    def not_lifted(recusal, by, reason="弄错了人。"):
        with pytest.raises(StepRefused) as refusal:
            withdraw_recusal(recusal=recusal, reason=reason, by=by, at=AT)
        return str(refusal.value)

    assert not_lifted(mine, admin) == "不能撤销自己的回避，要由另一位管理员决定。"
    assert not_lifted(theirs, reviewer) == "您没有办理这一步的权限。"
    assert not_lifted(theirs, make.make_staff("administrator", town="lingxiu")) == "您没有办理这一步的权限。"
    assert not_lifted(theirs, admin, reason=" ") == "请写明理由。"

    withdraw_recusal(recusal=theirs, reason="弄错了人。", by=admin, at=AT)
    withdraw_recusal(recusal=theirs, reason="弄错了人。", by=admin, at=AT)

    make.settle_everything(now(row))
    take(row, "pass_first", "first_reviewer")
    assert Entry.objects.filter(action="recusal.withdraw").count() == 1


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"withdrawn_at": AT}, "a_recusal_is_withdrawn_by_somebody_with_a_reason"),
        ({"withdrawn_at": AT, "withdrawn_by": "person"}, "nobody_withdraws_their_own_recusal"),
        ({"copy": True}, "a_person_is_recused_from_a_file_once"),
    ],
)
def test_the_database_holds_what_a_recusal_is(change, name):
    row = make.make_application_in("accept")
    made = keep_away(row, make.staff("clerk"))
    if change.pop("copy", False):
        made.pk = uuid4()
        made._state.adding = True
    for field, value in change.items():
        setattr(made, field, made.person if value == "person" else value)
    if "withdrawn_by" in change:
        made.withdrawal_reason = "弄错了。"

    # SQLite names the columns of a unique constraint, not the constraint.
    pattern = f"{name}|casework_recusal.application_id" if name == "a_person_is_recused_from_a_file_once" else name
    with pytest.raises(IntegrityError, match=pattern), transaction.atomic():
        made.save()


@pytest.mark.slow
def test_a_file_is_stuck_where_the_only_holder_keeps_away():
    row, other = make.make_application_in("first_review"), make.make_application_in("first_review")
    reviewer, admin = make.staff("first_reviewer"), make.staff("administrator")

    made = keep_away(row, reviewer)
    [stuck] = stuck_files(admin, on=ON)
    assert (stuck.file.pk, stuck.awaited, stuck.barred) == (row.pk, {}, {reviewer.pk, row.applicant.user_id})

    withdraw_recusal(recusal=made, reason="弄错了人。", by=admin, at=AT)
    assert stuck_files(admin, on=ON) == []
    assert now(other).state == "first_review"


@pytest.mark.slow
def test_who_keeps_away_neither_collects_nor_releases_a_list_with_the_file():
    row, other = make.make_application_in("public_notice"), make.make_application_in("public_notice")
    admin, approver = make.staff("administrator"), make.staff("approver")
    keep_away(row, admin)

    first = collect_notice(policy_version_id=row.policy_version_id, by=admin, at=row.state_at)
    assert [line.application_id for line in first.lines.all()] == [other.pk]

    second = collect_notice(policy_version_id=row.policy_version_id, by=approver, at=row.state_at)
    assert [line.application_id for line in second.lines.all()] == [row.pk]
    assert may_release(second, admin) == "名单上有您回避的申请，发布要由另一人办理。"
    assert may_release(second, make.make_staff("administrator")) is None


def test_who_keeps_away_neither_reads_nor_answers_an_objection_to_the_file():
    row = make.make_application_in("objection")
    objection = NoticeObjection.objects.select_related("line__application").get()
    admin = make.staff("administrator")
    keep_away(row, admin)

    assert list(objections_of(admin)) == []
    with pytest.raises(StepRefused, match=BARRED):
        answer_objection(
            objection=objection, is_upheld=False, answer="已核实。", by=admin, at=row.state_at,
            expected_version=now(row).version,
        )  # fmt: skip


@pytest.mark.slow
def test_who_keeps_away_has_no_hand_in_what_is_paid_for_the_file():
    row = make.make_application_in("approved")
    finance, reviewer = make.staff("finance"), make.make_staff("first_reviewer")
    payable = Payable.objects.get(application=row)
    assert may_review(payable, reviewer) is True

    keep_away(row, reviewer)
    keep_away(row, finance, by=make.staff("administrator"))

    assert may_review(payable, reviewer) is False
    assert list(payables_of(finance)) == []
