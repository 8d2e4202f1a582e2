"""Names as cards write them, and what the public may see of them. Every row by hand."""

import pytest

from applicants.people.masking import (
    Lookalike,
    desk_mask_number,
    distinguish,
    mask_account,
    mask_name,
    mask_number,
    mask_phone,
    public_last,
)
from applicants.people.names import clean_name, names_equal
from applicants.people.refusals import NameInvalid


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("林晓航", "林晓航"),
        (" 林 晓航　", "林晓航"),
        ("欧阳修", "欧阳修"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉 ‧ 买买提", "阿卜杜拉·买买提"),
        ("迪丽热巴·迪力木拉提·库尔班", "迪丽热巴·迪力木拉提·库尔班"),
        ("𠮷野家", "𠮷野家"),  # beyond the basic plane
        ("王\U00031350", "王\U00031350"),  # younger than this Python's character table
        ("李〇", "李〇"),
        ("张\u200b三", "张三"),
        ("Maria Silva", "Maria Silva"),
        ("DUPONT  ANNE‑MARIE", "DUPONT ANNE-MARIE"),
        ("ＤＵＰＯＮＴ　ＡＮＮＥ", "DUPONT ANNE"),
        ("O’NEIL SEAN", "O'NEIL SEAN"),
        ("García José María", "García José María"),
        ("Jose\u0301 Silva", "José Silva"),
        ("𠮷" * 40, "𠮷" * 40),  # each counts as one
        ("𠮷𣲙", "𠮷𣲙"),
        ("王二" * 20, "王二" * 20),
    ],
)
def test_a_name_is_kept_as_the_card_writes_it(text, name):
    assert clean_name(text) == name


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("王", "姓名是 2 至 40 个字，请照证件填写全名。"),
        ("", "姓名是 2 至 40 个字，请照证件填写全名。"),
        ("王" * 41, "姓名是 2 至 40 个字，请照证件填写全名。"),
        ("王小2", "姓名里不能有数字。请照证件填写。"),
        ("王小２", "姓名里不能有数字。请照证件填写。"),
        ("王.小明", "姓名里只能有文字和间隔号“·”，外文姓名还可以有空格和连字符。请照证件填写。"),
        ("王小明（男）", "姓名里只能有文字和间隔号“·”，外文姓名还可以有空格和连字符。请照证件填写。"),
        ("ANNE-", "姓名里只能有文字和间隔号“·”，外文姓名还可以有空格和连字符。请照证件填写。"),
        ("-ANNE", "姓名里只能有文字和间隔号“·”，外文姓名还可以有空格和连字符。请照证件填写。"),
        ("ANNE--MARIE", "姓名里只能有文字和间隔号“·”，外文姓名还可以有空格和连字符。请照证件填写。"),
        ("王-小明", "姓名里只能有文字和间隔号“·”，外文姓名还可以有空格和连字符。请照证件填写。"),
        ("𠮷" * 41, "姓名是 2 至 40 个字，请照证件填写全名。"),
        ("𠮷", "姓名是 2 至 40 个字，请照证件填写全名。"),
        ("=SUM", "姓名里只能有文字和间隔号“·”，外文姓名还可以有空格和连字符。请照证件填写。"),
        ("·买买提", "间隔号“·”只能在两个字之间，一次一个。请照证件填写。"),
        ("买买提•", "间隔号“·”只能在两个字之间，一次一个。请照证件填写。"),
        ("阿卜··杜拉", "间隔号“·”只能在两个字之间，一次一个。请照证件填写。"),
    ],
)
def test_what_cannot_stand_on_a_card_gets_a_sentence(text, sentence):
    with pytest.raises(NameInvalid) as refusal:
        clean_name(text)
    assert refusal.value.sentence == sentence


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("林晓航", "林晓航", True),
        ("林晓航", "林 晓 航", True),
        ("阿卜杜拉·买买提", "阿卜杜拉•买买提", True),
        ("阿卜杜拉·买买提", "阿卜杜拉．买买提", True),
        ("阿卜杜拉·买买提", "阿卜杜拉买买提", True),  # case 28: the bank leaves the dot out
        ("阿卜杜拉·买买提", "阿卜杜拉.买买提", True),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买", False),
        ("DUPONT ANNE-MARIE", "Dupont Anne Marie", True),
        ("DUPONT ANNE", "ANNE DUPONT", False),
        ("Maria Silva", "ＭＡＲＩＡ　ＳＩＬＶＡ", True),
        ("林晓航", "林晓杭", False),
        ("吉野", "𠮷野", False),
    ],
)
def test_names_are_equal_whatever_the_dot(one, other, equal):
    assert names_equal(one, other) is equal


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("林晓航", "林**"),
        ("王五", "王**"),
        ("欧阳修", "欧阳**"),
        ("司马相如", "司马**"),
        ("诸葛亮", "诸葛**"),
        ("欧阳", "欧**"),  # two characters: family name 欧, given name 阳
        ("欧力", "欧**"),
        ("陈王雅芬", "陈**"),
        ("张简平", "张**"),  # in doubt, the shorter family name
        ("阿卜杜拉·买买提", "阿卜杜拉·**"),
        ("迪丽热巴·迪力木拉提·库尔班", "迪丽热巴·**"),
        ("𠮷野家", "𠮷**"),
        ("DUPONT ANNE-MARIE", "DUPONT **"),
        ("GARCÍA LÓPEZ JOSÉ", "GARCÍA **"),
        ("Suharto", "S**"),
    ],
)
def test_a_public_name_is_the_family_name(name, shown):
    assert mask_name(name) == shown


