"""What a person who fills in the task list is told, field by field."""

import re
from datetime import date

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from applicants.people.forms import SECTION_FORMS, AccountForm, EducationForm, EmploymentForm, IdentityForm, PaperForm
from applicants.people.services import prove_number, save_employment, save_identity
from tests.people.filled import (
    ACCOUNT,
    AT,
    EDUCATION,
    EMPLOYMENT,
    IDENTITY,
    NUMBER,
    a_filled_person,
    a_person,
    a_user,
)

pytestmark = pytest.mark.django_db
TODAY = date(2023, 11, 20)

IDENTITY_SENT = {**IDENTITY, "household_place": "city", "household_code": ""}
EDUCATION_SENT = {**EDUCATION, "diploma_on": "2023-06-20"}
EMPLOYMENT_SENT = {
    **{name: value for name, value in EMPLOYMENT.items() if name != "insured_ranges"},
    "started_on": "2023-07-03",
    "first_insured_on": "2023-07-01",
    "insured_1_from": "2023-07",
    "insured_1_to": "2023-09",
    "insured_1_employer": "present",
}
ACCOUNT_SENT = {**ACCOUNT, "is_activated": "on"}
SENT = {
    "identity": IDENTITY_SENT,
    "education": EDUCATION_SENT,
    "employment": EMPLOYMENT_SENT,
    "account": ACCOUNT_SENT,
}
SAVED = {"identity": IDENTITY, "education": EDUCATION, "employment": EMPLOYMENT, "account": ACCOUNT}


def form_for(section, person, only=None, **changes):
    sent = {name: value for name, value in (SENT[section] | changes).items() if value is not None}
    return SECTION_FORMS[section](sent, person=person, on=TODAY, only=only)


@pytest.mark.parametrize("section", ["identity", "education", "employment", "account"])
def test_a_section_filled_in_well_gives_the_values_to_save(section):
    form = form_for(section, a_person())
    assert form.errors == {}
    assert form.values == SAVED[section]


@pytest.mark.parametrize("section", ["identity", "education", "employment", "account"])
def test_what_is_saved_stands_in_the_form_again(section):
    person = a_filled_person()
    form = SECTION_FORMS[section](person=person, on=TODAY)
    sent = {name: form[name].value() for name in form.fields}
    again = SECTION_FORMS[section](
        {name: value for name, value in sent.items() if value not in (None, False)}, person=person, on=TODAY
    )
    assert again.errors == {}
    assert again.values == SAVED[section]


