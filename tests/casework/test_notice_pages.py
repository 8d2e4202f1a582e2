"""The pages of public notices: only in their days, to their readers, at a constant price."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.audit.models import Entry
from portal.casework.models import Application, Notice, NoticeLine, NoticeObjection
from portal.casework.services.noticing import raise_objection
from portal.casework.views import notices_desk
from tests.browsing import signed_in, text_of
from tests.casework.noticed import collect, day, make_waiting, release
from tests.factories import make_staff, make_user, move_clock, staff

pytestmark = pytest.mark.django_db
LIST = "/notices/GS-2023-0001/"
DESK = "/desk/notices/GS-2023-0001/"
CHECKED = {"masked": "on", "nothing_else": "on", "figures": "on", "contact": "on"}
OBJECTION = {"name": "王五", "contact": "13900139000", "text": "他已经不在这家单位。"}


@pytest.fixture
def on_line():
    row = make_waiting("林晓航", number="350581200103080421")
    release(collect())
    move_clock(day(5, 4))
    return row


@pytest.mark.parametrize(
    ("at", "status"),
    [(day(4, 28, 23, 59), 404), (day(4, 29, 0, 1), 200), (day(5, 9, 23, 58), 200), (day(5, 10, 0, 1), 404)],
)
def test_a_list_is_on_line_in_its_period_only(client, on_line, at, status):
    move_clock(at)
    assert client.get(LIST).status_code == status


def test_a_list_that_is_not_released_is_not_there(client):
    make_waiting()
    collect()
    move_clock(day(5, 4))
    assert client.get(LIST).status_code == 404


def test_a_list_is_neither_indexed_nor_kept(client, on_line):
    response = client.get(LIST)
    assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert response["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex, nofollow, noarchive">' in response.content.decode()


def test_a_list_says_its_days_and_where_to_object(client, on_line):
    text = text_of(client.get(LIST))
    assert "4 月 29 日 至 5 月 9 日" in text
    assert "还有 4 个工作日" in text  # 5, 6 (a working Saturday), 8 and 9 May
    assert "石狮市人力资源和社会保障局（信封注明“公示异议”）" in text
    assert "12333" in text


def test_a_provisional_last_day_is_marked(client, on_line):
    assert "最后一天暂定" not in text_of(client.get(LIST))
    Notice.objects.update(is_provisional=True)
    assert "最后一天暂定" in text_of(client.get(LIST))


def test_a_suspended_person_stays_without_a_mark(client, on_line):
    before = text_of(client.get(LIST))
    line = NoticeLine.objects.get()
    raise_objection(line=line, **OBJECTION, objector=staff("auditor"), by=staff("auditor"), at=day(5, 4))
    assert Application.objects.get().state == "objection"
    assert text_of(client.get(LIST)) == before


def test_the_index_shows_the_current_lists_only(client, on_line):
    assert "GS-2023-0001" in text_of(client.get("/notices/"))
    move_clock(day(5, 10))
    assert "今天没有正在公示的名单" in text_of(client.get("/notices/"))


def test_a_visitor_signs_in_before_objecting(client, on_line):
    assert client.get(f"{LIST}1/objection/")["Location"] == f"/accounts/login/?next={LIST}1/objection/"


def test_a_signed_in_person_objects_and_sees_it_has_arrived(on_line):
    client = signed_in(make_user())
    response = client.post(f"{LIST}1/objection/", OBJECTION)
    assert response["Location"] == f"{LIST}1/objection/sent/"
    assert "异议已收到" in text_of(client.get(response["Location"]))
    assert "王五" not in text_of(client.get(response["Location"]))


def test_a_double_click_makes_one_objection(on_line):
    client = signed_in(make_user())
    assert [client.post(f"{LIST}1/objection/", OBJECTION).status_code for _click in range(2)] == [302, 302]
    assert NoticeObjection.objects.count() == 1


def test_an_objection_without_a_name_is_sent_back_with_what_was_written(on_line):
    response = signed_in(make_user()).post(f"{LIST}1/objection/", OBJECTION | {"name": " "})
    assert response.status_code == 422
    assert "请写您的真实姓名。" in text_of(response)
    assert "他已经不在这家单位。" in response.content.decode()


def test_somebody_elses_confirmation_is_not_there(on_line):
    signed_in(make_user()).post(f"{LIST}1/objection/", OBJECTION)
    assert signed_in(make_user()).get(f"{LIST}1/objection/sent/").status_code == 404


@pytest.mark.parametrize("position", [0, 2])
def test_nobody_objects_to_a_line_that_is_not_there(on_line, position):
    assert signed_in(make_user()).get(f"{LIST}{position}/objection/").status_code == 404


def test_the_desk_collects_previews_and_releases():
    make_waiting("林晓航", number="350581200103080421")
    move_clock(day(4, 28))
    version = Application.objects.get().policy_version_id
    collector, releaser = signed_in(staff("second_reviewer")), signed_in(staff("approver"))
    assert "等待汇总" in text_of(collector.get("/desk/notices/"))
    assert collector.post("/desk/notices/collect/", {"policy_version": version})["Location"] == DESK
    assert "名单由您汇总，发布要由另一人办理。" in text_of(collector.get(DESK))
    preview = text_of(releaser.get(DESK))
    assert "（尾号 0421）" in preview
    assert "今天发布的话，2023 年 4 月 29 日 至 2023 年 5 月 9 日" in preview
    releaser.post(f"{DESK}release/", CHECKED)
    assert Notice.objects.get().released_by == staff("approver")


def test_the_collector_is_refused_at_the_release_itself():
    make_waiting()
    collect()
    response = signed_in(staff("administrator")).post(f"{DESK}release/", CHECKED, follow=True)
    assert "名单由您汇总，发布要由另一人办理。" in text_of(response)
    assert Notice.objects.get().released_at is None


def test_a_list_is_released_only_after_every_check():
    make_waiting()
    collect()
    response = signed_in(staff("approver")).post(f"{DESK}release/", CHECKED | {"figures": ""})
    assert response.status_code == 422
    assert Notice.objects.get().released_at is None


@pytest.mark.parametrize("role", ["clerk", "first_reviewer", "auditor", "finance"])
def test_other_roles_neither_collect_nor_release(role):
    make_waiting()
    collect()
    client = signed_in(staff(role))
    assert client.post("/desk/notices/collect/", {"policy_version": "1"}).status_code == 404
    assert client.post(f"{DESK}release/", CHECKED).status_code == 404


def test_a_list_without_a_file_of_ones_own_town_is_not_there():
    make_waiting(town="fengli")
    collect()
    assert signed_in(make_staff("clerk", town="hongshan")).get(DESK).status_code == 404
    assert signed_in(make_staff("clerk", town="fengli")).get(DESK).status_code == 200


def test_a_file_of_another_town_is_listed_without_a_way_in():
    mine, other = make_waiting(town="fengli"), make_waiting("陈静", town="hongshan")
    collect()
    page = signed_in(make_staff("clerk", town="fengli")).get(DESK).content.decode()
    assert f"/desk/files/{mine.pk}/" in page
    assert f"/desk/files/{other.pk}/" not in page


def test_a_clerk_enters_a_letter(on_line):
    response = signed_in(staff("clerk")).post(f"{DESK}1/objection/", OBJECTION)
    assert response["Location"] == DESK
    objection = NoticeObjection.objects.get()
    assert (objection.objector, objection.entered_by) == (None, staff("clerk"))
    assert Application.objects.get().state == "objection"


def test_a_clerk_of_another_town_enters_nothing(on_line):
    make_waiting("陈静", town="hongshan")
    clerk = make_staff("clerk", town="hongshan")
    assert signed_in(clerk).post(f"{DESK}1/objection/", OBJECTION).status_code == 404


def objection_page():
    objection = raise_objection(
        line=NoticeLine.objects.get(), **OBJECTION, objector=None, by=staff("clerk"), at=day(5, 4)
    )
    return f"/desk/objections/{objection.pk}/"


def test_reading_an_objection_leaves_an_entry(on_line):
    page = objection_page()
    assert "13900139000" in text_of(signed_in(staff("auditor")).get(page))
    entry = Entry.objects.get(action="objection.read")
    assert (entry.actor, entry.target_id) == (staff("auditor"), page.split("/")[3])


@pytest.mark.parametrize("role", ["clerk", "first_reviewer", "second_reviewer", "approver", "finance"])
def test_who_objected_is_kept_from_other_roles(on_line, role):
    page = objection_page()
    assert signed_in(staff(role)).get(page).status_code == 404
    if role != "finance":
        assert "王五" not in text_of(signed_in(staff(role)).get(DESK))


def test_an_administrator_answers(on_line):
    page = objection_page()
    version = Application.objects.get().version
    answered = {"decision": "upheld", "answer": "属实，已离职。", "version": version}
    assert signed_in(staff("administrator")).post(page, answered)["Location"] == page
    assert Application.objects.get().state == "second_review"
    assert "没有在线账号" in text_of(signed_in(staff("administrator")).get(page))


def test_an_auditor_answers_nothing(on_line):
    page = objection_page()
    assert signed_in(staff("auditor")).post(page, {"decision": "upheld", "answer": "x"}).status_code == 404
    assert NoticeObjection.objects.get().state == "open"


def queries_for(client, path, capture):
    with capture() as context:
        assert client.get(path).status_code == 200
    return len(context)


@pytest.fixture
def capture():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connection)


@pytest.mark.parametrize("path", [LIST, "/notices/", DESK, "/desk/notices/", "/"])
@pytest.mark.slow
def test_fifty_lines_cost_as_many_queries_as_one(path, capture):
    client = signed_in(staff("administrator"))
    make_waiting()
    notice = release(collect())
    move_clock(day(5, 4))
    one = queries_for(client, path, capture)
    more = [make_waiting() for _number in range(49)]
    NoticeLine.objects.bulk_create(
        NoticeLine(
            notice=notice,
            application=row,
            position=position,
            name_masked="林**",
            number_masked="**0421",
            school="闽南示例大学",
            education="bachelor",
            employer="石狮潮汐数据服务有限公司",
            amount_fen=1_000_000,
        )
        for position, row in enumerate(more, start=2)
    )
    assert queries_for(client, path, capture) == one


def test_ended_lists_go_on_from_the_last_one_shown(monkeypatch):
    monkeypatch.setattr(notices_desk, "PAGE", 2)
    for _turn in range(5):  # all collected at one moment
        make_waiting()
        release(collect())
    move_clock(day(6, 1))
    client, seen, following = signed_in(staff("auditor")), [], ""
    for rows, is_last in ((2, False), (2, False), (1, True)):
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/desk/notices/" + following)
        assert [query["sql"] for query in queries if "OFFSET" in query["sql"]] == []
        assert (len(page.context["ended"]), page.context["next_page"] == "") == (rows, is_last)
        seen += [notice.number for notice in page.context["ended"]]
        following = page.context["next_page"]
    assert sorted(seen) == [f"GS-2023-000{number}" for number in range(1, 6)]
    assert page.context["first_page"] == "?"
    assert client.get("/desk/notices/?before=2").status_code == 404
