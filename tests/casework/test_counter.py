"""An application that a clerk enters at the counter for somebody with the signed form."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from applicants.people.models import Person
from applicants.people.services import prove_number, save_identity
from portal.audit.models import Entry
from portal.casework.doors import counter_applications, open_acting, visible_to
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, possible_steps
from portal.casework.services.drafting import (
    answer_section,
    discard_draft,
    resubmit_application,
    submit_application,
    withdraw_application,
)
from portal.casework.services.entering import counter_drafts, link_account
from portal.casework.services.finding import QueueFilter, queue_files, stuck_files
from portal.casework.services.handing_over import hand_over_letter, waiting_letters
from portal.notifications.models import Letter
from tests import factories as make
from tests.casework.at_counter import enter, fill, hand_in, identity, sent
from tests.casework.moving import MARK, now, refused, take
from tests.factories import AT, ON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def told(call, **arguments):
    with pytest.raises(StepRefused) as refusal:
        call(**arguments)
    return str(refusal.value)


# ── who stands there ───────────────────────────────────────────────────────────────────────────────────────────────


def test_somebody_new_is_entered_without_an_account_and_proven_at_once():
    clerk = make.staff("clerk")

    row = enter(clerk)

    person = Person.objects.get(pk=row.applicant_id)
    assert (person.user, person.entered_by, person.proven_by, person.proven_paper) == (None, clerk, clerk, None)
    assert (row.state, row.entered_by, row.town, row.privacy_read_at) == ("draft", clerk, "", AT)
    assert Entry.objects.filter(action="application.enter", actor=clerk, target_id=str(row.pk)).count() == 1


def test_a_person_without_account_was_entered_by_somebody():
    with (
        pytest.raises(IntegrityError, match="a_person_without_account_was_entered_at_the_counter"),
        transaction.atomic(),
    ):
        Person.objects.create()


def test_entering_the_same_person_again_goes_on_with_the_same_draft():
    clerk, seen = make.staff("clerk"), identity()
    row = enter(clerk, seen)

    assert enter(clerk, seen, person=row.applicant) == row
    assert (Application.objects.count(), Person.objects.count()) == (1, 1)


def test_whoever_is_proven_already_keeps_their_account_and_their_answers():
    person = make.make_person()
    prove_number(person=person, by=make.staff("first_reviewer"), at=AT)
    seen = identity(legal_name=person.legal_name, number=person.number)

    row = enter(make.staff("clerk"), seen, person=person)

    assert (row.applicant, row.applicant.user) == (person, person.user)
    assert Person.objects.get(pk=person.pk).proven_by == make.staff("first_reviewer")


def test_a_proven_number_is_never_given_to_somebody_new():
    person = make.make_person()
    prove_number(person=person, by=make.staff("first_reviewer"), at=AT)
    seen = identity(legal_name=person.legal_name, number=person.number)

    assert told(enter, by=make.staff("clerk"), seen=seen) == (
        "这个号码刚刚由同事核实过。请重新查找，再核对是不是同一个人。"
    )
    assert Person.objects.count() == 1


def test_another_name_on_the_card_is_another_person():
    person = make.make_person()
    seen = identity(legal_name="吴海生", number=person.number)

    assert told(enter, by=make.staff("clerk"), seen=seen, person=person) == (
        "证件上的姓名和这位填写的不一样。请核对证件；不是同一个人的，选“都不是”。"
    )
    assert Person.objects.get(pk=person.pk).proven_at is None


def test_an_unproven_claim_is_left_aside_for_who_has_the_card():
    claim = make.make_person()

    row = enter(make.staff("clerk"), identity(legal_name=claim.legal_name, number=claim.number))

    assert row.applicant != claim
    assert (row.applicant.is_proven, Person.objects.get(pk=claim.pk).is_proven) == (True, False)


def test_a_claim_that_is_theirs_is_proven_and_gone_on_with():
    claim = make.make_person()

    row = enter(make.staff("clerk"), identity(legal_name=claim.legal_name, number=claim.number), person=claim)

    assert (row.applicant, Person.objects.get(pk=claim.pk).proven_by) == (claim, make.staff("clerk"))


def test_a_clerk_enters_nothing_for_themself():
    clerk = make.staff("clerk")
    own = make.make_person(clerk)
    seen = identity(legal_name=own.legal_name, number=own.number)

    for person in (own, None):
        assert told(enter, by=clerk, seen=seen, person=person) == "不能为本人录入申请，请另一位同事办理。"
    assert not Application.objects.exists()


@pytest.mark.parametrize("role", ["first_reviewer", "approver", "administrator", "finance", "auditor"])
def test_only_a_clerk_enters(role):
    assert told(enter, by=make.staff(role)) == "您没有办理这一步的权限。"
    assert not Person.objects.exists()


def test_a_draft_on_line_is_not_opened_at_the_counter():
    draft = make.make_draft()
    seen = identity(legal_name=draft.applicant.legal_name, number=draft.applicant.number)

    assert told(enter, by=make.staff("clerk"), seen=seen, person=draft.applicant) == (
        "这位在这个项目已有一份没有提交的草稿：请他在网上提交或删除，或者请那里的窗口接着办。"
    )
    assert not Person.objects.get(pk=draft.applicant_id).is_proven


# ── who may open it ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_draft_is_for_the_clerks_of_its_counter():
    here = make.make_staff("clerk", town="fengli")
    row = enter(here)
    colleague = make.make_staff("clerk", town="fengli")
    others = [
        make.make_staff("clerk", town="lingxiu"),
        make.make_staff("clerk", programme="lodging"),
        make.staff("first_reviewer"),
        make.staff("administrator"),
    ]

    assert row.town == "fengli"
    for clerk in (here, colleague, make.staff("clerk")):
        assert [*counter_drafts(clerk)] == [*counter_applications(clerk)] == [row]
        assert open_acting(clerk, row.pk) == row
    for other in others:
        assert not counter_applications(other).exists()
        assert not visible_to(other).exists()


def test_a_draft_on_line_is_not_seen_at_the_counter():
    make.make_draft()
    assert not visible_to(make.staff("clerk")).exists()


# ── the signed form ────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_the_signed_form_nothing_is_sent():
    clerk = make.staff("clerk")
    row = fill(enter(clerk), by=clerk, without=("signed_form",))

    assert told(submit_application, application=row, by=clerk, at=AT) == (
        "还有没填完的部分。请回到任务清单补齐后再提交。"
    )
    assert now(row).state == "draft"


def test_a_colleague_hands_it_in_and_everything_says_who():
    began, sends = make.make_staff("clerk", name="甲"), make.staff("clerk")
    row = fill(enter(began), by=began)

    row = submit_application(application=row, by=sends, at=AT)

    assert (row.entered_by, row.submitted_by, row.submissions.get().by) == (began, sends, sends)
    assert [(step.step, step.actor) for step in row.steps_taken.all()] == [("submit", sends)]
    assert Entry.objects.get(action="application.submit").actor == sends


def test_the_application_goes_where_its_employer_is_and_so_must_the_clerk():
    clerk = make.make_staff("clerk", town="lingxiu")
    row = fill(enter(clerk), by=clerk, town="fengli")

    assert told(submit_application, application=row, by=clerk, at=AT) == (
        "用人单位所在的镇（街道）不归您受理。请那里的窗口，或者受理全市的同事接着办。"
    )
    assert submit_application(application=now(row), by=make.staff("clerk"), at=AT).town == "fengli"


def test_a_name_put_right_at_the_counter_stays_proven():
    clerk = make.staff("clerk")
    row = enter(clerk)

    answer_section(application=row, section="identity", values={"legal_name": "吴海升"}, by=clerk, at=AT + HOUR)

    person = Person.objects.get(pk=row.applicant_id)
    assert (person.legal_name, person.proven_by, person.proven_at) == ("吴海升", clerk, AT + HOUR)


def test_a_draft_that_nobody_wants_is_deleted_with_its_papers():
    clerk = make.staff("clerk")
    row = fill(enter(clerk), by=clerk)

    discard_draft(application=row, by=make.make_staff("clerk"), at=AT)

    assert not Application.objects.exists()
    assert Person.objects.get().papers.count() == 0


# ── who takes the applicant's steps: state → step, by hand ─────────────────────────────────────────────────────────

APPLICANT_STEPS = {"accept": {"withdraw"}, "first_review": {"withdraw"}, "correction": {"resubmit", "withdraw"}}


@pytest.mark.parametrize("state", list(APPLICANT_STEPS))
@pytest.mark.slow
def test_the_applicants_steps_are_a_clerks_only_where_it_was_entered_at_the_counter(state):
    clerk, person = make.staff("clerk"), make.make_person()
    on_line = make.make_application_in(state, person=person)
    at_counter = sent(make.make_staff("clerk"))
    if state == "first_review":
        take(at_counter, "accept", "clerk", at=AT + 2 * HOUR)
    if state == "correction":
        take(at_counter, "return", "clerk", at=AT + 2 * HOUR, note="请核对。", items=[MARK])

    def steps(row, user):
        found = possible_steps(now(row), user, at=AT + 3 * HOUR)
        return {step.name for step, _blocked in found if step.role == "applicant"}

    assert steps(on_line, person.user) == APPLICANT_STEPS[state]
    assert steps(at_counter, clerk) == APPLICANT_STEPS[state]
    assert steps(on_line, clerk) == set()
    for role in ("first_reviewer", "second_reviewer", "approver", "administrator", "finance", "auditor"):
        assert steps(at_counter, make.staff(role)) == set()
    assert steps(at_counter, make.make_staff("clerk", town="lingxiu")) == set()


def test_a_withdrawal_needs_a_request_signed_since_it_was_sent():
    clerk = make.staff("clerk")
    row = sent(clerk)
    when = AT + 3 * HOUR
    arguments = {"by": clerk, "at": when}

    assert told(withdraw_application, application=row, expected_version=row.version, **arguments) == (
        "请先上传本人签名的请求书。"
    )
    hand_in(row, "signed_request", by=clerk, at=when)
    row = withdraw_application(application=row, expected_version=row.version, **arguments)

    assert (row.state, row.steps_taken.last().actor) == ("withdrawn", clerk)


def test_a_correction_at_the_counter_is_signed_anew_and_changes_only_what_is_marked():
    clerk = make.staff("clerk")
    row = sent(clerk)
    take(row, "return", "clerk", at=AT + 2 * HOUR, note="请核对学校。", items=[MARK])
    later = AT + 3 * HOUR

    assert (
        told(answer_section, application=row, section="account", values={"bank_name": "别的银行"}, by=clerk, at=later)
        == "这一部分现在不能再改。"
    )
    answer_section(application=row, section="education", values={"school": "海峡示例大学"}, by=clerk, at=later)
    version = now(row).version
    assert told(resubmit_application, application=row, by=clerk, at=later, expected_version=version) == (
        "请先打印申请表，请本人签名，再上传扫描件。"
    )
    hand_in(row, "signed_form", by=clerk, at=later)
    row = resubmit_application(application=row, by=clerk, at=later, expected_version=version)

    assert (row.state, row.submissions.count(), row.submissions.last().by) == ("accept", 2, clerk)


# ── who may decide ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_whoever_entered_it_may_accept_it_but_not_review_it():
    clerk = make.make_staff("clerk", "first_reviewer", "second_reviewer", "approver")
    row = sent(clerk)
    take(row, "accept", clerk, at=AT + 2 * HOUR)

    assert now(row).accepted_by == clerk
    for step in ("pass_first", "refuse", "return"):
        assert refused(row, step, clerk, at=AT + 3 * HOUR, note="-", items=[MARK]) == (
            "这件由您在柜台录入，审核要由另一人办理。"
        )
    mine = queue_files(clerk, QueueFilter(view="todo"), on=ON)
    theirs = queue_files(make.staff("first_reviewer"), QueueFilter(view="todo"), on=ON)
    assert ([*mine], [*theirs]) == ([], [now(row)])


@pytest.mark.parametrize("entering", ["entered_by", "submitted_by"])
@pytest.mark.parametrize("signing", ["first_reviewer", "second_reviewer", "approver"])
@pytest.mark.slow
def test_the_database_keeps_who_entered_from_who_decides(entering, signing):
    row, clerk = make.make_draft(), make.staff("clerk")
    with pytest.raises(IntegrityError, match=f"{entering}_and_{signing}_are_different_people"), transaction.atomic():
        Application.objects.filter(pk=row.pk).update(**{entering: clerk, signing: clerk})


@pytest.mark.slow
def test_four_people_run_a_bureau_with_a_counter():
    everything = ("clerk", "first_reviewer", "second_reviewer", "approver", "administrator")
    one, two, three, four = [make.make_staff(*everything) for _person in range(4)]
    row = sent(one)
    take(row, "accept", one, at=AT + 2 * HOUR)
    make.settle_everything(now(row), at=AT + 2 * HOUR)
    take(row, "pass_first", two, at=AT + 3 * HOUR)
    take(row, "pass_second", three, at=AT + 4 * HOUR)
    Application.objects.filter(pk=row.pk).update(state="final_approval")
    take(row, "approve", four, at=AT + 5 * HOUR)

    assert now(row).state == "approved"


def test_a_file_that_only_its_enterer_could_review_is_stuck():
    clerk = make.make_staff("clerk", "first_reviewer")
    row = sent(clerk)
    take(row, "accept", clerk, at=AT + 2 * HOUR)

    assert [it.file for it in stuck_files(make.staff("administrator"), on=ON)] == [now(row)]


# ── letters ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_letters_to_nobody_go_on_paper_and_wait_to_be_handed_over():
    clerk = make.staff("clerk")
    row = sent(clerk)

    letter = Letter.objects.get()
    assert (letter.kind, letter.recipient, letter.reference, letter.next_try_at) == (
        "receipt",
        None,
        row.reference,
        None,
    )
    assert [*waiting_letters(clerk)] == [*waiting_letters(make.staff("administrator"))] == [letter]
    assert not waiting_letters(make.make_staff("clerk", town="lingxiu")).exists()

    hand_over_letter(letter_id=letter.pk, how="in_person", on=ON, by=clerk, at=AT + HOUR)

    letter.refresh_from_db()
    assert (letter.told_how, letter.told_on, letter.told_by, letter.told_at) == ("in_person", ON, clerk, AT + HOUR)
    assert not waiting_letters(clerk).exists()


def test_a_letter_is_handed_over_once_and_between_its_day_and_today():
    clerk = make.staff("clerk")
    sent(clerk)
    letter = Letter.objects.get()
    way = {"letter_id": letter.pk, "how": "post", "by": clerk, "at": AT}

    for day in (ON - timedelta(days=1), ON + timedelta(days=1)):
        assert told(hand_over_letter, on=day, **way) == "送达的日子要在写信那天到今天之间。"
    hand_over_letter(on=ON, **way)
    assert hand_over_letter(on=ON, **way).told_how == "post"
    assert told(hand_over_letter, on=ON, **way | {"how": "in_person"}) == "这封信已经登记过送达。"
    stranger = make.make_staff("clerk", town="lingxiu")
    assert told(hand_over_letter, on=ON, **way | {"by": stranger}) == "您没有办理这一步的权限。"


def test_an_account_given_later_brings_the_application_and_the_letters_along():
    clerk, user = make.staff("clerk"), make.make_user()
    row = sent(clerk)

    link_account(person=row.applicant, user=user, by=clerk, at=AT + HOUR)

    assert (Person.objects.get(user=user), Letter.objects.get().recipient) == (row.applicant, user)
    assert open_acting(user, row.pk) == row
    assert withdraw_application(application=row, by=user, at=AT, expected_version=row.version).state == "withdrawn"
    other = make.make_user()
    assert told(link_account, person=row.applicant, user=other, by=clerk, at=AT) == (
        "这个人或者这个账号已经和别的关联。"
    )


# ── at one moment ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clerks_who_enter_the_same_person_at_once_begin_one_application(race):
    clerks, seen = [make.make_staff("clerk") for _clerk in range(4)], identity()
    make.load_policies()

    outcomes = race(4, lambda n: enter(clerks[n], seen))

    assert sorted({type(outcome).__name__ for outcome in outcomes}) in (["Application"], ["Application", "StepRefused"])
    assert (Person.objects.count(), Application.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clerks_who_go_on_with_somebody_known_begin_one_application(race):
    person = make.make_person()
    prove_number(person=person, by=make.staff("first_reviewer"), at=AT)
    clerks = [make.make_staff("clerk") for _clerk in range(4)]
    seen = identity(legal_name=person.legal_name, number=person.number)
    make.load_policies()

    outcomes = race(4, lambda n: enter(clerks[n], seen, person=person))

    assert {outcome.pk for outcome in outcomes} == {Application.objects.get().pk}
    assert save_identity(person=person, values={}, by=None, at=AT).is_proven
