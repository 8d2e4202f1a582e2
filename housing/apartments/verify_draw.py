#!/usr/bin/env python3
"""抽签结果验证程序 · Verifies the draw of a round of talent apartments from its result file.

    python3 verify_draw.py result.json --entrants-hash HEX --commitment HEX --public-value "3892.10"

Needs Python 3.8 or later and nothing else. Written from docs/draws.md; shares no code with the portal that drew.
The three values are what the portal published before the draw, and the public value as you looked it up at its source;
without them the file is compared with itself only. Stops at the first step that does not hold.
Exit code 0: all that was compared holds; the last line says whether that is everything. 1: it does not, or the file
cannot be read. 2: wrong usage.
"""
# ruff: noqa: B905, PTH123, T201 (runs on Pythons older than ours, by itself)

import argparse
import hashlib
import json
import re
import sys
import unicodedata

FORMAT = "talent-harbour draw 1"
MOST_BYTES = 32 * 1024 * 1024
TEXTS = ["commitment", "drawn_at", "entrants", "entrants_sha256", "format", "public_value", "secret", "seed"]
BY_LOT = ("lottery", "tiers_then_lottery")
BY_TIER = ("tiers", "tiers_then_lottery")

CODE = "[A-Za-z0-9._-]"
TEXT = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
HEAD = (
    "talent-harbour entrants 1\n"
    "round: (?P<round>[A-Za-z0-9][A-Za-z0-9._/-]{0,39})\n"
    "mode: (?P<mode>first_come|tiers|lottery|tiers_then_lottery)\n"
    "ladder: (?P<ladder>CODE{1,20}(?: CODE{1,20})*)\n"
    "public value: (?P<value>(?! )TEXT{1,300}(?<! ))\n\n"
)
LINE = "([1-9][0-9]{0,8})\t(CODE{1,20})\t[1-9][0-9]?\tCODE{1,40}(?:,CODE{1,40})*\tTEXT{1,60}"
VALUE = "(?=.{1,200}$)[!-~]+(?: [!-~]+)*"
MOMENT = "[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}[+-][0-9]{2}:[0-9]{2}"


def pattern(text):
    return re.compile(text.replace("CODE", CODE).replace("TEXT", TEXT))


class Failed(Exception):
    """A step does not hold; says why in Chinese and in English."""


def digest(text):
    """SHA-256 of a text in UTF-8, as lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def passed(chinese, english):
    print(f"[ok]  {chinese} · {english}")


def read_file(path):
    """The members of the result file."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError):
        raise Failed("打不开文件。", "The file cannot be opened.") from None
    if len(content) > MOST_BYTES:
        raise Failed("文件超过 32 MB，不是抽签结果文件。", "The file is larger than 32 MB: not a result file.")
    try:
        said = json.loads(content.decode("utf-8"))
        canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    except (ValueError, RecursionError):
        raise Failed("文件不是 JSON，不是抽签结果文件。", "The file is not JSON: not a result file.") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Failed(f"文件的格式版本不认识，只能验证“{FORMAT}”。", f'Unknown format: only "{FORMAT}" can be verified.')
    if not is_result(said):
        raise Failed(
            "文件缺少抽签结果应有的内容，或者有多余、写错的内容。",
            "Something that a result file holds is missing or wrong, or there is more than that.",
        )
    if canonical != content:
        raise Failed(
            "文件被重新排版或另存过，请使用原样下载的文件。",
            "The file was laid out or saved anew: use it as it was downloaded.",
        )
    passed("文件格式完整", "a result file")
    print(f"      SHA-256 {hashlib.sha256(content).hexdigest()}")
    return said


def is_result(said):
    def is_witness(one):
        return (
            isinstance(one, dict)
            and sorted(one) == ["function", "name"]
            and all(isinstance(text, str) and pattern("TEXT{1,100}").fullmatch(text) for text in one.values())
        )

    return (
        sorted(said) == sorted([*TEXTS, "ranking", "witnesses"])
        and all(isinstance(said[name], str) for name in TEXTS)
        and re.fullmatch(MOMENT, said["drawn_at"]) is not None
        and isinstance(said["ranking"], list)
        and all(type(number) is int for number in said["ranking"])
        and isinstance(said["witnesses"], list)
        and all(is_witness(one) for one in said["witnesses"])
    )


