"""The bureau, the day and the browsers of the journeys."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from portal.demo.accounts import BUREAU, create_account
from tests.factories import SHANGHAI, load_policies, move_clock
from tests.journeys.visitor import Visitor

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
# What people type in these journeys, and what the bureau's people are called.
TYPED = (
    *(account.name for account in BUREAU),
    "石狮潮汐数据服务（福建）有限公司",
    "石狮潮汐数据服务有限公司",
    "欧阳晓航",
    "欧阳",
    "闽南示例大学",
    "软件工程",
    "中国示例银行石狮支行",
    "单位名称和合同不一致，参保证明请换成最新的。",
    "请填合同上的全称。",
    "要有一月份。",
    "2026 年第一批",
    "2026 年 3 月 23 日上证综合指数收盘点位",
    "王见",
    "市公证处公证员",
    "单位、住房、欠费都已复核。",
    "断了一条腿",
)


@pytest.fixture
def bureau(live_server: object, settings: Settings) -> None:
    """A working bureau on Monday 2 March 2026: its people, both policies, and mail that the demo page shows."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(settings.DEMO_MAIL_DIR)
    for old in Path(settings.DEMO_MAIL_DIR).glob("*.log"):
        old.unlink()
    move_clock(MONDAY)
    load_policies(MONDAY)
    for account in BUREAU:
        create_account(account)


@pytest.fixture
def visit(bureau: None, open_page: Callable[..., object], request: pytest.FixtureRequest) -> Callable[..., Visitor]:
    """``visit(width=390, language="zh-hans")`` gives a person at a browser of their own, named by its pictures."""
    numbers, untranslated = count(1), {}

    def enter(*, width: int = 1280, language: str = "zh-hans", javascript: bool = True) -> Visitor:
        page = open_page(width=width, height=844 if width < 600 else 900, language=language, javascript=javascript)
        return Visitor(page, language, request.node.name, numbers, TYPED, untranslated)

    return enter
