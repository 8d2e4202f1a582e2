"""The library of conditions: every kind is written, moved by a test, and every reason has a sentence."""

import re
from pathlib import Path

from portal.policy.conditions import KINDS
from portal.policy.sentences import SENTENCES

LIBRARY = Path(__file__).resolve().parents[2] / "portal" / "policy" / "conditions"


def test_every_sentence_belongs_to_a_kind_and_every_kind_has_sentences() -> None:
    assert {kind for kind, _code in SENTENCES} == {*KINDS, "", "provenance"} - {"all", "any"}


def test_every_code_that_a_condition_gives_has_a_sentence() -> None:
    codes = {code for _kind, code in SENTENCES}
    written = "".join(path.read_text(encoding="utf-8") for path in LIBRARY.glob("*.py"))
    given = set(re.findall(r'Answer\.\w+, "(\w+)"', written))
    assert given - codes == set()
    assert {code for kind, code in SENTENCES if kind == "within"} == {
        "met",
        "met_provisional",
        "unmet",
        "provisional",
        "early",
    }
