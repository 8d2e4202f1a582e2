"""Forms of delegations and recusals: whose roles go to whom and until when; who keeps away from a file, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from applicants.people.fields import PlainForm
from portal.accounts.models import RoleGrant, User
from portal.casework.wording import grant_text
from portal.ui.widgets import DayInput

DAY_ERRORS = {"invalid": gettext_lazy("请填写一个日期，例如 2026-11-16。")}


def _reason(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        error_messages={"required": gettext_lazy("请写明理由。")},
    )


class PersonChoice(forms.ChoiceField):
    """One of some people of the bureau, by name."""

    def offer(self, people: Sequence[User]) -> None:
        """Let one of ``people`` be chosen."""
        self.people = {str(person.pk): person for person in people}
        self.choices = [("", gettext_lazy("请选择")), *((pk, one.display_name) for pk, one in self.people.items())]

    def clean(self, value: Any) -> Any:
        """The person, or "" where none is needed."""
        return self.people.get(super().clean(value), "")


class DelegationForm(PlainForm):
    """What one person's delegation says; ``grants`` are those that may be lent."""

    grants = forms.MultipleChoiceField(
        label=gettext_lazy("委托哪些角色"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请选择要委托的角色。")},
    )
    to_user = PersonChoice(
        label=gettext_lazy("委托给"), error_messages={"required": gettext_lazy("请选择委托给哪位同事。")}
    )
    from_on = forms.DateField(label=gettext_lazy("第一天"), widget=DayInput(), error_messages=DAY_ERRORS)
    to_on = forms.DateField(
        label=gettext_lazy("最后一天"),
        help_text=gettext_lazy("这一天整天有效，第二天自动停止。"),
        widget=DayInput(),
        error_messages=DAY_ERRORS,
    )
    is_away = forms.BooleanField(label=gettext_lazy("这段时间本人不在岗"), required=False)
    reason = _reason(gettext_lazy("理由"), gettext_lazy("例如：年休假。双方和管理员看得到，加密保存。"))

    def __init__(
        self,
        data: Any = None,
        *,
        grants: Sequence[RoleGrant],
        people: Sequence[User],
        chosen: Sequence[RoleGrant] = (),
        on: date,
    ) -> None:
        super().__init__(data, initial={"grants": [str(grant.pk) for grant in chosen], "from_on": on})
        self._grants = {str(grant.pk): grant for grant in grants}
        choices = self.fields["grants"]
        if isinstance(choices, forms.MultipleChoiceField):
            choices.choices = [(pk, grant_text(grant)) for pk, grant in self._grants.items()]
        to_user = self.fields["to_user"]
        if isinstance(to_user, PersonChoice):
            to_user.offer(people)

    @property
    def details(self) -> dict[str, Any]:
        """What the service is handed, once the form is valid."""
        return self.cleaned_data | {"grants": [self._grants[pk] for pk in self.cleaned_data["grants"]]}


class RecusalForm(PlainForm):
    """Who keeps away, where an administrator may choose, and why."""

    person = PersonChoice(label=gettext_lazy("谁要回避"), error_messages={"required": gettext_lazy("请选择谁要回避。")})
    reason = _reason(
        gettext_lazy("理由"), gettext_lazy("例如：申请人是近亲属。只有本人和管理员看得到，加密保存，申请人看不到。")
    )

    def __init__(self, data: Any = None, *, people: Sequence[User]) -> None:
        super().__init__(data)
        person = self.fields["person"]
        if len(people) > 1 and isinstance(person, PersonChoice):
            person.offer(people)
        else:
            del self.fields["person"]


class WithdrawalForm(PlainForm):
    """Why somebody may have a hand in the file again."""

    reason = _reason(gettext_lazy("撤销回避的理由"), gettext_lazy("和您的名字、时间一起留痕。"))
