"""What a site's operator does for guests: longer, shorter, another bed, a note; and what they see."""

from datetime import timedelta

import pytest

from housing.lodging.models import BedNight, ForfeitedNight, Incident
from housing.lodging.services.changing import change_stay
from housing.lodging.services.holding import NoBedFree, StayRefused
from housing.lodging.services.incidents import note_incident
from housing.lodging.services.operating import beds_to_move_to, extend, leave, most_more_nights, move, stays_of
from portal.accounts.models import Role
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from tests.factories import make_staff, staff
from tests.lodging.making import FIRST, beds_of, make_site, make_stay
from tests.lodging.staying import DAY, EVENING, keep_unused_nights, letters_to, make_booked, make_guest, make_porter

pytestmark = pytest.mark.django_db


def evenings(stay):
    return [night.day for night in BedNight.objects.filter(stay=stay).order_by("on").values_list("on", flat=True)]


# ── longer ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_guest_stays_longer_in_the_same_bed_up_to_the_seven_nights_of_the_policy():
    site = make_site()
    porter = make_porter(site)
    stay = make_guest(site, porter)
    assert most_more_nights(stay) == 4
    longer = extend(stay_id=stay.pk, count=2, member=porter, at=EVENING + DAY, expected_version=stay.version)
    assert (longer.planned.count, evenings(stay)) == (5, [9, 10, 11, 12, 13])
    assert set(BedNight.objects.filter(stay=stay).values_list("purpose", "bed")) == {("used", stay.bed_id)}
    with pytest.raises(StayRefused, match="按政策，最多还能续 2 晚。"):
        extend(stay_id=stay.pk, count=3, member=porter, at=EVENING + DAY, expected_version=longer.version)
    full = extend(stay_id=stay.pk, count=2, member=porter, at=EVENING + DAY, expected_version=longer.version)
    with pytest.raises(StayRefused, match="免费晚数已经用完"):
        extend(stay_id=stay.pk, count=1, member=porter, at=EVENING + DAY, expected_version=full.version)
    assert letters_to(stay) == ["stay_booked", "stay_arrived", "stay_extended", "stay_extended"]


def test_a_stay_is_not_made_longer_where_the_bed_is_somebody_else_s():
    site = make_site(1)
    porter = make_porter(site)
    stay = make_guest(site, porter)
    make_booked(site, first=FIRST + 4 * DAY)
    assert extend(stay_id=stay.pk, count=1, member=porter, at=EVENING, expected_version=stay.version).planned.count == 4
    stay.refresh_from_db()
    with pytest.raises(NoBedFree):
        extend(stay_id=stay.pk, count=1, member=porter, at=EVENING, expected_version=stay.version)


def test_what_was_shown_is_what_is_changed():
    site = make_site()
    porter = make_porter(site)
    stay = make_guest(site, porter)
    extend(stay_id=stay.pk, count=1, member=porter, at=EVENING, expected_version=stay.version)
    with pytest.raises(StayRefused, match="刚刚被别人办理过"):
        extend(stay_id=stay.pk, count=1, member=porter, at=EVENING, expected_version=stay.version)
    with pytest.raises(StayRefused, match="刚刚被别人办理过"):
        leave(stay_id=stay.pk, member=porter, at=EVENING + DAY, expected_version=stay.version)


def test_a_guest_who_has_not_come_does_not_stay_longer():
    site = make_site()
    stay, porter = make_booked(site), make_porter(site)
    with pytest.raises(StayRefused, match="入住以后才能续住"):
        extend(stay_id=stay.pk, count=1, member=porter, at=EVENING, expected_version=stay.version)


# ── shorter ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("after", "slept"),
    [
        (timedelta(hours=1), [9]),  # whoever has come has used the first night
        (timedelta(hours=13), [9]),
        (timedelta(hours=28, minutes=30), [9, 10]),  # at half past midnight the second night has begun
        (timedelta(days=2, hours=13), [9, 10, 11]),
    ],
)
def test_a_guest_who_leaves_early_gives_the_other_nights_back(after, slept):
    site = make_site()
    porter = make_porter(site)
    stay = make_guest(site, porter)
    left = leave(stay_id=stay.pk, member=porter, at=EVENING + after, expected_version=stay.version)
    assert (left.state, left.left_at, evenings(stay)) == ("left", EVENING + after, slept)
    assert ForfeitedNight.objects.count() == 0


def test_nights_not_slept_are_forfeited_where_the_policy_does_not_give_them_back():
    site = make_site()
    porter = make_porter(site)
    stay = make_guest(site, porter)
    keep_unused_nights(stay)
    leave(stay_id=stay.pk, member=porter, at=EVENING + DAY / 2, expected_version=stay.version)
    assert evenings(stay) == [9]
    assert sorted(row.on.day for row in ForfeitedNight.objects.filter(stay=stay)) == [10, 11]


