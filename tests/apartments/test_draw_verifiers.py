"""The two verifiers of the command line: what they let pass, and what they refuse, always with a sentence."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from housing.apartments.draw_checks import check_result
from housing.apartments.draw_words import FAULTS, LEFT_OUT, PASSED, STEPS
from tests.apartments.draw_tampering import HONEST, OPTIONS, TAMPERED
from tests.apartments.second_draw import file_of, lines_of, list_text, result_of

SCRIPT = Path(settings.BASE_DIR, "housing/apartments/verify_draw.py")


def run_command(*words: str) -> tuple[int, str]:
    """Exit code and what it says."""
    said = StringIO()
    try:
        call_command("verify_draw", *words, stdout=said)
    except CommandError as error:
        return 1, f"{said.getvalue()}{error}"
    return 0, said.getvalue()


def run_script(*words: str) -> tuple[int, str]:
    """In a Python that sees nothing of ours: isolated, without site-packages."""
    done = subprocess.run([sys.executable, "-I", "-S", SCRIPT, *words], capture_output=True, cwd="/", timeout=60)
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


@pytest.fixture(params=[run_command, run_script], ids=["command", "script"])
def verify(request, tmp_path):
    """``verify(content, *options)`` gives exit code and words of either verifier."""

    def run(content: bytes, *options: str) -> tuple[int, str]:
        path = tmp_path / "result.json"
        path.write_bytes(content)
        return request.param(str(path), *options)

    return run


@pytest.mark.parametrize("mode", ["first_come", "tiers", "lottery", "tiers_then_lottery"])
def test_an_honest_draw_holds(verify, mode):
    result = result_of(list_text(lines_of(40, gap=5), mode), HONEST["secret"], "3892.10")
    options = ["--entrants-hash", result["entrants_sha256"].upper()]
    if result["seed"]:
        options += ["--commitment", result["commitment"], "--public-value", " ３８９２.10"]
    code, words = verify(file_of(result), *options)
    assert (code, "验证通过：抽签结果与事先公布的一致。" in words) == (0, True)


def test_a_file_that_was_compared_with_nothing_only_agrees_with_itself(verify):
    for options in ([], OPTIONS[:2], OPTIONS[2:4]):
        code, words = verify(file_of(HONEST), *options)
        assert (code, "但没有与事先公布的名单摘要和承诺全部比对" in words) == (0, True)


@pytest.mark.parametrize("content", [file_of(HONEST), TAMPERED["forged public value"].content])
def test_nothing_is_called_announced_before_the_public_value_is_looked_up(verify, content):
    code, words = verify(content, *OPTIONS[:4])
    assert (code, "公开数值没有比对，请到来源查到数值，填上再验证。" in words) == (0, True)
    assert "验证通过" not in words


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_file_is_refused_with_a_sentence(verify, name):
    code, words = verify(TAMPERED[name].content, *OPTIONS)
    assert (code, TAMPERED[name].sentence in words, "验证不通过。" in words) == (1, True, True)


def test_a_file_that_is_not_there_is_refused_with_a_sentence():
    assert run_script("/nowhere/result.json")[0] == 1
    assert run_command("/nowhere/result.json") == (1, "打不开文件 /nowhere/result.json")


def test_the_script_imports_the_standard_library_only():
    imported = [
        line.split()[1] for line in SCRIPT.read_text(encoding="utf-8").splitlines() if line.startswith("import")
    ]
    assert imported == ["argparse", "hashlib", "json", "re", "sys", "unicodedata"]
    assert "\nfrom " not in SCRIPT.read_text(encoding="utf-8")


def test_one_fault_does_not_hide_the_other_steps():
    checks = check_result(TAMPERED["another secret"].content)
    assert [(it.step, it.outcome) for it in checks] == [
        ("format", "ok"),
        ("list", "ok"),
        ("entrants", "ok"),
        ("commitment", "failed"),
        ("seed", "failed"),
        ("ranking", "failed"),
        ("published_entrants", "left_out"),
        ("published_commitment", "left_out"),
        ("looked_up_value", "left_out"),
    ]


def test_every_step_has_its_words():
    judged = {"entrants", "commitment", "seed", "published_entrants", "published_commitment", "looked_up_value"}
    assert PASSED.keys() == STEPS.keys()
    assert {f"{step}_differs" for step in judged} <= FAULTS.keys()
    assert LEFT_OUT.keys() <= STEPS.keys()
