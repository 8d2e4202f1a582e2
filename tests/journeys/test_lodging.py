"""Free lodging: a job-seeker finds a bed on the phone, applies, is approved, arrives and leaves."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import segno
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Locator

from applicants.people.models import Person
from applicants.people.services import prove_number
from housing.lodging.models import Site, Stay
from housing.lodging.services.applying import kept_stay
from housing.lodging.services.codes import code_of
from portal import clock
from portal.casework.models import Application, Decision
from portal.casework.services.checking import check_submission
from portal.notifications.models import Letter
from portal.partners.models import PartnerMember
from portal.policy.services import load_policy
from tests.casework.register_answers import answer
from tests.factories import SHANGHAI, make_paper, make_user, move_clock, staff
from tests.journeys import people
from tests.journeys.conftest import MONDAY
from tests.journeys.visitor import Visitor
from tests.lodging.making import load_lodging_policy, make_graduate, make_site
from tests.lodging.staying import make_porter
from tests.partners.making import PIN, link_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
EMAIL = "xiaohang@example.test"
PAPERS = ("id_card", "diploma", "household_page", "job_search_proof")
EVENING = datetime(2026, 3, 9, 20, 0, tzinfo=SHANGHAI)


def test_a_job_seeker_finds_a_bed_on_the_phone_is_approved_arrives_and_leaves(visit: Callable[..., Visitor]) -> None:
    load_lodging_policy(at=MONDAY)
    person, site = make_graduate(make_user(EMAIL), at=MONDAY), make_site(2)
    guest = people.sign_in(visit(width=390), EMAIL)
    row = apply(guest, site)
    check_submission(submission_id=row.submissions.get().pk, at=clock.now())

    approve(people.sign_in_staff(visit(), "approver"), row.reference, person)
    guest.go("decision", row.pk)
    guest.sees("签发人：%(signer)s")
    guest.go("application", row.pk)
    guest.sees("已批准，等您入住")
    guest.look("approved")
    guest.follow("看入住安排")
    guest.is_at("own_stay", row.pk)
    guest.sees("入住当天，入住码在这里")
    guest.look("booked")

    stay = kept_stay(row)
    move_clock(EVENING)
    porter = phone_of_the_site(visit(width=390), make_porter(site))
    guest.go("own_stay", row.pk)
    guest.look("code")
    porter.page.goto(address_shown_by(guest, stay))
    porter.sees("请看一眼客人的身份证件，姓名要对得上。")
    porter.look("porter-arrival")
    porter.press("办理入住")
    porter.sees("已办理入住。")
    guest.page.reload()
    guest.sees("您已入住")
    assert not guest.page.get_by_role("img", name=guest.say("入住二维码")).count()
    guest.look("in-house")

    move_clock(EVENING + timedelta(days=1, hours=14))  # a night earlier than booked
    porter.go("partner_lodging")
    porter.fill("PIN", PIN)
    porter.press("继续")
    porter.is_at("partner_lodging")
    porter.page.get_by_role("region", name=porter.say("在住")).get_by_role("link").first.click()
    porter.is_at("partner_stay", stay.pk)
    leaving(porter).locator("summary").click()
    porter.look("porter-leaving")
    porter.press("退房", leaving(porter))
    porter.sees("已退房。")
    guest.go("own_stay", row.pk)
    guest.sees("stay|已退房")
    guest.look("left")
    guest.go("application", row.pk)
    guest.sees("您已退房")
    stay.refresh_from_db()
    assert (stay.state, [night.purpose for night in stay.nights.all()]) == ("left", ["used", "used"])
    kinds = Letter.objects.filter(recipient=person.user).values_list("kind", flat=True)
    assert {"receipt", "approved", "stay_booked", "stay_arrived"} <= set(kinds)


def test_what_registers_prove_clause_by_clause_is_approved_without_a_person(visit: Callable[..., Visitor]) -> None:
    """A later policy takes the invitation to an interview as declared; the rest is known to registers."""
    text = Path(settings.BASE_DIR, "housing/policy/LODGE-2023.yaml").read_text(encoding="utf-8")
    text = text.replace("code: LODGE-2023", "code: LODGE-2026")
    text = text.replace("proven_by: paper\n    papers: [job_search_proof]", "proven_by: declared")
    load_policy(text, at=MONDAY)
    person, site = make_graduate(make_user(EMAIL), at=MONDAY), make_site(2)
    card = make_paper(person, at=MONDAY)
    prove_number(person=person, by=staff("clerk"), at=MONDAY, paper=card)  # for something applied for before
    answer(person, "education", {"education": "bachelor", "diploma_on": "2025-06-20"}, at=MONDAY)
    answer(person, "household", {"hukou_code": "360102", "hukou_collective": "no"}, at=MONDAY)

    guest = people.sign_in(visit(width=390), EMAIL)
    row = apply(guest, site)
    check_submission(submission_id=row.submissions.get().pk, at=clock.now())
    guest.go("application", row.pk)
    guest.sees("已批准，等您入住")
    guest.look("approved")
    guest.follow("决定书")
    guest.sees_heading("批准决定书")
    guest.sees("各项条件都已证实，由系统自动批准")
    guest.look("decision")
    decision, stay = Decision.objects.get(), kept_stay(row)
    assert (decision.outcome, decision.signed_by, stay.state, stay.nights.count()) == ("approved", None, "booked", 3)

    approver = people.sign_in_staff(visit(), "approver")
    people.open_file(approver, row.reference)
    approver.look("desk")
    assert not approver.page.get_by_role("link", name=approver.say("act|批准")).count()


def apply(guest: Visitor, site: Site) -> Application:
    """Everything from the programme page to the receipt."""
    start(guest)
    choose_a_bed(guest, site)
    prove_the_search(guest)
    people.upload_each(guest, PAPERS)
    guest.follow("继续")
    return Application.objects.get(reference=declare_and_submit(guest))


def phone_of_the_site(phone: Visitor, porter: PartnerMember) -> Visitor:
    """The porter's own phone, let in by the link of the manager."""
    phone.go("partner_enrol", link_for(porter, at=clock.now()))
    phone.fill("设一个 6 位数字的 PIN", PIN)
    phone.fill("再输入一次 PIN", PIN)
    phone.press("登记这部设备")
    phone.is_at("partner")
    return phone


