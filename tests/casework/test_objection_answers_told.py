"""The answer to an objector without an account: printed, handed over, noted, and not forgotten."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.audit.models import Entry
from portal.casework.models import Application, NoticeLine, NoticeObjection
from portal.casework.services.advancing import StepRefused
from portal.casework.services.noticing import answer_objection, raise_objection
from portal.casework.services.telling import tell_objector, untold_objections
from tests.browsing import signed_in, text_of
from tests.casework.noticed import collect, day, make_waiting, release
from tests.factories import make_staff, make_user, move_clock, staff

pytestmark = pytest.mark.django_db
ANSWER = "已经核实，他仍在职。"


@pytest.fixture
def raised():
    make_waiting("林晓航", number="350581200103080421")
    release(collect())
    move_clock(day(5, 6))
    return object_to(NoticeLine.objects.get())


def object_to(line, *, objector=None, text="他已经不在这家单位。"):
    by = objector or staff("clerk")
    return raise_objection(
        line=line, name="王五", contact="13900139000", text=text, objector=objector, by=by, at=day(5, 4)
    )


def answered(objection, *, is_upheld=False):
    return answer_objection(
        objection=objection,
        is_upheld=is_upheld,
        answer=ANSWER,
        by=staff("administrator"),
        at=day(5, 5),
        expected_version=Application.objects.get(pk=objection.line.application_id).version,
    )


def tell(objection, *, how="post", on=date(2023, 5, 6), by=None):
    return tell_objector(objection=objection, how=how, on=on, by=by or staff("administrator"), at=day(5, 6))


def test_the_letter_names_the_objector_the_masked_person_the_answer_and_what_comes_next(raised):
    objection = answered(raised)
    text = text_of(signed_in(staff("administrator")).get(f"/desk/objections/{objection.pk}/letter/"))
    for words in (
        "对公示异议的答复",
        "王五：",
        "GS-2023-0001",
        "林** （尾号 0421）",
        "异议不成立：这个人的申请按原来的公示继续办理。",
        ANSWER,
        "信封注明“公示异议”",
        "60 日内，向石狮市人民政府申请行政复议",
        "12333",
        "石狮市人力资源和社会保障局 2023 年 5 月 5 日",
    ):
        assert words in text, words
    assert ("林晓航" in text, "350581200103080421" in text, "13900139000" in text) == (False, False, False)


def test_an_upheld_objection_is_told_as_upheld(raised):
    objection = answered(raised, is_upheld=True)
    assert "异议成立：这个人从公示名单上撤下" in text_of(
        signed_in(staff("auditor")).get(f"/desk/objections/{objection.pk}/letter/")
    )


def test_the_letter_reads_in_english_and_is_kept_nowhere(raised):
    client = signed_in(staff("administrator"))
    client.cookies["language"] = "en"
    response = client.get(f"/desk/objections/{answered(raised).pk}/letter/")
    assert response.status_code == 200
    assert '<span lang="zh">王五</span>' in response.content.decode()
    assert response["Cache-Control"].startswith("no-store")


def test_opening_the_letter_leaves_an_entry(raised):
    signed_in(staff("auditor")).get(f"/desk/objections/{answered(raised).pk}/letter/")
    entry = Entry.objects.get(action="objection.print")
    assert (entry.actor, entry.target_id) == (staff("auditor"), str(raised.pk))


def test_without_an_answer_there_is_no_letter(raised):
    response = signed_in(staff("administrator")).get(f"/desk/objections/{raised.pk}/letter/")
    assert response["Location"] == f"/desk/objections/{raised.pk}/"
    assert Entry.objects.filter(action="objection.print").count() == 0


@pytest.mark.parametrize("role", ["clerk", "first_reviewer", "second_reviewer", "approver", "finance"])
def test_the_letter_is_kept_from_other_roles(raised, role):
    assert signed_in(staff(role)).get(f"/desk/objections/{answered(raised).pk}/letter/").status_code == 404


def test_an_administrator_of_another_town_finds_neither_letter_nor_act(raised):
    client = signed_in(make_staff("administrator", town="hongshan"))
    page = f"/desk/objections/{answered(raised).pk}/"
    posted = client.post(f"{page}told/", {"how": "post", "on": "2023-05-06"})
    assert (client.get(f"{page}letter/").status_code, posted.status_code) == (404, 404)


def test_handing_over_is_noted_with_how_when_and_by_whom(raised):
    page = f"/desk/objections/{answered(raised).pk}/"
    client = signed_in(staff("administrator"))
    assert "登记送达" in text_of(client.get(page))
    assert client.post(f"{page}told/", {"how": "in_person", "on": "2023-05-06"})["Location"] == page
    found = NoticeObjection.objects.get()
    assert (found.told_how, found.told_on, found.told_by) == (
        "in_person",
        date(2023, 5, 6),
        staff("administrator"),
    )
    entry = Entry.objects.get(action="objection.tell")
    assert (entry.actor, entry.fields, entry.note) == (staff("administrator"), ["told_how", "told_on"], "in_person")
    text = text_of(client.get(page))
    assert ("当面 · 2023 年 5 月 6 日" in text, "登记送达" in text) == (True, False)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"how": "", "on": "2023-05-06"}, "请选择怎么送达的。"),
        ({"how": "pigeon", "on": "2023-05-06"}, "请从列出的选项里选一项。"),
        ({"how": "post", "on": ""}, "请写送达的日期。"),
        ({"how": "post", "on": "\x00gestern" * 500}, "请写完整的日期"),
        ({"how": ["post", "in_person"], "on": ["2023-05-06", "2023-13-45"]}, "请写完整的日期"),
        ({"how": "post", "on": "2023-05-04"}, "送达的日子要在答复那天到今天之间。"),
        ({"how": "post", "on": "2023-05-07"}, "送达的日子要在答复那天到今天之间。"),
        ({}, "请写送达的日期。"),
    ],
)
@pytest.mark.slow
def test_what_cannot_be_noted_is_sent_back_with_a_sentence(raised, sent, sentence):
    page = f"/desk/objections/{answered(raised).pk}/told/"
    response = signed_in(staff("administrator")).post(page, sent)
    assert (response.status_code, sentence in text_of(response)) == (422, True)
    assert NoticeObjection.objects.get().told_at is None


def test_noting_the_same_twice_is_once_and_something_else_is_refused(raised):
    objection = answered(raised)
    tell(objection)
    tell(objection)
    assert Entry.objects.filter(action="objection.tell").count() == 1
    with pytest.raises(StepRefused, match="已经登记过送达"):
        tell(objection, how="telephone")


def test_only_an_administrator_notes_it_and_only_after_the_answer(raised):
    with pytest.raises(StepRefused, match="还没有答复"):
        tell(raised)
    objection = answered(raised)
    for other in (staff("auditor"), staff("clerk"), make_staff("administrator", town="hongshan")):
        with pytest.raises(StepRefused, match="您没有办理这一步的权限"):
            tell(objection, by=other)


@pytest.mark.slow
def test_an_auditor_reads_and_notes_nothing(raised):
    page = f"/desk/objections/{answered(raised).pk}/"
    client = signed_in(staff("auditor"))
    assert "登记送达" not in text_of(client.get(page))
    assert client.post(f"{page}told/", {"how": "post", "on": "2023-05-06"}).status_code == 404


def test_an_objector_with_an_account_was_written_to_already(raised):
    answered(raised)
    objection = answered(object_to(NoticeLine.objects.get(), objector=make_user(), text="他没有毕业。"))
    with pytest.raises(StepRefused, match="异议人有在线账号"):
        tell(objection)


@pytest.mark.slow
def test_what_was_answered_and_not_handed_over_stands_on_the_desk_until_it_is(raised):
    client = signed_in(staff("administrator"))
    heading = "已答复，还没有送达"
    assert heading not in text_of(client.get("/desk/notices/"))
    objection = answered(raised)
    answered(object_to(NoticeLine.objects.get(), objector=make_user(), text="他没有毕业。"))
    assert [row.pk for row in untold_objections(staff("administrator"))] == [objection.pk]
    assert heading in text_of(client.get("/desk/notices/"))
    assert "还没有送达" in text_of(client.get("/desk/notices/GS-2023-0001/"))
    assert heading not in text_of(signed_in(staff("clerk")).get("/desk/notices/"))
    tell(objection)
    assert heading not in text_of(client.get("/desk/notices/"))


@pytest.mark.slow
def test_the_list_of_what_is_not_handed_over_costs_the_same_for_many(raised):
    client = signed_in(staff("administrator"))
    answered(raised)
    counts = []
    for more in (0, 5):
        for number in range(more):
            answered(object_to(NoticeLine.objects.get(), text=f"第 {number} 个依据。"))
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get("/desk/notices/").context["untold"]) == 1 + more
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "half", [{"told_how": "post"}, {"told_on": date(2023, 5, 6)}, {"told_at": day(5, 6)}], ids=["how", "on", "at"]
)
def test_the_database_takes_no_half_of_it(raised, half):
    answered(raised)
    with pytest.raises(IntegrityError, match="an_answer_told_names_how_when_and_by_whom"), transaction.atomic():
        NoticeObjection.objects.update(**half)


def test_the_database_takes_none_before_the_answer(raised):
    told = {"told_how": "post", "told_on": date(2023, 5, 6), "told_at": day(5, 6), "told_by": staff("administrator")}
    with pytest.raises(IntegrityError, match="an_answer_told_names_how_when_and_by_whom"), transaction.atomic():
        NoticeObjection.objects.update(**told)
