"""The portrait: cut to the ratio of an identity photograph, from whatever a phone takes."""

from io import BytesIO

import pytest
from PIL import Image

from applicants.cards.models import Portrait
from applicants.cards.services.applying import detail_of
from applicants.cards.services.portraits import Cut, add_picture, open_portrait, set_portrait, widest_cut
from applicants.people.refusals import PaperRefused
from portal.vault.files import read_sealed
from tests.cards.making import picture_bytes, start_card
from tests.factories import AT, make_person, make_upload, pdf_bytes

pytestmark = pytest.mark.django_db


def uploaded(draft, data: bytes):
    return add_picture(application=draft, upload=make_upload("p.jpg", data), by=draft.applicant.user, at=AT)


def portrait_of(draft, data: bytes, cut: Cut | None = None) -> Portrait:
    set_portrait(application=draft, paper=uploaded(draft, data), cut=cut, by=draft.applicant.user, at=AT)
    return detail_of(draft).portrait


@pytest.mark.parametrize(
    ("size", "left", "top", "width"),
    [((600, 800), 0, 20, 600), ((2000, 800), 675, 0, 649), ((400, 3000), 0, 835, 400), ((358, 441), 0, 0, 358)],
)
def test_without_a_choice_the_widest_cut_is_taken_a_little_above_the_middle(size, left, top, width):
    assert widest_cut(size) == Cut(left, top, width)


def test_a_portrait_is_a_jpeg_of_358_by_441_or_twice_that():
    small = portrait_of(start_card(make_person()), picture_bytes((600, 800)))
    large = portrait_of(start_card(make_person()), picture_bytes((1600, 2000)))
    assert [(it.width, it.height) for it in (small, large)] == [(358, 441), (716, 882)]
    with Image.open(BytesIO(open_portrait(large))) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (716, 882), {})


def test_the_chosen_part_is_what_is_cut_out():
    portrait = portrait_of(start_card(make_person()), picture_bytes((1200, 900)), Cut(700, 100, 400))
    with Image.open(BytesIO(open_portrait(portrait))) as picture:
        red, _green, blue = picture.convert("RGB").getpixel((20, 200))
    assert (red < 10, blue > 245) == (True, True)


def test_a_picture_on_its_side_is_turned_upright():
    exif, buffer = Image.Exif(), BytesIO()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees
    Image.new("RGB", (800, 600)).save(buffer, "JPEG", exif=exif)
    draft = start_card(make_person())
    assert portrait_of(draft, buffer.getvalue()).cut_width == 600


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (picture_bytes((300, 400)), "这张照片太小，至少要 358×441 像素。请换一张更清楚的。"),
        (pdf_bytes(), "这个文件不能用，只收 JPEG、PNG、HEIC、WebP。请换成这些格式再传，只改文件名不行。"),
        (b"", "这个文件是空的。请重新选择文件。"),
    ],
)
def test_what_makes_no_portrait_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(PaperRefused) as refusal:
        uploaded(start_card(make_person()), data)
    assert refusal.value.sentence == sentence


@pytest.mark.parametrize("cut", [Cut(300, 0, 400), Cut(0, 500, 400), Cut(0, 0, 100)])
def test_a_cut_outside_the_picture_or_too_small_is_refused(cut):
    draft = start_card(make_person())
    with pytest.raises(PaperRefused):
        portrait_of(draft, picture_bytes((600, 800)), cut)
    assert Portrait.objects.count() == 0


def test_the_same_cut_again_changes_nothing():
    draft = start_card(make_person())
    paper = uploaded(draft, picture_bytes())
    for _time in range(2):
        set_portrait(application=draft, paper=paper, cut=None, by=draft.applicant.user, at=AT)
    assert Portrait.objects.count() == 1


def test_no_byte_of_a_portrait_is_kept_readable(settings):
    portrait = portrait_of(start_card(make_person()), picture_bytes())
    from django.core.files.storage import default_storage

    with default_storage.open(portrait.stored_as) as file:
        stored = file.read()
    assert b"JFIF" not in stored
    assert read_sealed(portrait.stored_as).startswith(b"\xff\xd8")
