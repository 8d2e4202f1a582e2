"""Decision letters and receipts as PDF say what their page says, to those who may see it, and leave an entry."""

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse

from portal.audit.models import Entry
from portal.casework.models import Decision
from tests import factories as make
from tests.browsing import signed_in

pytestmark = pytest.mark.django_db
RARE = "欧阳\U00020bb7"


@pytest.fixture(autouse=True)
def _october_2023():
    make.move_clock()


def words(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        text = "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
    return "".join(text.split())


def got(row, name: str, user=None, **cookies: str) -> str:
    client = signed_in(user or row.applicant.user)
    client.cookies.load(cookies)
    answer = client.get(reverse(name, args=[row.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert ("no-store" in answer["Cache-Control"], answer["X-Content-Type-Options"]) == (True, "nosniff")
    assert row.reference in answer["Content-Disposition"]
    return words(answer.content)


@pytest.mark.slow
def test_a_refusal_names_number_clause_reason_and_how_to_object():
    row = make.make_application_in("refused")
    found = Decision.objects.get(application=row)
    text = got(row, "decision_pdf")
    for wanted in (found.number, "不予批准决定书", found.clause, found.reason, row.reference, "60日内", "申请行政复议"):
        assert "".join(wanted.split()) in text
    assert "[印章：人才港湾]" in text
    assert Entry.objects.get(action="decision.download").actor == row.applicant.user


@pytest.mark.slow
def test_an_approval_in_english_and_a_rare_name():
    row = make.make_application_in("approved", person=make.make_person(identity={"legal_name": RARE}))
    assert RARE in got(row, "decision_pdf")
    text = got(row, "decision_pdf", language="en")
    assert ("CNY10,000" in text, "administrativereview" in text.lower(), RARE in text) == (True, True, True)


def test_the_receipt_says_what_was_handed_in_and_when():
    row = make.make_application_in("accept")
    text = got(row, "receipt_pdf")
    digest = row.submissions.get().digest
    for wanted in ("提交回执", row.reference, digest, "2023年10月16日", "不代表已经受理或批准"):
        assert wanted in text
    assert Entry.objects.get(action="receipt.download").actor == row.applicant.user


@pytest.mark.slow
def test_staff_of_the_file_get_both_and_nobody_else_does():
    row = make.make_application_in("approved")
    got(row, "decision_pdf", make.staff("auditor"))
    got(row, "receipt_pdf", make.staff("auditor"))
    for name in ("decision_pdf", "receipt_pdf"):
        address = reverse(name, args=[row.pk])
        assert signed_in(make.make_user()).get(address).status_code == 404
        assert signed_in(make.make_staff("auditor", programme="lodging")).get(address).status_code == 404
        assert Client().get(address).status_code == 302
        assert signed_in(row.applicant.user).post(address).status_code == 405


def test_what_is_not_there_yet_is_404():
    row = make.make_application_in("accept")
    assert signed_in(row.applicant.user).get(reverse("decision_pdf", args=[row.pk])).status_code == 404
    draft = make.make_application_in("draft")
    assert signed_in(draft.applicant.user).get(reverse("receipt_pdf", args=[draft.pk])).status_code == 404


@pytest.mark.slow
def test_the_pages_offer_them():
    row = make.make_application_in("approved")
    client = signed_in(row.applicant.user)
    assert reverse("decision_pdf", args=[row.pk]) in client.get(reverse("decision", args=[row.pk])).content.decode()
    assert reverse("receipt_pdf", args=[row.pk]) in client.get(reverse("application", args=[row.pk])).content.decode()
