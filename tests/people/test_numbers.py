"""Numbers as the standards and the public samples have them (policy-facts 6.8)."""

from datetime import date

import pytest

from applicants.people import numbers
from applicants.people.numbers import ResidentNumber, parse_resident_number
from applicants.people.refusals import NumberInvalid

TODAY = date(2023, 11, 20)
LENGTH = "身份证号码是 18 位，您填了 {} 位。请对照身份证重新填写。"
NO_DATE = "身份证号码第 7 至 14 位应当是出生日期，现在不是一个真实的日期。请核对这几位。"
CHECK_DIGIT = "身份证号码的最后一位对不上，可能有一位填错了。请逐位核对。"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11010519491231002X", ResidentNumber("11010519491231002X", date(1949, 12, 31), "female", True)),
        ("11010519491231002x", ResidentNumber("11010519491231002X", date(1949, 12, 31), "female", True)),
        (" 110105 19491231 002X ", ResidentNumber("11010519491231002X", date(1949, 12, 31), "female", True)),
        (
            "１１０１０５１９４９１２３１００２Ｘ",
            ResidentNumber("11010519491231002X", date(1949, 12, 31), "female", True),
        ),
        ("110105-19491231-002X", ResidentNumber("11010519491231002X", date(1949, 12, 31), "female", True)),
        ("\u200b11010519491231002X\u200e", ResidentNumber("11010519491231002X", date(1949, 12, 31), "female", True)),
        # permits of Hong Kong and Taiwan residents: no county, nothing to warn of
        ("810000199408230021", ResidentNumber("810000199408230021", date(1994, 8, 23), "female", True)),
        ("830000199201300022", ResidentNumber("830000199201300022", date(1992, 1, 30), "female", True)),
        # old codes of the place that is Shishi today: 359002 and, before, Jinjiang county
        ("359002198806150014", ResidentNumber("359002198806150014", date(1988, 6, 15), "male", True)),
        ("350522198603070019", ResidentNumber("350522198603070019", date(1986, 3, 7), "male", True)),
        # Shishi's code on somebody born before there was one: right, and a hint to the reviewer
        ("350581198001010019", ResidentNumber("350581198001010019", date(1980, 1, 1), "male", False)),
        ("350581200003020018", ResidentNumber("350581200003020018", date(2000, 3, 2), "male", True)),
        # a county that never was
        ("359999200003020011", ResidentNumber("359999200003020011", date(2000, 3, 2), "male", False)),
        ("350581200002290016", ResidentNumber("350581200002290016", date(2000, 2, 29), "male", True)),
        # foreign permanent residents: first digit 9, no county
        ("911124198108030024", ResidentNumber("911124198108030024", date(1981, 8, 3), "female", True)),
    ],
)
def test_a_resident_number_is_read(text, expected):
    assert parse_resident_number(text, on=TODAY) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", LENGTH.format(0)),
        ("1101051949123100", LENGTH.format(16)),
        ("11010519491231002XX", LENGTH.format(19)),
        ("110105491231002", LENGTH.format(15)),  # the number of before 1999
        ("11010519491231O02X", "第 15 位是字母 O，这里应当是数字。是不是数字 0？"),
        ("11010519491231X021", "第 15 位是“X”，这里应当是数字。请核对这一位。"),
        ("11010519491231002Y", "最后一位是“Y”，这里应当是数字或者 X。请核对这一位。"),
        ("110105194913310021", NO_DATE),
        ("350581200102290013", NO_DATE),  # no leap year
        ("350581000003020011", NO_DATE),
        ("110105194912310021", CHECK_DIGIT),
        ("110105194912310029", CHECK_DIGIT),
        ("11010519491231020X", CHECK_DIGIT),  # two digits swapped
        ("350581202311210015", "按身份证号码，出生日期在今天以后。请核对第 7 至 14 位。"),
        ("350581190211210012", "按身份证号码，年龄超过 120 岁。请核对第 7 至 14 位。"),
    ],
)
def test_a_resident_number_that_cannot_be_right_gets_a_sentence(text, sentence):
    with pytest.raises(NumberInvalid) as refusal:
        parse_resident_number(text, on=TODAY)
    assert refusal.value.sentence == sentence


