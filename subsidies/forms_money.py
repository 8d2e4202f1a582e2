"""Forms of the money pages: a settled account, a recheck, a cancelled payable, a bank's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.fields import PlainForm
from portal.casework.models import ShelfPaper
from portal.ui.figures import day_time_text


class PaperChoiceForm(PlainForm):
    """One of the papers handed in for it, and a tick for what was compared."""

    paper = forms.ChoiceField(
        label=gettext_lazy("对照的材料"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("请选择对照的是哪一份材料。"),
            "invalid_choice": gettext_lazy("这份材料已经不在档案里，请重新选择。"),
        },
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, papers: Sequence[ShelfPaper]) -> None:
        super().__init__(data)
        choices = [(str(item.paper_id), _("%(when)s 上传") % {"when": day_time_text(item.added_at)}) for item in papers]
        self.fields["paper"].choices = choices
        if choices:
            self.initial = {"paper": choices[0][0]}

    @property
    def paper_id(self) -> UUID:
        """The chosen paper; on a valid form."""
        return UUID(self.cleaned_data["paper"])


class AccountSettleForm(PaperChoiceForm):
    """An account compared with its proof. ``account`` is the one that the page showed."""

    is_same = forms.BooleanField(
        label=gettext_lazy("户名、账号逐位对过，与材料一致"),
        error_messages={"required": gettext_lazy("请逐位对过户名和账号再勾选；不一致的不要核对通过。")},
    )
    account = forms.UUIDField(widget=forms.HiddenInput)


class RecheckForm(PaperChoiceForm):
    """A proof of being still in post, or against the register's doubt that the page showed (``doubt``)."""

    is_in_post = forms.BooleanField(
        label=gettext_lazy("材料写明本人现在仍在职，日期是最近的，单位盖了章或来自参保记录"),
        error_messages={"required": gettext_lazy("请看过材料再勾选；看不出仍在职的，不要核实通过。")},
    )
    doubt = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, papers: Sequence[ShelfPaper], doubt: str = "") -> None:
        super().__init__(data, papers=papers)
        self.initial["doubt"] = doubt
        if doubt == "prior_grants":
            tick = self.fields["is_in_post"]
            tick.label = _("材料由发放部门盖章，写明登记有误，或者那笔补贴与这项不互斥")
            tick.error_messages = {"required": _("请看过材料再勾选；看不出登记有误的，不要核实通过。")}


class CancelForm(PlainForm):
    """Why a payable is given up."""

    reason = forms.CharField(
        label=gettext_lazy("取消的原因"),
        help_text=gettext_lazy("写明事实和依据，例如“8 月已离职，见单位证明”。只有管理员能看到。"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("请写明取消的原因。")},
    )


class BankFileForm(PlainForm):
    """A bank's answer to a roll; what is in it is the service's to judge."""

    file = forms.FileField(
        label=gettext_lazy("银行回盘文件"),
        help_text=gettext_lazy(
            "XLSX，或 UTF-8、GB 18030 编码的 CSV，最大 5 MB。列：批次号、序号、账号、金额、状态、失败码、入账日。"
        ),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": gettext_lazy("请先选择银行回盘文件。")},
    )
