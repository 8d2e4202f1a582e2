"""A second implementation of docs/draws.md, for tests: no code of the portal's, and another library for the hashes.

``python -m tests.apartments.second_draw`` writes the vectors anew.
"""

import json
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256, Hash

VECTORS = Path(__file__).resolve().parent / "draw_vectors" / "rankings.json"
LADDER = "L1 L2 L3 L4 L5 -"


def sha(text: str) -> str:
    hashing = Hash(SHA256())
    hashing.update(text.encode())
    return hashing.finalize().hex()


def list_text(lines: list[str], mode: str, round: str = "AP-2026-001", ladder: str = LADDER) -> str:
    value = "2026-12-15 上证综合指数收盘，两位小数" if "lottery" in mode else "-"
    head = f"talent-harbour entrants 1\nround: {round}\nmode: {mode}\nladder: {ladder}\npublic value: {value}\n\n"
    return head + "".join(line + "\n" for line in lines)


def order_of(text: str, seed: str) -> list[int]:
    """Insert one by one: before the first who is to come later."""
    terms = dict(line.split(": ", 1) for line in text.split("\n")[1:5])
    ladder, mode, ranked = terms["ladder"].split(" "), terms["mode"], []

    def comes_before(one: tuple, other: tuple) -> bool:
        if mode.startswith("tiers") and one[1] != other[1]:
            return ladder.index(one[1]) < ladder.index(other[1])
        if mode.endswith("lottery"):
            return int(one[2], 16) < int(other[2], 16)
        return one[0] < other[0]

    for line in text.split("\n")[6:-1]:
        number, tier = line.split("\t")[:2]
        entrant = (int(number), tier, sha(f"{seed} {number}"))
        place = next((at for at, other in enumerate(ranked) if comes_before(entrant, other)), len(ranked))
        ranked.insert(place, entrant)
    return [entrant[0] for entrant in ranked]


def result_of(text: str, secret: str, value: str) -> dict:
    """The members of the result file."""
    lines = text.split("\n")
    by_lot = lines[2].endswith("lottery")
    round = lines[1][len("round: ") :]
    seed = sha(f"talent-harbour draw 1 seed\n{secret}\n{sha(text)}\n{value}\n") if by_lot else ""
    return {
        "format": "talent-harbour draw 1",
        "entrants": text,
        "entrants_sha256": sha(text),
        "commitment": sha(f"talent-harbour draw 1 commitment\n{round}\n{secret}\n") if by_lot else "",
        "secret": secret if by_lot else "",
        "public_value": value if by_lot else "",
        "seed": seed,
        "ranking": order_of(text, seed),
        "drawn_at": "2026-12-16T10:00:00+08:00",
        "witnesses": [{"name": "陈海", "function": "市公证处公证员"}],
    }


def file_of(members: dict) -> bytes:
    """In the form of RFC 8785, written out by hand."""

    def written(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ",".join(f'"{name}":{written(value[name])}' for name in sorted(value)) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(written, value)) + "]"
        if isinstance(value, str):
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
            return f'"{escaped}"'
        return str(value)

    return written(members).encode()


def lines_of(count: int, gap: int = 0) -> list[str]:
    """So many lines; with ``gap`` every so-manieth number has left before the freeze."""
    numbers = [number for number in range(1, count * 2) if not gap or number % gap][:count]
    tiers, types = LADDER.split(" "), ("one-room", "two-room,one-room", "two-room")
    return [
        f"{number}\t{tiers[number * number % 6]}\t{number % 4 + 1}\t{types[number % 3]}\t林* {number:04}"
        for number in numbers
    ]


def vectors() -> list[dict]:
    """Lists of all sorts, each with what the draw gives."""
    made = []
    for count, gap in ((1, 0), (2, 0), (10, 3), (200, 7)):
        for mode in ("first_come", "tiers", "lottery", "tiers_then_lottery"):
            secret, value = sha(f"secret {count} {mode}"), f"{3892.10 + count:.2f}"
            result = result_of(list_text(lines_of(count, gap), mode), secret, value)
            names = ("entrants", "entrants_sha256", "commitment", "secret", "public_value", "seed", "ranking")
            made.append({name: result[name] for name in names} | {"file_sha256": sha(file_of(result).decode())})
    return made


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