def read_entrants(text):
    """The terms of the round, and the entrants as pairs of number and tier."""
    head = pattern(HEAD).match(text)
    terms = head.groupdict() if head else {}
    ladder = terms.get("ladder", "").split(" ")
    if not head or len(set(ladder)) < len(ladder) or (terms["value"] == "-") == (terms["mode"] in BY_LOT):
        raise Failed(
            "名单开头写法不对：轮次、方式、层次或公开数值。",
            "The head of the entrant list is wrong: round, mode, tiers or public value.",
        )
    terms["ladder"] = ladder
    entrants, line_pattern = [], pattern(LINE)
    lines = text[head.end() :].split("\n")
    for place, line in enumerate(lines[:-1], 7):
        found = line_pattern.fullmatch(line)
        if not found:
            raise Failed(f"名单第 {place} 行写法不对。", f"Line {place} of the entrant list is wrong.")
        number, tier = int(found.group(1)), found.group(2)
        if entrants and number <= entrants[-1][0]:
            raise Failed(
                f"名单第 {place} 行的编号重复，或者没有按先后排列。",
                f"The number in line {place} of the entrant list stands twice or out of order.",
            )
        if tier not in ladder:
            raise Failed(
                f"名单第 {place} 行的层次不在本轮的层次之列。",
                f"The tier in line {place} of the entrant list is none of this round.",
            )
        entrants.append((number, tier))
    if lines[-1] or not entrants:
        raise Failed("名单是空的，或者最后一行不完整。", "The entrant list is empty, or its last line is not whole.")
    passed("名单写法正确", "a list in good order")
    print(f"      {terms['round']}, {terms['mode']}: {len(entrants)}")
    return terms, entrants


def check_entrants(said):
    if digest(said["entrants"]) != said["entrants_sha256"]:
        raise Failed(
            "名单的 SHA-256 与文件所写的不一致：名单被改动过。",
            "The SHA-256 of the entrant list is not the one in the file: the list was changed.",
        )
    passed("名单的摘要一致", "hash of the list")


def seed_of(said, terms):
    """The seed by the revealed secret; checks that the secret is the one committed to, and the seed the one used."""
    if terms["mode"] not in BY_LOT:
        if said["commitment"] or said["secret"] or said["public_value"] or said["seed"]:
            raise Failed(
                "本轮不抽签，却写有秘密、承诺、公开数值或种子。",
                "No lot decides this round, yet there is a secret, a commitment, a public value or a seed.",
            )
        return ""
    secret, value = said["secret"], said["public_value"]
    if not re.fullmatch("[0-9a-f]{64}", secret):
        raise Failed("秘密应为 64 位小写十六进制数。", "The secret is not 64 lower-case hexadecimal digits.")
    if said["commitment"] != digest(f"{FORMAT} commitment\n{terms['round']}\n{secret}\n"):
        raise Failed(
            "秘密与承诺对不上：秘密、承诺或轮次编号被改动过。",
            "The secret is not the one committed to: the secret, the commitment or the round was changed.",
        )
    passed("秘密与承诺相符", "secret and commitment")
    if not re.fullmatch(VALUE, value):
        raise Failed(
            "公开数值只能用数字、英文字母和英文标点，最多 200 个字符。",
            "The public value is not 1 to 200 digits, Latin letters and ASCII punctuation.",
        )
    seed = digest(f"{FORMAT} seed\n{secret}\n{digest(said['entrants'])}\n{value}\n")
    if said["seed"] != seed:
        raise Failed(
            "种子不对：秘密、名单、公开数值或种子被改动过。",
            "The seed is wrong: the secret, the list, the public value or the seed was changed.",
        )
    passed("种子一致", "seed")
    return seed


