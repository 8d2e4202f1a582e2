"""What else may come of an application: refused with its clause, objected to on the public list, withdrawn."""

from collections.abc import Callable
from datetime import date, timedelta

from playwright.sync_api import expect

from portal.accounts.models import Role
from portal.casework.models import Application
from portal.casework.services.noticing import collect_notice, release_notice
from tests.factories import make_application_in, make_person, make_user, move_clock, staff
from tests.journeys import people
from tests.journeys.conftest import MONDAY
from tests.journeys.visitor import Visitor

SUMMER_2025 = {
    "education": {"diploma_on": date(2025, 6, 20)},
    "employment": {
        "started_on": date(2025, 7, 1),
        "first_insured_on": date(2025, 8, 1),
        "insured_ranges": [{"from": "2025-08", "to": "2026-01", "employer": "present", "late": False}],
    },
}
TUESDAY = MONDAY + timedelta(days=1)


def a_file(state: str, name: str, email: str) -> Application:
    """The application of ``name`` (``email``), walked to ``state`` on Monday."""
    person = make_person(make_user(email), at=MONDAY, identity={"legal_name": name}, **SUMMER_2025)
    return make_application_in(state, person=person, at=MONDAY)


def test_a_refusal_names_clause_and_reason_and_the_way_to_object(visit: Callable[..., Visitor]) -> None:
    file = a_file("first_review", "林晓航", "xiaohang@example.test")
    move_clock(TUESDAY)
    first = people.sign_in_staff(visit(), "first")
    people.open_file(first, file.reference)
    first.follow("act|不予批准")
    first.press("act|不予批准")
    first.sees("请写明理由。")
    first.page.get_by_role("radio", name="LS-4").check()
    first.fill("理由", "参保记录显示，您来石狮前已在本市另一家单位就业，这次不是首次就业。")
    first.look("refuse")
    first.press("act|不予批准")
    first.sees("%(reference)s 不予批准，决定书已发给申请人。", reference=file.reference)

    applicant = people.sign_in(visit(width=390), "xiaohang@example.test")
    applicant.look("mine-refused")
    applicant.follow("看决定书")
    applicant.is_at("decision", file.pk)
    letter = applicant.page.get_by_role("article").inner_text()
    for words in (
        "不予批准决定书",
        "林晓航",
        "LS-4",
        "这次不是首次就业",
        "60 日内",
        "石狮市人民政府",
        "行政复议",
        "蒋敏",
    ):
        assert words in letter
    applicant.look("decision-refused")
    applicant.go("letters")
    applicant.follow("您的申请没有获批")
    applicant.sees("行政复议")
    applicant.look("letter-refused")
    assert applicant.go("application_withdraw", file.pk).url.endswith(f"/applications/{file.pk}/")


def test_an_objection_suspends_one_person_and_not_the_list(visit: Callable[..., Visitor]) -> None:
    accused = a_file("public_notice", "林晓航", "xiaohang@example.test")
    another = a_file("public_notice", "陈嘉禾", "jiahe@example.test")
    make_user("neighbour@example.test")
    notice = collect_notice(policy_version_id=accused.policy_version_id, by=staff(Role.ADMINISTRATOR), at=MONDAY)
    release_notice(notice=notice, by=staff(Role.APPROVER), at=MONDAY)
    move_clock(TUESDAY)

    neighbour = people.sign_in(visit(width=390), "neighbour@example.test")
    neighbour.go("notice", notice.number)
    neighbour.follow("提出异议", neighbour.page.get_by_role("row").filter(has_text="林**"))
    neighbour.press("提出异议")
    neighbour.sees("请写您的真实姓名。")
    neighbour.fill("您的姓名", "王建国")
    neighbour.fill("异议和依据", "据我所知，他上个月已经离职，可以向单位核实。")
    neighbour.look("objection")
    neighbour.press("提出异议")
    neighbour.sees_heading("异议已收到")
    neighbour.look("objection-sent")
    assert states_of(accused, another) == ["objection", "public_notice"]

    people.move_clock_by(neighbour, 5)
    assert states_of(accused, another) == ["objection", "final_approval"]

    admin = people.sign_in_staff(visit(), "admin")
    admin.go("desk_notices")
    admin.look("desk-objections")
    admin.follow("打开", admin.page.get_by_role("region", name=admin.say("待答复的异议")))
    admin.sees_exactly("王建国")
    admin.pick("核实结果", "异议成立：申请退回复审，这个人从名单上撤下")
    admin.fill("答复", "经核实，该人员已于二月离职，申请已退回复审。")
    admin.look("objection-answer")
    admin.press("答复异议")
    admin.sees("已答复，结果写进了申请的办理记录。")
    assert states_of(accused, another) == ["second_review", "final_approval"]

    neighbour.go("letters")
    neighbour.follow("对您异议的答复")
    neighbour.sees_exactly("该人员已于二月离职")


def test_an_application_is_withdrawn_after_asking_once_more(visit: Callable[..., Visitor]) -> None:
    file = a_file("accept", "林晓航", "xiaohang@example.test")
    move_clock(TUESDAY)
    applicant = people.sign_in(visit(width=390), "xiaohang@example.test")
    applicant.go("application", file.pk)
    applicant.look("application")
    applicant.follow("撤回这件申请")
    applicant.sees_heading("撤回这件申请吗？")
    applicant.look("withdraw")
    applicant.press("撤回申请")
    applicant.sees("已撤回。")
    applicant.sees("您已撤回这次申请")
    applicant.look("withdrawn")
    assert states_of(file) == ["withdrawn"]
    expect(applicant.page.get_by_role("link", name=applicant.say("撤回这件申请"))).to_have_count(0)


def states_of(*files: Application) -> list[str]:
    """The states of ``files`` now."""
    return [Application.objects.get(pk=file.pk).state for file in files]
