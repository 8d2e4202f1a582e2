"""What the counter forgot or got wrong is put right by a reviewer, as long as nobody was paid for it."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from housing.lodging.models import Bar, BedNight, Settlement
from housing.lodging.services.barring import BarRefused, excuse_miss
from housing.lodging.services.changing import change_stay
from housing.lodging.services.correcting import correct_nights
from housing.lodging.services.counting import taken_by
from housing.lodging.services.holding import NoBedFree, StayRefused
from housing.lodging.services.missing import miss_due, miss_stay, times_missed
from housing.lodging.services.settling import make_statement, send_back, sign_for_office, sign_for_site
from portal.accounts.models import Role
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from tests.browsing import page, signed_in
from tests.factories import make_staff, move_clock, staff
from tests.lodging.making import FIRST, make_site
from tests.lodging.settling import APRIL, MARCH, arrived, make_hotel, reception
from tests.lodging.staying import DAY, MIDNIGHT, keep_unused_nights, letters_to, make_booked, make_guest, make_porter

pytestmark = pytest.mark.django_db
LATER = MIDNIGHT + timedelta(days=4, hours=9)  # the nights of the ninth, tenth and eleventh are over
REASON = "住宿登记簿上有他的签名。"


def correct(stay, count, *, by=None, at=LATER):
    stay.refresh_from_db()
    asked = {"count": count, "reason": REASON, "at": at, "expected_version": stay.version}
    return correct_nights(stay_id=stay.pk, by=by or staff(Role.FIRST_REVIEWER), **asked)


def excuse(stay, *, by=None):
    return excuse_miss(stay.pk, reason="住院", by=by or staff(Role.APPROVER), at=LATER)


def slept(stay):
    return list(stay.nights.order_by("on").values_list("on", "purpose"))


def missed(site):
    stay = make_booked(site)
    miss_stay(stay.pk, at=MIDNIGHT)
    stay.refresh_from_db()
    return stay


# ── nights ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_was_there_though_nobody_noted_it_has_slept_and_missed_nothing():
    stay = missed(make_site())
    done = correct(stay, 2)
    assert (done.state, done.leaves_on) == ("left", FIRST + 2 * DAY)
    assert slept(stay) == [(FIRST, "used"), (FIRST + DAY, "used")]
    assert times_missed(stay) == 0
    assert taken_by(stay.person).nights == (FIRST, FIRST + DAY)
    event = stay.events.get(kind="correct")
    assert (event.from_state, event.actor, event.reason) == ("no_show", staff(Role.FIRST_REVIEWER), REASON)
    assert letters_to(stay) == ["stay_booked", "stay_missed", "stay_corrected"]
    text = render_letter(Letter.objects.get(kind="stay_corrected"), "zh-hans").paragraphs
    assert f"您从 2026 年 3 月 9 日晚上起在{stay.site.name}住了 2 晚" in text[1]
    assert text[2] == f"理由：{REASON}"


@pytest.mark.parametrize(("state", "becomes"), [("proposed", "dismissed"), ("signed", "lifted")])
def test_the_bar_of_who_was_there_goes(state, becomes):
    stay = missed(make_site())
    signed = {"decided_by": staff("approver"), "decided_at": LATER, "reason": "没有来"}
    days = {"from_on": FIRST + DAY, "until_on": FIRST + 91 * DAY}
    more = signed | days if state == "signed" else {}
    Bar.objects.create(person=stay.person, stay=stay, days=90, times=2, proposed_at=MIDNIGHT, state=state, **more)
    correct(stay, 3)
    assert Bar.objects.get().state == becomes


def test_a_guest_who_left_early_or_slept_on_has_the_nights_that_were_slept():
    site = make_site(1)
    stay = make_guest(site, make_porter(site))
    change_stay(stay.pk, "leave", by=None, at=MIDNIGHT + DAY + timedelta(hours=9))
    assert [on for on, _as in slept(stay)] == [FIRST, FIRST + DAY]
    correct(stay, 1)
    assert slept(stay) == [(FIRST, "used")]
    correct(stay, 3)
    assert [on for on, _as in slept(stay)] == [FIRST, FIRST + DAY, FIRST + 2 * DAY]


def test_who_never_came_though_noted_so_has_slept_no_night():
    site = make_site()
    stay = make_guest(site, make_porter(site))
    change_stay(stay.pk, "leave", by=None, at=LATER)
    done = correct(stay, 0)
    assert (done.state, done.arrived_at, BedNight.objects.count()) == ("cancelled", None, 0)
    assert taken_by(stay.person).nights == ()


def test_forfeited_nights_that_were_slept_count_once():
    stay = missed_under_a_strict_policy()
    assert len(taken_by(stay.person).nights) == 3
    correct(stay, 2)
    assert len(taken_by(stay.person).nights) == 3
    assert [row.on for row in stay.forfeited_nights.all()] == [FIRST + 2 * DAY]


def missed_under_a_strict_policy():
    stay = make_booked(make_site())
    keep_unused_nights(stay)
    miss_due(at=MIDNIGHT)
    stay.refresh_from_db()
    return stay


def test_nights_that_somebody_else_has_had_are_refused_unless_another_bed_was_free():
    site = make_site(2)
    stay = missed(site)
    other = make_booked(site)
    assert other.bed_id == stay.bed_id
    assert correct(stay, 3).bed_id != other.bed_id
    full = make_site(1)
    gone = missed(full)
    make_booked(full)
    with pytest.raises(NoBedFree, match="已经给了别的客人"):
        correct(gone, 3)
    gone.refresh_from_db()
    assert gone.state == "no_show"


def test_no_night_to_come_and_no_night_beyond_the_policy_is_noted():
    stay = missed(make_site())
    with pytest.raises(StayRefused, match="还没有过完"):
        correct(stay, 3, at=MIDNIGHT + timedelta(hours=9))
    with pytest.raises(StayRefused, match="最多记 7 晚"):
        correct(stay, 8, at=LATER + 9 * DAY)


def test_only_a_reviewer_of_the_town_puts_right_what_is_over():
    stay = missed(make_site())
    for by in (staff(Role.CLERK), staff(Role.ADMINISTRATOR), make_staff(Role.APPROVER, town="lingxiu")):
        with pytest.raises(StayRefused, match="没有办理这一步的权限"):
            correct(stay, 1, by=by)
    booked = make_booked(make_site())
    with pytest.raises(StayRefused, match="现在不能这样办理"):
        correct(booked, 1)


def test_what_the_site_has_signed_is_sent_back_first_and_what_both_have_signed_stays():
    site, manager = make_hotel()
    stay = arrived(site, reception(site, manager), first=date(2026, 3, 9), nights=3)
    change_stay(stay.pk, "leave", by=None, at=LATER)
    row = make_statement(site=site, month=MARCH, by=None, at=APRIL)
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    with pytest.raises(StayRefused, match="请先退回结算单"):
        correct(stay, 2, at=APRIL)
    approver = staff(Role.APPROVER)
    row = send_back(settlement_id=row.pk, reason="少住一晚", by=approver, expected_version=row.version, at=APRIL)
    correct(stay, 2, at=APRIL)
    row = make_statement(site=site, month=MARCH, by=None, at=APRIL)
    assert row.night_count == 2
    row = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=APRIL)
    sign_for_office(settlement_id=row.pk, by=approver, expected_version=row.version, at=APRIL)
    with pytest.raises(StayRefused, match="双方都已确认"):
        correct(stay, 3, at=APRIL)
    assert Settlement.objects.get().night_count == 2


# ── misses ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_first_miss_that_somebody_excuses_counts_no_more():
    site = make_site(3)
    first, second = missed(site), make_booked(site)
    type(second).objects.filter(pk=second.pk).update(person=first.person)
    with pytest.raises(BarRefused, match="没有办理这一步的权限"):
        excuse(first, by=staff(Role.CLERK))
    assert (excuse(first).state, letters_to(first)[-1]) == ("dismissed", "stay_not_barred")
    with pytest.raises(BarRefused):
        excuse(first)
    miss_stay(second.pk, at=LATER)
    second.refresh_from_db()
    assert (second.state, times_missed(second)) == ("no_show", 1)
    assert not Bar.objects.filter(stay=second).exists()  # the first that counts: a warning


# ── the desk's page ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reviewer_corrects_and_excuses_on_the_page_of_the_stay():
    site = make_site(4)
    there, ill = missed(site), missed(site)
    move_clock(LATER)
    reviewer, clerk = signed_in(Role.FIRST_REVIEWER), signed_in(Role.CLERK)
    shown = page(reviewer, "desk_stay", there.pk)
    assert "更正住了几晚" in shown and "不计入没有入住的次数" in shown
    assert "更正住了几晚" not in page(clerk, "desk_stay", there.pk)
    address = reverse("desk_stay", args=[there.pk])
    sent = {"act": "correct", "correct-count": "2", "correct-reason": REASON, "version": there.version}
    assert clerk.post(address, sent).status_code == 404
    for count in ("", "x", "-1", "8", "9" * 30):
        assert reviewer.post(address, sent | {"correct-count": count}).status_code == 422
    assert reviewer.post(address, sent | {"version": "1"}).status_code == 422
    assert reviewer.post(address, sent).status_code == 302
    answer = {"act": "excuse", "excuse-reason": "住院"}
    assert reviewer.post(reverse("desk_stay", args=[ill.pk]), answer).status_code == 302
    assert (len(slept(there)), times_missed(ill)) == (2, 0)