def check_ranking(ranking, terms, entrants, seed):
    def place(entrant):
        number, tier = entrant
        by_tier = terms["ladder"].index(tier) if terms["mode"] in BY_TIER else 0
        by_lot = digest(f"{seed} {number}") if terms["mode"] in BY_LOT else ""
        return by_tier, by_lot, number

    expected = [number for number, _tier in sorted(entrants, key=place)]
    listed, seen = set(expected), set()
    for number in ranking:
        if number in seen:
            raise Failed(f"编号 {number} 在名次里出现了两次。", f"Number {number} is ranked twice.")
        if number not in listed:
            raise Failed(f"名次里的编号 {number} 不在名单上。", f"Number {number} is ranked but not on the list.")
        seen.add(number)
    for number in expected:
        if number not in seen:
            raise Failed(f"名次里少了编号 {number}。", f"Number {number} is on the list but not ranked.")
    for rank, (right, found) in enumerate(zip(expected, ranking), 1):
        if right != found:
            raise Failed(
                f"第 {rank} 名应为编号 {right}，文件写的是编号 {found}。",
                f"Rank {rank} belongs to number {right}; the file gives it to number {found}.",
            )
    passed("名次逐个一致", "ranking")


def compare(option, given, held, name, fault):
    """Whether ``given`` was given at all; where it was, it is what the file holds."""
    if not given:
        print(f"[ - ] {name[0]}未比对 · {name[1]}: not compared ({option})")
        return False
    if given != held:
        raise Failed(*fault)
    passed(f"{name[0]}相同", name[1])
    return True


def verify(options):
    """Print step by step what holds; gives the verdict: holds, unseen (no public value given), alone (no more either).

    Raises:
        Failed: at the first step that does not.
    """
    said = read_file(options.file)
    terms, entrants = read_entrants(said["entrants"])
    check_entrants(said)
    check_ranking(said["ranking"], terms, entrants, seed_of(said, terms))
    is_announced = compare(
        "--entrants-hash",
        options.entrants_hash.strip().lower(),
        digest(said["entrants"]),
        ("与公布的名单摘要", "published hash of the list"),
        ("文件里的名单不是定稿时公布的那一份。", "The list in the file is not the one published at the freeze."),
    )
    if terms["mode"] not in BY_LOT:
        return "holds" if is_announced else "alone"
    is_announced &= compare(
        "--commitment",
        options.commitment.strip().lower(),
        said["commitment"],
        ("与公布的承诺", "published commitment"),
        ("文件里的承诺不是定稿前公布的那一个。", "The commitment in the file is not the one published before."),
    )
    is_seen = compare(
        "--public-value",
        " ".join(unicodedata.normalize("NFKC", options.public_value).split()),
        said["public_value"],
        ("与查到的公开数值", "public value as looked up"),
        ("文件里的公开数值与填写的数值不同。", "The public value in the file is not the one given."),
    )
    return "alone" if not is_announced else "holds" if is_seen else "unseen"


VERDICTS = {
    "holds": "验证通过：抽签结果与事先公布的一致。 · The draw holds, and is the one announced.",
    "unseen": (
        "文件前后一致，名单和承诺与公布的一致；公开数值没有比对，请到来源查到数值，填上再验证。"
        " · The file agrees with itself, and list and commitment are the published ones; the public value was not"
        " compared: look it up at its source, and verify again with it."
    ),
    "alone": (
        "文件前后一致，但没有与事先公布的名单摘要和承诺全部比对。"
        " · The file agrees with itself, but was not compared with all that was published before the draw."
    ),
}


def main():
    """Gives the exit code."""
    parser = argparse.ArgumentParser(description="Verifies a draw from its result file (see docs/draws.md).")
    parser.add_argument("file", help="the result file, as it was downloaded")
    parser.add_argument("--entrants-hash", metavar="HEX", default="", help="published at the freeze")
    parser.add_argument("--commitment", metavar="HEX", default="", help="published before the freeze")
    parser.add_argument("--public-value", metavar="TEXT", default="", help="as you looked it up at its source")
    options = parser.parse_args()
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        verdict = verify(options)
    except Failed as failure:
        chinese, english = failure.args
        print(f"[x]   {chinese} · {english}\n验证不通过。 · The draw does not hold.")
        return 1
    print(VERDICTS[verdict])
    return 0


if __name__ == "__main__":
    sys.exit(main())
