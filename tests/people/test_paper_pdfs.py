"""PDFs written anew: what is on the page stays, and nothing that acts, hides or carries something else."""

import subprocess
import sys
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary
from PIL import Image

from applicants.people import papers_workshop
from applicants.people.papers_pictures import content_type_of
from applicants.people.papers_workshop import do_in_workshop
from applicants.people.refusals import Unfit
from tests.people import hostile
from tests.people.heic import heic
from tests.people.hostile import acting, animated, document, exif, form, outside_file, picture, written_by_hand

LIMITS = {"most_pages": 30, "most_bytes": 10 * 1024 * 1024}
BLUE, GREEN, WHITE = (0, 0, 255), (0, 255, 0), (255, 255, 255)


def resaved(data: bytes) -> bytes:
    answer, written = do_in_workshop("pdf", data, **LIMITS)
    assert answer["pages"] == 1
    return written


def spread(data: bytes) -> bytes:
    """Everything in a PDF, unpacked: what a search of its bytes would find."""
    written = BytesIO()
    with pikepdf.open(BytesIO(data)) as pdf:
        pdf.save(written, qdf=True, stream_decode_level=pikepdf.StreamDecodeLevel.generalized)
    return written.getvalue()


def drawn(data: bytes) -> Image.Image:
    """The first page, a pixel a point; its origin at the lower left is turned to the upper left."""
    with pypdfium2.PdfDocument(data) as pdf:
        return pdf[0].render(scale=1).to_pil().convert("RGB").transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def test_nothing_that_acts_or_hides_is_left_and_the_page_looks_the_same():
    sent = acting()
    assert b"marker-script" in spread(sent)
    kept = spread(resaved(sent))
    words = (
        b"marker", b"/JavaScript", b"/JS", b"/OpenAction", b"/AA", b"/Launch", b"/URI", b"/SubmitForm", b"/ImportData",
        b"/EmbeddedFile", b"/Filespec", b"/XFA", b"/AcroForm", b"/RichMedia", b"/3D", b"/Annots", b"/Metadata",
        b"/Names", b"/Outlines", b"/PieceInfo", b"/Info", b"Exif", b"Camera of Lin",
    )  # fmt: skip
    assert [word for word in words if word in kept] == []
    page = drawn(resaved(sent))
    assert (page.getpixel((150, 150)), page.getpixel((50, 50))) == (BLUE, WHITE)
    assert page.getpixel((450, 450)) != WHITE  # the picture is still drawn


COLOURS = Array([None, Dictionary(ColorTransform=1)])
PHOTOGRAPHS = {
    "a JPEG": (hostile.jpeg_from_a_phone, ["DCTDecode"], None),
    "a JPEG packed twice": (hostile.jpeg_from_a_phone, ["FlateDecode", "DCTDecode"], None),
    "a JPEG with parameters": (hostile.jpeg_from_a_phone, ["FlateDecode", "DCTDecode"], COLOURS),
    "a JPEG packed three times": (hostile.jpeg_from_a_phone, ["ASCIIHexDecode", "FlateDecode", "DCTDecode"], None),
    "a JPEG 2000": (hostile.jpx_with_place, ["JPXDecode"], None),
    "a JPEG 2000 packed twice": (hostile.jpx_with_place, ["FlateDecode", "JPXDecode"], None),
    "the stream of a JPEG 2000": (lambda: hostile.jpx_with_place(is_bare=True), ["JPXDecode"], None),
}


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_on_a_page_is_kept_without_its_place_however_it_is_packed(name):
    build, filters, parms = PHOTOGRAPHS[name]
    sent = build()
    assert b"marker" in sent
    given = hostile.photographed(sent, *filters, parms=parms)
    written = resaved(given)
    with pikepdf.open(BytesIO(written)) as pdf:
        image = pdf.pages[0].Resources.XObject.Im
        kept = image.read_raw_bytes()
        assert image.Filter == pikepdf.Name("/" + filters[-1])
        assert (image.get("/DecodeParms") is not None) == (parms is not None)
    words = (b"marker", b"Exif", b"Camera of Lin", b"GPS", b"place", b"uuid", b"xml ", b"asoc")
    assert [word for word in words if word in kept] == []
    assert list(drawn(written).get_flattened_data()) == list(drawn(given).get_flattened_data())
    assert drawn(written).getpixel((450, 450)) != WHITE  # the picture itself, point by point


