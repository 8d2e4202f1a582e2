"""Which font draws what, pages drawn glyph by glyph, and spreadsheets by either writer."""

import tracemalloc
from datetime import datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import fonts
from portal.printing.letter import Block, blocks_of, letter_pdf
from portal.printing.paper import Paper
from portal.printing.tables import Column, write_table
from tests.one_glyph import build_font

AT = datetime(2023, 11, 1, 10, 0)
RARE = "\U0002a6d6"  # 𪛖, the last of Extension B: neither in Noto Sans SC nor in Noto Sans CJK
NOBODYS = "\ue123"  # for private use: no font has it


@pytest.fixture
def rare_font(tmp_path, settings):
    """A font of our own that has one character, named as a fall-back."""
    path = build_font(RARE, tmp_path / "rare.ttf")
    settings.FONT_FALLBACKS = [str(path)]
    return path


def text_of(content: bytes, page: int = 0) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        return document[page].get_textpage().get_text_range().replace("\r\n", "\n")
    finally:
        document.close()


def test_a_common_text_is_one_run_of_the_first_font():
    assert [(font.path.name, piece) for font, piece in fonts.runs("林晓航 LS-2022")] == [
        ("NotoSansSC-Regular.otf", "林晓航 LS-2022")
    ]
    assert fonts.runs("") == []


def test_a_rare_character_is_drawn_by_the_fall_back_that_has_it(rare_font):
    assert [(font.path.name, piece) for font, piece in fonts.runs(f"林{RARE}航")] == [
        ("NotoSansSC-Regular.otf", "林"),
        ("rare.ttf", RARE),
        ("NotoSansSC-Regular.otf", "航"),
    ]
    assert fonts.missing(f"林{RARE}航") == ""


def test_what_no_font_has_is_spelled_out():
    assert fonts.missing(f"林{NOBODYS}航{NOBODYS}") == NOBODYS
    assert fonts.spelled(f"林{NOBODYS}航") == "林[U+E123]航"
    assert "".join(piece for _font, piece in fonts.runs(f"林{NOBODYS}航")) == "林[U+E123]航"


def test_a_named_font_that_is_not_there_is_told(settings):
    settings.FONT_FALLBACKS = ["/nowhere/font.ttf"]
    with pytest.raises(ImproperlyConfigured, match="FONT_FALLBACKS names files that are not there"):
        fonts.fonts()


def test_a_page_holds_the_text_as_it_was_given(rare_font):
    paper = Paper(title="x", language="zh-CN", at=AT)
    paper.add_page()
    paper.put(20, 20, f"林{RARE}航{NOBODYS}", 12)
    assert len(paper.fonts) == 2
    assert text_of(paper.finish()).strip() == f"林{RARE}航[U+E123]"


def test_lines_break_between_characters_but_not_before_a_mark_or_in_a_word():
    paper = Paper(title="x", language="zh-CN", at=AT)
    size = 10 / (25.4 / 72)  # ten millimetres a character
    assert paper.lines("一二三四，五六", 40, size) == ["一二三", "四，五六"]
    assert paper.lines("一二三（四五）", 40, size) == ["一二三", "（四五）"]
    assert paper.lines("一二 abcd efgh", 30, size) == ["一二", "abcd", "efgh"]
    assert paper.lines("一二三四五", 20, size) == ["一二", "三四", "五"]
    assert paper.lines("一\n二", 40, size) == ["一", "二"]
    paper.finish()


@pytest.mark.slow
def test_a_box_never_cuts_its_text():
    paper = Paper(title="x", language="zh-CN", at=AT)
    paper.add_page()
    paper.box(20, 20, 20, 6, "阿卜杜热合曼买买提尼牙孜玉素甫江艾则孜阿卜杜热合曼买买提尼牙孜玉素甫江", 8)
    drawn = text_of(paper.finish())
    assert "".join(drawn.split()) == "阿卜杜热合曼买买提尼牙孜玉素甫江艾则孜阿卜杜热合曼买买提尼牙孜玉素甫江"


def test_a_letter_is_read_out_of_its_page():
    html = """<article><h1>批准<span class="visually-hidden">隐</span></h1><p>甲
      乙<br>丙</p><dl><div><dt>金额</dt><dd><strong>1 元</strong> <svg><title>图</title></svg></dd></div></dl>
      <p class="th-noprint">不印</p><div class="th-sign"><p>某局</p><img alt="印章" src="x"></div></article>"""
    assert blocks_of(html) == [
        Block("h1", "批准"),
        Block("p", "甲 乙\n丙"),
        Block("dt", "金额"),
        Block("dd", "1 元"),
        Block("p", "某局", True),
        Block("p", "[印章]", True),
    ]


@pytest.mark.slow
def test_a_long_letter_goes_on_to_numbered_pages():
    html = "<h1>信</h1>" + "".join(f"<p>第 {number} 段</p>" for number in range(45))
    content = letter_pdf(html, title="信", foot="某局", language="zh-CN", at=AT)
    assert ("第 0 段" in text_of(content), "1 / 2" in text_of(content)) == (True, True)
    assert ("第 44 段" in text_of(content, 1), "2 / 2" in text_of(content, 1)) == (True, True)


# ── spreadsheets ───────────────────────────────────────────────────────────────────────────────────────────────────

COLUMNS = [Column("序号", "count", 6), Column("账号", "text", 24), Column("金额（元）", "money", 12)]
WRITERS = ["rustpy-xlsxwriter", "openpyxl"]


@pytest.mark.parametrize("writer", WRITERS)
def test_either_writer_gives_the_same_sheet(writer, settings):
    settings.XLSX_WRITER = writer
    target = BytesIO()
    texts = ["0100018700000066270", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "𠮷", "", None, '=HYPERLINK("http://x")']
    rows = ([place, text, 1_000_029] for place, text in enumerate(texts, start=1))
    write_table(target, title="表", columns=COLUMNS, rows=rows)
    sheet = openpyxl.load_workbook(target).active
    read = list(sheet.iter_rows(values_only=True))
    assert read[0] == ("序号", "账号", "金额（元）")
    assert [row[1] for row in read[1:]] == [text or None for text in texts]
    assert {row[2] for row in read[1:]} == {10000.29}
    assert {cell.data_type for cell in sheet["B"][1:] if cell.value} == {"s"}
    assert (sheet["B2"].number_format, sheet["C2"].number_format) == ("@", "#,##0.00")
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("表", "A2", "A1:C11")
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["B"].width == pytest.approx(24, abs=1)


def test_an_unknown_writer_is_told(settings):
    settings.XLSX_WRITER = "abacus"
    with pytest.raises(ImproperlyConfigured, match="XLSX_WRITER must be one of rustpy-xlsxwriter, openpyxl"):
        write_table(BytesIO(), title="表", columns=COLUMNS, rows=[])


def test_rows_pass_through_without_being_kept(tmp_path):
    def peak(count: int) -> int:
        with Path(tmp_path / "sheet.xlsx").open("wb") as target:
            tracemalloc.start()
            write_table(target, title="表", columns=COLUMNS, rows=([at, f"{at:019}", at] for at in range(count)))
            try:
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    peak(10)
    assert peak(20_000) < 1_000_000  # the finished file; the rows alone would take four times as much
