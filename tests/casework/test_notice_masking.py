"""What a public list shows of a person, and what it never shows."""

import pytest

from portal.casework.services.noticing import public_lines
from tests.casework.noticed import PHONE, collect, day, make_waiting, release
from tests.factories import move_clock

pytestmark = pytest.mark.django_db


def seen(notice):
    return [(line.name_masked, line.number_masked.lstrip("*")) for line in public_lines(notice)]


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("林晓航", "林**"),
        ("王芳", "王**"),
        ("欧阳明月", "欧阳**"),
        ("欧阳", "欧**"),
        ("阿卜杜拉·买买提", "阿卜杜拉·**"),
    ],
)
def test_names_keep_the_family_name_only(name, masked):
    make_waiting(name, number="350581200103080421")
    assert seen(collect()) == [(masked, "0421")]


def test_two_people_who_look_alike_show_one_more_digit():
    make_waiting("林晓航", number="350581200103080421")
    make_waiting("林小海", number="350581200103090421")
    make_waiting("陈静", number="350581200103070421")
    assert seen(collect()) == [("林**", "80421"), ("林**", "90421"), ("陈**", "0421")]


def test_digits_are_added_until_two_people_differ():
    make_waiting("林晓航", number="350581200103080421")
    make_waiting("林小海", number="350581199903080421")
    assert seen(collect()) == [("林**", "103080421"), ("林**", "903080421")]


def test_the_page_shows_the_columns_of_the_policy(client):
    make_waiting("欧阳明月", number="35058120010308042X")
    release(collect())
    move_clock(day(5, 4))
    page = client.get("/notices/GS-2023-0001/").content.decode()
    for text in ("欧阳**", "（尾号 042X）", "闽南示例大学", "本科", "石狮潮汐数据服务有限公司", "10,000.00"):
        assert text in page


def test_nothing_else_about_a_person_is_in_the_page(client):
    row = make_waiting("欧阳明月", number="350581200103080421")
    person = row.applicant
    person.accounts.create(
        ordinal=1, holder="欧阳明月", number="6217001800012345678", bank_name="中国示例银行", created_at=day(4, 28)
    )
    release(collect())
    move_clock(day(5, 4))
    page = client.get("/notices/GS-2023-0001/").content.decode()
    forbidden = (
        "欧阳明月",
        "明月",
        "350581200103080421",
        "20010308",
        "03080421",
        PHONE,
        "6217001800012345678",
        "5678",
        "中国示例银行",
        "fengli",
        person.user.email,
        row.reference,
        str(row.pk),
        str(person.pk),
    )
    assert [text for text in forbidden if text in page] == []
