"""The papers of a lease: photos of a hand-over, the signed copy of the contract, the statement for each reader."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import override
from openpyxl import load_workbook

from applicants.people.refusals import PaperRefused
from housing.apartments.exports.statement import statement_lines, statement_xlsx
from housing.apartments.models import HandoverPhoto, LossReport
from housing.apartments.services.billing import make_bills
from housing.apartments.services.contracts import open_contract
from housing.apartments.services.handing_over import MOST_PHOTOS, add_photo, digest_of, remove_photo, sign_handover
from housing.apartments.services.receiving import receive
from housing.apartments.services.refusals import LeaseRefused
from portal.accounts.models import Role
from portal.audit.models import Entry
from tests.apartments.lease_making import (
    APRIL,
    MINUTE,
    browser_of,
    device_of,
    make_drafted,
    make_running,
    make_signed,
    operator_of,
    read,
    sign,
    write,
)
from tests.apartments.making import AT, DAY, FIRST, HOUR
from tests.browsing import signed_in
from tests.factories import move_clock, staff
from tests.lodging.sites_making import picture

pytestmark = pytest.mark.django_db


def handed_over():
    """A signed lease with a list that waits for the tenant, and the operator who wrote it."""
    lease = make_signed()
    member = lease.unit.building.place.members.get(role="apartment_operator")
    return lease, write(lease, member), member


def sheet_of(content: bytes) -> list[list[object]]:
    return [[cell.value for cell in row] for row in load_workbook(BytesIO(content)).active.iter_rows()]


# ── photos ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_photos_are_part_of_what_is_signed_and_stay_afterwards():
    lease, row, member = handed_over()
    bare = digest_of(row)
    photo = add_photo(handover_id=row.pk, upload=picture(), caption="客厅", member=member, at=APRIL)
    row.refresh_from_db()
    with_photo = digest_of(row)
    assert bare != with_photo
    with pytest.raises(LeaseRefused):
        sign_handover(handover_id=row.pk, seen_sha256=bare, by=lease.person.user, at=APRIL + HOUR)
    sign_handover(handover_id=row.pk, seen_sha256=with_photo, by=lease.person.user, at=APRIL + HOUR)
    for act in (
        lambda: add_photo(handover_id=row.pk, upload=picture(), caption="厨房", member=member, at=APRIL + HOUR),
        lambda: remove_photo(photo=photo, member=member, at=APRIL + HOUR),
    ):
        with pytest.raises(LeaseRefused):
            act()
    assert HandoverPhoto.objects.count() == 1


def test_an_operator_adds_photos_which_the_parties_and_the_desk_see():
    lease, row, member = handed_over()
    move_clock(APRIL + MINUTE)
    phone, url = device_of(member, at=APRIL + MINUTE), reverse("partner_photos", args=[lease.pk, "in"])
    assert phone.get(url).status_code == 200
    assert phone.post(url, {"picture": SimpleUploadedFile("a.jpg", b"x"), "caption": "客厅"}).status_code == 422
    for odd in ("", "x", "99", "-1", "\0"):
        assert phone.post(url, {"remove": odd}).status_code == 404
    for caption in ("客厅", "阳台"):
        assert phone.post(url, {"picture": picture(), "caption": caption}).status_code == 302
    assert phone.post(url, {"remove": "1"}).status_code == 302
    photo = HandoverPhoto.objects.get()
    assert photo.caption_zh == "阳台"
    browsers = {"own": browser_of(lease), "partner": phone, "desk": signed_in(Role.FIRST_REVIEWER)}
    for side, client in browsers.items():
        answer = client.get(reverse(f"{side}_handover_photo", args=[lease.pk, photo.pk]))
        assert (answer.status_code, sha256(answer.content).hexdigest()) == (200, photo.sha256)
    assert "阳台" in browsers["own"].get(reverse("own_handover", args=[lease.pk, "in"])).content.decode()
    stranger = device_of(operator_of(make_drafted()), at=APRIL + MINUTE)
    assert stranger.get(reverse("partner_handover_photo", args=[lease.pk, photo.pk])).status_code == 404
    assert stranger.get(url).status_code == 404
    sign_handover(handover_id=row.pk, seen_sha256=digest_of(row), by=lease.person.user, at=APRIL + HOUR)
    assert phone.post(url, {"remove": "2"}).status_code == 404


def test_no_more_than_a_handful_of_photos():
    _lease, row, member = handed_over()
    for _number in range(MOST_PHOTOS):
        add_photo(handover_id=row.pk, upload=picture(), caption="客厅", member=member, at=APRIL)
    with pytest.raises(PaperRefused):
        add_photo(handover_id=row.pk, upload=picture(), caption="客厅", member=member, at=APRIL)


def test_a_list_that_was_changed_can_be_signed_from_the_page_that_says_so():
    lease, row, member = handed_over()
    seen = digest_of(row)
    move_clock(APRIL + HOUR)
    add_photo(handover_id=row.pk, upload=picture(), caption="客厅", member=member, at=APRIL)
    answer = browser_of(lease).post(reverse("own_handover", args=[lease.pk, "in"]), {"seen": seen, "agreed": "on"})
    row.refresh_from_db()
    assert (answer.status_code, f'name="seen" value="{digest_of(row)}"' in answer.content.decode()) == (422, True)


# ── the signed copy ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_signed_copy_is_the_contract_and_the_record_of_its_signatures():
    lease = make_drafted(is_drawn=True)
    url = reverse("own_lease_signed", args=[lease.pk])
    client = browser_of(lease)
    assert client.get(url).status_code == 404
    sign(lease, member=operator_of(lease), at=AT + DAY)
    sign(lease, at=AT + DAY)
    move_clock(AT + 2 * DAY)
    copy = client.get(url).content
    original = open_contract(lease.contract, by=staff(Role.AUDITOR), at=AT + 2 * DAY)
    assert sha256(original).hexdigest() == lease.contract.sha256
    with pikepdf.open(BytesIO(original)) as one, pikepdf.open(BytesIO(copy)) as whole:
        pages = len(one.pages)
        assert len(whole.pages) == pages + 2  # the contract is written in two languages
    document = pypdfium2.PdfDocument(copy)
    text = "".join(document[pages].get_textpage().get_text_range().split())
    document.close()
    digest = lease.contract.sha256
    assert [it in text for it in ("签署记录", digest, lease.person.legal_name, "蔡管家", "设备PIN", "密码")] == [
        True
    ] * 6
    for side, reader in (("partner", device_of(operator_of(lease), at=AT + 2 * DAY)), ("desk", signed_in("auditor"))):
        answer = reader.get(reverse(f"{side}_lease_signed", args=[lease.pk]))
        assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert Entry.objects.filter(action="contract.download", note="signed copy").count() == 3


# ── the statement ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_every_reader_takes_the_statement_in_their_language_and_operators_without_names():
    lease = make_running()
    make_bills(at=APRIL)
    receive(lease_id=lease.pk, bank_reference="B-77", amount_fen=100_000, received_on=FIRST, by=staff(Role.FINANCE),
            at=APRIL)  # fmt: skip
    lease = read(lease)
    with override("en"):
        heads, *_rows, last = sheet_of(statement_xlsx(lease, at=APRIL))
        assert (heads[0].isascii(), last[3:]) == (True, [2000, 1000])
    assert [line.number for line in statement_lines(lease, is_masked=True) if line.paid_fen] == [""]
    move_clock(APRIL + HOUR)
    phone = device_of(operator_of(lease), at=APRIL + HOUR)
    answer = phone.get(reverse("partner_statement", args=[lease.pk, "pdf"]))
    document = pypdfium2.PdfDocument(answer.content)
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert [it in text for it in (lease.number, "B-77", lease.person.legal_name)] == [True, False, False]
    assert "B-77" not in phone.get(reverse("partner_bills", args=[lease.pk])).content.decode()
    for role in (Role.FINANCE, Role.AUDITOR):
        sent = signed_in(role).get(reverse("desk_statement", args=[lease.pk, "xlsx"]))
        assert "B-77" in [row[2] for row in sheet_of(sent.content)]
    assert signed_in(Role.AUDITOR).get(reverse("desk_statement", args=[lease.pk, "exe"])).status_code == 404
    assert Entry.objects.filter(action="rent.statement").count() == 3


def test_an_operator_reports_that_a_tenant_has_left_the_post():
    lease = make_running()
    move_clock(APRIL + DAY)
    phone, url = device_of(operator_of(lease), at=APRIL + DAY), reverse("partner_loss", args=[lease.pk])
    assert url in phone.get(reverse("partner_lease", args=[lease.pk])).content.decode()
    assert phone.post(url, {"kind": "\0"}).status_code == 422
    assert phone.post(url, {"kind": "post", "happened_on": "2026-04-01", "note": "已搬去厦门"}).status_code == 302
    row = LossReport.objects.get()
    assert (row.kind, row.source, row.finding) == ("post", "operator", "open")
