"""Hostile files through the real upload page: each is answered with a sentence, and none leaves anything behind."""

from pathlib import Path

import pikepdf
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from applicants.people.models import Paper
from portal.audit.models import Entry
from tests import factories as make
from tests.people import hostile
from tests.people.heic import heic
from tests.people.hostile import document, noise, picture, png_of

pytestmark = pytest.mark.django_db

BROKEN_PICTURE = "这张图片打不开，可能坏了或没有传完整。请重新拍照或导出后再传。"
BROKEN_PDF = "这个 PDF 打不开，可能坏了或没有传完整。请重新下载或扫描后再传。"
WRONG_KIND = "这个文件不能用，只收 JPEG、PNG、HEIC、WebP、PDF。请换成这些格式再传，只改文件名不行。"
TOO_MANY_PIXELS = "这张图片超过 50 百万像素。请把图片缩小，或把相机的分辨率调低后再拍。"
LOCKED = "这个 PDF 设了密码，我们打不开。请去掉密码后再传。"
PROTECTED = "这个 PDF 加了保护，不能存档。请把它打印成新的 PDF，或拍照后再传。"
ODD_SIZE = "这个 PDF 的页面大得或小得不合常理。请把它打印成普通纸张大小的 PDF 后再传。"
FORM = "这个 PDF 是可填写的表单，填的内容没有存进页面。请把它打印成新的 PDF 后再传。"
HEAVY = "这个文件太复杂，我们处理不了。请把它打印成新的 PDF，或拍照后再传。"
EMPTY = "这个文件是空的。请重新选择文件。"
NO_PAGES = "这个 PDF 里没有页面。请重新下载或扫描后再传。"
WHOLE_PDF, WHOLE_PHOTO = document(3), noise(quality=95)


def pages(count: int) -> str:
    return f"这个 PDF 有 {count} 页，最多 30 页。请只留需要的页面。"


