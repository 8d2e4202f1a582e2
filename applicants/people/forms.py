"""The questions of the task list: one form per section, the same for a draft and (``only``) for a correction.

A form is bound to a person and a day: ``EducationForm(request.POST or None, person=person, on=today)``. When valid,
``form.values`` goes to the section's service. ``templates/people/section_fields.html`` renders any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people import identities, numbers
from applicants.people.answers import missing_answers
from applicants.people.choices import EducationLevel, NumberKind, StudyMode, YesNo
from applicants.people.employment_form import EmploymentForm
from applicants.people.fields import DayField, LineField, PickField, PlainForm, SuggestingInput
from applicants.people.labels import ELSEWHERE, NOWHERE
from applicants.people.models import Education, PayoutAccount, Person
from applicants.people.names import clean_name, names_equal
from applicants.people.papers import ACCEPT
from applicants.people.refusals import NumberInvalid
from applicants.people.section_form import CODE_ATTRS, DIGIT_ATTRS, SectionForm
from applicants.people.services import claim_conflict, conflict_sentence
from portal.city import city, town_choices
from portal.policy.facts import same_name
from portal.policy.schools import school_list, school_list_names

YOUNGEST_WORKER_YEARS = 16


class IdentityForm(SectionForm):
    """Who the person is and where the household is registered."""

    section = "identity"
    answers = Person.ANSWERS
    answer_behind = {"household_place": "household_code"}
    opened_by = {"household_town": "household_code", "number_kind": "number", "birth_date": "number"}
    looks_for_claims = True  # a number proven for somebody else is not taken

    legal_name = LineField(
        missing=gettext_lazy("请填写姓名，和证件上的一样。"),
        parse=clean_name,
        most=100,  # of what is typed; the name itself is checked by ``clean_name``
        help_text=gettext_lazy("照证件填写。姓名里有间隔号的，用“·”；外文姓名照证件上的拼写。"),
        attrs={"autocomplete": "name", "spellcheck": "false"},
    )
    number_kind = PickField(
        missing=gettext_lazy("请选择证件类型。"),
        widget=forms.Select,
        choices=NumberKind.choices,
        help_text=gettext_lazy("先选证件，再填号码。"),
    )
    number = LineField(
        missing=gettext_lazy("请填写证件号码。"),
        help_text=gettext_lazy("照证件填写。居民身份证是 18 位，最后一位可能是 X。"),
        attrs={**CODE_ATTRS, "maxlength": "30"},
    )
    birth_date = DayField(
        needed=gettext_lazy("（通行证、护照和旧版永久居留证必填）"),
        help_text=gettext_lazy("证件号码里没有出生日期的才要填。居民身份证、居住证不用填。"),
    )
    phone = LineField(
        missing=gettext_lazy("请填写手机号码。"),
        parse=numbers.parse_mobile,
        help_text=gettext_lazy("11 位手机号码。办理中有事时，我们打这个电话。"),
        attrs={"inputmode": "tel", "autocomplete": "tel-national", "maxlength": "20"},
    )
    household_place = PickField(
        label=gettext_lazy("户籍所在地"),
        missing=gettext_lazy("请选择户籍所在地。"),
        choices=lambda: [("city", city().name), ("elsewhere", _("其他地方")), (NOWHERE, _("没有内地户籍"))],
        help_text=gettext_lazy(
            "看户口簿上的住址。身份证号码的前 6 位不一定是现在的户籍地。港澳台居民和外国人选“没有内地户籍”。"
        ),
    )
    household_code = LineField(
        label=gettext_lazy("户籍所在县（市、区）的代码"),
        parse=numbers.parse_county_code,
        help_text=gettext_lazy("户籍在其他地方的填写，6 位数字；不知道的可以不填。"),
        attrs={**DIGIT_ATTRS, "maxlength": "12"},
    )
    household_collective = PickField(
        missing=gettext_lazy("请选择户口是不是在集体户。"),
        choices=YesNo.choices,
        help_text=gettext_lazy("户口在学校、单位或人才集体户的，选“是”。没有内地户籍的不用选。"),
    )
    household_town = PickField(
        widget=forms.Select,
        choices=lambda: [("", _("请选择")), *town_choices()],
        help_text=gettext_lazy("户籍在本市的可以填写，其他的不用填。"),
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        if data is not None and not data.get("number_kind"):
            data = data.copy()
            data["number_kind"] = NumberKind.RESIDENT
        super().__init__(data, **kwargs)
        if self.person.is_proven and kwargs.get("only") is None:
            for name in Person.PROVEN:
                self.lock(name)
                self.fields[name].help_text = _("已核实。需要更改的，请带证件到柜台办理。")
        if self.data.get("household_place") == NOWHERE and "household_collective" in self.fields:
            self.fields["household_collective"].required = False

    @classmethod
    def initial_from(cls, person: Person) -> dict[str, Any]:
        """The stored code, split into place and code."""
        initial = {name: getattr(person, name) for name in cls.answers}
        code = initial["household_code"]
        initial["household_place"] = {"": "", city().code: "city", NOWHERE: NOWHERE}.get(code, "elsewhere")
        if code in (ELSEWHERE, NOWHERE, city().code):
            initial["household_code"] = ""
        return initial

    def clean(self) -> dict[str, Any]:
        """Read the number as one of its paper, and put place and code together again."""
        data = super().clean()
        if {"number_kind", "number"} <= data.keys() and (self.is_open("number") or self.is_open("number_kind")):
            self._read_number(data)
        self._read_household(data)
        return data

    def _read_number(self, data: dict[str, Any]) -> None:
        """The number as it is stored; a number proven by somebody else is only pointed to the counter."""
        kind, told = data["number_kind"], "number" if self.is_open("number") else "number_kind"
        try:
            read = identities.parse_identity(kind, data["number"], on=self.on)
        except NumberInvalid as refusal:
            self.add_error(told, refusal.sentence)
            return
        data["number"] = read.number
        if read.birth_date:
            data["birth_date"] = None
        elif "birth_date" not in self.errors:
            self.must_be_past("birth_date")
            if not data.get("birth_date"):
                self.add_error("birth_date", _("请填写出生日期，和证件上的一样。"))
        born = read.birth_date or data.get("birth_date")
        if born and (self.on.year, self.on.month, self.on.day) < (
            born.year + YOUNGEST_WORKER_YEARS,
            born.month,
            born.day,
        ):
            if read.birth_date:
                paper = identities.paper_name(kind)
                sentence = _("按%(paper)s号码，您还不满 16 岁。请核对第 7 至 14 位。") % {"paper": paper}
                self.add_error(told, sentence)
            else:
                self.add_error("birth_date", _("按出生日期，您还不满 16 岁。请核对。"))
        if self.looks_for_claims and claim_conflict(read.number, kind=kind, person=self.person):
            self.add_error(told, conflict_sentence())

    def _read_household(self, data: dict[str, Any]) -> None:
        place, kind = data.get("household_place"), data.get("number_kind")
        if place and kind and (kind == NumberKind.RESIDENT) == (place == NOWHERE):
            self.add_error(
                "household_place",
                _("持居民身份证的，请选户籍所在的地方。")
                if place == NOWHERE
                else _("持%(paper)s的，请选“没有内地户籍”。") % {"paper": NumberKind(kind).label},
            )
        if place == NOWHERE:
            data["household_code"], data["household_collective"] = NOWHERE, ""
        else:
            data["household_code"] = city().code if place == "city" else data.get("household_code") or ELSEWHERE
        if data["household_code"] != city().code:
            data["household_town"] = ""


def known_schools() -> list[str]:
    """Names to suggest: every school on a list that a policy may name."""
    return sorted({school for name in school_list_names() for school in school_list(name)})


class EducationForm(SectionForm):
    """The degree the person applies with."""

    section = "education"
    answers = Education.ANSWERS
    opened_by = {"overseas_certified": "is_overseas", "diploma_number": "is_overseas"}

    level = PickField(missing=gettext_lazy("请选择学历。"), choices=EducationLevel.choices)
    study_mode = PickField(
        missing=gettext_lazy("请选择学习形式。"),
        choices=StudyMode.choices,
        help_text=gettext_lazy("统招专升本：学历选“本科”，学习形式选“全日制”。"),
    )
    school = LineField(
        missing=gettext_lazy("请填写毕业院校。"),
        parse=same_name,
        widget=lambda attrs: SuggestingInput(attrs, suggestions=known_schools),
        help_text=gettext_lazy("毕业证书上的全称。列表里没有的，直接填写。"),
        attrs={"autocomplete": "off"},
    )
    major = LineField(missing=gettext_lazy("请填写专业。"), attrs={"autocomplete": "off"})
    diploma_on = DayField(
        missing=gettext_lazy("请填写毕业证书的签发日期。"),
        help_text=gettext_lazy("证书右下角的日期，例如 2023 年 6 月 20 日。"),
    )
    diploma_number = LineField(
        most=40,
        parse=numbers.parse_diploma_number,
        needed=gettext_lazy("（国内学历必填）"),
        help_text=gettext_lazy("在证书编号一栏，多数是 18 位。国（境）外证书没有编号的可以不填。"),
        attrs=CODE_ATTRS,
    )
    is_overseas = PickField(
        missing=gettext_lazy("请选择是不是国（境）外学历。"),
        choices=YesNo.choices,
        help_text=gettext_lazy("在国外或者港澳台地区取得的学历，选“是”。"),
    )
    overseas_certified = PickField(
        needed=gettext_lazy("（国（境）外学历必填）"),
        choices=YesNo.choices,
        help_text=gettext_lazy("教育部留学服务中心的认证书。还没有的也可以先申请。"),
    )

    @classmethod
    def initial_from(cls, person: Person) -> dict[str, Any]:
        """The stored answers."""
        row = Education.objects.filter(person=person).first() or Education(person=person)
        return {name: getattr(row, name) for name in cls.answers}

    def clean(self) -> dict[str, Any]:
        """Ask for the certificate of an overseas degree, and for the number of a domestic diploma."""
        data = super().clean()
        self.must_be_past("diploma_on")
        if data.get("is_overseas") == YesNo.NO:
            data["overseas_certified"] = ""
        missing = missing_answers({"education": data}, "education")
        if "overseas_certified" in missing and "overseas_certified" not in self.errors:
            self.add_error("overseas_certified", _("请选择有没有认证书。"))
        if "diploma_number" in missing and "diploma_number" not in self.errors:
            self.add_error("diploma_number", _("请填写毕业证书编号。"))
        return data


class AccountForm(SectionForm):
    """The social-security-card account that is paid into (policy-facts 6.4)."""

    section = "account"
    answers = PayoutAccount.ANSWERS

    holder = LineField(
        missing=gettext_lazy("请填写账户姓名。"),
        most=100,
        help_text=gettext_lazy("只能是您本人的账户。"),
        attrs={"autocomplete": "name", "spellcheck": "false"},
    )
    number = LineField(
        missing=gettext_lazy("请填写银行账号。"),
        parse=numbers.parse_account_number,
        help_text=gettext_lazy("社会保障卡上的银行账号，12 至 30 位数字，不是社会保障号码。"),
        attrs={**DIGIT_ATTRS, "maxlength": "60"},
    )
    bank_name = LineField(
        missing=gettext_lazy("请填写开户银行。"),
        help_text=gettext_lazy("卡面上的银行，知道支行的写到支行。"),
        attrs={"autocomplete": "off"},
    )
    branch_code = LineField(
        parse=numbers.parse_branch_code,
        help_text=gettext_lazy("12 位数字，可以问开户银行；不知道的可以不填。"),
        attrs={**DIGIT_ATTRS, "maxlength": "24"},
    )
    is_activated = forms.BooleanField(
        label=gettext_lazy("这张社会保障卡的金融功能已经激活"),
        help_text=gettext_lazy("没有激活的卡收不到钱。激活要本人带身份证到卡面上的银行办理。"),
        error_messages={"required": gettext_lazy("请先到银行激活社会保障卡的金融功能，再勾选这一项。")},
    )

    @classmethod
    def initial_from(cls, person: Person) -> dict[str, Any]:
        """The current account, or the person's own name."""
        row = person.current_account() or PayoutAccount(person=person, holder=person.legal_name)
        return {name: getattr(row, name) for name in cls.answers}

    def clean_holder(self) -> str:
        """The person's own name, as it stands in the file."""
        holder = self.cleaned_data["holder"]
        if self.fields["holder"].disabled:
            return holder
        if not self.person.legal_name:
            raise ValidationError(_("请先在“身份信息”里填写姓名。"))
        if not names_equal(holder, self.person.legal_name):
            raise ValidationError(_("账户姓名和您的姓名不一致。钱只能发到本人的账户，请换成您自己的社会保障卡账户。"))
        return self.person.legal_name

    def clean_number(self) -> str:
        """Not the number of the person: both stand on the card, and are taken for each other."""
        number = self.cleaned_data["number"]
        if number and number == self.person.number and not self.fields["number"].disabled:
            raise ValidationError(_("这是您的证件号码，不是银行账号。请填写卡面上的银行账号。"))
        return number


class PaperForm(PlainForm):
    """One file for one kind of paper. What the file is, and whether it can be taken, is ``accept_paper``'s to say."""

    kind = forms.ChoiceField(
        widget=forms.HiddenInput, error_messages={"invalid_choice": gettext_lazy("请重新选择材料。")}
    )
    file = forms.FileField(
        label=gettext_lazy("拍照或选择文件"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
        help_text=gettext_lazy("照片（JPEG、PNG、HEIC、WebP）或 PDF。四角完整、字迹清楚。"),
        error_messages={
            "required": gettext_lazy("请先选择要上传的文件。"),
            "invalid": gettext_lazy("文件没有传上来。请再选一次。"),
            "missing": gettext_lazy("文件没有传上来。请再选一次。"),
        },
    )

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds


SECTION_FORMS: dict[str, type[SectionForm]] = {
    form.section: form for form in (IdentityForm, EducationForm, EmploymentForm, AccountForm)
}