@pytest.mark.parametrize(
    ("section", "changes", "field", "sentence"),
    [
        ("identity", {"legal_name": ""}, "legal_name", "请填写姓名，和证件上的一样。"),
        ("identity", {"legal_name": "林1航"}, "legal_name", "姓名里不能有数字。请照证件填写。"),
        ("identity", {"number": ""}, "number", "请填写证件号码。"),
        ("identity", {"number": "350581"}, "number", "身份证号码是 18 位，您填了 6 位。请对照身份证重新填写。"),
        (
            "identity",
            {"number": "350581200711210015"},
            "number",
            "按身份证号码，您还不满 16 岁。请核对第 7 至 14 位。",
        ),
        ("identity", {"phone": "12345678901"}, "phone", "手机号码是 11 位数字，以 13 至 19 开头。请重新填写。"),
        ("identity", {"household_place": ""}, "household_place", "请选择户籍所在地。"),
        ("identity", {"household_place": "mars"}, "household_place", "请从列出的选项里选一项。"),
        (
            "identity",
            {"household_place": "elsewhere", "household_code": "35"},
            "household_code",
            "县（市、区）的代码是 6 位数字。不知道的可以不填。",
        ),
        ("identity", {"household_collective": ""}, "household_collective", "请选择户口是不是在集体户。"),
        ("education", {"level": None}, "level", "请选择学历。"),
        ("education", {"study_mode": "x"}, "study_mode", "请从列出的选项里选一项。"),
        ("education", {"school": ""}, "school", "请填写毕业院校。"),
        ("education", {"school": "大" * 61}, "school", "最多 60 个字，现在有 61 个。请写短一些。"),
        ("education", {"diploma_on": ""}, "diploma_on", "请填写毕业证书的签发日期。"),
        (
            "education",
            {"diploma_on": "2023-06"},
            "diploma_on",
            "请写完整的日期，年、月、日都要有，例如 2023-06-20。",
        ),
        (
            "education",
            {"diploma_on": "2023-11-21"},
            "diploma_on",
            "日期不能晚于今天（2023 年 11 月 20 日）。请核对。",
        ),
        ("education", {"diploma_on": "0223-06-20"}, "diploma_on", "年份太早了。请核对，年份要写四位，例如 2023。"),
        ("education", {"diploma_number": ""}, "diploma_number", "请填写毕业证书编号。"),
        (
            "education",
            {"diploma_number": "无"},
            "diploma_number",
            "证书编号由数字和字母组成，4 至 30 位。请照证书填写。",
        ),
        ("education", {"is_overseas": "yes"}, "overseas_certified", "请选择有没有认证书。"),
        (
            "employment",
            {"credit_code": "1"},
            "credit_code",
            "统一社会信用代码是 18 位，您填了 1 位。请对照营业执照重新填写。",
        ),
        ("employment", {"town": ""}, "town", "请选择单位所在的镇（街道）。"),
        ("employment", {"town": "atlantis"}, "town", "请从列出的选项里选一项。"),
        (
            "employment",
            {"started_on": "2024-01-01"},
            "started_on",
            "日期不能晚于今天（2023 年 11 月 20 日）。请核对。",
        ),
        ("employment", {"insured_1_from": ""}, "insured_1_from", "请填写这一段的开始月份。"),
        (
            "employment",
            {"insured_1_to": ""},
            "insured_1_to",
            "请填写这一段的结束月份；还在缴的，填已经缴到的月份。",
        ),
        ("employment", {"insured_1_to": "2023-13"}, "insured_1_to", "请写年份和月份，例如 2023-07。"),
        ("employment", {"insured_1_to": "2023-06"}, "insured_1_to", "结束月份不能早于开始月份。请核对。"),
        (
            "employment",
            {"insured_1_to": "2023-12"},
            "insured_1_to",
            "参保月份不能晚于本月。请填已经缴到的月份。",
        ),
        (
            "employment",
            {"insured_3_from": "2023-09", "insured_3_to": "2023-10"},
            "insured_3_from",
            "这一段和另一段有相同的月份。同一个月只填一次，请核对。",
        ),
        (
            "account",
            {"holder": "林小航"},
            "holder",
            "账户姓名和您的姓名不一致。钱只能发到本人的账户，请换成您自己的社会保障卡账户。",
        ),
        (
            "account",
            {"number": NUMBER},
            "number",
            "这是您的证件号码，不是银行账号。请填写卡面上的银行账号。",
        ),
        (
            "account",
            {"number": "12345"},
            "number",
            "银行账号是 12 至 30 位数字。请填写社会保障卡上的银行账号，不是身份证号码。",
        ),
        ("account", {"branch_code": "123"}, "branch_code", "联行号是 12 位数字。不知道的可以不填。"),
        (
            "account",
            {"is_activated": None},
            "is_activated",
            "请先到银行激活社会保障卡的金融功能，再勾选这一项。",
        ),
    ],
)
def test_a_mistake_gets_one_sentence_and_the_input_stays(section, changes, field, sentence):
    form = form_for(section, a_person(), **changes)
    assert form.errors == {field: [sentence]}
    for name, value in changes.items():
        assert form[name].value() in (value, False)


@pytest.mark.parametrize(
    ("section", "typed", "values"),
    [
        ("identity", {"number": " 350581 20000302 001８ "}, {"number": NUMBER}),
        ("identity", {"legal_name": "阿卜杜拉•买买提"}, {"legal_name": "阿卜杜拉·买买提"}),
        ("identity", {"household_place": "elsewhere", "household_code": "350582"}, {"household_code": "350582"}),
        ("identity", {"household_place": "elsewhere"}, {"household_code": "other"}),
        (
            "identity",
            {"household_place": "elsewhere", "household_town": "lingxiu"},
            {"household_code": "other", "household_town": ""},
        ),
        ("education", {"school": "中国地质大学（武汉）"}, {"school": "中国地质大学(武汉)"}),
        ("education", {"diploma_on": "２０２３年６月２０日"}, {"diploma_on": date(2023, 6, 20)}),
        ("education", {"diploma_on": "20230620"}, {"diploma_on": date(2023, 6, 20)}),
        ("education", {"is_overseas": "no", "overseas_certified": "yes"}, {"overseas_certified": ""}),
        ("employment", {"credit_code": "91350100m000100y43"}, {"credit_code": "91350100M000100Y43"}),
        ("employment", {"first_insured_on": ""}, {"first_insured_on": None}),
        (
            "employment",
            {"insured_1_from": "2023年7月", "insured_1_to": "202309"},
            {"insured_ranges": [{"from": "2023-07", "to": "2023-09", "employer": "present", "late": False}]},
        ),
        ("employment", {"insured_1_from": "", "insured_1_to": ""}, {"insured_ranges": []}),
        (
            "employment",
            {
                "insured_2_from": "2023-04",
                "insured_2_to": "2023-05",
                "insured_2_employer": "other",
                "insured_2_late": "on",
            },
            {
                "insured_ranges": [
                    {"from": "2023-04", "to": "2023-05", "employer": "other", "late": True},
                    {"from": "2023-07", "to": "2023-09", "employer": "present", "late": False},
                ]
            },
        ),
        ("account", {"holder": "林 晓航", "number": "6217 0018 2000 0000 426"}, {}),
    ],
)
def test_how_people_type_is_forgiven(section, typed, values):
    form = form_for(section, a_person(), **typed)
    assert form.errors == {}
    assert form.values == SAVED[section] | values