REFUSED = {
    # lying endings
    "empty.pdf": (b"", EMPTY),
    "one-byte.jpg": (b"\xff", WRONG_KIND),
    "start-of-a-jpeg.jpg": (b"\xff\xd8\xff", BROKEN_PICTURE),
    "svg.jpg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', WRONG_KIND),
    "page.pdf": (b"<!doctype html><html><script>alert(1)</script></html>", WRONG_KIND),
    "archive.pdf": (hostile.zip_bytes(), WRONG_KIND),
    "program.png": (b"MZ" + b"\0" * 200, WRONG_KIND),
    "gif.jpg": (picture("GIF", "P"), WRONG_KIND),
    "gifar.gif": (picture("GIF", "P") + hostile.zip_bytes(), WRONG_KIND),
    "tiff.jpg": (picture("TIFF"), WRONG_KIND),
    "avif.heic": (hostile.avif_header(), WRONG_KIND),
    "film.heic": (b"\0\0\0\x18ftypisom\0\0\0\0mp42isom" + b"\0" * 60, WRONG_KIND),
    "html-before.pdf": (b"<html></html>\n" + WHOLE_PDF, WRONG_KIND),
    "pdf-inside-a-jpeg-that-is-none.jpg": (b"\xff\xd8\xff\xe0" + WHOLE_PDF, BROKEN_PICTURE),
    "zip-behind-a-pdf.pdf": (WHOLE_PDF + b"\0" * 3000 + hostile.zip_bytes(), BROKEN_PDF),
    # truncated
    "half.jpg": (WHOLE_PHOTO[: len(WHOLE_PHOTO) // 2], BROKEN_PICTURE),
    "half.png": (noise("PNG")[:9000], BROKEN_PICTURE),
    "half.webp": (noise("WEBP")[:3000], BROKEN_PICTURE),
    "half.heic": (heic()[:900], BROKEN_PICTURE),
    "header.heic": (heic()[:40], BROKEN_PICTURE),
    "half.pdf": (WHOLE_PDF[:-300], BROKEN_PDF),
    "start-and-end.pdf": (b"%PDF-1.7\n%%EOF\n", BROKEN_PDF),
    # bombs of pixels
    "wide.png": (png_of(60_000, 60_000, b"\0" * 20), TOO_MANY_PIXELS),
    "high.png": (png_of(1, 2_000_000_000, b"\0" * 20), TOO_MANY_PIXELS),
    "nothing.png": (png_of(0, 0, b"\0" * 20), BROKEN_PICTURE),
    "wide.webp": (hostile.webp_claiming(16_383, 16_383), TOO_MANY_PIXELS),
    "wide.heic": (heic(width=30_000, height=30_000), TOO_MANY_PIXELS),
    "comment.png": (hostile.png_text_bomb(), BROKEN_PICTURE),
    # protected
    "locked.pdf": (document(encryption=pikepdf.Encryption(owner="o", user="u")), LOCKED),
    "protected.pdf": (document(encryption=pikepdf.Encryption(owner="o", user="")), PROTECTED),
    "protected-by-rc4.pdf": (
        document(encryption=pikepdf.Encryption(owner="o", user="", R=3, aes=False, metadata=False)),
        PROTECTED,
    ),
    # trees and pages
    "no-pages.pdf": (document(0), NO_PAGES),
    "31-pages.pdf": (document(31), pages(31)),
    "one-page-a-thousand-times.pdf": (hostile.many_pages(1000), pages(1000)),
    "loop.pdf": (hostile.page_loop(), BROKEN_PDF),
    "deep-tree.pdf": (hostile.deep_tree(5000), BROKEN_PDF),
    "deep-object.pdf": (hostile.deep_object(20_000), NO_PAGES),
    "point.pdf": (hostile.boxed(b"[0 0 3 3]"), ODD_SIZE),
    "thread.pdf": (hostile.boxed(b"[0 0 14000 20]"), ODD_SIZE),
    "field.pdf": (hostile.boxed(b"[0 0 1000000 1000000]"), ODD_SIZE),
    # compression
    "four-times-packed.pdf": (hostile.flate_bomb(4, layers=4), HEAVY),
    "bomb.pdf": (hostile.flate_bomb(200), HEAVY),
    "bomb-in-a-bomb.pdf": (hostile.flate_bomb(200, layers=2), HEAVY),
    "picture-bomb.pdf": (hostile.huge_image(), HEAVY),
    # forms
    "unfinished-form.pdf": (hostile.form(has_look=False), FORM),
    "made-by-a-script.pdf": (hostile.form(NeedsRendering=True), FORM),
}
SLOW = {
    "bombs-together.pdf": (hostile.many_bombs, HEAVY),
    "objects-packed.pdf": (hostile.object_stream_bomb, BROKEN_PDF),
    "never-drawn.pdf": (hostile.endless_forms, HEAVY),
    "a-page-200000-times.pdf": (lambda: hostile.many_pages(200_000), HEAVY),
}


@pytest.fixture
def there() -> tuple[Client, str]:
    """A draft's page of papers, and its applicant signed in."""
    make.move_clock()
    make.load_policies()
    draft = make.start_draft(make.make_person())
    client = Client()
    client.force_login(draft.applicant.user)
    return client, reverse("application_papers", args=[draft.pk])


def files() -> set[Path]:
    return {path for path in Path(settings.VAR_DIR).rglob("*") if path.is_file() and "sqlite" not in path.name}


def refused(there: tuple[Client, str], name: str, data: bytes) -> str:
    """The sentence on the page after an upload that was refused and left nothing."""
    client, page = there
    before = files()
    answer = client.post(page, {"kind": "diploma", "file": make.make_upload(name, data)})
    assert (answer.status_code, Paper.objects.count(), files() - before) == (422, 0, set())
    assert not Entry.objects.filter(action="paper_accepted").exists()
    ((field, sentence),) = answer.context["errors"]
    assert field == "file-diploma"
    assert 'id="fault-diploma"' in answer.content.decode()
    return sentence


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.slow
def test_a_hostile_file_is_answered_with_what_is_wrong_and_leaves_nothing(there, name):
    data, sentence = REFUSED[name]
    assert refused(there, name, data) == sentence


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_a_file_that_would_take_everything_is_stopped(there, name):
    build, sentence = SLOW[name]
    assert refused(there, name, build()) == sentence


POLYGLOTS = {
    "html-behind.jpg": picture() + b"<script>alert(1)</script>",
    "php-behind.jpg": picture() + b"<?php system($_GET['c']); ?>",
    "php-in-comment.jpg": picture(comment=b"<?php system($_GET['c']); ?>"),
    "zip-behind.jpg": picture() + hostile.zip_bytes(),
    "zip-behind.png": picture("PNG") + hostile.zip_bytes(),
    "zip-behind.webp": picture("WEBP") + hostile.zip_bytes(),
    "script-behind.heic": heic() + b"<script>alert(1)</script>",
    "zip-behind.pdf": document() + hostile.zip_bytes(),
    "script-behind.pdf": document() + b"<script>alert(1)</script>",
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_is_two_files_at_once_is_kept_as_the_one_that_was_seen(there, name):
    client, page = there
    answer = client.post(page, {"kind": "diploma", "file": make.make_upload(name, POLYGLOTS[name])})
    assert answer.status_code == 302
    kept = client.get(reverse("paper", args=[Paper.objects.get().pk])).content
    assert [mark for mark in (b"<script", b"<?php", b"PK\x03\x04", b"MZ") if mark in kept] == []


def sent_by_hand(there: tuple[Client, str], name: bytes) -> int:
    """An upload whose name is put into the request as it stands. Gives the status."""
    client, page = there
    lines = [
        b"--edge", b'Content-Disposition: form-data; name="kind"', b"", b"diploma",
        b"--edge", b'Content-Disposition: form-data; name="file"; filename="' + name + b'"',
        b"Content-Type: image/jpeg", b"", picture(), b"--edge--", b"",
    ]  # fmt: skip
    return client.post(page, b"\r\n".join(lines), content_type="multipart/form-data; boundary=edge").status_code


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (b"../../../etc/passwd.jpg", "passwd.jpg"),
        (b"..\\..\\windows\\win.ini", "win.ini"),
        ("毕业证\u202egpj.exe".encode(), "毕业证gpj.exe"),
        (b"diploma\x00.php.jpg", "diploma.php.jpg"),
        (b"a" * 300 + b".jpg", "a" * 90 + ".jpg"),
        ("🎓📄.jpg".encode(), "🎓📄.jpg"),
        (b"<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
        (b"con.", "con"),
    ],
)
def test_an_odd_name_is_tamed(there, name, kept):
    assert sent_by_hand(there, name) == 302
    paper = Paper.objects.get()
    assert paper.name == kept
    client, page = there
    html = client.get(page).content.decode()
    assert "<img src=x" not in html
    answer = client.get(reverse("paper", args=[paper.pk]))
    assert (answer.status_code, answer["Content-Disposition"].isascii()) == (200, True)


@pytest.mark.parametrize("name", [b"", b".", b"..", b"/", b"\\", b"\xff\xfe\xfd.jpg"])
def test_a_file_without_a_name_that_can_be_read_is_no_file(there, name):
    assert (sent_by_hand(there, name), Paper.objects.count()) == (422, 0)