def address_shown_by(guest: Visitor, stay: Stay) -> str:
    """The address in the code that the guest's page shows: of this minute, or of the one that has just gone by."""
    shown = guest.page.get_by_role("img", name=guest.say("入住二维码")).locator("path").get_attribute("d")
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", shown)}
    for minutes in (0, 1):
        address = reverse("partner_arrival", args=[code_of(stay, at=clock.now() - timedelta(minutes=minutes)).token])
        matrix = segno.make(settings.PORTAL_URL + address, error="m", boost_error=False, mask=2).matrix
        if dark == {(x, y) for y, line in enumerate(matrix) for x, module in enumerate(line) if module}:
            return address
    raise AssertionError("The page shows the code of another address.")


def leaving(porter: Visitor) -> Locator:
    """The part of a guest's page where they are seen out."""
    return porter.page.locator("details").filter(has=porter.page.get_by_text(porter.say("退房"), exact=True)).first


def start(guest: Visitor) -> None:
    """Where beds are free, then the privacy notice and the policy."""
    guest.go("programme", "lodging")
    guest.look("programme")
    guest.follow("看看哪里有空床")
    guest.sees_heading("哪里有空床")
    guest.look("free-beds")
    guest.follow("开始申请")
    guest.press("我已阅读，继续")
    if (offered := guest.page.locator("[id^=policy-LODGE]")).count():
        offered.first.check()
        guest.press("开始填写")
    guest.look("tasks")
    guest.follow("继续填写")


def choose_a_bed(guest: Visitor, site: Site) -> None:
    """First too soon, then a week ahead."""
    guest.sees_heading("选床位")
    guest.page.locator(f'[name=site][value="{site.pk}"]').check()
    guest.fill("哪天晚上入住", "2026-03-03")
    guest.fill("住几晚", "3")
    guest.pick("您的性别", "女")
    guest.press("留床位并继续")
    guest.sees("入住日期要在 %(first)s 至 %(last)s 之间。")
    guest.look("bed-slip")
    guest.fill("哪天晚上入住", "2026-03-09")
    guest.look("bed")
    guest.press("留床位并继续")


def prove_the_search(guest: Visitor) -> None:
    """An invitation to an interview."""
    guest.sees_heading("求职证明")
    guest.pick("哪一种求职证明", "面试通知")
    guest.fill("证明的出具日期", "2026-02-20")
    guest.look("job-search")
    guest.press("保存并继续")
    guest.sees_heading("上传材料")


def declare_and_submit(guest: Visitor) -> str:
    """The declaration, everything once more, sent; gives the reference."""
    guest.sees_heading("声明")
    guest.tick("我已看清并声明以上内容")
    guest.press("保存并继续")
    guest.sees_heading("提交前，请核对一遍")
    guest.look("check-answers")
    guest.press("act|提交申请")
    guest.sees("已提交，编号 %(reference)s")
    guest.look("receipt")
    return Application.objects.get().reference


def approve(approver: Visitor, reference: str, person: Person) -> None:
    """The only reviewer of this route: number, clauses, approval."""
    people.open_file(approver, reference)
    people.prove_number(approver, person.number)
    for clause, paper in (("JL-1", "diploma"), ("JL-2", "diploma"), ("JL-4", "household_page")):
        people.settle(approver, clause, paper)
    people.settle(approver, "JL-7", "job_search_proof")
    approver.look("desk-settled")
    approver.follow("act|批准")
    approver.look("desk-approve")
    approver.press("act|批准")
    approver.sees("%(reference)s 已批准，决定书已发给申请人。", reference=reference)
    approver.leave()
