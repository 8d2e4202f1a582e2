"""Pages about stays: of the guest, of the site's operator, of the desk."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from housing.lodging.machine import CHANGES
from housing.lodging.models import Incident
from housing.lodging.services.barring import sign_bar
from housing.lodging.services.codes import code_of
from housing.lodging.services.outlook import stay_outlook
from housing.lodging.views.stay_words import EVENTS
from portal.accounts.models import Role
from portal.casework.models import Application
from portal.casework.views.applicant_progress import buoys_of
from portal.ui.figures import day_time_text
from tests.factories import make_user, move_clock, staff
from tests.lodging.making import beds_of, make_lodging_application_in, make_site, make_stay
from tests.lodging.staying import (
    DAY,
    EVENING,
    MIDNIGHT,
    browser_of,
    counter_of,
    make_bar,
    make_booked,
    make_guest,
    make_porter,
)

pytestmark = pytest.mark.django_db
HOSTILE = [{}, {"reason": "\x00"}, {"reason": "x" * 5000}]


def desk_of(role):
    browser = Client()
    browser.force_login(staff(role))
    return browser


def digits_on(page):
    text = page.content.decode()
    start = text.index("th-pass__num")
    return "".join(character for character in text[start : start + 160] if character.isdigit())


# ── the guest ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_code_is_there_on_the_evening_of_arrival_and_at_no_other_time():
    stay = make_booked(make_site())
    browser, address = browser_of(stay), reverse("own_stay", args=[stay.booking_id])
    shown = {}
    for name, at in {
        "the day before": EVENING - DAY,
        "in the evening": EVENING,
        "at the last minute": MIDNIGHT - timedelta(minutes=2),
        "too late": MIDNIGHT - timedelta(minutes=1),
    }.items():
        move_clock(at)
        page = browser.get(address)
        shown[name] = (page.status_code, "th-pass__qr" in page.content.decode())
    assert shown == {
        "the day before": (200, False),
        "in the evening": (200, True),
        "at the last minute": (200, True),
        "too late": (200, False),
    }


def test_a_stay_is_seen_by_its_guest_alone():
    stay = make_booked(make_site())
    address = reverse("own_stay", args=[stay.booking_id])
    other = browser_of(make_booked(make_site()))
    assert other.get(address).status_code == 404
    assert desk_of(Role.CLERK).get(address).status_code == 404


def test_a_guest_who_cannot_come_cancels_what_the_page_showed():
    stay = make_booked(make_site())
    move_clock(EVENING - DAY)
    browser, address = browser_of(stay), reverse("own_stay", args=[stay.booking_id])
    assert [browser.post(address, {"version": version}).status_code for version in ("", "\x00", 1)] == [422] * 3
    assert browser.post(address, {"version": stay.version}).status_code == 302
    stay.refresh_from_db()
    assert (stay.state, stay.nights.count()) == ("cancelled", 0)
    assert browser.post(address, {"version": stay.version}).status_code == 422


def test_who_is_barred_reads_why_and_asks_for_a_reconsideration():
    stay = make_booked(make_site())
    bar = make_bar(stay)
    browser, address = browser_of(stay), reverse("bar_reconsideration", args=[stay.booking_id])
    move_clock(MIDNIGHT)
    assert browser.get(address).status_code == 404  # nothing is decided yet
    sign_bar(bar.pk, reason="第二次没有入住。", by=staff(Role.APPROVER), at=MIDNIGHT)
    own = browser.get(reverse("own_stay", args=[stay.booking_id])).content.decode()
    assert "到 2026 年 6 月 7 日为止，您不能再申请免费住宿" in own
    assert [browser.post(address, values).status_code for values in HOSTILE] == [422, 422, 422]
    assert browser.post(address, {"reason": "我来了，前台没有登记。"}).status_code == 302
    page = browser.get(address)
    assert page.status_code == 200
    assert "正在复核" in page.content.decode()
    assert browser.post(address, {"reason": "再问一次"}).status_code == 422


# ── the operator ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_scanned_code_shows_the_guest_and_one_press_checks_them_in():
    site = make_site()
    stay, porter = make_booked(site), make_porter(site)
    phone = counter_of(porter)
    address = reverse("partner_arrival", args=[code_of(stay, at=EVENING).token])
    page = phone.get(address)
    text = page.content.decode()
    assert (page.status_code, "林**" in text) == (200, True)
    assert stay.person.legal_name not in text
    done = phone.post(address, {"version": stay.version})
    assert done.headers["Location"] == reverse("partner_stay", args=[stay.pk])
    stay.refresh_from_db()
    assert stay.state == "in"
    assert phone.get(address).headers["Location"] == reverse("partner_stay", args=[stay.pk])


def test_a_code_that_is_over_or_made_up_or_of_elsewhere_says_what_to_do():
    site, elsewhere = make_site(), make_site()
    stay, porter, stranger = make_booked(site), make_porter(site), make_porter(elsewhere)
    old = code_of(stay, at=EVENING - timedelta(minutes=6)).token
    phone = counter_of(porter)
    for token in (old, "abc", "%20", "x" * 600):
        page = phone.get(f"/partner/lodging/arrive/{token}/")
        assert (page.status_code, "请客人刷新手机上的页面" in page.content.decode()) == (422, True)
    fresh = reverse("partner_arrival", args=[code_of(stay, at=EVENING).token])
    page = counter_of(stranger).get(fresh)
    assert (page.status_code, "预订的不是您这里" in page.content.decode()) == (422, True)


def test_nobody_but_an_operator_opens_a_code():
    stay = make_booked(make_site())
    move_clock(EVENING)
    address = reverse("partner_arrival", args=[code_of(stay, at=EVENING).token])
    assert browser_of(stay).get(address).status_code == 404


def test_the_digits_check_in_where_the_camera_does_not_help():
    site = make_site()
    stay, porter = make_booked(site), make_porter(site)
    phone = counter_of(porter)
    digits = digits_on(browser_of(stay).get(reverse("own_stay", args=[stay.booking_id])))[:6]
    address, given = reverse("partner_stay", args=[stay.pk]), {"act": "arrive", "version": stay.version}
    wrong = "000000" if digits != "000000" else "000001"
    for bad in (wrong, "12", "", "\x00", "一二三四五六"):
        assert phone.post(address, given | {"arrive-digits": bad}).status_code == 422
    assert phone.post(address, given | {"arrive-digits": f" {digits[:3]} {digits[3:]}"}).status_code == 302
    stay.refresh_from_db()
    assert (stay.state, stay.events.get(kind="check_in").reason) == ("in", "")


def test_without_a_code_the_reason_stays_in_the_history():
    site = make_site()
    stay, porter = make_booked(site), make_porter(site)
    phone = counter_of(porter)
    address, given = reverse("partner_stay", args=[stay.pk]), {"act": "arrive_without", "version": stay.version}
    assert phone.post(address, given).status_code == 422
    assert phone.post(address, given | {"arrive_without-reason": "手机没电，看了身份证"}).status_code == 302
    page = desk_of(Role.CLERK).get(reverse("desk_stay", args=[stay.pk])).content.decode()
    assert "手机没电，看了身份证" in page


@pytest.mark.slow
def test_the_operator_extends_moves_notes_and_sees_the_guest_out():
    site = make_site(1, 1)
    porter = make_porter(site)
    stay, phone = make_guest(site, porter), counter_of(porter)
    address = reverse("partner_stay", args=[stay.pk])

    def act(name, **values):
        stay.refresh_from_db()
        fields = {f"{name}-{field}": value for field, value in values.items()}
        return phone.post(address, {"act": name, "version": stay.version} | fields).status_code

    assert phone.get(address).status_code == 200
    assert (act("extend", count="9"), act("extend", count="x"), act("extend", count="2")) == (422, 422, 302)
    assert (act("move", bed="x", reason="a"), act("move", bed="", reason="")) == (422, 422)
    assert act("move", bed=str(beds_of(site)[1].pk), reason="空调坏了") == 302
    assert (act("note", note=""), act("note", note="打碎了台灯")) == (422, 302)
    assert "打碎了台灯" in phone.get(address).content.decode()
    assert act("leave") == 302
    stay.refresh_from_db()
    assert (stay.state, stay.planned.count, Incident.objects.get().member) == ("left", 1, porter)
    assert phone.post(address, {"act": "what"}).status_code == 404


def test_what_two_operators_do_at_once_is_told_to_the_second():
    site = make_site()
    porter, other = make_porter(site), make_porter(site, name="黄前台")
    stay = make_guest(site, porter)
    first, second = counter_of(porter), counter_of(other)
    address, given = reverse("partner_stay", args=[stay.pk]), {"version": stay.version}
    assert first.post(address, given | {"act": "extend", "extend-count": "1"}).status_code == 302
    page = second.post(address, given | {"act": "extend", "extend-count": "1"})
    assert (page.status_code, "刚刚被别人办理过" in page.content.decode()) == (422, True)


def test_a_list_of_guests_holds_what_a_porter_needs_and_no_more(django_assert_max_num_queries):
    site = make_site(4, 4)
    porter = make_porter(site)
    make_guest(site, porter)
    stays = [
        make_booked(site, needs_accessible=False),
        make_booked(site),
        make_booked(site, first=EVENING.date() + DAY),
    ]
    phone = counter_of(porter)
    with django_assert_max_num_queries(12):
        page = phone.get(reverse("partner_lodging"))
    text = page.content.decode()
    assert (page.status_code, text.count("林**")) == (200, 4)
    for stay in stays:
        assert stay.person.legal_name not in text
        assert stay.person.number not in text
        assert stay.booking.application.reference not in text


def test_an_operator_of_another_site_finds_nobody():
    site, elsewhere = make_site(), make_site()
    stay = make_booked(site)
    phone = counter_of(make_porter(elsewhere))
    assert phone.get(reverse("partner_stay", args=[stay.pk])).status_code == 404
    assert "今晚没有等待入住的客人" in phone.get(reverse("partner_lodging")).content.decode()


# ── the desk ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_reviewer_signs_a_bar_and_an_administrator_answers():
    stay = make_booked(make_site())
    bar = make_bar(stay)
    move_clock(MIDNIGHT)
    reviewer, admin = desk_of(Role.FIRST_REVIEWER), desk_of(Role.ADMINISTRATOR)
    address = reverse("desk_bar", args=[bar.pk])
    assert str(bar.pk) in reviewer.get(reverse("desk_bars")).content.decode()
    assert admin.post(address, {"act": "sign", "sign-reason": "x"}).status_code == 404
    for values in HOSTILE:
        fields = {f"sign-{name}": value for name, value in values.items()}
        assert reviewer.post(address, {"act": "sign"} | fields).status_code == 422
    assert reviewer.post(address, {"act": "sign", "sign-reason": "第二次没有入住。"}).status_code == 302
    again = reviewer.post(address, {"act": "dismiss", "dismiss-reason": "晚了"})
    assert (again.status_code, again.headers["Location"]) == (302, address)
    own = reverse("bar_reconsideration", args=[stay.booking_id])
    assert browser_of(stay).post(own, {"reason": "我来了"}).status_code == 302
    assert admin.post(address, {"act": "answer", "answer-reason": "没有证据"}).status_code == 422
    answer = {"act": "answer", "answer-reason": "监控看到他来了。", "answer-outcome": "upheld"}
    assert admin.post(address, answer).status_code == 302
    bar.refresh_from_db()
    assert bar.state == "lifted"
    assert "支持，解除限制" in reviewer.get(address).content.decode()


@pytest.mark.slow
def test_the_desk_ends_a_stay_cancels_a_booking_and_notes():
    site = make_site(2, 2)
    guest, booked = make_guest(site, make_porter(site)), make_booked(site)
    move_clock(EVENING + DAY / 2)
    clerk, approver = desk_of(Role.CLERK), desk_of(Role.APPROVER)
    in_house, coming = (reverse("desk_stay", args=[stay.pk]) for stay in (guest, booked))
    assert clerk.post(in_house, {"act": "end", "end-reason": "x"}).status_code == 404
    end = {"act": "end", "end-reason": "留宿访客", "version": guest.version}
    assert approver.post(in_house, end | {"version": "1"}).status_code == 422
    assert approver.post(in_house, end).status_code == 302
    assert clerk.post(coming, {"act": "cancel", "cancel-reason": "", "version": booked.version}).status_code == 422
    cancel = {"act": "cancel", "cancel-reason": "本人来电取消", "version": booked.version}
    assert clerk.post(coming, cancel).status_code == 302
    assert clerk.post(coming, {"act": "note", "note-note": "来电 10:20"}).status_code == 302
    assert desk_of(Role.AUDITOR).post(coming, {"act": "note", "note-note": "x"}).status_code == 404
    guest.refresh_from_db()
    booked.refresh_from_db()
    assert (guest.state, booked.state) == ("left", "cancelled")
    assert "来电 10:20" in desk_of(Role.AUDITOR).get(coming).content.decode()


def test_who_is_no_staff_sees_no_desk():
    stay = make_booked(make_site())
    browser = Client()
    browser.force_login(make_user())
    for name, args in (("desk_bars", ()), ("desk_stay", (stay.pk,))):
        assert browser.get(reverse(name, args=args)).status_code == 404


def test_the_buoys_are_the_stages_of_the_route_which_has_no_acceptance():
    stay = make_booked(make_site())
    row = Application.objects.get(pk=stay.booking_id)
    assert [step["label"] for step in buoys_of(row, None)] == ["提交", "核对", "审定"]


def test_the_desk_reads_on_the_file_until_when_the_bed_is_held():
    stay = make_stay(make_site())
    outlook = stay_outlook([stay.booking.application], MIDNIGHT.date())[stay.booking_id]
    assert outlook.issued.desk_act == f"{stay.site.name}，床位保留到 {day_time_text(stay.held_until, is_end=True)}"


def test_a_bed_that_is_only_held_goes_with_its_application_and_nobody_cancels_it_alone():
    """It would be looked for again at the approval: withdrawing the application is the way."""
    row = make_lodging_application_in("final_approval")
    stay = row.booking.stays.get()
    there, clerk = reverse("desk_stay", args=[stay.pk]), desk_of(Role.CLERK)
    assert 'name="act" value="cancel"' not in clerk.get(there).content.decode()
    sent = {"act": "cancel", "cancel-reason": "本人来电取消", "version": stay.version}
    assert clerk.post(there, sent).status_code == 404
    guest, own = browser_of(stay), reverse("own_stay", args=[row.pk])
    assert "取消预订" not in guest.get(own).content.decode()
    assert guest.post(own, {"version": stay.version}).status_code == 422
    stay.refresh_from_db()
    assert stay.state == "held"


def test_every_change_of_a_stay_has_its_words():
    kinds = {change.name for change in CHANGES} | {"hold", "keep", "take", "extend", "move"}
    assert kinds - set(EVENTS) == set()
