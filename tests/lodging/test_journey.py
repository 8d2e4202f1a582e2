"""Free lodging from the privacy notice to the booked bed, page by page, as applicant and bureau walk it."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from housing.lodging.models import BedNight, Stay
from housing.lodging.services.applying import kept_stay
from housing.lodging.services.changing import change_stay
from housing.lodging.services.expiring import pass_beds_on
from portal.casework.models import Application
from portal.casework.services.checking import check_submission
from portal.notifications.models import Letter
from tests.browsing import address, locks, signed_in
from tests.casework.moving import now
from tests.factories import make_upload, make_user, move_clock, staff
from tests.lodging.making import (
    AT,
    FIRST,
    HOUR,
    load_lodging_policy,
    make_graduate,
    make_lodging_application_in,
    make_lodging_draft,
    make_site,
    make_stay,
    start_lodging,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _march():
    move_clock(AT)
    load_lodging_policy()


def booking(site, **asked):
    wanted = {"act": "hold", "site": site.pk, "first_on": "2026-03-09", "night_count": "3", "sex": "f"}
    return wanted | asked


def settle(client, row, clause, kind, **values):
    data = {f"{clause}-{name}": value for name, value in values.items()}
    data |= {f"{clause}-paper": str(row.shelf.get(kind=kind).pk), "clause": clause, "version": now(row).version}
    answer = client.post(address("desk_settle", row), data)
    assert answer.status_code == 302, faults(answer)


def faults(answer):
    found = re.findall(r'invalid-feedback.*?</p>|<div class="th-errors.*?</div>', answer.content.decode(), re.S)
    return [re.sub(r"<.*?>", "", it).strip() for it in found]


@pytest.mark.slow
def test_from_the_privacy_notice_to_the_booked_bed():
    person, site = make_graduate(), make_site()
    client = signed_in(person.user)
    client.post("/apply/lodging/privacy/")
    client.post("/apply/lodging/", {"policy": "LODGE-2023"})
    row = Application.objects.get(applicant=person)
    answer = client.post(address("lodging_booking", row), booking(site))
    assert answer.status_code == 302, faults(answer)
    assert answer.headers["Location"] == address("application_section", row, "job_search")
    proof = {"job_proof": "interview_notice", "job_proof_on": "2026-02-20"}
    client.post(address("application_section", row, "job_search"), proof)
    for kind in ("id_card", "diploma", "household_page", "job_search_proof"):
        client.post(address("application_papers", row), {"kind": kind, "file": make_upload()})
    client.post(address("application_section", row, "declaration"), {"is_declared_true": "on"})
    page = client.get(address("application_check", row)).content.decode()
    said = (site.name, "2026 年 3 月 9 日晚入住", "2026 年 3 月 12 日退房", "3 晚", "面试通知", "2026 年 2 月 20 日")
    assert [words for words in said if words not in page] == []
    assert client.post(address("application_submit", row), {"version": "0"}).status_code == 302

    row = now(row)
    assert (row.state, row.reference, row.town) == ("check", "LG-2026-000001", site.place.town)
    check_submission(submission_id=row.submissions.get().pk, at=AT)
    assert now(row).state == "final_approval"
    approver = signed_in(staff("approver"))
    seen = {"seen": now(row).applicant.number_hash, "paper": str(row.shelf.get(kind="id_card").pk)}
    assert approver.post(address("desk_prove", row), seen).status_code == 302
    page = approver.get(address("desk_file", row)).content.decode()
    steps = ("approve", "return", "refuse", "send_back")
    assert [name for name in steps if address("desk_step", row, name) in page] == ["return", "refuse"]
    assert locks(page) == ["还有条款待证实或不符合：JL-1、JL-2、JL-3、JL-4、JL-7。"]
    settle(approver, row, "JL-1", "diploma", education="bachelor")
    settle(approver, row, "JL-2", "diploma", diploma_on="2025-06-20")
    settle(approver, row, "JL-4", "household_page", hukou_code="360102", hukou_collective="no")
    settle(approver, row, "JL-7", "job_search_proof", job_proofs_interview_notice="2026-02-20")
    page = approver.get(address("desk_file", row)).content.decode()
    assert locks(page) == []
    answer = approver.post(address("desk_step", row, "approve"), {"version": now(row).version})
    assert answer.status_code == 302, faults(answer)
    stay = kept_stay(row)
    assert (now(row).state, stay.state, stay.first_on) == ("approved", "booked", FIRST)
    page = client.get(address("application", row)).content.decode()
    assert "已批准，等您入住" in page and reverse("own_stay", args=[row.pk]) in page


@pytest.mark.slow
def test_an_approver_settles_the_facts_and_the_bed_is_booked():
    row = make_lodging_application_in("approved")
    stay = Stay.objects.get(booking=row.pk)
    assert (stay.state, stay.held_until, row.number_hash) == ("booked", None, row.applicant.number_hash)
    assert set(BedNight.objects.values_list("purpose", flat=True)) == {"booked"}
    kinds = sorted(Letter.objects.filter(recipient=row.applicant.user).values_list("kind", flat=True))
    assert kinds == ["approved", "receipt", "stay_booked"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"site": ""}, "请选择住哪里。"),
        ({"site": "nonsense"}, "请从列出的驿站里选一个。"),
        ({"first_on": ""}, "请填写入住日期。"),
        ({"first_on": "2026-03-03"}, "入住日期要在 2026 年 3 月 5 日至 2026 年 4 月 1 日之间。"),
        ({"first_on": "9999-12-31"}, "入住日期要在 2026 年 3 月 5 日至 2026 年 4 月 1 日之间。"),
        ({"night_count": "8"}, "每次最多住 7 晚。"),
        ({"night_count": "0"}, "至少住 1 晚。"),
        ({"night_count": "9" * 400}, "晚数太多了。"),
        ({"night_count": "三"}, "请填写住几晚，用数字。"),
        ({"sex": "x"}, "请从列出的选项里选一项。"),
        ({"needs": "长" * 201}, "最多 200 个字"),
    ],
)
def test_a_booking_that_cannot_be_is_said_beside_the_field(given, sentence):
    draft = start_lodging()
    answer = signed_in(draft.applicant.user).post(address("lodging_booking", draft), booking(make_site()) | given)
    said = "".join(faults(answer)).replace(" ", "")
    assert (answer.status_code, sentence.replace(" ", "") in said) == (422, True), said
    assert Stay.objects.count() == 0


def test_who_finds_no_bed_is_told_kindly_sees_where_there_is_one_and_may_wait():
    full, other, draft = make_site(1), make_site(1), start_lodging()
    taken = make_stay(full)
    client = signed_in(draft.applicant.user)
    answer = client.post(address("lodging_booking", draft), booking(full))
    page = answer.content.decode()
    assert (answer.status_code, other.name in page, "排队候补" in page) == (422, True, True)
    answer = client.post(address("lodging_booking", draft), booking(full, act="wait"))
    assert answer.headers["Location"] == address("lodging_waiting", draft)
    assert "您排在第一位。" in client.get(address("lodging_waiting", draft)).content.decode()

    change_stay(taken.pk, "cancel", by=None, at=AT)
    pass_beds_on(at=AT)
    page = client.get(address("lodging_waiting", draft)).content.decode()
    assert ("轮到您了，有床位" in page, "2026 年 3 月 2 日 21:00" in page) == (True, True)
    answer = client.post(address("lodging_waiting", draft), {"act": "accept"})
    assert (answer.status_code, kept_stay(draft).state) == (302, "held")
    assert client.post(address("lodging_waiting", draft), {"act": "accept"}).status_code == 302
    assert client.get(address("lodging_waiting", draft)).headers["Location"] == address("lodging_booking", draft)


def test_an_offer_that_has_gone_is_said_and_leaving_is_a_click():
    site, draft = make_site(1), start_lodging()
    make_stay(site, nights=3)
    client = signed_in(draft.applicant.user)
    client.post(address("lodging_booking", draft), booking(site, act="wait"))
    answer = client.post(address("lodging_waiting", draft), {"act": "accept"}, follow=True)
    assert "可能已经到期，轮到下一位了" in answer.content.decode()
    answer = client.post(address("lodging_waiting", draft), {"act": "leave"}, follow=True)
    assert "已退出候补。" in answer.content.decode()


def test_the_public_page_shows_free_beds_by_site_and_night(client, django_assert_max_num_queries):
    site = make_site(2)
    make_stay(site, first=AT.date() + timedelta(days=1), nights=1)
    client.get(reverse("lodging"))
    with django_assert_max_num_queries(5):
        page = client.get(reverse("lodging")).content.decode()
    shown = re.findall(r'<li class="th-nights__one.*?</li>', page)
    assert [re.sub(r"<.*?>", " ", it).split()[-2:] for it in shown[:3]] == [["2", "张"], ["1", "张"], ["2", "张"]]
    answers = [client.get(reverse("lodging"), {"weeks": text}).status_code for text in ("2", "x", "-4", "9" * 30)]
    assert answers == [200, 200, 200, 200]


def test_the_same_through_the_api():
    site, other, draft = make_site(1), make_site(1), start_lodging()
    client = signed_in(draft.applicant.user)
    here = reverse("api_lodging_booking", args=[draft.pk])
    asked = {"site": str(site.pk), "first_on": "2026-03-09", "night_count": 3, "sex": "f"}

    def post(address, body):
        answer = client.post(address, body, content_type="application/json")
        return answer.status_code, answer.json()

    assert client.get(here).json() == {"asked": None, "stay": None, "waiting": None}
    status, body = post(here, asked)
    assert (status, body["stay"]["state"], body["stay"]["leaves_on"]) == (200, "held", "2026-03-12")
    make_stay(other)
    assert post(here, asked | {"site": str(other.pk)})[0] == 409
    assert post(here, asked | {"night_count": 8})[1]["errors"][0]["field"] == "night_count"
    line = reverse("api_lodging_waiting", args=[draft.pk])
    status, body = post(line, asked | {"site": str(other.pk)})
    assert (status, body["stay"], body["waiting"]["number"]) == (200, None, 1)
    assert post(reverse("api_lodging_offer", args=[draft.pk]), {})[0] == 409
    assert [client.delete(line).status_code for _time in range(2)] == [204, 204]
    sites = {row["id"]: row["nights"] for row in Client().get(reverse("api_lodging_sites")).json()}
    assert [row["free"] for row in sites[str(other.pk)][6:9]] == [1, 0, 0]
    assert Client().get(reverse("api_lodging_sites"), {"night_count": "61"}).status_code == 422


def test_somebody_else_s_booking_is_not_there():
    draft = make_lodging_draft()
    client = signed_in(make_user())
    names = ("lodging_booking", "lodging_waiting", "api_lodging_booking")
    assert [client.get(address(name, draft)).status_code for name in names] == [404, 404, 404]


@pytest.mark.slow
def test_a_correction_opens_the_booking_that_it_marks_and_shows_what_changed():
    row = make_lodging_application_in("final_approval")
    marks = {"reason": "请另选日期。", "field-booking-booking": "on", "field-booking-booking-note": "那几晚停水。"}
    approver = signed_in(staff("approver"))
    answer = approver.post(address("desk_step", row, "return"), marks | {"version": row.version})
    assert answer.status_code == 302, faults(answer)
    client, other = signed_in(row.applicant.user), make_site()
    assert client.get(address("application_section", row, "job_search")).status_code == 302
    assert "那几晚停水。" in client.get(address("lodging_booking", row)).content.decode()
    client.post(address("lodging_booking", row), booking(other, first_on="2026-03-16"))
    client.post(address("application_submit", row), {"version": now(row).version})
    assert (now(row).state, kept_stay(row).first_on) == ("final_approval", date(2026, 3, 16))
    check_submission(submission_id=row.submissions.order_by("number").last().pk, at=AT + 2 * HOUR)
    page = approver.get(address("desk_file", row), {"tab": "changes"}).content.decode()
    assert [it for it in (other.name, "2026 年 3 月 16 日晚入住", "2026 年 3 月 9 日晚入住") if it not in page] == []
