"""Uploads as they come: good, broken and hostile ones are made here, byte by byte."""

import struct
import zlib
from io import BytesIO
from urllib.parse import unquote

import pikepdf
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from applicants.people import papers
from applicants.people.models import Paper, Person
from applicants.people.papers import accept_paper, open_paper, remove_paper
from applicants.people.papers_shown import paper_response
from applicants.people.refusals import PaperRefused
from portal.audit.models import Entry
from portal.policy.terms import PaperLimits
from portal.vault.sealing import SealBroken
from tests.people.filled import AT, a_person

pytestmark = pytest.mark.django_db

BROKEN_PICTURE = "这张图片打不开，可能坏了或没有传完整。请重新拍照或导出后再传。"
BROKEN_PDF = "这个 PDF 打不开，可能坏了或没有传完整。请重新下载或扫描后再传。"
WRONG_KIND = "这个文件不能用，只收 JPEG、PNG、HEIC、WebP、PDF。请换成这些格式再传，只改文件名不行。"
TOO_MANY_PIXELS = "这张图片超过 50 百万像素。请把图片缩小，或把相机的分辨率调低后再拍。"


def take(data, name="毕业证书.jpg", person=None, **limits):
    person = person or Person.objects.order_by("pk").first() or a_person()
    return accept_paper(
        person=person,
        kind="diploma",
        upload=SimpleUploadedFile(name, data),
        limits=PaperLimits(**limits),
        by=person.user,
        at=AT,
    )


def refusal(data, **limits):
    with pytest.raises(PaperRefused) as refused:
        take(data, **limits)
    assert not Paper.objects.exists()
    return refused.value.sentence


def picture(kind="JPEG", mode="RGB", size=(60, 40), colour=None, **save):
    image = Image.new(mode, size, colour if colour is not None else 0)
    written = BytesIO()
    image.save(written, kind, **save)
    return written.getvalue()


def noise(size=(300, 200)):
    written = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(written, "JPEG", quality=95)
    return written.getvalue()


def document(pages=1, **save):
    written = BytesIO()
    with pikepdf.new() as pdf:
        for _page in range(pages):
            pdf.add_blank_page()
        pdf.save(written, **save)
    return written.getvalue()


