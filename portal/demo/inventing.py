"""People, schools and employers that do not exist, the same ones every time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from stdnum.cn import ric, uscc

from portal.city import city

FAMILY_NAMES = [
    "林",
    "陈",
    "黄",
    "王",
    "蔡",
    "李",
    "张",
    "吴",
    "郑",
    "许",
    "洪",
    "邱",
    "卢",
    "施",
    "庄",
    "曾",
    "欧阳",
    "颜",
    "苏",
    "杨",
    "周",
    "谢",
    "上官",
    "何",
]
GIVEN_NAMES = [
    "晓航",
    "屿安",
    "海宁",
    "思远",
    "若溪",
    "子墨",
    "雨桐",
    "嘉禾",
    "承志",
    "依诺",
    "泽宇",
    "书瑶",
    "景行",
    "念慈",
    "一鸣",
    "文澜",
    "予安",
    "星野",
    "知夏",
    "明轩",
    "静姝",
    "浩然",
    "清越",
    "楚涵",
    "之恒",
    "沐阳",
    "语嫣",
    "博文",
    "诗琪",
    "俊杰",
    "梦洁",
    "凯",
    "宁",
    "玥",
    "帆",
    "琳",
]
SCHOOLS = ("福州大学", "厦门大学", "华侨大学", "闽江学院", "集美大学", "泉州师范学院", "福建师范大学", "福建农林大学")
DOUBLE_FIRST_CLASS = ("厦门大学", "福州大学", "南昌大学", "武汉大学")
MAJORS = (
    "软件工程",
    "数据科学与大数据技术",
    "电子商务",
    "数字媒体技术",
    "人工智能",
    "物流管理",
    "服装设计与工程",
    "网络安全",
)
EMPLOYERS = ("蓝屿智造", "港湾数科", "石锦云织", "海丝跨境", "灵秀软件", "闽帆物流", "永宁数创", "宝盖智能")
BANKS = ("石狮农商银行", "泉州银行石狮支行", "福建海峡银行石狮支行")
COUNTIES = ("350581", "350582", "350502", "350521", "350524", "350583", "350111", "350303")


@dataclass(frozen=True)
class Invented:
    """One invented applicant, as forms would take the answers."""

    identity: dict[str, object]
    education: dict[str, object]
    employment: dict[str, object]
    account: dict[str, object]


def resident_number(rng: random.Random, birth: date, county: str, *, male: bool) -> str:
    """A number that passes GB 11643 and belongs to nobody on purpose."""
    serial = rng.randrange(0, 500) * 2 + (1 if male else 0)
    body = f"{county}{birth:%Y%m%d}{serial:03d}"
    return body + ric.calc_check_digit(body + "0")  # takes a number with its place already there


def credit_code(seed: str, prefix: str = "91") -> str:
    """A code that passes GB 32100; ``prefix`` is register and type (91 enterprise, 52 private non-enterprise)."""
    rng = random.Random(seed)
    body = prefix + city().code + "MA" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _place in range(7))
    return body + uscc.calc_check_digit(body + "0")


def _months_back(day: date, count: int) -> str:
    index = day.year * 12 + day.month - 1 - count
    return f"{index // 12}-{index % 12 + 1:02d}"


def invent(number: int, *, on: date, policy: str = "LS-2022") -> Invented:
    """Applicant ``number``, who would qualify under ``policy`` on ``on`` (the day of the application)."""
    rng = random.Random(number * 7919)
    family = FAMILY_NAMES[number % len(FAMILY_NAMES)]
    given = GIVEN_NAMES[(number * 5) % len(GIVEN_NAMES)]
    level = (
        rng.choice(("master", "doctor", "bachelor"))
        if policy == "YTE-2024"
        else rng.choice(("bachelor",) * 4 + ("master",))
    )
    birth = date(
        on.year - {"bachelor": 23, "master": 26, "doctor": 30}[level], rng.randrange(1, 13), rng.randrange(1, 28)
    )
    graduated = date(on.year if on.month >= 8 else on.year - 1, 6, rng.choice((18, 20, 22, 25)))
    first_insured = (on - timedelta(days=150)).replace(day=1)
    employer = EMPLOYERS[number % len(EMPLOYERS)]
    name = family + given
    return Invented(
        identity={
            "legal_name": name,
            "number": resident_number(rng, birth, rng.choice(COUNTIES), male=bool(number % 2)),
            "phone": f"138{rng.randrange(10_000_000, 99_999_999)}",
            "household_code": city().code,
            "household_collective": rng.choice(("yes", "no")),
            "household_town": "",
        },
        education={
            "level": level,
            "study_mode": "full_time",
            "school": rng.choice(DOUBLE_FIRST_CLASS if policy == "YTE-2024" else SCHOOLS),
            "major": rng.choice(MAJORS),
            "diploma_on": graduated,
            "diploma_number": f"{rng.randrange(10**16, 10**17)}",
            "is_overseas": "no",
            "overseas_certified": "",
        },
        employment={
            "employer_name": f"石狮{employer}有限公司",
            "credit_code": credit_code(employer),
            "employer_kind": "private_enterprise",
            "town": city().towns[number % len(city().towns)].code,
            "started_on": first_insured,
            "first_job_in_city": "yes",
            "first_insured_on": first_insured,
            "insured_ranges": [
                {"from": _months_back(on, 5), "to": _months_back(on, 1), "employer": "present", "late": False}
            ],
            "in_post": "yes",
        },
        account={
            "holder": name,
            "number": f"6217{rng.randrange(10**14, 10**15)}",
            "bank_name": rng.choice(BANKS),
            "branch_code": "",
            "is_activated": True,
        },
    )
