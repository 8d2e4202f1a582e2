"""A result file, and what dishonest or careless hands make of it, with what a verifier answers."""

import json
from dataclasses import dataclass

from tests.apartments.second_draw import file_of, lines_of, list_text, result_of, sha

SECRET, VALUE = sha("the secret of the round"), "3892.10"
TEXT = list_text(lines_of(12), "tiers_then_lottery")
HONEST = result_of(TEXT, SECRET, VALUE)
# Published before the draw, and looked up after it:
COMMITMENT, ENTRANTS_HASH = HONEST["commitment"], HONEST["entrants_sha256"]
OPTIONS = ["--commitment", COMMITMENT, "--entrants-hash", ENTRANTS_HASH, "--public-value", VALUE]


@dataclass(frozen=True)
class Tampered:
    """A file, and what is said of it."""

    content: bytes
    sentence: str


def changed(**members: object) -> bytes:
    """The honest file with other members."""
    return file_of(HONEST | members)


def forged(text: str = TEXT, secret: str = SECRET, value: str = VALUE) -> bytes:
    """Everything worked out anew, so that the file agrees with itself."""
    return file_of(result_of(text, secret, value))


def swapped(items: list, one: int, other: int) -> list:
    """``items`` with two of them in each other's place."""
    there = list(items)
    there[one], there[other] = there[other], there[one]
    return there


RANKING = HONEST["ranking"]
LINES = lines_of(12)
TIER_RAISED = TEXT.replace("\n4\tL5\t", "\n4\tL1\t")
OTHER_LINE = TEXT.replace("林* 0003", "陈* 0003")
OTHER_MODE = TEXT.replace("mode: tiers_then_lottery", "mode: lottery")
WITHOUT_ONE = list_text(LINES[:4] + LINES[5:], "tiers_then_lottery")
TWICE = list_text([*LINES[:5], *LINES[4:]], "tiers_then_lottery")
LIST_CHANGED = "名单的 SHA-256 与文件所写的不一致：名单被改动过。"
OTHER_LIST = "文件里的名单不是定稿时公布的那一份。"
NOT_A_RESULT = "文件缺少抽签结果应有的内容，或者有多余、写错的内容。"
NOT_JSON = "文件不是 JSON，不是抽签结果文件。"
REWRITTEN = "文件被重新排版或另存过，请使用原样下载的文件。"
FIRST, SECOND = RANKING[:2]

