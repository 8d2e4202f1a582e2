"""What finance does at its pages: a roll issued, and the bank's answer brought in."""

from __future__ import annotations

import re
from io import BytesIO

from openpyxl import load_workbook

from tests.journeys.visitor import Visitor


def issue_roll(visitor: Visitor, reference: str) -> str:
    """Collect one payable, look at the checks, issue; gives the roll's number."""
    visitor.go("payables")
    visitor.look("payables")
    visitor.page.get_by_role("checkbox", name=reference).check()
    visitor.press("把选中的汇总成花名册")
    visitor.sees("花名册 %(number)s 已汇总。请核对后签发。")
    visitor.look("roll-collected")
    visitor.press("签发")
    visitor.sees("花名册 %(number)s 已签发，可以下载。")
    visitor.look("roll-issued")
    return re.search(r"FF-2026-\d{4}", visitor.words())[0]


def download_roll(visitor: Visitor) -> list[list[object]]:
    """The spreadsheet of the roll on the page: its rows, the head first."""
    with visitor.page.expect_download() as started:
        visitor.press("花名册 XLSX")
    sheet = load_workbook(BytesIO(started.value.path().read_bytes())).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def bring_bank_file(visitor: Visitor, roll: str, account: str, posted_on: str) -> None:
    """The bank paid the one line: upload its file, look through it, take it; the same file again changes nothing."""
    content = f"批次号,序号,账号,金额,状态,失败码,入账日\r\n{roll},1,{account},10000.00,成功,,{posted_on}\r\n"
    visitor.go("bank_result", roll)
    for _turn in range(2):
        visitor.page.locator("input[type=file]").set_input_files(
            {"name": "bank.csv", "mimeType": "text/csv", "buffer": content.encode("gb18030")}
        )
        visitor.press("上传并试读")
        if not _turn:
            visitor.sees("试读，还没有导入")
            visitor.look("bank-dry-run")
            visitor.press("导入这些结果")
            visitor.sees("银行结果已导入，有结果的申请人会收到通知。")
    visitor.sees("这个文件已经导入过，什么也没有改变。")
    visitor.look("bank-applied")
