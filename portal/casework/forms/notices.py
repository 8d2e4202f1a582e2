"""Forms of public notices: the check before release, an objection, its answer."""

from django import forms
from django.utils.translation import gettext_lazy as _

from applicants.people.fields import DayField, PickField
from portal.casework.models import NoticeObjection


class ReleaseForm(forms.Form):
    """What the second person looks at before a list goes on line (openness regulations, article 17)."""

    masked = forms.BooleanField(label=_("姓名只留姓氏，证件号只留末几位，同名同尾号的人分得清"))
    nothing_else = forms.BooleanField(label=_("没有电话、账号、出生日期、住址，也没有其他能认出人的内容"))
    figures = forms.BooleanField(label=_("人数、金额、学历和用人单位与审核结果一致"))
    contact = forms.BooleanField(label=_("公示期和提出异议的电话、地址没有写错"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("请逐项看过再发布，四项都要勾选。")


class ObjectionForm(forms.Form):
    """A real-name objection to one person on a list."""

    name = forms.CharField(
        label=_("您的姓名"),
        max_length=40,
        help_text=_("请写真实姓名。我们为您保密，不会告诉被异议的人。"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("请写您的真实姓名。")},
    )
    contact = forms.CharField(
        label=_("联系方式"),
        max_length=100,
        help_text=_("手机号码或邮箱，核实时用来找您。"),
        widget=forms.TextInput(attrs={"autocomplete": "tel"}),
        error_messages={"required": _("请写能找到您的手机号码或邮箱。")},
    )
    text = forms.CharField(
        label=_("异议和依据"),
        max_length=2000,
        help_text=_("写清楚哪一点不对、您怎么知道的、可以向谁核实。"),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": _("请写明异议的内容和依据。"), "max_length": _("最多写 2000 个字。")},
    )


class DeskObjectionForm(ObjectionForm):
    """An objection that came by letter, telephone or visit, entered by the office."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("异议人姓名")
        self.fields["name"].help_text = _("照来信或身份证填写。只有管理员和审计能看到。")
        self.fields["contact"].help_text = _("电话或通信地址，答复时要用。")
        for name in ("name", "contact"):
            self.fields[name].widget.attrs["autocomplete"] = "off"


class AnswerForm(forms.Form):
    """The decision on an objection."""

    UPHELD, DISMISSED = "upheld", "dismissed"

    decision = forms.ChoiceField(
        label=_("核实结果"),
        choices=[
            (DISMISSED, _("异议不成立：申请按原来的公示继续")),
            (UPHELD, _("异议成立：申请退回复审，这个人从名单上撤下")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择核实结果。")},
    )
    answer = forms.CharField(
        label=_("答复"),
        max_length=2000,
        help_text=_("原文发给异议人，也作为办理理由存档。请不要写被异议人的个人信息。"),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("请写明答复。"), "max_length": _("最多写 2000 个字。")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class TellForm(forms.Form):
    """How and on which day the answer reached an objector without an account."""

    how = PickField(label=_("怎么送达的"), choices=NoticeObjection.Told.choices, missing=_("请选择怎么送达的。"))
    on = DayField(
        label=_("哪一天送达"),
        missing=_("请写送达的日期。"),
        help_text=_("邮寄的，写寄出那天。"),
        attrs={"class": "is-short"},
    )