def test_a_domestic_diploma_needs_its_number_and_an_overseas_one_does_not():
    person = a_person()
    form = form_for("education", person, is_overseas="yes", overseas_certified="no", diploma_number="")
    assert form.errors == {}


def test_a_number_proven_for_somebody_else_is_only_pointed_to_the_counter():
    prove_number(person=a_person("first"), by=a_user("clerk"), at=AT)
    second = a_person("second", "11010519491231002X")
    assert form_for("identity", second).errors == {
        "number": ["这个证件号码已经在用。请带证件到柜台办理，或使用账号找回。"]
    }


def test_a_proven_number_is_shown_and_not_changed():
    person = prove_number(person=a_person(), by=a_user("clerk"), at=AT)
    form = form_for("identity", person, number="11010519491231002X", legal_name="别人", phone="13900001111")
    assert form.errors == {}
    assert set(form.values) == {"phone", "household_code", "household_collective", "household_town"}
    assert form.values["phone"] == "13900001111"
    assert form["number"].value() == NUMBER


def test_a_correction_opens_the_marked_answers_only():
    form = form_for("education", a_filled_person(), only={"school", "diploma_on"}, school="闽江学院", level="doctor")
    assert form.errors == {}
    assert form.values == {"school": "闽江学院", "diploma_on": date(2023, 6, 20)}


def test_a_correction_asks_nothing_of_what_it_does_not_open():
    person = a_person()  # education was never answered
    form = EducationForm({"school": "闽江学院"}, person=person, on=TODAY, only={"school"})
    assert form.errors == {}
    assert form.values == {"school": "闽江学院"}


def test_a_correction_of_the_insured_months_opens_every_row():
    person = a_filled_person()
    form = form_for(
        "employment", person, only={"insured_ranges"}, insured_2_from="2023-10", insured_2_to="2023-10", town="hubin"
    )
    assert form.errors == {}
    save_employment(person=person, values=form.values, by=person.user, at=AT)
    person.employment.refresh_from_db()
    assert [(row["from"], row["to"]) for row in person.employment.insured_ranges] == [
        ("2023-07", "2023-09"),
        ("2023-10", "2023-10"),
    ]
    assert person.employment.town == "lingxiu"


def test_a_correction_of_the_household_opens_place_and_code():
    form = form_for("identity", a_person(), only={"household_code"}, household_place="elsewhere")
    assert form.errors == {}
    assert form.values == {"household_code": "other", "household_town": ""}
    assert not form.fields["household_place"].disabled


def test_a_corrected_country_of_the_degree_opens_its_certificate():
    form = form_for("education", a_filled_person(), only={"is_overseas"}, is_overseas="yes", overseas_certified="yes")
    assert form.errors == {}
    assert form.values == {"diploma_number": "103861202305001234", "is_overseas": "yes", "overseas_certified": "yes"}


def test_a_correction_may_open_a_proven_name():
    person = prove_number(person=a_person(), by=a_user("clerk"), at=AT)
    form = form_for("identity", person, only={"legal_name"}, legal_name="林晓杭")
    assert form.errors == {}
    assert form.values == {"legal_name": "林晓杭"}


def test_an_account_needs_a_name_first():
    person = a_person()
    save_identity(person=person, values={"legal_name": ""}, by=None, at=AT)
    person.refresh_from_db()
    assert form_for("account", person).errors == {"holder": ["请先在“身份信息”里填写姓名。"]}


def test_the_account_form_begins_with_the_persons_own_name():
    assert AccountForm(person=a_person(), on=TODAY)["holder"].value() == "林晓航"


def test_a_paper_needs_a_file_and_a_kind_that_is_asked_for():
    form = PaperForm({"kind": "selfie"}, {}, kinds=[("diploma", "毕业证书")])
    assert form.errors == {"kind": ["请重新选择材料。"], "file": ["请先选择要上传的文件。"]}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("form_class", [IdentityForm, EducationForm, EmploymentForm, AccountForm])