def stored(paper):
    return Image.open(BytesIO(open_paper(paper)))


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width, height):
    """A tiny file that claims a huge picture: one line of pixels, deflated."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * (width * 3 + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def photo_with_place():
    exif = Image.Exif()
    exif[0x010F] = "Camera of Lin"
    exif[0x0112] = 6  # turned: the right side is up
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (24.0, 43.0, 51.0)
    image = Image.new("RGB", (60, 40), "white")
    image.paste((255, 0, 0), (0, 0, 20, 40))  # red at the left, as the sensor saw it
    written = BytesIO()
    image.save(written, "JPEG", exif=exif, comment=b"taken by Lin", quality=95)
    return written.getvalue()


def test_a_photo_is_upright_and_says_nothing_of_where_and_who():
    sent = photo_with_place()
    assert b"Camera of Lin" in sent
    paper = take(sent)
    image = stored(paper)
    assert (image.format, image.size) == ("JPEG", (40, 60))
    assert dict(image.getexif()) == {}
    assert {"exif", "comment", "icc_profile"} & set(image.info) == set()
    kept = open_paper(paper)
    assert [word for word in (b"Camera", b"taken by", b"Exif") if word in kept] == []
    red, _green, blue = image.getpixel((20, 5))
    assert red > 240
    assert blue < 20  # red is at the top now


def test_a_picture_is_stored_with_what_it_is():
    paper = take(picture(), name="毕业证书.jpg")
    assert (paper.name, paper.content_type, paper.pages, paper.kind) == ("毕业证书.jpg", "image/jpeg", 1, "diploma")
    assert paper.size == len(open_paper(paper))
    assert len(paper.sha256) == 64
    assert Entry.objects.filter(action="paper_accepted", target_id=str(paper.pk), digest=paper.sha256).exists()
    assert str(paper) == f"paper {paper.pk}"


def test_a_png_stays_a_png_without_its_texts():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "Lin")
    paper = take(picture("PNG", pnginfo=info, dpi=(300, 300)))
    assert (paper.content_type, stored(paper).format, stored(paper).info) == ("image/png", "PNG", {})


@pytest.mark.parametrize(
    ("kind", "mode", "colour", "stored_mode", "pixel"),
    [
        ("PNG", "RGBA", (0, 0, 0, 0), "RGB", (255, 255, 255)),  # what was seen through is paper
        ("PNG", "RGBA", (10, 20, 30, 255), "RGB", (10, 20, 30)),
        ("PNG", "LA", (0, 0), "RGB", (255, 255, 255)),
        ("PNG", "P", 0, "RGB", (0, 0, 0)),
        ("PNG", "1", 1, "L", 255),
        ("PNG", "L", 77, "L", 77),
        ("PNG", "I;16", 40000, "L", 156),
        ("JPEG", "L", 77, "L", 77),
        ("JPEG", "CMYK", (0, 0, 0, 0), "RGB", (255, 255, 255)),
    ],
)
def test_every_kind_of_pixel_becomes_grey_or_colour(kind, mode, colour, stored_mode, pixel):
    image = stored(take(picture(kind, mode, colour=colour)))
    assert (image.mode, image.getpixel((1, 1))) == (stored_mode, pixel)


def test_a_transparent_palette_lies_on_white():
    assert stored(take(picture("PNG", "P", colour=0, transparency=0))).getpixel((1, 1)) == (255, 255, 255)


def test_a_photo_with_a_second_picture_inside_keeps_the_first():
    written = BytesIO()
    Image.new("RGB", (60, 40), "red").save(
        written, "MPO", save_all=True, append_images=[Image.new("RGB", (60, 40), "blue")]
    )
    paper = take(written.getvalue())
    assert (paper.content_type, stored(paper).format, stored(paper).size) == ("image/jpeg", "JPEG", (60, 40))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_unreadable_exif_is_dropped_and_the_picture_kept():
    sent = picture(exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    assert stored(take(sent)).size == (60, 40)


@pytest.mark.parametrize("name", ["成绩.pdf", "成绩.exe", "成绩", "../../etc/passwd.png"])
def test_the_name_does_not_matter_the_content_does(name):
    assert take(picture(), name=name).content_type == "image/jpeg"


@pytest.mark.parametrize(
    "data",
    [
        "我是一个文本文件".encode(),  # called .pdf or .jpg, it is still text
        b"MZ" + b"\0" * 200,
        b"<html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        picture("GIF", "P"),
        picture("BMP"),
        b"PK\x03\x04" + b"\0" * 60,
    ],
)
def test_what_is_no_jpeg_png_or_pdf_is_refused_whatever_its_name(data):
    assert refusal(data) == WRONG_KIND


def test_a_policy_may_want_pdf_only():
    assert refusal(picture(), formats=("pdf",)) == "这个文件不能用，只收 PDF。请换成这些格式再传，只改文件名不行。"


def test_an_empty_file_says_so():
    assert refusal(b"") == "这个文件是空的。请重新选择文件。"


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_half_a_photo_is_refused(part):
    whole = noise()
    assert refusal(whole[: int(len(whole) * part)]) == BROKEN_PICTURE


@pytest.mark.parametrize("part", [0.3, 0.8])
def test_half_a_png_is_refused(part):
    written = BytesIO()
    Image.effect_noise((200, 200), 80).save(written, "PNG")
    whole = written.getvalue()
    assert refusal(whole[: int(len(whole) * part)]) == BROKEN_PICTURE


def test_a_png_with_a_flipped_bit_is_refused():
    whole = bytearray(picture("PNG"))
    whole[whole.index(b"IDAT") + 8] ^= 0xFF
    assert refusal(bytes(whole)) == BROKEN_PICTURE


@pytest.mark.parametrize("size", [(10_000, 6_000), (100_000, 1_000), (60_000, 60_000)])
def test_a_picture_bomb_is_refused_by_its_header(size):
    bomb = png_bomb(*size)
    assert len(bomb) < 2_000
    assert refusal(bomb) == TOO_MANY_PIXELS


def test_a_policy_may_allow_fewer_pixels_and_bytes_but_not_more():
    assert refusal(picture(size=(2000, 1000)), max_megapixels=1) == TOO_MANY_PIXELS.replace("50", "1")
    one = "文件超过 1 MB。请压缩，或分成几个文件再传。"
    assert refusal(b"%PDF-" + b"0" * 1_600_000, max_megabytes=1) == one
    ten = "文件超过 10 MB。请压缩，或分成几个文件再传。"
    assert refusal(b"%PDF-" + b"0" * (10 * 1024 * 1024), max_megabytes=99) == ten
    assert refusal(png_bomb(10_000, 6_000), max_megapixels=500) == TOO_MANY_PIXELS
    assert refusal(document(31), max_pages=300) == "这个 PDF 有 31 页，最多 30 页。请只留需要的页面。"


def test_a_pdf_of_thirty_pages_is_written_anew_with_all_of_them():
    paper = take(document(30), name="备案表.pdf")
    with pikepdf.open(BytesIO(open_paper(paper))) as kept:
        assert (paper.content_type, paper.pages, len(kept.pages)) == ("application/pdf", 30, 30)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (document(31), "这个 PDF 有 31 页，最多 30 页。请只留需要的页面。"),
        (document(0), "这个 PDF 里没有页面。请重新下载或扫描后再传。"),
        (
            document(encryption=pikepdf.Encryption(owner="owner", user="user")),
            "这个 PDF 设了密码，我们打不开。请去掉密码后再传。",
        ),
        (
            document(encryption=pikepdf.Encryption(owner="owner", user="")),
            "这个 PDF 加了保护，不能存档。请把它打印成新的 PDF，或拍照后再传。",
        ),
        (document(3)[:-200], BROKEN_PDF),
        (b"%PDF-1.7\n" + b"nothing of a PDF " * 40, BROKEN_PDF),
        (b"%PDF-1.7\n" + b"nothing of a PDF " * 40 + b"\n%%EOF", BROKEN_PDF),
    ],
)
def test_a_pdf_that_cannot_be_kept_says_why(data, sentence):
    assert refusal(data) == sentence


def test_the_file_is_sealed_and_opens_in_its_own_place_only():
    data = document()
    paper, other = take(data), take(document(2), person=a_person("other", "11010519491231002X"))
    with default_storage.open(paper.stored_as) as file:
        sealed = file.read()
    assert b"%PDF" not in sealed
    with default_storage.open(other.stored_as, "wb") as file:
        file.write(sealed)
    with pytest.raises(SealBroken):
        open_paper(other)


def test_a_person_uploads_at_most_forty_papers_a_year(monkeypatch):
    monkeypatch.setattr(papers, "MOST_PAPERS", 2)
    person = a_person()
    take(document(), person=person)
    take(document(), person=person)
    with pytest.raises(PaperRefused) as refused:
        take(document(), person=person)
    assert refused.value.sentence == "一年内最多传 2 份材料，已经满了。请先删除不用的材料。"
    assert papers.MOST_PAPERS == 2


def test_a_removed_paper_leaves_neither_row_nor_file(django_capture_on_commit_callbacks):
    paper = take(document())
    with django_capture_on_commit_callbacks(execute=True):
        remove_paper(paper=paper, by=None, at=AT)
    assert not Paper.objects.exists()
    assert not default_storage.exists(paper.stored_as)
    assert Entry.objects.filter(action="paper_removed").count() == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\照片\\身份证 正面.jpg", "身份证 正面.jpg"),
        ("../../身份证.jpg", "身份证.jpg"),
        ("证\u202egpj.exe", "证gpj.exe"),
        ('a"; filename="b.html', 'a"; filename="b.html'),
        ("照" * 200 + ".jpg", "照" * 90 + ".jpg"),
        ("...", "材料"),
    ],
)
def test_a_name_is_kept_without_paths_and_tricks(sent, kept):
    paper = Paper(name=papers._tidy_name(sent), content_type="image/jpeg")
    assert paper.name == kept


def test_the_door_hands_out_a_file_that_nothing_runs():
    paper = take(document(), name='学历 "备案表"\r\nX: y.jpg')
    response = paper_response(paper)
    name = response["Content-Disposition"].removeprefix("attachment; filename*=UTF-8''")
    assert dict(response.items()) | {"Content-Disposition": ""} == {
        "Content-Type": "application/pdf",
        "Content-Disposition": "",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    assert unquote(name) == '学历 "备案表"X: y.pdf'
    assert name.isascii()
    assert " " not in name
    assert response.content == open_paper(paper)


def test_only_a_picture_is_shown_in_the_page():
    photo, pdf = take(picture(), name="照片.jpg"), take(document(), name="档案.pdf")
    assert paper_response(photo, as_attachment=False)["Content-Disposition"].startswith("inline; filename*=")
    assert paper_response(pdf, as_attachment=False)["Content-Disposition"].startswith("attachment; filename*=")
    assert paper_response(photo)["Content-Disposition"].startswith("attachment; filename*=")
