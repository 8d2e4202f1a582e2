"""Sites, rooms, beds, rates and photos as administrators keep them, and the months that show who has which bed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from applicants.people.refusals import PaperRefused, Refused
from housing.lodging.models import Bed, Sex, Site, SiteKind, SitePhoto
from housing.lodging.nights import Nights
from housing.lodging.services import photos, rooms, sites
from housing.lodging.services.calendar import Month, beds_by_night, weeks_of
from housing.lodging.services.closing import close_bed
from housing.photos import MOST_PHOTOS, open_photo
from housing.stock import ChangedMeanwhile
from portal.accounts.models import Role
from portal.audit.models import Entry
from tests.factories import jpeg_bytes, staff
from tests.lodging.making import AT, FIRST, beds_of, make_site, make_stay
from tests.lodging.sites_making import photo_of, picture
from tests.partners.making import make_partner, make_place

pytestmark = pytest.mark.django_db
TODAY = AT.date()


def admin():
    return staff(Role.ADMINISTRATOR)


def change(site: Site, **values) -> Site:
    return sites.change_site(site=site, values=values, expected_version=site.version, by=admin(), at=AT)


def test_a_place_becomes_a_site_once():
    place = make_place(make_partner())
    assert list(sites.places_without_site(TODAY)) == [place]
    values = {"kind": SiteKind.HOSTEL, "has_same_sex_rooms": True}
    site = sites.add_site(place=place, values=values, by=admin(), at=AT)
    assert (site.is_open, list(sites.places_without_site(TODAY))) == (False, [])
    with pytest.raises(Refused, match="已经是住宿点"):
        sites.add_site(place=place, values=values, by=admin(), at=AT)


def test_a_change_is_made_on_what_was_seen_and_audited_by_name():
    site = make_site(1)
    changed = change(site, house_rules_zh="晚上十一点后请安静")
    assert (changed.version, changed.house_rules) == (2, ["晚上十一点后请安静"])
    assert Entry.objects.get(action="site.change").fields == ["house_rules_zh"]
    with pytest.raises(ChangedMeanwhile):
        sites.change_site(site=site, values={"about_zh": "x"}, expected_version=1, by=admin(), at=AT)


def test_a_site_without_beds_or_a_hotel_without_a_rate_is_not_opened():
    empty = make_site(1, kind=SiteKind.HOTEL)
    empty.is_open = False
    empty.save()
    Bed.objects.all().delete()
    with pytest.raises(Refused, match="还没有床位"):
        change(empty, is_open=True)
    rooms.add_room(site=empty, label="101", beds=2, accessible=1, by=admin(), at=AT)
    with pytest.raises(Refused, match="还没有定每晚的价格"):
        change(empty, is_open=True)
    sites.set_rate(site=empty, from_on=TODAY, night_fen=12_800, by=admin(), at=AT)
    assert change(empty, is_open=True).is_open
    empty.place.closed_at = AT
    empty.place.save()
    Site.objects.update(is_open=False)
    with pytest.raises(Refused, match="已经停用"):
        sites.change_site(site=empty, values={"is_open": True}, expected_version=2, by=admin(), at=AT)


def test_same_sex_rooms_are_not_changed_while_guests_come():
    site = make_site(2)
    assert not change(site, has_same_sex_rooms=False).has_same_sex_rooms
    site.refresh_from_db()
    make_stay(site)
    with pytest.raises(Refused, match="已经有客人"):
        change(site, has_same_sex_rooms=True)


def test_a_rate_is_set_once_for_a_day_and_not_where_a_month_is_signed():
    site = make_site(1, kind=SiteKind.HOTEL)
    sites.set_rate(site=site, from_on=date(2026, 3, 1), night_fen=12_800, by=admin(), at=AT)
    with pytest.raises(Refused, match="已经定过"):
        sites.set_rate(site=site, from_on=date(2026, 3, 1), night_fen=13_000, by=admin(), at=AT)
    assert list(site.rates.values_list("night_fen", flat=True)) == [12_800]


def test_beds_get_the_next_letters_and_a_room_holds_no_more_than_there_are():
    site = make_site(1)
    room = rooms.add_room(site=site, label="201", beds=2, accessible=1, by=admin(), at=AT)
    rooms.change_room(room=room, label="202", beds=1, accessible=0, by=admin(), at=AT)
    assert list(room.beds.values_list("label", "is_accessible")) == [("A", True), ("B", False), ("C", False)]
    with pytest.raises(Refused, match="最多 26 张床"):
        rooms.add_beds(room=room, beds=24, accessible=0, by=admin(), at=AT)
    with pytest.raises(Refused, match="已经有这个房间"):
        rooms.add_room(site=site, label="202", beds=1, accessible=0, by=admin(), at=AT)
    with pytest.raises(Refused, match="已经有这个房间"):
        rooms.change_room(room=room, label="001", by=admin(), at=AT)
    with pytest.raises(Refused, match="已经有这张床"):
        rooms.change_bed(bed=room.beds.get(label="B"), label="A", is_accessible=False, by=admin(), at=AT)


def test_a_bed_is_retired_with_its_closures_but_not_from_under_a_guest():
    site = make_site(2)
    make_stay(site)
    hers, free = beds_of(site)
    with pytest.raises(Refused, match="还有客人"):
        rooms.retire_bed(bed=hers, by=admin(), at=AT)
    closure = close_bed(bed=free, nights=Nights(FIRST, 3), reason="维修", by=admin(), at=AT)
    for _twice in range(2):
        rooms.retire_bed(bed=free, by=admin(), at=AT)
    closure.refresh_from_db()
    free.refresh_from_db()
    assert (closure.ended_at, free.retired_at, free.nights.count()) == (AT, AT, 0)
    assert Entry.objects.filter(action="bed.retire").count() == 1


def test_a_photo_is_shrunk_and_kept_in_order():
    site = make_site(1)
    large = picture(3000, 2000, "PNG")
    first = photos.add_photo(site=site, upload=large, caption_zh="大门", caption_en="Gate", by=admin(), at=AT)
    second = photo_of(site)
    assert (first.width, first.height, open_photo(first)[:3]) == (1280, 853, b"\xff\xd8\xff")
    photos.move_up(photo_id=second.pk, by=admin(), at=AT)
    photos.move_up(photo_id=second.pk, by=admin(), at=AT)
    assert list(site.photos.values_list("caption_zh", flat=True)) == ["四人间", "大门"]


def test_a_removed_photo_takes_its_file_along(django_capture_on_commit_callbacks):
    photo = photo_of(make_site(1))
    with django_capture_on_commit_callbacks(execute=True):
        photos.remove_photo(photo_id=photo.pk, by=admin(), at=AT)
    with pytest.raises(FileNotFoundError):
        open_photo(photo)


def test_what_is_no_photo_is_refused_and_leaves_nothing():
    site = make_site(1)
    asked = {"site": site, "caption_zh": "门", "caption_en": "", "by": admin(), "at": AT}
    for upload, sentence in (
        (SimpleUploadedFile("a.jpg", b"<svg/>"), "只收 JPEG 和 PNG"),
        (SimpleUploadedFile("a.jpg", jpeg_bytes()[:60]), "打不开"),
        (picture(300, 300), "太小"),
    ):
        with pytest.raises(PaperRefused, match=sentence):
            photos.add_photo(upload=upload, **asked)
    assert SitePhoto.objects.count() == 0


def test_a_site_has_at_most_twelve_photos():
    site = make_site(1)
    for _number in range(MOST_PHOTOS):
        photo_of(site)
    with pytest.raises(PaperRefused, match="最多放 12 张"):
        photo_of(site)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-05", "2026-05"),
        ("", "2026-03"),
        ("2026-02", "2026-03"),
        ("2031-01", "2027-03"),
        ("2026-13", "2026-03"),
        ("0000-01", "2026-03"),
        ("9" * 5000, "2026-03"),
        ("２０２６-０４", "2026-04"),
        ("\x00", "2026-03"),
    ],
)
def test_a_month_is_read_and_kept_within_a_year_ahead(text, month):
    assert Month.asked(text, TODAY).text == month


def test_months_follow_each_other_over_new_year():
    december = Month(date(2026, 12, 1))
    assert (december.moved(1).text, december.moved(-12).text) == ("2027-01", "2025-12")
    assert (december.nights.count, Month(date(2028, 2, 1)).nights.count) == (31, 29)


def test_a_month_shows_weeks_from_monday_and_free_beds_from_tonight_on(django_assert_num_queries):
    site = make_site(2, 2)
    make_stay(site, first=FIRST, nights=1)
    with django_assert_num_queries(3):
        weeks = weeks_of(site, Month(date(2026, 3, 1)), tonight=TODAY)
    assert [day and day.on.day for day in weeks[0]] == [None, None, None, None, None, None, 1]
    assert weeks[0][6].free is None
    assert (weeks[1][0].on, weeks[1][0].free.total) == (TODAY, 4)
    monday = weeks[2][0].free
    assert (monday.on, monday.total, monday.female, monday.male) == (FIRST, 3, 3, 2)


def test_staff_see_every_bed_of_a_month_in_two_queries(django_assert_num_queries):
    site = make_site(2)
    make_stay(site, first=FIRST, nights=2, sex=Sex.MALE)
    gone = beds_of(site)[1]
    gone.retired_at = AT - timedelta(days=9)
    gone.save()
    with django_assert_num_queries(2):
        rows = beds_by_night(site, Month(date(2026, 3, 1)))
    assert [row.bed.label for row in rows] == ["A"]
    assert [night and (night.purpose, night.sex) for night in rows[0].nights[7:11]] == [
        None,
        ("held", "m"),
        ("held", "m"),
        None,
    ]
