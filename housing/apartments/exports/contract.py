"""The contract on paper. The Chinese text is the one that binds; an English one follows as a reading aid."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import override, pgettext_lazy

from housing.apartments.models import ContractTemplate, Lease
from housing.apartments.services.contract_texts import Block, blocks_of, values_for
from portal.printing.letter import letter_pdf

METHODS = {
    "password": pgettext_lazy("signature", "密码"),
    "code": pgettext_lazy("signature", "短信验证码"),
    "totp": pgettext_lazy("signature", "动态验证码"),
    "webauthn": pgettext_lazy("signature", "通行密钥"),
    "pin": pgettext_lazy("signature", "设备 PIN"),
}


def in_groups(digest: str) -> str:
    """A digest in groups of eight digits, so that it can be compared, and broken into lines."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def contract_text(template: ContractTemplate, lease: Lease) -> dict[str, list[Block]]:
    """The filled-in text by language; ``en`` is empty where the template has no English."""
    found = {}
    for key, language, text in (("zh", "zh-hans", template.body_zh), ("en", "en", template.body_en)):
        with override(language):
            found[key] = blocks_of(text, values_for(lease)) if text else []
    return found


def contract_pdf(text: dict[str, list[Block]], *, number: str, at: datetime) -> bytes:
    """The contract of the lease ``number``; names and numbers stand in it: stored sealed, shown to its parties."""
    with override("zh-hans"):
        html = render_to_string("apartments/leases/contract_text.html", {"paper": text})
    return letter_pdf(html, title=f"租赁合同 {number}", foot=f"租赁合同  {number}", language="zh-CN", at=at)