def test_born_today_is_not_the_future():
    assert parse_resident_number("35058120231120001X", on=TODAY).birth_date == TODAY


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91350100M000100Y43", "91350100M000100Y43"),
        ("91350100m000100y43", "91350100M000100Y43"),
        (" ９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
        ("9135 0100 M000 100Y 43", "91350100M000100Y43"),
        ("91110000600037341L", "91110000600037341L"),
        ("N2350581MF12345675", "N2350581MF12345675"),  # a village co-operative, registered with agriculture
    ],
)
def test_a_credit_code_is_read(text, code):
    assert numbers.parse_credit_code(text) == code


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("91350100M000100Y4", "统一社会信用代码是 18 位，您填了 17 位。请对照营业执照重新填写。"),
        (
            "91350100MO00100Y43",
            "统一社会信用代码只有数字和大写字母，没有 I、O、S、V、Z。请检查是否把 1、0 填成了字母。",
        ),
        (
            "91350100M000100Y44",
            "统一社会信用代码的最后一位对不上，可能有一位填错了。请对照营业执照逐位核对。",
        ),
    ],
)
def test_a_credit_code_that_cannot_be_right_gets_a_sentence(text, sentence):
    with pytest.raises(NumberInvalid) as refusal:
        numbers.parse_credit_code(text)
    assert refusal.value.sentence == sentence


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("91350100M000100Y43", "enterprise"),
        ("92350581MA00000000", "individual_business"),
        ("93350581MA00000000", "farmers_cooperative"),
        ("52350581MJ00000000", "private_non_enterprise"),
        ("12350581MB00000000", "public_institution"),
        ("11350581MB00000000", "state_organ"),
        ("N2350581MF12345675", ""),
        ("", ""),
    ],
)
def test_a_credit_code_hints_at_the_kind_of_employer(code, kind):
    assert numbers.registry_kind(code) == kind


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800006810", "13800006810"),
        ("１３８ ００００ ６８１０", "13800006810"),
        ("+86 138-0000-6810", "13800006810"),
        ("008613800006810", "13800006810"),
        ("19200001111", "19200001111"),
        ("86138000068", None),
        ("12800006810", None),
        ("1380000681", None),
        ("138000068100", None),
        ("0595-88888888", None),
    ],
)
def test_a_mobile_number_is_mainland_and_eleven_digits(text, number):
    if number:
        assert numbers.parse_mobile(text) == number
    else:
        with pytest.raises(NumberInvalid) as refusal:
            numbers.parse_mobile(text)
        assert refusal.value.sentence == "手机号码是 11 位数字，以 13 至 19 开头。请重新填写。"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("6217 0018 2000 0000 005", "6217001820000000005"),
        ("６２１７００１８２０００", "621700182000"),
        ("1" * 30, "1" * 30),
        ("1" * 11, None),
        ("1" * 31, None),
        ("62170018200000A0", None),
    ],
)
def test_an_account_number_is_twelve_to_thirty_digits(text, number):
    if number:
        assert numbers.parse_account_number(text) == number
    else:
        with pytest.raises(NumberInvalid):
            numbers.parse_account_number(text)


def test_luhn_is_known_and_asked_of_nobody():
    assert numbers.luhn_ok("4111 1111 1111 1111")
    assert not numbers.luhn_ok("4111111111111112")
    assert numbers.parse_account_number("4111111111111112") == "4111111111111112"


@pytest.mark.parametrize(
    ("text", "fits"), [("350582", True), ("３５０５８２", True), ("35058", False), ("035058", False)]
)
def test_a_county_code_has_six_digits(text, fits):
    if fits:
        assert numbers.parse_county_code(text) == "350582"
    else:
        with pytest.raises(NumberInvalid):
            numbers.parse_county_code(text)