def test_a_picture_cut_off_is_kept_as_far_as_it_goes_and_without_its_place():
    whole = hostile.jpeg_from_a_phone()
    given = hostile.photographed(whole[: len(whole) // 4], "DCTDecode")
    assert [word for word in (b"marker", b"Exif", b"Camera of Lin") if word in spread(resaved(given))] == []


@pytest.mark.parametrize(
    ("sent", "filters"),
    [
        (b"\xff\xd8\xff\xd9", ("DCTDecode", "FlateDecode")),  # packed by nobody: what is in it cannot be looked at
        (b"PK marker", ("JPXDecode",)),
        (b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x07uuid", ("JPXDecode",)),
    ],
)
def test_a_picture_that_cannot_be_looked_into_is_refused(sent, filters):
    with pytest.raises(Unfit):
        resaved(hostile.photographed(sent, *filters))


def test_what_a_form_shows_becomes_part_of_the_page():
    kept = resaved(form())
    assert drawn(kept).getpixel((350, 350)) == GREEN
    assert [word for word in (b"/AcroForm", b"/Widget", b"/NeedAppearances") if word in spread(kept)] == []


def test_an_empty_box_of_a_form_loses_nothing():
    assert drawn(resaved(form("", has_look=False))).getpixel((150, 150)) == BLUE


def test_contents_are_never_read_from_a_file_of_the_machine():
    kept = spread(resaved(outside_file()))
    assert [word for word in (b"/etc/passwd", b"root:") if word in kept] == []


def test_what_a_page_inherits_stays_with_it():
    tree = (
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] /MediaBox [0 0 300 500] /Rotate 90"
        b" /Resources << /ExtGState << /G << /ca 1 >> >> >> >>"
    )
    sent = written_by_hand(b"<< /Type /Catalog /Pages 2 0 R >>", tree, b"<< /Type /Page /Parent 2 0 R >>")
    kept = resaved(sent)
    with pypdfium2.PdfDocument(kept) as pdf:
        assert pdf[0].get_size() == (500, 300)
    assert b"/ExtGState" in spread(kept)


def test_a_wrong_table_of_contents_is_mended_while_the_file_is_whole():
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )
    assert drawn(resaved(written_by_hand(*objects, startxref=7))).size == (595, 842)


def test_the_same_pdf_is_written_the_same_each_time():
    sent = document()
    assert resaved(sent) == resaved(sent)


# ── pictures ───────────────────────────────────────────────────────────────────────────────────────────────────────


def made_anew(data: bytes) -> Image.Image:
    _answer, written = do_in_workshop("picture", data, content_type=content_type_of(data), most_megapixels=50)
    assert [word for word in (b"Exif", b"Camera", b"ICC_PROFILE", b"http") if word in written] == []
    return Image.open(BytesIO(written))


def near(pixel: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(pixel, wanted, strict=True))


@pytest.mark.parametrize(
    ("turn", "red", "white"),
    [(0, (3, 16), (28, 16)), (1, (16, 28), (16, 3)), (2, (28, 16), (3, 16)), (3, (16, 3), (16, 28))],
)
def test_a_photograph_of_a_phone_is_kept_as_an_upright_jpeg_without_its_place(turn, red, white):
    sent = heic(turn=turn, exif=exif())
    assert b"Camera of Lin" in sent
    image = made_anew(sent)
    assert (image.format, image.size, image.mode) == ("JPEG", (32, 32), "RGB")
    assert near(image.getpixel(red), (254, 0, 0))
    assert near(image.getpixel(white), WHITE)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"msf1", b"hevc"])
def test_every_brand_of_heic_is_known_by_its_content(brand):
    assert content_type_of(heic(brand=brand)) == "image/heic"
    assert made_anew(heic(brand=brand)).format == "JPEG"


def test_a_webp_is_kept_as_jpeg_without_its_place_and_on_white():
    image = made_anew(picture("WEBP", "RGBA", colour=(0, 0, 0, 0), exif=exif(), lossless=True))
    assert (image.format, image.size, image.getpixel((5, 5))) == ("JPEG", (60, 40), WHITE)


@pytest.mark.parametrize("kind", ["WEBP"])
def test_of_moving_pictures_the_first_is_kept(kind):
    image = made_anew(animated(kind, lossless=True))
    assert (getattr(image, "n_frames", 1), near(image.getpixel((5, 5)), (254, 0, 0))) == (1, True)


def test_the_portal_itself_never_learns_to_open_heic():
    from applicants.people import papers

    assert "HEIF" not in Image.OPEN
    assert "pi_heif" not in sys.modules
    assert papers.FORMATS["image/heic"] == "jpeg"


# ── the process ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def _a_process_that(tmp_path, monkeypatch):
    """Puts a shell script in the place of Python: what it is given, and what its end becomes."""

    def put(body: str):
        script = tmp_path / "python"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(script))
        return tmp_path

    return put


def test_the_process_is_given_no_secret(_a_process_that, monkeypatch):
    monkeypatch.setenv("FIELD_ENCRYPTION_KEYS", "k:aes:secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    folder = _a_process_that('env > "$(dirname "$0")/env"; exit 3')
    with pytest.raises(Unfit) as unfit:
        do_in_workshop("pdf", b"x", **LIMITS)
    names = {line.split("=")[0] for line in (folder / "env").read_text().splitlines()}
    assert (unfit.value.code, names - {"PWD", "_", "SHLVL", "OLDPWD"}) == (
        "heavy",
        {"PATH", "LANG", "MALLOC_ARENA_MAX"},
    )


@pytest.mark.parametrize("end", ["kill -9 $$", "kill -11 $$", "cat > /dev/null; exit 1", "exec sleep 60"])
@pytest.mark.slow
def test_a_process_that_dies_or_hangs_takes_nothing_with_it(_a_process_that, monkeypatch, end):
    monkeypatch.setattr(papers_workshop, "SECONDS", 1)
    _a_process_that(end)
    with pytest.raises(Unfit) as unfit:
        do_in_workshop("pdf", b"x" * 1_000_000, **LIMITS)
    assert unfit.value.code == "heavy"
    assert subprocess.run(["true"], check=True).returncode == 0


def test_a_third_job_waits_for_its_turn_and_says_so_when_there_is_none(monkeypatch):
    monkeypatch.setattr(papers_workshop, "SECONDS", 0.01)
    with papers_workshop._places, papers_workshop._places, pytest.raises(Unfit) as unfit:
        do_in_workshop("pdf", document(), **LIMITS)
    assert unfit.value.code == "busy"
