"""Numbers of every kind of identity paper: right ones, each mistake with its sentence, and properties of all."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applicants.people.choices import NumberKind
from applicants.people.identities import Identity, identities_in, identity_key, parse_identity
from applicants.people.models import person_number_hash
from applicants.people.refusals import NumberInvalid

TODAY = date(2023, 11, 20)
K = NumberKind
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@pytest.mark.parametrize(
    ("kind", "text", "number", "born"),
    [
        (K.RESIDENT, "350581200003020018", "350581200003020018", date(2000, 3, 2)),
        (K.RESIDENT, "11010519491231002x", "11010519491231002X", date(1949, 12, 31)),
        (K.RESIDENT, "359002198806150014", "359002198806150014", date(1988, 6, 15)),
        (K.RESIDENCE_PERMIT, "810000199408230021", "810000199408230021", date(1994, 8, 23)),  # Hong Kong
        (K.RESIDENCE_PERMIT, "820000199408230023", "820000199408230023", date(1994, 8, 23)),  # Macao
        (K.RESIDENCE_PERMIT, "830000 19920130 0022", "830000199201300022", date(1992, 1, 30)),  # Taiwan
        (K.RESIDENCE_PERMIT, "８１００００１９９４０８２３００２１", "810000199408230021", date(1994, 8, 23)),
        (K.FOREIGN_PERMANENT, "911124198108030024", "911124198108030024", date(1981, 8, 3)),  # of 2023
        (K.FOREIGN_PERMANENT, "USA110012345678", "USA110012345678", None),  # of before
        (K.FOREIGN_PERMANENT, "usa 1100-1234-5678", "USA110012345678", None),
        (K.HK_MACAO_TRAVEL, "H12345678", "H12345678", None),
        (K.HK_MACAO_TRAVEL, "m1234567801", "M1234567801", None),
        (K.HK_MACAO_TRAVEL, "Ｈ１２３４５６７８", "H12345678", None),
        (K.TAIWAN_TRAVEL, "12345678", "12345678", None),
        (K.TAIWAN_TRAVEL, "1234567801(B)", "1234567801B", None),
        (K.TAIWAN_TRAVEL, "1234567801（B）", "1234567801B", None),
        (K.PASSPORT, "e12345678", "E12345678", None),
        (K.PASSPORT, "X1A2B3C", "X1A2B3C", None),
        (K.PASSPORT, "C01X00T47", "C01X00T47", None),  # letters and digits anywhere: nothing can be guessed
    ],
)
def test_a_number_is_read(kind, text, number, born):
    assert parse_identity(kind, text, on=TODAY) == Identity(kind, number, born)


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (K.RESIDENT, "35058120000302001", "身份证号码是 18 位，您填了 17 位。请对照身份证重新填写。"),
        (K.RESIDENT, "3505812000030200I8", "第 17 位是字母 I，这里应当是数字。是不是数字 1？"),
        (K.RESIDENT, "35O581200003020018", "第 3 位是字母 O，这里应当是数字。是不是数字 0？"),
        (K.RESIDENT, "35058120000302001I", "最后一位是“I”，这里应当是数字或者 X。请核对这一位。"),
        (K.RESIDENT, "350581200003020019", "身份证号码的最后一位对不上，可能有一位填错了。请逐位核对。"),
        (K.RESIDENT, "111111200003020017", "身份证号码的最后一位对不上，可能有一位填错了。请逐位核对。"),
        (
            K.RESIDENT,
            "810000199408230021",
            "这是港澳台居民居住证的号码。请把证件类型改成“港澳台居民居住证”，或者核对号码。",
        ),
        (
            K.RESIDENT,
            "911124198108030024",
            "这是外国人永久居留身份证的号码。请把证件类型改成“外国人永久居留身份证”，或者核对号码。",
        ),
        (
            K.RESIDENT,
            "H12345678",
            "这是港澳居民来往内地通行证的号码。请把证件类型改成“港澳居民来往内地通行证”，或者核对号码。",
        ),
        (
            K.PASSPORT,
            "350581200003020018",
            "这是居民身份证的号码。请把证件类型改成“居民身份证”，或者核对号码。",
        ),
        (
            K.RESIDENCE_PERMIT,
            "350581200003020018",
            "这是居民身份证的号码。请把证件类型改成“居民身份证”，或者核对号码。",
        ),
        (
            K.RESIDENCE_PERMIT,
            "81000019940823002",
            "港澳台居民居住证号码是 18 位，您填了 17 位。请对照港澳台居民居住证重新填写。",
        ),
        (K.RESIDENCE_PERMIT, "81000O199408230021", "第 6 位是字母 O，这里应当是数字。是不是数字 0？"),
        (
            K.RESIDENCE_PERMIT,
            "810000199413230021",
            "港澳台居民居住证号码第 7 至 14 位应当是出生日期，现在不是一个真实的日期。请核对这几位。",
        ),
        (
            K.RESIDENCE_PERMIT,
            "810000199408230022",
            "港澳台居民居住证号码的最后一位对不上，可能有一位填错了。请逐位核对。",
        ),
        (
            K.FOREIGN_PERMANENT,
            "USA1100123456",
            "永久居留证号码是 18 位（新版，9 开头）或 15 位（旧版，3 个字母开头），您填了 13 位。",
        ),
        (K.FOREIGN_PERMANENT, "U5A110012345678", "第 2 位是数字 5，这里应当是字母。是不是字母 S？"),
        (K.FOREIGN_PERMANENT, "USA11001234567B", "第 15 位是字母 B，这里应当是数字。是不是数字 8？"),
        (
            K.FOREIGN_PERMANENT,
            "711124198108030024",
            "新版永久居留证号码的第 1 位是 9，您填的是“7”。请核对第 1 位。",
        ),
        (
            K.FOREIGN_PERMANENT,
            "911124198108030025",
            "外国人永久居留身份证号码的最后一位对不上，可能有一位填错了。请逐位核对。",
        ),
        (
            K.HK_MACAO_TRAVEL,
            "H1234567",
            "通行证号码是 1 个字母和 8 位数字（旧证 10 位数字），您一共填了 8 位。",
        ),
        (
            K.HK_MACAO_TRAVEL,
            "A12345678",
            "通行证号码的第 1 位是 H（香港）或 M（澳门），您填的是“A”。请核对第 1 位。",
        ),
        (K.HK_MACAO_TRAVEL, "H1234567O", "第 9 位是字母 O，这里应当是数字。是不是数字 0？"),
        (
            K.TAIWAN_TRAVEL,
            "1234567",
            "台湾居民通行证号码是 8 位数字（旧证是 10 位数字和 1 至 2 个字母），您填了 7 位。",
        ),
        (K.TAIWAN_TRAVEL, "I2345678", "第 1 位是字母 I，这里应当是数字。是不是数字 1？"),
        (K.TAIWAN_TRAVEL, "12345678018", "第 11 位是数字 8，这里应当是字母。是不是字母 B？"),
        (K.PASSPORT, "E123", "护照号码是 5 至 12 位，您填了 4 位。请照护照资料页填写。"),
        (K.PASSPORT, "E12/45678", "第 4 位是“/”，护照号码只有数字和字母。请核对这一位。"),
        (K.PASSPORT, "EIOOOOIO", "护照号码里有数字，您填的全是字母。请检查是否把 0、1 填成了 O、I。"),
        (K.PASSPORT, "", "护照号码是 5 至 12 位，您填了 0 位。请照护照资料页填写。"),
    ],
)
def test_a_mistake_is_named(kind, text, sentence):
    with pytest.raises(NumberInvalid) as refusal:
        parse_identity(kind, text, on=TODAY)
    assert refusal.value.sentence == sentence


def test_an_unborn_holder_is_refused_for_every_18_digit_paper():
    with pytest.raises(NumberInvalid) as refusal:
        parse_identity(K.RESIDENCE_PERMIT, whole("81000020231121001"), on=TODAY)
    assert refusal.value.sentence == "按港澳台居民居住证号码，出生日期在今天以后。请核对第 7 至 14 位。"


def whole(seventeen: str) -> str:
    """The number with its check digit, reckoned here by the standard's own table."""
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, WEIGHTS, strict=True))
    return seventeen + "10X98765432"[total % 11]