def test_every_section_renders_each_field_once(form_class, language):
    with override(language):
        form = form_class({}, person=a_filled_person(), on=TODAY)
        html = render_to_string("people/section_fields.html", {"form": form})
    for name in form.fields:
        assert f'name="{name}"' in html
    assert html.count('name="insured_1_from"') == (form_class is EmploymentForm)
    assert ("<datalist" in html) == (form_class is EducationForm)
    assert "style=" not in html


def test_the_school_list_suggests_and_does_not_bind():
    html = str(EducationForm(person=a_filled_person(), on=TODAY)["school"])
    assert 'list="id_school_suggestions"' in html
    assert '<option value="厦门大学"></option>' in html


@pytest.mark.parametrize(
    ("sent", "open_rows"),
    [
        ({}, [False, False, False]),
        ({"insured_3_from": "2023-04", "insured_3_to": "2023-05"}, [False, True, False]),
        ({"insured_2_to": "2023-13"}, [True, False, False]),
        ({"insured_4_late": "on"}, [False, False, True]),
    ],
)
def test_later_months_are_folded_away_until_something_stands_in_them(sent, open_rows):
    form = EmploymentForm({**EMPLOYMENT_SENT, **sent}, person=a_person(), on=TODAY)
    html = render_to_string("people/section_fields.html", {"form": form})
    assert [" open" in tag for tag in re.findall(r"<details[^>]*>", html)] == open_rows


def test_labels_say_who_must_fill_in_the_diploma_number_and_the_certificate():
    html = render_to_string("people/section_fields.html", {"form": EducationForm(person=a_person(), on=TODAY)})
    assert [words for _label, words in re.findall(r">([^<>]*) <span class=\"th-optional\">(.*?)</span>", html)] == [
        "（国内学历必填）",
        "（国（境）外学历必填）",
    ]


OF_A_TRAVELLER = {
    "number_kind": "hk_macao_travel",
    "number": "h12345678",
    "birth_date": "1996-05-02",
    "household_place": "none",
    "household_collective": "",
}


def test_another_paper_is_read_by_its_own_rule_and_needs_the_birth_date():
    form = form_for("identity", a_person(), **OF_A_TRAVELLER)
    assert form.errors == {}
    assert {name: form.values[name] for name in ("number_kind", "number", "birth_date", "household_code")} == {
        "number_kind": "hk_macao_travel",
        "number": "H12345678",
        "birth_date": date(1996, 5, 2),
        "household_code": "none",
    }
    assert form.values["household_collective"] == ""


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"birth_date": ""}, "birth_date", "请填写出生日期，和证件上的一样。"),
        ({"birth_date": "2009-05-02"}, "birth_date", "按出生日期，您还不满 16 岁。请核对。"),
        ({"birth_date": "2029-05-02"}, "birth_date", "日期不能晚于今天（2023 年 11 月 20 日）。请核对。"),
        ({"number_kind": "library_card"}, "number_kind", "请从列出的选项里选一项。"),
        (
            {"number": "A12345678"},
            "number",
            "通行证号码的第 1 位是 H（香港）或 M（澳门），您填的是“A”。请核对第 1 位。",
        ),
        (
            {"number": "810000199408230021"},
            "number",
            "这是港澳台居民居住证的号码。请把证件类型改成“港澳台居民居住证”，或者核对号码。",
        ),
        ({"household_place": "city"}, "household_place", "持港澳居民来往内地通行证的，请选“没有内地户籍”。"),
        (
            {"number_kind": "resident_id", "number": NUMBER, "birth_date": ""},
            "household_place",
            "持居民身份证的，请选户籍所在的地方。",
        ),
    ],
)
def test_a_mistake_about_another_paper_gets_a_sentence(changes, field, sentence):
    form = form_for("identity", a_person(), **(OF_A_TRAVELLER | changes))
    assert sentence in form.errors[field]


def test_a_number_that_carries_the_birth_date_keeps_no_other():
    traveller = OF_A_TRAVELLER | {"number_kind": "residence_permit", "number": "810000199408230021"}
    form = form_for("identity", a_person(), **traveller)
    assert (form.errors, form.values["birth_date"]) == ({}, None)


def test_a_proof_lapses_with_paper_or_birth_date():
    clerk, values = (
        a_user("clerk"),
        {"number_kind": "taiwan_travel", "number": "12345678", "birth_date": date(1996, 5, 2)},
    )
    for change in ({"number_kind": "passport"}, {"birth_date": date(1996, 5, 3)}, {"number": "12345679"}):
        person = a_person(f"one{len(change)}{next(iter(change))}")
        save_identity(person=person, values=values, by=None, at=AT)
        assert prove_number(person=person, by=clerk, at=AT).is_proven
        assert not save_identity(person=person, values=change, by=None, at=AT).is_proven
