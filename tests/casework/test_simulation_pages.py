"""The pages of simulations: progress, figures, the list to take along, and who may see them."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.audit.models import Entry
from portal.casework.models import Application, Simulation
from portal.casework.services.simulating import run_batch
from portal.casework.views.simulation_reading import safe_text, simulations_of_text
from portal.policy.facts import Provenance
from tests.browsing import text_of
from tests.casework.simulated import REAL, give_more, make_judged, make_policy_draft, make_simulation, run
from tests.casework.test_simulation import LATER, amend, six_files
from tests.factories import AT, make_staff, make_user, move_clock, staff
from tests.floor.test_english import chinese_in

pytestmark = pytest.mark.django_db
LIST = "/desk/policies/simulations/"


def signed_in(user, language="zh-hans"):
    client = Client()
    client.force_login(user)
    client.cookies["language"] = language
    return client


def place(simulation, part=""):
    return f"{LIST}{simulation.pk}/{part}"


def table_after(html, heading):
    """The cells of the first table after a heading, a list for each row."""
    body = html[html.index(heading) :]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body[body.index("<table") : body.index("</table>")], re.S)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows)
    return [[re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in row] for row in cells]


@pytest.fixture
def done():
    """The six files of the hand-written example, simulated."""
    six_files()
    move_clock(LATER)
    return run(make_simulation(make_policy_draft(amend)))


@pytest.mark.slow
def test_the_figures_stand_in_tables_beside_the_bars(done):
    html = signed_in(staff("administrator")).get(place(done)).content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "算过 6 件申请，其中 4 件的结论或金额会改变。费用从 20,000 元增加到 24,000 元，多 4,000 元。" in text
    assert table_after(html, 'id="verdicts"') == [
        ["现在", "符合", "待定", "不符合", "合计"],
        ["符合", "1", "0", "1", "2"],
        ["待定", "0", "1", "1", "2"],
        ["不符合", "1", "0", "1", "2"],
        ["按草稿", "2", "1", "3", "6"],
    ]
    assert table_after(html, 'id="clauses"') == [
        ["条款", "符合", "待证实", "不符合"],
        ["LS-7 毕业证书签发之日起 1 年内申请", "0", "0", "1"],
        ["LS-9 新增 在民营企业就业", "4", "1", "1"],
        ["LS-3 删去 户籍在石狮", "4", "1", "1"],
    ]
    assert "其余的答案都不变：LS-1、LS-2、LS-4、LS-5、LS-6、LS-8。" in text
    assert table_after(html, 'id="cost"') == [
        ["申请", "现在", "按草稿", "差额"],
        ["在办", "10,000.00", "0.00", "-10,000.00"],
        ["已办结", "10,000.00", "24,000.00", "14,000.00"],
        ["合计", "20,000.00", "24,000.00", "4,000.00"],
    ]
    assert table_after(html, 'id="files"') == [
        ["申请编号", "状态", "结论", "现在（元）", "按草稿（元）", "条款变化"],
        ["LS-2022-A", "批准", "符合", "10,000.00", "12,000.00", "LS-9 新增，符合 LS-3 删去，原来符合"],
        [
            "LS-2022-B", "审定", "符合→ 不符合", "10,000.00", "0.00",
            "LS-7 由符合变为不符合 LS-9 新增，符合 LS-3 删去，原来符合",
        ],
        ["LS-2022-C", "不予批准", "不符合→ 符合", "0.00", "12,000.00", "LS-9 新增，符合 LS-3 删去，原来不符合"],
        ["LS-2022-E", "初审", "待定→ 不符合", "—", "0.00", "LS-9 新增，不符合 LS-3 删去，原来符合"],
    ]  # fmt: skip
    bars = re.findall(r'<rect class="is-(\w+)" x="([\d.]+%)" y="1" width="([\d.]+%)"', html)
    assert bars[:6] == [
        ("met", "0.00%", "33.33%"), ("unproven", "33.33%", "33.33%"), ("unmet", "66.67%", "33.33%"),
        ("met", "0.00%", "33.33%"), ("unproven", "33.33%", "16.67%"), ("unmet", "50.00%", "50.00%"),
    ]  # fmt: skip
    assert "style=" not in html
    assert "data-wait-seconds" not in html


def test_the_page_is_english_for_english_readers(done):
    html = signed_in(staff("administrator"), "en").get(place(done)).content.decode()
    assert (html.count('<html lang="en"'), chinese_in(html)) == (1, [])
    assert "CNY 20,000" in html
    assert "Household registered in Shishi" in html


def test_progress_shows_and_refreshes_while_it_runs_only(client):
    for _file in range(4):
        make_judged()
    simulation = make_simulation()
    administrator = signed_in(staff("administrator"))
    waiting = administrator.get(place(simulation)).content.decode()
    assert 'data-wait-seconds="3"' in waiting
    assert '<progress max="4" value="0"' in waiting
    run_batch(simulation_id=simulation.pk, at=LATER, at_real=REAL, size=3)
    running = administrator.get(place(simulation))
    assert '<progress max="4" value="3"' in running.content.decode()
    assert "3/4 件" in text_of(running)
    assert place(simulation, "stop/") in running.content.decode()
    assert place(simulation, "stop/") not in signed_in(staff("auditor")).get(place(simulation)).content.decode()


def test_stopping_by_its_button(client):
    make_judged()
    simulation = make_simulation()
    administrator = signed_in(staff("administrator"))
    assert administrator.post(place(simulation, "stop/")).status_code == 302
    simulation.refresh_from_db()
    assert simulation.state == "stopped"
    assert "只算了 0/1 件" in text_of(administrator.get(place(simulation)))
    again = administrator.post(place(simulation, "stop/"), follow=True)
    assert "这次模拟已经结束" in text_of(again)


def test_an_empty_and_a_failed_simulation_say_what_to_do(client):
    administrator = signed_in(staff("administrator"))
    empty = run(make_simulation())
    assert "这项政策还没有提交过的申请" in text_of(administrator.get(place(empty)))
    failed = make_simulation(empty.draft)
    Simulation.objects.filter(pk=failed.pk).update(state="failed", finished_at=AT)
    page = administrator.get(place(failed))
    assert "请再模拟一次" in text_of(page)
    assert reverse("simulation_new", args=[failed.draft_id]) in page.content.decode()


def test_files_that_were_not_counted_are_named():
    make_judged(is_checked=False, state="check")
    make_judged(answers="m")
    page = text_of(signed_in(staff("auditor")).get(place(run(make_simulation()))))
    assert "1 件还没有自动核对" in page
    assert "1 件存档的事实读不出来" in page


@pytest.mark.slow
def test_a_draft_that_changed_since_is_said(done):
    administrator = signed_in(staff("administrator"))
    assert "草稿后来改过" not in text_of(administrator.get(place(done)))
    done.draft.data["amounts"][0]["yuan"] = 9000
    done.draft.save()
    assert "草稿后来改过" in text_of(administrator.get(place(done)))


# ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_asking_leads_to_the_page_of_the_simulation():
    draft = make_policy_draft()
    move_clock()
    administrator = signed_in(staff("administrator"))
    response = administrator.post(reverse("simulation_new", args=[draft.pk]))
    simulation = Simulation.objects.get()
    assert (response.status_code, response["Location"]) == (303, place(simulation))
    assert (simulation.asked_by, simulation.draft, simulation.label) == (staff("administrator"), draft, "2")
    assert administrator.post(reverse("simulation_new", args=[draft.pk]))["Location"] == place(simulation)


@pytest.mark.parametrize("body", [{}, {"size": "-1"}, {"document": "{}"}, {"draft": ["1", "2"]}, {"x": "甲" * 20000}])
def test_whatever_else_is_posted_changes_nothing(body):
    draft = make_policy_draft()
    assert signed_in(staff("administrator")).post(reverse("simulation_new", args=[draft.pk]), body).status_code == 303
    assert Simulation.objects.get().sha256 == draft.sha256


def test_an_unfinished_draft_is_refused_with_what_is_missing():
    draft = make_policy_draft(lambda data: data.pop("clauses"))
    response = signed_in(staff("administrator")).post(reverse("simulation_new", args=[draft.pk]))
    assert response.status_code == 422
    assert "草稿还不完整" in text_of(response)
    assert Simulation.objects.count() == 0


# ── doors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "scope", "sees", "may"),
    [
        ("administrator", {}, 200, True),
        ("administrator", {"programme": "living-subsidy"}, 200, True),
        ("administrator", {"programme": "lodging"}, 404, False),
        ("administrator", {"town": "fengli"}, 404, False),
        ("auditor", {}, 200, False),
        ("auditor", {"town": "fengli"}, 404, False),
        ("approver", {}, 404, False),
        ("finance", {}, 404, False),
    ],
)
def test_only_administrators_and_auditors_of_the_whole_city_come_in(role, scope, sees, may):
    simulation = run(make_simulation())
    visitor = signed_in(make_staff(role, **scope))
    assert visitor.get(place(simulation)).status_code == sees
    assert visitor.post(place(simulation, "download/")).status_code == sees
    assert visitor.post(place(simulation, "stop/")).status_code == (302 if may else 404)
    draft = reverse("simulation_new", args=[simulation.draft_id])
    assert visitor.post(draft).status_code == (303 if may else 404)
    listed = visitor.get(LIST)
    assert (str(simulation.pk) in listed.content.decode()) == (sees == 200)


def test_applicants_and_visitors_find_nothing():
    simulation = make_simulation()
    assert signed_in(make_user()).get(place(simulation)).status_code == 404
    assert Client().get(place(simulation)).status_code == 302


def test_no_name_nor_number_of_a_person_is_shown(done):
    administrator = signed_in(staff("administrator"))
    page = administrator.get(place(done)).content.decode()
    taken = b"".join(administrator.post(place(done, "download/")).streaming_content).decode()
    for person in {row.applicant for row in Application.objects.select_related("applicant")}:
        for text in (person.legal_name, person.number, person.phone):
            assert text not in page
            assert text not in taken


def test_only_files_on_the_own_desk_are_linked(done):
    row = Application.objects.get(reference="LS-2022-A")
    administrator = staff("administrator")
    assert reverse("desk_file", args=[row.pk]) in signed_in(administrator).get(place(done)).content.decode()
    person = row.applicant
    person.user = administrator  # the own file is not on the desk
    person.save()
    page = signed_in(administrator).get(place(done)).content.decode()
    assert reverse("desk_file", args=[row.pk]) not in page
    assert "LS-2022-A" in page


# ── the list ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_a_file_for_spreadsheets_and_leaves_its_trace(done):
    response = signed_in(staff("auditor")).post(place(done, "download/"))
    content = b"".join(response.streaming_content)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        f'attachment; filename="simulation-LS-2022-20231016-{str(done.pk)[:8]}.csv"'
    )
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[0] == [
        "申请编号", "状态", "现在的结论", "按草稿的结论", "现在的金额（元）", "按草稿的金额（元）", "差额（元）",
        "条款变化",
    ]  # fmt: skip
    assert [row[:7] for row in rows[1:]] == [
        ["LS-2022-A", "批准", "符合", "符合", "10000.00", "12000.00", "2000.00"],
        ["LS-2022-B", "审定", "符合", "不符合", "10000.00", "0.00", "-10000.00"],
        ["LS-2022-C", "不予批准", "不符合", "符合", "0.00", "12000.00", "12000.00"],
        ["LS-2022-E", "初审", "待定", "不符合", "", "0.00", "0.00"],
    ]
    assert [row[7] for row in rows[1:]] == [
        "LS-9 新增，符合；LS-3 删去，原来符合",
        "LS-7 由符合变为不符合；LS-9 新增，符合；LS-3 删去，原来符合",
        "LS-9 新增，符合；LS-3 删去，原来不符合",
        "LS-9 新增，不符合；LS-3 删去，原来符合",
    ]
    entry = Entry.objects.get(action="simulation.download")
    assert (entry.actor, entry.target_id, entry.digest) == (staff("auditor"), str(done.pk), done.sha256)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_of_the_list_is_taken_for_a_formula(done, start):
    assert safe_text(f"{start}1+1") == f"'{start}1+1"
    Application.objects.filter(reference="LS-2022-A").update(reference=f"{start}cmd|1")
    content = b"".join(signed_in(staff("administrator")).post(place(done, "download/")).streaming_content)
    references = [row[0] for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))]
    assert f"'{start}cmd|1" in references


def test_a_list_is_not_given_out_before_the_end():
    make_judged()
    simulation = make_simulation()
    response = signed_in(staff("administrator")).post(place(simulation, "download/"), follow=True)
    assert "还没有算完" in text_of(response)
    assert Entry.objects.filter(action="simulation.download").count() == 0


# ── lists and prices ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_finds_the_simulations_of_its_text():
    draft = make_policy_draft(give_more)
    make_judged()
    first = run(make_simulation(draft))
    second = make_simulation(draft, after=LATER - AT)
    assert simulations_of_text(draft.sha256) == [
        {"href": place(second), "when": "2023 年 10 月 16 日 11:12", "text": "等待开始"},
        {"href": place(first), "when": "2023 年 10 月 16 日 10:12", "text": "1 件会改变，费用差额 2,000 元"},
    ]
    assert simulations_of_text("0" * 64) == []


def test_the_list_says_what_to_do_while_it_is_empty_and_pages_by_place():
    administrator = signed_in(staff("administrator"))
    assert "还没有模拟" in text_of(administrator.get(LIST))
    draft, asker = make_policy_draft(), staff("administrator")
    for number in range(51):
        Simulation.objects.create(
            policy=draft.policy, draft=draft, document="{}", sha256="0" * 64, label="2", asked_by=asker,
            asked_at=AT + timedelta(minutes=number), state="stopped", finished_at=AT,
        )  # fmt: skip
    html = administrator.get(LIST).content.decode()
    assert html.count("data-row") == 50
    following = re.search(r'href="(\?before=[^"]+)"', html).group(1)
    assert administrator.get(LIST + following).content.decode().count("data-row") == 1
    assert administrator.get(LIST, {"before": "yesterday"}).status_code == 404


def queries_of_page(files: int, address: str = "") -> int:
    for _file in range(files):
        make_judged()
    simulation = run(make_simulation(make_policy_draft(amend)))
    administrator = signed_in(staff("administrator"))
    administrator.get(LIST)
    with CaptureQueriesContext(connection) as captured:
        administrator.get(address or place(simulation))
    return len(captured)


@pytest.mark.parametrize("address", ["", LIST])
@pytest.mark.slow
def test_a_page_costs_the_same_queries_for_one_file_and_for_thirty(address):
    assert queries_of_page(1, address) == queries_of_page(30, address)


def test_undetermined_files_stay_undetermined_and_are_not_listed():
    make_judged(
        state="first_review", verdict="undetermined", amount_fen=None, answers="uuuuuuum",
        provenance=Provenance.DECLARED,
    )  # fmt: skip
    page = text_of(signed_in(staff("administrator")).get(place(run(make_simulation()))))
    assert "算过 1 件申请，其中 0 件的结论或金额会改变。费用不变，仍是 0 元。" in page
    assert "没有一件会改变结论或金额。" in page
