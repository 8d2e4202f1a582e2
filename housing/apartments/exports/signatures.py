"""The signed copy of a contract: its pages as they were signed, the record of the signatures, what was signed by hand.

The stored contract keeps its bytes; its hash stands in the record. The record is Chinese first, then English, as the
contract is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

import pikepdf
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from housing.apartments.exports.contract import METHODS, in_groups
from housing.apartments.models import Contract, LeaseSignature
from portal.printing.letter import letter_pdf
from portal.printing.paper import Paper

MARGIN, ACROSS, DOWN = 10.0, 190.0, 277.0  # millimetres of A4 that a picture may fill


def signed_copy(
    content: bytes,
    contract: Contract,
    signatures: Sequence[LeaseSignature],
    papers: Sequence[tuple[bytes, str]],
    *,
    at: datetime,
) -> bytes:
    """The contract's ``content``, the record of ``signatures`` (with their member, by), and the scanned ``papers``
    (bytes, MIME type), as one PDF.
    """
    parts = [content, *(signature_record(contract, signatures, language, at=at) for language in _languages(contract))]
    parts += [data if kind == "application/pdf" else _picture_page(data, at=at) for data, kind in papers]
    written = BytesIO()
    with pikepdf.new() as whole:
        for part in parts:
            with pikepdf.open(BytesIO(part)) as pages:
                whole.pages.extend(pages.pages)
        with whole.open_metadata() as meta:
            meta["dc:title"] = contract.lease.number
        whole.save(written, deterministic_id=True)
    return written.getvalue()


def signature_record(contract: Contract, signatures: Sequence[LeaseSignature], language: str, *, at: datetime) -> bytes:
    """Who signed for which side, when, over which bytes, and how they proved who they are; one page."""
    number = contract.lease.number
    context = {"contract": contract, "lease": contract.lease, "digest": in_groups(contract.sha256)}
    with override(language):
        rows, title = [_row(it, contract) for it in signatures], _("签署记录")
        html = render_to_string("apartments/leases/signature_record.html", {**context, "rows": rows})
    code = "zh-CN" if language == "zh-hans" else language
    return letter_pdf(html, title=f"{title} {number}", foot=f"{number}  {title}", language=code,
                      at=timezone.localtime(at))  # fmt: skip


def _languages(contract: Contract) -> list[str]:
    """Those that the contract is written in."""
    return ["zh-hans", "en"] if contract.text and contract.text["en"] else ["zh-hans"]


def _row(signature: LeaseSignature, contract: Contract) -> dict[str, object]:
    member = signature.member
    return {
        "side": signature.get_side_display(),
        "name": member.display_name if member else contract.lease.person.legal_name,
        "partner": member.partner.name if member else "",
        "signature": signature,
        "method": METHODS.get(signature.proved_with, signature.proved_with),
        "is_same": signature.contract_sha256 == contract.sha256,
    }


def _picture_page(data: bytes, *, at: datetime) -> bytes:
    paper = Paper(title=_("签署页"), language="zh-CN", at=timezone.localtime(at))
    paper.add_page()
    paper.image(BytesIO(data), MARGIN, MARGIN, ACROSS, DOWN, keep_aspect_ratio=True)
    return paper.finish()
