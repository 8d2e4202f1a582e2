"""The pages of a reconsideration: asked for by the applicant, decided on the desk, and the letters of both."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from portal.casework.models import Application, Reconsideration
from tests import factories as make
from tests.browsing import signed_in
from tests.casework.test_letter_pdfs import words
from tests.factories import SHANGHAI

pytestmark = pytest.mark.django_db
REASON = "我是首次就业，<b>证明附后</b>。"


@pytest.fixture(autouse=True)
def _october_2023():
    make.move_clock()


def now(row):
    return Application.objects.get(pk=row.pk)


def at(row, name, *more):
    return reverse(name, args=[row.pk, *more])


def text_of(response) -> str:
    return "".join(strip_tags(response.content.decode()).split())


def post(client, row, **data):
    return client.post(at(row, "reconsideration_new"), {"version": now(row).version, **data})


# ── the applicant ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refused_applicant_reads_by_when_and_finds_the_way():
    row = make.make_application_in("refused")
    client = signed_in(row.applicant.user)

    page = client.get(at(row, "application"))
    form = text_of(client.get(at(row, "reconsideration_new")))

    assert "复核最晚2023年11月6日；行政复议自知道决定之日起60日内" in text_of(page)
    assert f'href="{at(row, "reconsideration_new")}"' in page.content.decode()
    for told in (
        "最晚2023年11月6日申请。",
        "由没有办理过这件申请的人决定，15个工作日内答复您。",
        "不必先申请复核",
        row.decisions.get().number.replace(" ", ""),
        row.decisions.get().reason,
    ):
        assert told in form


@pytest.mark.slow
def test_reason_and_paper_are_looked_over_and_sent():
    row = make.make_application_in("refused")
    client = signed_in(row.applicant.user)

    with_paper = post(client, row, reason=REASON, upload="1", file=make.make_upload("证明.jpg"))
    assert (with_paper.status_code, "证明.jpg" in text_of(with_paper)) == (200, True)
    assert with_paper.context["form"]["reason"].value() == REASON

    checked = post(client, row, reason=REASON, check="1")
    assert (checked.status_code, "&lt;b&gt;证明附后&lt;/b&gt;" in checked.content.decode()) == (200, True)
    assert now(row).state == "refused"

    edited = post(client, row, reason=REASON, edit="1")
    assert edited.context["form"]["reason"].value() == REASON

    sent = post(client, row, reason=REASON, send="1")
    assert sent.headers["Location"] == at(row, "application") + "?sent"
    assert (now(row).state, Reconsideration.objects.get().reason) == ("reconsideration", REASON)
    page = text_of(client.get(sent.headers["Location"]))
    assert ("复核申请已提交" in page, "您申请的复核正在进行" in page, "2023年11月6日" in page) == (True, True, True)
    # The back button and a second click find it asked.
    assert post(client, row, reason="又来", send="1").headers["Location"] == at(row, "application")
    assert client.get(at(row, "reconsideration_new")).headers["Location"] == at(row, "application")


def test_a_file_that_was_chosen_and_not_sent_apart_comes_along():
    row = make.make_application_in("refused")
    post(signed_in(row.applicant.user), row, reason=REASON, check="1", file=make.make_upload())
    assert row.shelf.filter(kind="reconsideration_paper").count() == 1


@pytest.mark.slow
def test_a_paper_is_taken_back_and_the_reason_stays():
    row = make.make_application_in("refused")
    client = signed_in(row.applicant.user)
    post(client, row, reason=REASON, upload="1", file=make.make_upload())
    shelved = row.shelf.get(kind="reconsideration_paper")

    page = post(client, row, reason=REASON, remove=str(shelved.pk))

    assert (page.context["form"]["reason"].value(), list(page.context["papers"])) == (REASON, [])
    assert post(client, row, reason=REASON, remove=str(shelved.pk)).status_code == 200


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"check": "1"}, "请写明您为什么不同意这个决定。"),
        ({"reason": "  ", "send": "1"}, "请写明您为什么不同意这个决定。"),
        ({"reason": "长" * 2001, "check": "1"}, "最多写 2000 个字。"),
        ({"reason": "\x00", "check": "1"}, "不允许是用空字符串。"),
        ({"reason": "理由", "upload": "1"}, "请先选择要上传的文件。"),
        ({"reason": "理由", "version": "九", "send": "1"}, "这件申请刚刚被别人办理过。"),
        ({"reason": "理由", "version": ["1", "9" * 400], "send": "1"}, "这件申请刚刚被别人办理过。"),
    ],
)
@pytest.mark.slow
def test_what_is_wrong_is_said_and_nothing_is_asked(sent, sentence):
    row = make.make_application_in("refused")
    answer = post(signed_in(row.applicant.user), row, **sent)
    assert (answer.status_code, sentence.replace(" ", "") in text_of(answer)) == (422, True)
    assert now(row).state == "refused"


def test_a_file_that_is_no_paper_is_refused_with_what_was_written():
    row = make.make_application_in("refused")
    answer = post(
        signed_in(row.applicant.user), row, reason=REASON, check="1", file=make.make_upload("x.exe", b"MZ" * 99)
    )
    assert (answer.status_code, answer.context["form"]["reason"].value()) == (422, REASON)
    assert not row.shelf.filter(kind="reconsideration_paper").exists()


@pytest.mark.slow
def test_after_the_last_day_the_page_is_closed_and_says_what_is_left():
    row = make.make_application_in("refused")
    make.move_clock(datetime(2023, 11, 7, 9, tzinfo=SHANGHAI))
    client = signed_in(row.applicant.user)

    answer = client.get(at(row, "reconsideration_new"), follow=True)

    text = text_of(answer)
    assert ("这件申请现在不能申请复核。" in text, "不同意这个决定，可以申请行政复议" in text) == (True, True)
    assert "application/reconsideration" not in answer.content.decode()


@pytest.mark.slow
def test_it_is_withdrawn_after_asking_once_more():
    row = make.make_application_in("reconsideration")
    client = signed_in(row.applicant.user)
    asked = client.get(at(row, "reconsideration_withdraw"))
    assert "撤回复核申请吗？" in text_of(asked)

    done = client.post(at(row, "reconsideration_withdraw"), {"version": now(row).version}, follow=True)

    assert (now(row).state, "复核申请已撤回。" in text_of(done)) == ("refused", True)
    assert client.get(at(row, "reconsideration_withdraw")).headers["Location"] == at(row, "application")
    assert client.get(at(row, "reconsideration_new")).headers["Location"] == at(row, "application")


# ── the desk ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_file_opens_on_the_reason_and_the_earlier_refusal():
    row = make.make_application_in("reconsideration")
    client = signed_in(make.staff("administrator"))

    queue = text_of(client.get(reverse("desk") + "?view=todo"))
    file = client.get(at(row, "desk_file"))

    assert row.reference in queue
    text = text_of(file)
    for told in (
        "我这次是首次就业，单位的证明附后。",
        "材料显示不符合这一条。",
        "officefirst_reviewer",
        "撤销原决定，重新审核",
    ):
        assert told in text


def test_who_acted_on_the_file_reads_why_it_is_for_somebody_else():
    row = make.make_application_in("reconsideration")
    reviewer = make.staff("first_reviewer")
    make.RoleGrant.objects.create(user=reviewer, role="administrator")
    client = signed_in(reviewer)
    sentence = "您办理过这件申请，复核要由没有办理过的人决定。"

    assert sentence in text_of(client.get(at(row, "desk_file")))
    answer = client.post(at(row, "desk_step", "uphold_reconsideration"), {"version": row.version, "reason": "有理。"})
    assert (sentence in text_of(answer), now(row).state) == (True, "reconsideration")


@pytest.mark.slow
def test_an_administrator_upholds_it_on_the_page():
    row = make.make_application_in("reconsideration")
    make.move_clock(row.state_at + timedelta(hours=1))
    client = signed_in(make.staff("administrator"))
    assert client.get(at(row, "desk_step", "uphold_reconsideration")).status_code == 200
    missing = client.post(at(row, "desk_step", "uphold_reconsideration"), {"version": row.version})
    assert ("请写明理由。" in text_of(missing), now(row).state) == (True, "reconsideration")

    done = client.post(
        at(row, "desk_step", "uphold_reconsideration"),
        {"version": row.version, "reason": "说明属实。"},
        follow=True,
    )

    assert f"{row.reference}已退回重新审核，答复已发给申请人。" in text_of(done)
    assert (now(row).state, now(row).due_on) == ("first_review", date(2023, 10, 23))
    mine = text_of(signed_in(row.applicant.user).get(at(row, "application")))
    assert ("复核撤销原决定，退回重新审核" in mine, "说明属实。" in mine) == (True, True)
    letter = text_of(signed_in(row.applicant.user).get(at(row, "decision")))
    assert "这份决定经复核已经撤销，申请重新审核。" in letter


@pytest.mark.slow
def test_a_dismissal_is_a_letter_of_its_own_also_as_pdf():
    row = make.make_application_in("reconsideration")
    make.move_clock(row.state_at + timedelta(days=1))
    first = row.decisions.get()
    client = signed_in(make.staff("administrator"))

    done = client.post(
        at(row, "desk_step", "dismiss_reconsideration"),
        {"version": row.version, "clause": "LS-1", "reason": "说明不足以证明。"},
        follow=True,
    )

    assert f"{row.reference}维持不予批准，复核决定书已发给申请人。" in text_of(done)
    second = row.decisions.order_by("at").last()
    own = signed_in(row.applicant.user)
    page = text_of(own.get(at(row, "decision")))
    pdf = words(own.get(at(row, "decision_pdf")).content)
    for told in ("复核决定书", second.number, first.number, "维持不予批准", "说明不足以证明。", "申请行政复议"):
        assert ("".join(told.split()) in page, "".join(told.split()) in pdf) == (True, True), told
    assert ("申请复核，最晚" in page, "在“我的申请”里申请" in pdf) == (False, False)
    mine = text_of(own.get(at(row, "application")))
    assert ("复核维持不予批准" in mine, "复核最晚" in mine) == (True, False)


def test_the_letter_of_a_refusal_tells_the_way_and_the_last_day():
    row = make.make_application_in("refused")
    text = text_of(signed_in(row.applicant.user).get(at(row, "decision")))
    assert "最晚2023年11月6日；由没有办理过这件申请的人决定。" in text


@pytest.mark.parametrize("step", ["uphold_reconsideration", "dismiss_reconsideration"])
@pytest.mark.slow
def test_hostile_answers_are_told_and_move_nothing(step):
    row = make.make_application_in("reconsideration")
    client = signed_in(make.staff("administrator"))
    for sent in (
        {"reason": "\x00", "clause": "LS-1"},
        {"reason": "长" * 2001, "clause": "LS-1"},
        {"reason": ["a", ""], "clause": "<script>"},
        {"reason": "理由", "clause": "LS-1", "version": "9" * 400},
    ):
        assert client.post(at(row, "desk_step", step), {"version": row.version, **sent}).status_code in (200, 422)
    assert now(row).state == "reconsideration"


def test_the_queue_filters_by_the_state_and_lists_say_it():
    row = make.make_application_in("reconsideration")
    client = signed_in(make.staff("auditor"))
    assert row.reference in text_of(client.get(reverse("desk") + "?view=all&stage=reconsideration"))
    make.move_clock(row.state_at + timedelta(days=40))
    assert row.reference in text_of(client.get(reverse("desk") + "?view=overdue"))
