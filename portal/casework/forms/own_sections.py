"""What the forms of a programme's own sections share (``OwnSection.form``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from applicants.people.fields import PlainForm
from portal.accounts.models import User
from portal.casework.models import Application
from portal.policy.explanations import COLUMNS
from portal.policy.terms import NoticeRule
from portal.ui.templatetags.ui import zh

YES_OR_NO = {None: "", True: "yes", False: "no"}  # an answer as a choice


class OwnSectionForm(PlainForm):
    """A part of the task list that one programme asks.

    ``only`` names the answers that may be changed (a correction); the others are shown as they are.
    """

    labels: Mapping[str, Any] = {}  # answer → lazy label

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        application: Application,
        only: Collection[str] | None = None,
    ) -> None:
        self.application = application
        super().__init__(data, initial=self.stored())
        for name, field in self.fields.items():
            if only is not None and not {name, self.opened_with(name)} & set(only):
                field.disabled, field.required = True, False

    def stored(self) -> dict[str, Any]:
        """What stands there now, as the fields show it."""
        raise NotImplementedError

    def opened_with(self, name: str) -> str:
        """The answer that ``name`` is a part of: who may change that, may change this."""
        return name

    def values(self) -> dict[str, Any]:
        """The open answers as they are kept; call on a valid form."""
        return {name: self.cleaned_data[name] for name, field in self.fields.items() if not field.disabled}


class KeptForm(OwnSectionForm):
    """A section whose answers are columns of the programme's own row, which its services read and keep."""

    section: str
    detail_of: Callable[[Application], Any]
    keep: Callable[..., Any]

    def stored(self) -> dict[str, Any]:
        """What stands there now."""
        detail = self.detail_of(self.application)
        return {name: getattr(detail, name) for name in self.base_fields}

    def save(self, *, by: User, at: datetime) -> Any:
        """Store the answers; call on a valid form. Raises StepRefused."""
        return self.keep(self.application, self.section, self.values(), by=by, at=at)


class DeclaredTrueForm(OwnSectionForm):
    """A declaration: the policy's sentences, and a tick under them. ``labels`` says what the tick is called."""

    is_declared_true = forms.BooleanField(
        error_messages={"required": gettext_lazy("请先确认声明，再勾选这一项。不能确认的，请先改好前面的内容。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sentences = self.application.policy_version.parsed.declarations
        field = self.fields["is_declared_true"]
        field.label = self.labels["is_declared_true"]
        field.help_text = format_html_join("", "<span>{}</span> ", ((zh(sentence),) for sentence in sentences))


class NoticeAgreedForm(DeclaredTrueForm):
    """A declaration that also agrees to the public notice, where the policy has one."""

    is_notice_agreed = forms.BooleanField(
        label=gettext_lazy("我知道，审核通过后会公示这些内容"),
        error_messages={"required": gettext_lazy("公示是审批的一步。请看清公示的内容，再勾选这一项。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        notice = self.application.policy_version.parsed.notice
        if notice is None:
            del self.fields["is_notice_agreed"]
        else:
            self.fields["is_notice_agreed"].help_text = _notice_text(notice)


class KeptDeclarationForm(DeclaredTrueForm, KeptForm):
    """A declaration of ticks and nothing more."""

    section = "declaration"
    labels = {"is_declared_true": gettext_lazy("我已看清并声明以上内容")}

    @classmethod
    def rows_of(cls, answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Answers as (answer, label, words), as a submission keeps them."""
        ticked = _("已勾选")
        return [(name, str(label), ticked if answers.get(name) else "") for name, label in cls.labels.items()]


def _notice_text(notice: NoticeRule) -> str:
    """What the public notice shows of a person and for how long, as the policy says."""
    columns = pgettext("between two items", "、").join(str(COLUMNS[column]) for column in notice.columns)
    return _(
        "审核通过后，名单要在本网站公示 %(days)s 个工作日。公示的是：%(columns)s。"
        "姓名只显示姓，后面用“**”代替；不公示电话、账号、出生日期和住址。"
    ) % {"days": notice.working_days, "columns": columns}
