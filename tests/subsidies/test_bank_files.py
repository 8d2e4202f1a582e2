"""The bank's file: every shape it comes in, and everything that only looks like it."""

import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest

from portal.casework.services.advancing import StepRefused
from subsidies.services.bank_files import amount_fen, day_in, read_bank_file, whole_number
from tests.subsidies.paying import HEADS, xlsx_file

UNREADABLE = "这个文件打不开。请上传 XLSX 或 CSV 格式的回盘文件。"
ROW = {
    "batch": "FF-2023-0001",
    "position": "1",
    "account": "6217001870000006627",
    "amount": "10,000.00",
    "status": "成功",
    "code": "",
    "posted_on": "2023-11-03",
}
TEXT = f'{HEADS}\r\nFF-2023-0001,1,6217001870000006627,"10,000.00",成功,,2023-11-03\r\n'


def refusal(content: bytes) -> str:
    with pytest.raises(StepRefused) as caught:
        read_bank_file(content)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_banks_use(encoding):
    assert read_bank_file(TEXT.encode(encoding)) == [ROW]


def test_columns_may_stand_in_any_order_among_others_with_empty_rows_between():
    heads = "备注,入账日,失败码,状态,金额,账号,序号,批次号"
    row = '无,2023-11-03,,成功,"10,000.00",6217001870000006627,1,FF-2023-0001'
    text = f"{heads}\r\n,,,,,,,\r\n{row}"
    assert read_bank_file(text.encode()) == [ROW]


def test_an_account_that_excel_made_text_with_an_apostrophe_is_the_account():
    assert read_bank_file(TEXT.replace("6217", "'6217").encode()) == [ROW]


def test_a_workbook_gives_numbers_text_and_days_alike():
    cells = ["FF-2023-0001", 1, "6217001870000006627", 10000, "成功", None, datetime(2023, 11, 3)]
    assert read_bank_file(xlsx_file([cells])) == [ROW | {"amount": "10000"}]
    cells = ["FF-2023-0001", 1.0, "6217001870000006627", 10000.5, "成功", "", date(2023, 11, 3)]
    assert read_bank_file(xlsx_file([cells])) == [ROW | {"amount": "10000.5"}]
    cells = ["FF-2023-0001", "1", "6217001870000006627", "10,000.00", "成功", "", "2023-11-03"]
    assert read_bank_file(xlsx_file([cells])) == [ROW]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"\xff\xfe\xff\xff\x00",
        b"%PDF-1.7",
        b"PK",
        b"PK\x03\x04 not a zip",
        "随便写的一句话".encode(),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 20,  # the old XLS
        b'"never closed',
        b"a" * 200_000,
    ],
)
def test_what_is_no_bank_file_gets_a_sentence(content):
    sentence = refusal(content)
    assert sentence == UNREADABLE or sentence.startswith("文件缺少这些列：批次号、序号")


def test_missing_columns_are_named():
    assert refusal("批次号,序号,账号,金额,状态\r\n1,1,1,1,1".encode()) == (
        "文件缺少这些列：失败码、入账日。请用银行回盘的原始文件。"
    )
    assert refusal(HEADS.encode()) == "文件里没有一行结果。"
    assert refusal(xlsx_file([])) == "文件里没有一行结果。"


def test_a_file_that_is_too_large_is_refused_unread():
    assert refusal(b"x" * (5 * 1024 * 1024 + 1)) == "文件太大。回盘文件最大 5 MB。"
    assert refusal((HEADS + "\r\n1,1,1,1,1,1,1" * 1001).encode()) == (
        "文件超过 1000 行，请核对是不是这份花名册的回盘。"
    )
    many = [["FF-2023-0001", number, "6217", 1, "成功", "", ""] for number in range(1100)]
    assert refusal(xlsx_file(many)) == "文件超过 1000 行，请核对是不是这份花名册的回盘。"


def zipped(**files: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def test_a_zip_bomb_is_not_unpacked():
    bomb = zipped(bomb=b"\0" * (40 * 1024 * 1024))
    assert len(bomb) < 100_000
    assert refusal(bomb) == "文件解开后太大，不像回盘文件。请用银行回盘的原始文件。"


def test_a_zip_of_something_else_or_with_a_broken_sheet_is_unreadable():
    assert refusal(zipped(letter=b"hello")) == UNREADABLE
    source = zipfile.ZipFile(BytesIO(xlsx_file([["x"] * 7])))
    files = {name: source.read(name) for name in source.namelist()}
    assert refusal(zipped(**files | {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"})) == UNREADABLE


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("10000", 1_000_000), ("10,000.00", 1_000_000), ("10000.5", 1_000_050), ("0.01", 1), ("10000.005", None),
        ("-1", None), ("", None), ("1e9", None), ("NaN", None), ("１００", None), ("壹万", None), ("9" * 400, None),
    ],
)  # fmt: skip
def test_amounts_are_whole_fen(text, fen):
    assert amount_fen(text) == fen


@pytest.mark.parametrize(
    "text",
    ["2023-11-03", "2023/11/3", "2023.11.03", "20231103", "2023年11月3日", "2023-11-03 10:15:00", "2023-11-03T10:15"],
)
def test_days_are_read_as_banks_write_them(text):
    assert day_in(text) == date(2023, 11, 3)


@pytest.mark.parametrize("text", ["", "2023-13-01", "2023-11-31", "45233", "昨天", "2023-W01-1", "03/11/2023"])
def test_what_is_no_day_is_none(text):
    assert day_in(text) is None


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("", None), ("-1", None), ("1.5", None), ("9" * 5000, None)])
def test_positions_are_whole_numbers(text, number):
    assert whole_number(text) == number
