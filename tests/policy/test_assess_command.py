"""``manage.py assess``: a spreadsheet of cases in, a row per case out, a sentence where something is wrong."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.policy.qualifying import FOLDER

EXAMPLES = Path(__file__).parent / "examples"
LS = FOLDER / "LS-2022.yaml"
YTE = FOLDER / "YTE-2024.yaml"
HEADER = (
    "case,on,education,study_mode,school,diploma_on,overseas_certified,hukou_code,hukou_collective,employer_kind,"
    "employer,first_job_in_city,insurance,in_post,prior_grants"
)
ROW = "a1,2022-12-20,bachelor,full_time,闽江学院,2022-01-10,,350581,no,private_enterprise,A,yes,2022-09/2022-11:A,yes,-"


def run(policy: Path, facts: Path) -> str:
    out = StringIO()
    call_command("assess", policy, facts, stdout=out, stderr=StringIO())
    return out.getvalue()


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "facts.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_row_per_case_with_the_answers() -> None:
    lines = run(YTE, EXAMPLES / "living-subsidy-YTE-2024.csv").splitlines()
    assert lines[0] == "case,verdict,amount,instalments,unmet,unproven"
    assert lines[1] == "yt01,eligible,100000,50000;50000,,"
    assert lines[4] == "yt04,ineligible,0,,YT-1,"
    assert lines[12] == "yt12,undetermined,,,,YT-3;YT-5"
    assert len(lines) == 13


def test_a_file_without_expectations_is_just_answered(tmp_path: Path) -> None:
    assert run(LS, written(tmp_path, f"{HEADER}\n{ROW}\n")).splitlines()[1] == "a1,eligible,10000,10000,,"


def test_a_spreadsheet_saved_in_the_chinese_encoding_is_read(tmp_path: Path) -> None:
    assert "a1,eligible" in run(LS, written(tmp_path, f"{HEADER}\r\n{ROW}\r\n", "gb18030"))


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("expect_verdict", "ineligible", "案例 a1 的 expect_verdict 写的是“ineligible”，算出的是“eligible”"),
        ("expect_verdict", "", "案例 a1 的 expect_verdict 写的是“”，算出的是“eligible”"),
        ("expect_amount", "20000", "案例 a1 的 expect_amount 写的是“20000”，算出的是“10000”"),
        ("expect_instalments", "", "案例 a1 的 expect_instalments 写的是“”，算出的是“10000”"),
        ("expect_unmet", "LS-3", "案例 a1 的 expect_unmet 写的是“LS-3”，算出的是“”"),
        ("expect_unproven", "LS-3", "案例 a1 的 expect_unproven 写的是“LS-3”，算出的是“”"),
    ],
)
def test_a_disagreement_fails_and_names_case_and_column(tmp_path: Path, column: str, cell: str, sentence: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(LS, written(tmp_path, f"{HEADER},{column}\n{ROW},{cell}\n"))
    assert str(caught.value) == sentence


def test_lists_of_clauses_are_compared_as_sets(tmp_path: Path) -> None:
    row = ROW.replace("350581", "350582").replace("yes,-", "no,-")
    assert "a1,ineligible" in run(LS, written(tmp_path, f"{HEADER},expect_unmet\n{row},LS-6; LS-3\n"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "文件是空的"),
        (f"{HEADER}\n", "文件里没有案例"),
        (HEADER.replace(",in_post", "") + "\n", "缺少列 in_post，LS-2022 要用到它"),
        (f"{HEADER},in_post\n", "列 in_post 出现了不止一次"),
        (f"{HEADER},expect_verdct\n", "没有 expect_verdct 这样的列，请核对拼写"),
        (f"{HEADER}\n{ROW},more\n", "第 2 行有 16 格，应有 15 格"),
        (f"{HEADER}\n{ROW}\n{ROW}\n", "第 3 行：案例名（case）是空的，或者用过了"),
        (f"{HEADER}\n{ROW.replace('2022-12-20', '2022/12/20')}\n", "案例 a1 的 on：“2022/12/20”不是日期"),
        (f"{HEADER}\n{ROW.replace('2022-12-20', '?')}\n", "案例 a1 的 on：“?”不是日期"),
        (f"{HEADER}\n{ROW.replace('bachelor', 'bsc')}\n", "案例 a1 的 education：“bsc”不在可填的值之中"),
        (f'{HEADER}\n"{ROW}\n', "第 2 行读不懂："),
    ],
)
def test_a_bad_file_is_met_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CommandError) as caught:
        run(LS, path)
    assert str(caught.value).startswith(f"{path}: {sentence}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for policy, facts in [(tmp_path / "no.yaml", LS), (LS, tmp_path / "no.csv")]:
        with pytest.raises(CommandError) as caught:
            run(policy, facts)
        assert "打不开文件" in str(caught.value)


def test_a_wrong_policy_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(LS.read_text(encoding="utf-8").replace("months: 3}", "months: 0}"), encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        run(policy, EXAMPLES / "living-subsidy-LS-2022.csv")
    assert str(caught.value) == f"{policy}: clauses LS-5 → conditions 1 → months：不能小于 1"
