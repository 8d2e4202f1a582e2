"""The roll in every other form: two CSV files and the paper, read back; all of them kept when it is issued."""

import csv
import hashlib
import io
import re
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import pypdfium2
import pytest
from django.core.files.storage import default_storage
from django.test import Client

from portal.audit.models import Entry
from portal.audit.sealing import seal_entries
from portal.casework.services.advancing import StepRefused
from subsidies.exports import roll_pdf
from subsidies.exports.columns import Totals
from subsidies.exports.roll_csv import RollCsv
from subsidies.exports.roll_pdf import RollHead
from subsidies.models import Roll, RollFile
from subsidies.services.bank_files import _csv_table
from subsidies.services.filing import stored_files
from subsidies.services.issuing import issue_roll
from tests.factories import make_person, make_staff, move_clock, staff
from tests.subsidies.paying import LATER, collected, downloaded, issued, quick_payable
from tests.subsidies.test_roll_file import HEADS, line

RARE = "欧阳\U00020bb7"  # 𠮷: four bytes in GB 18030
ROLL = "/desk/rolls/FF-2023-0001/"


def head(count: int, **changes: object) -> RollHead:
    values = {
        "number": "FF-2023-0001",
        "office": "石狮市人力资源和社会保障局",
        "title": "一次性生活补贴",
        "issued_at": datetime(2023, 11, 1, 10, 0),
        "collected_by": "苏明",
        "issued_by": "苏明",
        "count": count,
        "marks": ["XLSX 的 SHA-256：abc"],
    }
    return RollHead(**values | changes)


def kept_files() -> set[Path]:
    return {path for path in Path(default_storage.path("rolls")).rglob("*") if path.is_file()}


def csv_of(lines, *, is_for_bank: bool) -> bytes:
    target = io.BytesIO()
    written = RollCsv(target, is_for_bank=is_for_bank)
    for each in lines:
        written.add(each)
    written.finish()
    return target.getvalue()


def paper_of(head: RollHead, lines, *, most: int = 20_000) -> Iterator[bytes]:
    lines, totals = iter(lines), Totals()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roll_pdf, "LINES_PER_VOLUME", most)
        for volume in range(1, roll_pdf.volumes_of(head.count) + 1):
            yield roll_pdf.roll_pdf(head, islice(lines, most), volume=volume, before=totals)


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(make_staff(role))
    return client