# ── another bed ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_guest_moves_to_another_bed_from_tonight_on():
    site = make_site(1, 1)
    porter = make_porter(site)
    stay = make_guest(site, porter)
    first, other = beds_of(site)
    assert list(beds_to_move_to(stay, at=EVENING + DAY)) == [other]
    moved = move(
        stay_id=stay.pk, bed=other, member=porter, at=EVENING + DAY, expected_version=stay.version, reason="空调坏了"
    )
    beds = dict(BedNight.objects.filter(stay=stay).values_list("on__day", "bed"))
    assert beds == {9: first.pk, 10: other.pk, 11: other.pk}
    assert moved.events.get(kind="move").reason == "空调坏了"


def test_a_move_needs_a_reason_and_a_bed_that_fits():
    site = make_site(1, 2)
    porter = make_porter(site)
    stay, man = make_guest(site, porter), make_booked(site, sex="m")
    beside_him = beds_of(site)[2]
    given = {"stay_id": stay.pk, "member": porter, "at": EVENING, "expected_version": stay.version}
    with pytest.raises(StayRefused, match="请写明理由"):
        move(**given, bed=beside_him, reason=" ")
    with pytest.raises(NoBedFree):
        move(**given, bed=beside_him, reason="想换")
    assert man.bed.room_id == beside_him.room_id
    assert list(beds_to_move_to(stay, at=EVENING)) == []


# ── what an operator sees, and notes ───────────────────────────────────────────────────────────────────────────────


def test_an_operator_sees_tonight_tomorrow_and_who_is_in_house_at_their_own_site():
    site, elsewhere = make_site(4, 4), make_site()
    porter = make_porter(site)
    guest = make_guest(site, porter)
    tonight, tomorrow = make_booked(site), make_booked(site, first=FIRST + DAY)
    make_booked(site, first=FIRST + 2 * DAY)
    make_stay(site)  # held: nothing is decided
    make_booked(elsewhere)
    assert set(stays_of(porter, at=EVENING)) == {guest, tonight, tomorrow}
    assert set(stays_of(porter, at=EVENING + timedelta(hours=4, minutes=20))) == {guest, tonight, tomorrow}
    left = leave(stay_id=guest.pk, member=porter, at=EVENING, expected_version=guest.version)
    assert left in stays_of(porter, at=EVENING + DAY - timedelta(seconds=1))
    assert left not in stays_of(porter, at=EVENING + DAY)


def test_notes_are_kept_with_who_wrote_them():
    site = make_site()
    porter = make_porter(site)
    stay = make_guest(site, porter)
    note_incident(site=site, stay=stay, note=" 打碎了台灯 ", by=porter.user, at=EVENING, member=porter)
    note_incident(site=site, stay=stay, note="已电话核实", by=staff(Role.CLERK), at=EVENING)
    rows = {(row.note, row.member_id, row.by_id) for row in Incident.objects.all()}
    assert rows == {("打碎了台灯", porter.pk, None), ("已电话核实", None, staff(Role.CLERK).pk)}
    with pytest.raises(StayRefused, match="请写明发生了什么"):
        note_incident(site=site, stay=stay, note=" ", by=porter.user, at=EVENING, member=porter)
    with pytest.raises(StayRefused, match="没有办理这一步的权限"):
        note_incident(site=make_site(), stay=None, note="别处", by=porter.user, at=EVENING, member=porter)


# ── ended by the office ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stay_is_ended_by_a_reviewer_with_a_reason_and_by_nobody_else():
    site = make_site()
    porter = make_porter(site)
    stay = make_guest(site, porter)
    for by in (staff(Role.CLERK), staff(Role.ADMINISTRATOR), make_staff(Role.APPROVER, town="lingxiu")):
        with pytest.raises(StayRefused, match="没有办理这一步的权限"):
            change_stay(stay.pk, "end", by=by, at=EVENING + DAY, reason="留宿访客")
    with pytest.raises(StayRefused, match="请写明理由"):
        change_stay(stay.pk, "end", by=staff(Role.APPROVER), at=EVENING + DAY)
    ended = change_stay(stay.pk, "end", by=staff(Role.APPROVER), at=EVENING + DAY, reason="留宿访客")
    assert (ended.state, evenings(stay)) == ("left", [9])
    assert letters_to(stay)[-1] == "stay_ended"
    said = render_letter(Letter.objects.get(kind="stay_ended"), "zh-hans").paragraphs[-1]
    assert said == "不同意这个决定，您可以自知道这个决定之日起 60 日内，向石狮市人民政府申请行政复议。"