def test_a_rule_nobody_wrote_is_refused():
    with pytest.raises(ValueError, match="no masking rule"):
        mask_name("林晓航", "whole_name")


def test_numbers_are_masked_by_where_they_are_shown():
    assert mask_number("35058120000302271X") == "**************271X"
    assert mask_number("35058120000302271X", last=6) == "************02271X"
    assert mask_number("123") == "***"
    assert desk_mask_number("350581200003022718") == "3505**********2718"
    assert desk_mask_number("H12345678") == "H****5678"
    assert desk_mask_number("USA110012345678") == "U**********5678"
    assert desk_mask_number("12345678") == "****5678"
    assert desk_mask_number("123") == "**3"
    assert mask_account("6217001820000001234") == "**** 1234"
    assert mask_account("1234") == "**** 1234"
    assert mask_account("") == ""
    assert mask_phone("13800006810") == "138****6810"
    assert mask_phone("1380000") == "*******"


def test_a_public_list_starts_with_a_third_of_a_short_number():
    lengths = {number: public_last(number, 4) for number in ("350581200003022718", "H12345678", "12345678", "E1234")}
    assert lengths == {"350581200003022718": 4, "H12345678": 3, "12345678": 2, "E1234": 1}


def shown(*rows):
    return [row.masked_number for row in distinguish([Lookalike(name, number) for name, number in rows])]


def test_people_who_look_different_show_four_digits():
    assert shown(("陈**", "350581200003022718"), ("林**", "350581199901012718"), ("陈**", "350581200003022719")) == [
        "**************2718",
        "**************2718",
        "**************2719",
    ]


def test_two_who_look_alike_show_one_more_digit_and_nobody_else_does():
    assert shown(("陈**", "350581200003022718"), ("陈**", "350581200003012718"), ("陈**", "350581200003020936")) == [
        "*************22718",
        "*************12718",
        "**************0936",
    ]


def test_digits_are_added_until_all_differ():
    assert shown(("陈**", "350581200003022718"), ("陈**", "350581200003122718"), ("陈**", "350581200003012718")) == [
        "************022718",
        "************122718",
        "*************12718",
    ]


def test_one_person_twice_stays_alike():
    assert shown(("陈**", "350581200003022718"), ("陈**", "350581200003022718")) == ["**************2718"] * 2


def test_the_whole_number_is_never_shown():
    assert shown(("陈**", "1222"), ("陈**", "2222")) == ["****", "****"]