def pages_of(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


# ── CSV ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_file_for_spreadsheets_is_utf8_with_bom_and_keeps_long_numbers_as_text():
    content = csv_of([line(name=RARE)], is_for_bank=False)
    assert content.startswith(b"\xef\xbb\xbf")
    first, row, totals = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert first == HEADS
    assert row == [
        "FF-2023-0001", "1", RARE, "居民身份证", "\t350581200003020018", "硕士研究生", "石狮潮汐数据服务有限公司",
        "91350581MA00000018", "2023-07—2023-09；2023-11—2023-12", "LS-2022 1", "10000.29", "0.29", "10000.00",
        "\t0100018700000066270", "中国示例银行", "", "13800006810", "蒋敏", "许复之", "2023-10-24", "GS-2023-0001",
        "第 2 期",
    ]  # fmt: skip
    assert totals[:2] + totals[10:13] == ["合计", "1", "10000.29", "0.29", "10000.00"]
    assert content.count(b"\r\n") == 3


def test_the_file_for_banks_is_gb18030_with_numbers_exactly_as_they_are():
    content = csv_of([line(name=RARE), line(position=2)], is_for_bank=True)
    assert "\U00020bb7".encode("gb18030") in content
    assert len("\U00020bb7".encode("gb18030")) == 4
    rows = list(csv.reader(io.StringIO(content.decode("gb18030"), newline="")))
    assert (rows[1][2], rows[1][4], rows[1][13]) == (RARE, "350581200003020018", "0100018700000066270")
    assert rows[3][:2] + rows[3][10:13] == ["合计", "2", "20000.58", "0.58", "20000.00"]
    assert b'"0100018700000066270"' in content


@pytest.mark.parametrize("is_for_bank", [False, True])
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_nobodys_text_becomes_a_formula_in_either(text, is_for_bank):
    content = csv_of([line(name=text)], is_for_bank=is_for_bank)
    rows = list(csv.reader(io.StringIO(content.decode("gb18030" if is_for_bank else "utf-8-sig"), newline="")))
    assert rows[1][2] == f"'{text}"


@pytest.mark.parametrize("is_for_bank", [False, True])
def test_our_own_reader_of_bank_files_reads_both(is_for_bank):
    table = _csv_table(csv_of([line(name=RARE)], is_for_bank=is_for_bank))
    assert (table[1][2], table[1][13]) == (RARE, "0100018700000066270")


# ── paper ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_every_page_has_its_sum_and_the_last_one_the_total_in_capitals():
    rows = [line(position=at, gross_fen=1_000_000 + at, tax_fen=at, net_fen=1_000_000) for at in range(1, 43)]
    (content,) = paper_of(head(42), rows)
    first, second, last = pages_of(content)
    for number, page in enumerate((first, second, last), start=1):
        assert "石狮市人力资源和社会保障局 一次性生活补贴发放花名册" in page
        assert f"第 {number} 页，共 3 页" in page
        assert [word in page for word in ("制表：", "复核：", "审批：", "XLSX 的 SHA-256：abc")] == [True] * 4
    # 1 + 2 + … + 20 = 210 fen of tax; 21 … 40: 610; 41 + 42: 83. Gross is 20 × 10,000 yuan and the tax.
    assert sums(first) == [("本页合计 20 笔", "200,002.10", "2.10", "200,000.00"),
                           ("累计 20 笔", "200,002.10", "2.10", "200,000.00")]  # fmt: skip
    assert sums(second) == [("本页合计 20 笔", "200,006.10", "6.10", "200,000.00"),
                            ("累计 40 笔", "400,008.20", "8.20", "400,000.00")]  # fmt: skip
    assert sums(last) == [("本页合计 2 笔", "20,000.83", "0.83", "20,000.00"),
                          ("总计 42 笔", "420,009.03", "9.03", "420,000.00")]  # fmt: skip
    assert "实发总计人民币（大写）：肆拾贰万元整" in last
    assert "（盖章处）" in last
    assert "大写" not in first + second


def sums(page: str) -> list[tuple[str, ...]]:
    pattern = r"((?:本页合计|累计|总计) \d+ 笔)\s+([\d,.]+)\s+([\d,.]+)\s+([\d,.]+)"
    return [tuple(found) for found in re.findall(pattern, page)]


@pytest.mark.slow
def test_volumes_begin_anew_with_their_pages_and_go_on_with_their_sums():
    rows = (line(position=at) for at in range(1, 51))
    volumes = [pages_of(content) for content in paper_of(head(50), rows, most=25)]
    assert [len(pages) for pages in volumes] == [2, 2]
    assert "第 2 册，共 2 册　第 1 页，共 2 页" in volumes[1][0]
    assert sums(volumes[0][1])[1] == ("累计 25 笔", "250,007.25", "7.25", "250,000.00")
    assert sums(volumes[1][1])[1] == ("总计 50 笔", "500,014.50", "14.50", "500,000.00")


@pytest.mark.slow
def test_a_name_that_no_font_has_is_spelled_out_on_paper():
    (content,) = paper_of(head(1), [line(name="林\ue123航")])
    assert "林[U+E123]航" in pages_of(content)[0]


@pytest.mark.slow
def test_paper_keeps_memory_by_the_volume_and_not_by_the_roll():
    def peak(count: int) -> int:
        rows = (line(position=at) for at in range(1, count + 1))
        tracemalloc.start()
        for _content in paper_of(head(count), rows, most=100):
            pass
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(500) < 1.3 * peak(100)


# ── kept when issued ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.slow
def test_issuing_stores_every_form_sealed_with_size_and_digest():
    seal_entries(at_real=LATER)
    roll = issued(quick_payable(), quick_payable())
    files = stored_files(roll)
    assert [file.key for file in files] == ["xlsx", "csv", "csv-gb18030", "pdf-1"]
    for file in files:
        content = downloaded(roll=roll, key=file.key)
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        with default_storage.open(file.name) as stored:
            assert stored.read()[:3] == b"v1:"
    paper = pages_of(content)[0]
    assert re.sub(r"\s", "", roll.xlsx_sha256) in re.sub(r"\s", "", paper)
    assert list(Entry.objects.filter(action="roll.download").order_by("recorded_at").values_list("note", "digest")) == [
        (file.key, file.sha256) for file in files
    ]


@pytest.mark.django_db
def test_what_fails_leaves_none_of_the_files():
    payable = quick_payable()
    roll = collected(payable)
    before = kept_files()
    person = payable.person
    person.legal_name = "换了名字"
    person.save()
    with pytest.raises(StepRefused):
        issue_roll(roll=roll, by=staff("finance"), at=LATER)
    assert kept_files() == before
    assert RollFile.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.slow
def test_the_page_offers_every_file_and_serves_what_is_asked_for():
    move_clock(LATER)
    roll = issued(quick_payable(person=make_person(identity={"legal_name": "林\ue123航"})))
    client = signed_in("finance")
    page = client.get(ROLL).content.decode()
    assert re.findall(r'name="file" value="([^"]+)"', page) == ["xlsx", "csv", "csv-gb18030", "pdf-1"]
    assert "PDF 里有 1 行的生僻字没有可用的字体" in page
    for file in roll.files.all():
        assert " ".join(file.sha256[at : at + 8] for at in range(0, 64, 8)) in page
    answers = {key: client.post(ROLL + "download/", {"file": key}) for key in ("csv", "csv-gb18030", "pdf-1")}
    assert {key: (answer["Content-Type"], answer["Content-Disposition"]) for key, answer in answers.items()} == {
        "csv": ("text/csv; charset=utf-8", 'attachment; filename="FF-2023-0001.csv"'),
        "csv-gb18030": ("text/csv; charset=gb18030", 'attachment; filename="FF-2023-0001-gb18030.csv"'),
        "pdf-1": ("application/pdf", 'attachment; filename="FF-2023-0001.pdf"'),
    }
    assert answers["pdf-1"].getvalue().startswith(b"%PDF-")
    for key in ("pdf-2", "", "../x", "csv\x00"):
        assert client.post(ROLL + "download/", {"file": key}).status_code in (400, 404)
    assert Entry.objects.filter(action="roll.download").count() == 3


@pytest.mark.django_db
@pytest.mark.slow
def test_a_roll_issued_before_the_other_forms_were_kept_still_opens():
    move_clock(LATER)
    issued(quick_payable())
    RollFile.objects.all().delete()
    Roll.objects.update(xlsx_size=None)
    client = signed_in("finance")
    assert re.findall(r'name="file" value="([^"]+)"', client.get(ROLL).content.decode()) == ["xlsx"]
    assert client.post(ROLL + "download/", {"file": "xlsx"})["Content-Type"].endswith("spreadsheetml.sheet")
    assert [file.size for file in stored_files(Roll.objects.get())] == [None]