TAMPERED = {
    # by hand
    "two ranks swapped": Tampered(
        changed(ranking=swapped(RANKING, 0, 1)), f"第 1 名应为编号 {FIRST}，文件写的是编号 {SECOND}。"
    ),
    "ranked twice": Tampered(changed(ranking=[FIRST, *RANKING]), f"编号 {FIRST} 在名次里出现了两次。"),
    "not ranked": Tampered(changed(ranking=RANKING[1:]), f"名次里少了编号 {FIRST}。"),
    "ranked but not listed": Tampered(changed(ranking=[*RANKING, 77]), "名次里的编号 77 不在名单上。"),
    "another secret": Tampered(
        changed(secret=sha("another")), "秘密与承诺对不上：秘密、承诺或轮次编号被改动过。"
    ),
    "a secret that is none": Tampered(changed(secret=SECRET.upper()), "秘密应为 64 位小写十六进制数。"),
    "another commitment": Tampered(
        changed(commitment=sha("another")), "秘密与承诺对不上：秘密、承诺或轮次编号被改动过。"
    ),
    "another seed": Tampered(
        changed(seed=sha("another")), "种子不对：秘密、名单、公开数值或种子被改动过。"
    ),
    "another public value": Tampered(
        changed(public_value="3892.11"), "种子不对：秘密、名单、公开数值或种子被改动过。"
    ),
    "a public value that is none": Tampered(
        changed(public_value="三千"), "公开数值只能用数字、英文字母和英文标点，最多 200 个字符。"
    ),
    "a line changed": Tampered(changed(entrants=OTHER_LINE), LIST_CHANGED),
    "a tier raised": Tampered(changed(entrants=TIER_RAISED), LIST_CHANGED),
    "another mode": Tampered(changed(entrants=OTHER_MODE), LIST_CHANGED),
    "one left out of the list": Tampered(changed(entrants=WITHOUT_ONE), LIST_CHANGED),
    "one twice on the list": Tampered(changed(entrants=TWICE), "名单第 12 行的编号重复，或者没有按先后排列。"),
    "a mode that is none": Tampered(
        changed(entrants=TEXT.replace("tiers_then_lottery", "by_hand")),
        "名单开头写法不对：轮次、方式、层次或公开数值。",
    ),
    "a tier that is none": Tampered(
        changed(entrants=TEXT.replace("\n4\tL5\t", "\n4\tL9\t")), "名单第 10 行的层次不在本轮的层次之列。"
    ),
    "a line that is none": Tampered(changed(entrants=TEXT.replace("\n6\t", "\n06\t")), "名单第 12 行写法不对。"),
    "lot where none decides": Tampered(
        file_of(result_of(list_text(LINES, "tiers"), SECRET, VALUE) | {"secret": SECRET}),
        "本轮不抽签，却写有秘密、承诺、公开数值或种子。",
    ),
    # with everything worked out anew: only what was published beforehand tells
    "forged list": Tampered(forged(text=OTHER_LINE), OTHER_LIST),
    "forged tier": Tampered(forged(text=TIER_RAISED), OTHER_LIST),
    "forged mode": Tampered(forged(text=OTHER_MODE), OTHER_LIST),
    "forged list without one": Tampered(forged(text=WITHOUT_ONE), OTHER_LIST),
    "forged secret": Tampered(forged(secret=sha("another")), "文件里的承诺不是定稿前公布的那一个。"),
    "forged public value": Tampered(forged(value="3892.11"), "文件里的公开数值与填写的数值不同。"),
    # no result file
    "nothing": Tampered(b"", NOT_JSON),
    "not JSON": Tampered(b"\xff\xd8\xff\xe0", NOT_JSON),
    "a byte order mark": Tampered(b"\xef\xbb\xbf" + changed(), NOT_JSON),
    "too deep": Tampered(b"[" * 200_000, NOT_JSON),
    "too big": Tampered(b" " * (32 * 1024 * 1024 + 1), "文件超过 32 MB，不是抽签结果文件。"),
    "another version": Tampered(
        changed(format="talent-harbour draw 2"), "文件的格式版本不认识，只能验证“talent-harbour draw 1”。"
    ),
    "a list": Tampered(b"[]", "文件的格式版本不认识，只能验证“talent-harbour draw 1”。"),
    "more than it holds": Tampered(changed(note="x"), NOT_A_RESULT),
    "less than it holds": Tampered(file_of({k: v for k, v in HONEST.items() if k != "seed"}), NOT_A_RESULT),
    "a rank that is true": Tampered(changed().replace(b'"ranking":[', b'"ranking":[true,'), NOT_A_RESULT),
    "a rank that is a text": Tampered(changed(ranking=["1"]), NOT_A_RESULT),
    "a witness without a name": Tampered(changed(witnesses=[{"name": "", "function": "x"}]), NOT_A_RESULT),
    "a moment that is none": Tampered(changed(drawn_at="yesterday"), NOT_A_RESULT),
    "saved anew": Tampered(json.dumps(HONEST, ensure_ascii=False, indent=2).encode(), REWRITTEN),
    "a name twice": Tampered(changed().replace(b'{"commitment"', b'{"seed":"","commitment"'), REWRITTEN),
    "half a character": Tampered(
        changed().replace(b'"name":"', b'"name":"\\ud800'),
        "",  # Python's JSON refuses it when it is written again, JavaScript's as a text: each in its own words
    ),
    "an endless number": Tampered(
        changed().replace(b'"ranking":[', b'"ranking":[' + b"9" * 5000 + b","), ""
    ),
}  # fmt: skip
