"""The faces of a card: measures, letters that fit, and pictures compared with those that people looked at.

After a change that is meant to be seen, look at every picture anew, and then keep them:

    .venv/bin/python -m tests.cards.golden
"""

from io import BytesIO

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from applicants.cards.faces import output
from applicants.cards.faces.faces import SMALLEST, NotPrintable, back, front, grouped
from applicants.cards.faces.lettering import Style, fit, two_lines, width
from applicants.cards.faces.sheet import CUT, SIZE, pixels
from portal.city import city
from tests.cards.golden import DRAWN, FOLDER, face, small
from tests.factories import AT
from tests.one_glyph import build_font

FURTHEST, MEAN = 96, 1.5  # of 255: one edge may fall elsewhere, the picture as a whole may not
LONG = "一二三四五六七八九十" * 4


# ── measures ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sheet_is_a_cr80_card_with_three_millimetres_around_it_at_300_dpi():
    assert SIZE == (1082, 708)  # 91.60 × 59.98 mm
    assert (CUT[2] - CUT[0], CUT[3] - CUT[1]) == (1012, 638)  # 85.60 × 53.98 mm, to the pixel
    for picture in (front(face("林晓航")), back(face("林晓航"))):
        with Image.open(BytesIO(output.print_png(picture))) as read:
            assert (read.format, read.mode, read.size) == ("PNG", "RGB", (1082, 708))
            assert [round(dots, 1) for dots in read.info["dpi"]] == [300.0, 300.0]


def test_the_ground_reaches_every_edge_of_the_sheet():
    for picture in (front(face("林晓航")), back(face("林晓航"))):
        corners = [picture.getpixel(at) for at in ((0, 0), (1081, 0), (0, 707), (1081, 707))]
        assert corners == [(0xE9, 0xD3, 0xA0)] * 4


def test_the_pdf_has_both_faces_on_pages_of_exactly_their_size():
    both = [front(face("林晓航")), back(face("林晓航"))]
    document = pypdfium2.PdfDocument(output.pdf(both, title="813505810000019", at=AT))
    sizes = [tuple(round(side / 72 * 25.4, 2) for side in page.get_size()) for page in document]
    assert sizes == [(91.6, 59.98), (91.6, 59.98)]
    cut = [tuple(round(side / 72 * 25.4, 2) for side in page.get_trimbox()) for page in document]
    assert cut == [(3.0, 3.0, 88.6, 56.98)] * 2
    drawn = document[0].render(scale=300 / 72).to_pil().convert("RGB").resize(SIZE)
    assert max(ImageStat.Stat(ImageChops.difference(drawn, both[0])).mean) < 3
    document.close()


def test_on_a_phone_a_card_is_cut_and_its_corners_are_round():
    card = output.on_phone(front(face("林晓航")))
    assert (card.size, card.getpixel((0, 0))[3], card.getpixel((500, 300))[3]) == ((1012, 638), 0, 255)
    for written, kind in ((output.phone_png(card), "PNG"), (output.phone_webp(card), "WEBP")):
        with Image.open(BytesIO(written)) as read:
            assert (read.format, read.mode, read.size) == (kind, "RGBA", (1012, 638))


@pytest.mark.parametrize("kind", ["gold", "silver", "green"])
def test_letters_stand_out_from_their_ground(kind):
    colours = city().card_colours[kind]
    lighter, darker = sorted((luminance(colours.ground), luminance(colours.ink)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# ── letters ────────────────────────────────────────────────────────────────────────────────────────────────────────


def fitted(name: str) -> tuple[float, list[str]]:
    style, lines = fit(name, pixels(50), largest=Style(5.8), smallest_alone=4.0, smallest=SMALLEST)
    assert all(width(line, style) <= pixels(50) for line in lines)
    return style.size, lines


@pytest.mark.parametrize(
    ("name", "size", "lines"),
    [
        ("欧阳", 5.8, ["欧阳"]),
        ("阿卜杜热合曼·艾力", 5.4, ["阿卜杜热合曼·艾力"]),
        ("阿布都热依木江·阿卜杜热合曼", 4.0, ["阿布都热依木江·", "阿卜杜热合曼"]),
        ("Maximilian Alexander von Hohenberg-Weiss", 4.0, ["Maximilian Alexander", "von Hohenberg-Weiss"]),
        (LONG, 2.4, [LONG[:20], LONG[20:]]),
    ],
)
def test_a_name_shrinks_and_then_takes_a_second_line(name, size, lines):
    assert fitted(name) == (size, lines)


def test_a_name_without_a_place_to_break_is_halved():
    assert two_lines("abcdef", Style(4)) == ["abc", "def"]
    assert two_lines("a", Style(4)) == ["a"]


def test_the_number_is_read_in_fours():
    assert grouped("813505810000019") == "8135 0581 0000 019"


def test_a_character_that_no_font_has_is_not_printed_as_an_empty_box():
    with pytest.raises(NotPrintable):
        front(face("林\ue123"))


def test_a_rare_character_is_drawn_by_the_font_that_was_named_for_it(tmp_path, settings):
    settings.FONT_FALLBACKS = [str(build_font("\ue123", tmp_path / "rare.ttf"))]
    left, top, right, bottom = ImageChops.difference(front(face("\ue123")), front(face(" "))).getbbox()
    # A square of seven tenths of the letters' size (69 pixels), and the stroke that makes them bold around it.
    assert (right - left, bottom - top) == (52, 52)


# ── pictures ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", DRAWN)
def test_a_face_looks_as_it_did_when_people_looked_at_it(name):
    with Image.open(FOLDER / f"{name}.png") as kept:
        difference = ImageChops.difference(small(DRAWN[name]()), kept.convert("RGB"))
    assert max(high for _low, high in difference.getextrema()) <= FURTHEST
    assert max(ImageStat.Stat(difference).mean) <= MEAN


def test_another_name_or_another_number_is_seen():
    first, second = small(front(face("林晓航"))), small(front(face("林晓舫")))
    assert max(high for _low, high in ImageChops.difference(first, second).getextrema()) > FURTHEST
