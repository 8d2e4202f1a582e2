"""What is taken away from the pages of a lease: contract, statement, photos, papers signed by hand."""

from __future__ import annotations

from mimetypes import guess_type
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404

from applicants.people.papers_shown import paper_response
from housing import photos
from housing.apartments.exports.statement import statement_pdf, statement_xlsx
from housing.apartments.models import Contract, HandoverPhoto, Lease
from housing.apartments.services.at_counter import papers_of
from housing.apartments.services.contracts import open_contract, open_signed_copy
from portal import clock
from portal.accounts.models import User
from portal.audit.services import record

STATEMENTS = {"xlsx": statement_xlsx, "pdf": statement_pdf}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(content: bytes, name: str) -> HttpResponse:
    """A file for whoever asked, kept nowhere on its way; what it is, its name's ending says."""
    return HttpResponse(
        content,
        headers={
            "Content-Type": XLSX if name.endswith(".xlsx") else guess_type(name)[0] or "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


def contract_of(lease: Lease) -> Contract:
    """The lease's contract. Raises Http404 where there is none yet."""
    return get_object_or_404(Contract.objects.select_related("template"), lease=lease)


def contract_file(lease: Lease, *, by: User) -> HttpResponse:
    """The contract as it is, and was, signed. Raises Http404 where there is none yet."""
    try:
        content = open_contract(contract_of(lease), by=by, at=clock.now())
    except FileNotFoundError:
        raise Http404 from None
    return download(content, f"contract-{lease.number}.pdf")


def signed_copy_file(lease: Lease, *, by: User) -> HttpResponse:
    """The contract with the record of its signatures behind it. Raises Http404 before both have signed."""
    contract = contract_of(lease)
    try:
        content = open_signed_copy(contract, by=by, at=clock.now())
    except FileNotFoundError:
        raise Http404 from None
    return download(content, f"contract-{lease.number}-signed.pdf")


def statement_file(lease: Lease, kind: str, *, by: User, is_masked: bool = False) -> HttpResponse:
    """The account of the lease; whoever takes it leaves an entry. Raises Http404 for a ``kind`` there is not."""
    if kind not in STATEMENTS:
        raise Http404
    at = clock.now()
    record(action="rent.statement", actor=by, target=lease, at=at, note=kind)
    content = STATEMENTS[kind](lease, at=at, is_masked=is_masked)
    return download(content, f"statement-{lease.number}.{kind}")


def photo_file(lease: Lease, photo: UUID) -> HttpResponse:
    """A picture of one of the lease's hand-overs. Raises Http404."""
    row = get_object_or_404(HandoverPhoto, pk=photo, handover__lease=lease)
    try:
        content = photos.open_photo(row)
    except FileNotFoundError:
        raise Http404 from None
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


def signed_paper_file(lease: Lease, paper: UUID, *, by: User) -> HttpResponse:
    """The scan of what the tenant signed by hand for this lease. Raises Http404."""
    row = get_object_or_404(papers_of(lease), pk=paper)
    try:
        answer = paper_response(row)
    except FileNotFoundError:
        raise Http404 from None
    record(action="lease.open_paper", actor=by, target=lease, at=clock.now(), note=row.kind)
    return answer