days = st.dates(date(1910, 1, 1), date(2007, 1, 1))
serials = st.integers(0, 999).map("{:03d}".format)
eighteen = st.one_of(
    st.tuples(st.just(K.RESIDENT), st.sampled_from(["350581", "359002", "350522", "110105", "654325"])),
    st.tuples(st.just(K.RESIDENCE_PERMIT), st.sampled_from(["810000", "820000", "830000"])),
    st.tuples(st.just(K.FOREIGN_PERMANENT), st.integers(0, 99999).map("9{:05d}".format)),
)


def digits(least, most=None):
    return st.text("0123456789", min_size=least, max_size=most or least)


@given(eighteen, days, serials)
def test_every_18_digit_number_with_its_check_digit_is_read(kind_area, born, serial):
    kind, area = kind_area
    number = whole(f"{area}{born:%Y%m%d}{serial}")
    assert parse_identity(kind, number, on=TODAY) == Identity(kind, number, born)


@given(eighteen, days, serials, st.integers(0, 17), st.integers(1, 9))
def test_one_changed_digit_of_an_18_digit_number_is_refused(kind_area, born, serial, place, more):
    kind, area = kind_area
    number = whole(f"{area}{born:%Y%m%d}{serial}")
    old = number[place]
    new = str((int(old) + more) % 10) if old != "X" else str(more)
    with pytest.raises(NumberInvalid):
        parse_identity(kind, number[:place] + new + number[place + 1 :], on=TODAY)


letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
others = st.one_of(
    st.tuples(st.just(K.FOREIGN_PERMANENT), st.builds(str.__add__, letters, digits(12))),
    st.tuples(
        st.just(K.HK_MACAO_TRAVEL),
        st.builds(str.__add__, st.sampled_from("HM"), st.one_of(digits(8), digits(10))),
    ),
    st.tuples(st.just(K.TAIWAN_TRAVEL), digits(8)),
    st.tuples(st.just(K.PASSPORT), st.builds(str.__add__, st.sampled_from("EGXK"), digits(6, 9))),
)


@given(others)
def test_every_number_without_a_check_digit_is_read_and_found_again(kind_number):
    kind, number = kind_number
    assert parse_identity(kind, number, on=TODAY) == Identity(kind, number)
    assert Identity(kind, number) in identities_in(number)


@given(st.text(max_size=40), st.sampled_from(list(K)))
@pytest.mark.slow
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(text, kind):
    try:
        assert parse_identity(kind, text, on=TODAY).number
    except NumberInvalid as refusal:
        assert refusal.sentence.endswith(("。", "？"))


def test_what_could_be_the_number_of_two_papers_is_kept_apart():
    hashes = {
        person_number_hash("12345678", K.TAIWAN_TRAVEL),
        person_number_hash("12345678", K.PASSPORT),
        person_number_hash("H12345678", K.HK_MACAO_TRAVEL),
        person_number_hash("H12345678", K.PASSPORT),
        person_number_hash("350581200003020018"),
    }
    assert len(hashes) == 5
    assert person_number_hash("350581200003020018") == person_number_hash("350581200003020018", K.RESIDENT)


def test_a_renewed_travel_permit_is_the_same_number():
    assert identity_key(K.HK_MACAO_TRAVEL, "H1234567801") == identity_key(K.HK_MACAO_TRAVEL, "H12345678")
    assert identity_key(K.TAIWAN_TRAVEL, "1234567802B") == identity_key(K.TAIWAN_TRAVEL, "12345678")
    assert identity_key(K.HK_MACAO_TRAVEL, "H1234567801") != identity_key(K.HK_MACAO_TRAVEL, "H1234567901")


def test_a_search_reads_a_number_as_every_paper_it_may_stand_on():
    assert [found.kind for found in identities_in("H12345678")] == [K.HK_MACAO_TRAVEL, K.PASSPORT]
    assert [found.kind for found in identities_in("350581200003020018")] == [K.RESIDENT]
    assert identities_in("LS-2023-000305") == [Identity(K.PASSPORT, "LS2023000305")]
    assert identities_in("林晓航") == []
