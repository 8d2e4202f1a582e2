"""Forms about a whole draft; those of its parts are made from the schema (``editing.forms``)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.policy.drafting import LARGEST_IMPORT, LONGEST_NOTE


class AskForm(forms.Form):
    """Asking the other administrators to publish."""

    note = forms.CharField(
        label=_("附言"),
        help_text=_("改了什么，依据什么文件"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    is_backdated = forms.BooleanField(
        label=_("施行日期已经过去，确实要往前施行"),
        help_text=_("还没有提交的申请改按这一版办理；已经提交的不变。"),
        required=False,
    )


class PublishForm(forms.Form):
    """Publishing what was asked for."""

    is_backdated = AskForm.base_fields["is_backdated"]


class SendBackForm(forms.Form):
    """Declining to publish."""

    reason = forms.CharField(label=_("退回的原因"), max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 2}))


class ImportForm(forms.Form):
    """A document as a file or pasted; valid, its text is in ``cleaned_data["document"]``."""

    file = forms.FileField(label=_("YAML 文件"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("或者粘贴内容"),
        required=False,
        strip=False,
        max_length=LARGEST_IMPORT,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "th-num"}),
    )

    def clean(self) -> dict[str, Any]:
        """One of the two, in UTF-8, no larger than 1 MB."""
        upload, text = self.cleaned_data.get("file"), self.cleaned_data.get("text")
        if upload is not None:
            if upload.size > LARGEST_IMPORT:
                self.add_error("file", _("文件太大，最大 1 MB。"))
                return self.cleaned_data
            try:
                text = upload.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("这个文件不是 UTF-8 编码的文本。请另存为 UTF-8 后再传。"))
                return self.cleaned_data
        if not self.errors and not (text or "").strip():
            self.add_error("file", _("请选择文件，或者粘贴内容。"))
        self.cleaned_data["document"] = text or ""
        return self.cleaned_data
