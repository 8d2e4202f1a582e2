"""What an applicant may read and do by API: the same as on the pages, masked as there."""

from dataclasses import replace
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from applicants.people.models import Education, Paper
from portal.casework import programmes
from portal.casework.models import Application, Submission
from portal.casework.programmes import programme
from portal.casework.services.drafting import discard_draft
from tests import factories as make
from tests.api.calling import Caller, errors_of, problem_of

pytestmark = pytest.mark.django_db
LIMIT = 6  # queries of counting the calls of an account, in the database cache
BACKWARD = {"from": "2023-09", "to": "2023-07", "employer": "present", "late": False}


@pytest.fixture(autouse=True)
def _october_2023(db):
    make.load_policies()
    make.move_clock()


@pytest.fixture
def person():
    return make.make_person()


@pytest.fixture
def me(person):
    return Caller(person.user)


@pytest.mark.slow
def test_a_visitor_is_told_to_sign_in():
    answer = Caller().get("api_profile")
    assert problem_of(answer)[:2] == (401, "about:blank")
    assert answer["WWW-Authenticate"] == "Session"


@pytest.mark.slow
def test_the_profile_is_masked_as_the_page_masks_it(me, person):
    draft = make.make_draft(person)
    answer = me.get("api_profile")
    found = answer.json()
    assert found["identity"]["number"] == f"{person.number[:4]}**********{person.number[-4:]}"
    assert found["identity"]["phone"] == "138****8000"
    assert found["account"]["number"] == f"**** {person.current_account().number_last4}"
    assert found["education"]["diploma_on"] == "2023-06-20"
    assert found["employment"]["insured_ranges"] == [
        {"from": "2023-07", "to": "2023-09", "employer": "present", "late": False}
    ]
    assert answer["Cache-Control"] == "no-store, private"
    for secret in (person.number, person.phone, person.current_account().number):
        for name in ("api_profile", "api_applications"):
            assert secret not in me.get(name).content.decode()
        for name in ("api_application", "api_answers"):
            assert secret not in me.get(name, draft.pk).content.decode()


def test_a_profile_that_nobody_began_is_empty():
    assert Caller(make.make_user()).get("api_profile").json() == {
        "is_number_proven": False,
        "identity": None,
        "education": None,
        "employment": None,
        "account": None,
    }


@pytest.mark.slow
def test_start_fill_in_hand_in_submit_and_withdraw(person):
    me = Caller(person.user)
    body = {"programme": "living-subsidy", "policy": "LS-2022", "is_privacy_read": True}
    begun = me.send("post", "api_applications", body=body)
    assert begun.status_code == 201
    pk = begun.json()["id"]
    assert me.send("post", "api_applications", body=body).status_code == 200  # the same one
    assert [part["name"] for part in begun.json()["parts"] if not part["is_done"]] == ["papers", "declaration"]

    declared = {"is_declared_true": True, "is_notice_agreed": True, "has_earlier_grants": False}
    assert me.send("patch", "api_answers", pk, body={"declaration": declared}).json()["declaration"] == declared | {
        "earlier_scheme": "",
        "earlier_area": "",
        "earlier_grants": "",
    }
    asked = Application.objects.get(pk=pk).policy_version.parsed.papers
    for paper in asked:
        file = SimpleUploadedFile("证件.jpg", make.jpeg_bytes(), "image/jpeg")
        answer = me.client.post(reverse("api_shelf", args=[pk]), {"kind": paper.kind, "file": file})
        assert (answer.status_code, answer.json()["paper"]["content_type"]) == (201, "image/jpeg")

    sent = me.send("post", "api_submit", pk, body={"version": 0}, Idempotency_Key="k1")
    assert (sent.status_code, sent.json()["state"], sent.json()["reference"]) == (200, "check", "LS-2023-000001")
    assert Submission.objects.filter(application=pk).count() == 1
    gone = me.send("post", "api_withdraw", pk, body={"version": sent.json()["version"]})
    assert gone.json()["state"] == "withdrawn"
    again = me.send("post", "api_withdraw", pk, body={"version": 0})
    assert (again.status_code, again.json()["state"]) == (200, "withdrawn")


def test_the_privacy_notice_has_to_be_read_and_the_programme_to_be_open(me, monkeypatch):
    closed = replace(programme("apartment"), is_open=False)
    monkeypatch.setitem(programmes._PROGRAMMES, "apartment", closed)
    body = {"programme": "living-subsidy", "policy": "LS-2022", "is_privacy_read": False}
    assert list(errors_of(me.send("post", "api_applications", body=body))) == ["is_privacy_read"]
    assert list(errors_of(me.send("post", "api_applications", body=body | {"programme": "apartment"}))) == ["programme"]
    later = body | {"policy": "YTE-2024", "is_privacy_read": True}
    assert problem_of(me.send("post", "api_applications", body=later))[:2] == (409, "/api/docs/#refused")


@pytest.mark.slow
def test_what_is_missing_is_said_and_the_key_stays_free(me, person):
    draft = make.start_draft(person)
    answer = me.send("post", "api_submit", draft.pk, body={"version": 0}, Idempotency_Key="k1")
    assert problem_of(answer)[:2] == (409, "/api/docs/#refused")
    discard_draft(application=draft, by=person.user, at=make.AT)
    full = make.make_draft(person)
    assert me.send("post", "api_submit", full.pk, body={"version": 0}, Idempotency_Key="k1").status_code == 200


def test_one_section_is_changed_and_the_rest_of_it_stays(me, person):
    draft = make.make_draft(person)
    answer = me.send("patch", "api_answers", draft.pk, body={"education": {"major": "人工智能"}})
    assert answer.json()["education"]["major"] == "人工智能"
    row = Education.objects.get(person=person)
    assert (row.major, row.diploma_on, row.diploma_number) == ("人工智能", date(2023, 6, 20), "118999202305000421")
    same = me.send("patch", "api_profile", body={"employment": {"insured_ranges": [], "started_on": "2023-07-04"}})
    assert same.json()["employment"]["insured_ranges"] == []
    assert same.json()["employment"]["started_on"] == "2023-07-04"
    place = me.send("patch", "api_profile", body={"identity": {"household_code": "350582"}})
    assert place.json()["identity"]["household_code"] == "350582"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"identity": {"number": "3505**********2718"}}, ["identity.number"]),
        ({"education": {"level": "professor", "school": ""}}, ["education.level", "education.school"]),
        ({"education": {"diploma_on": "2099-01-01"}}, ["education.diploma_on"]),
        ({"education": {"diploma_on": "yesterday"}}, ["education.diploma_on"]),
        ({"education": {"is_overseas": "yes"}}, ["education.overseas_certified"]),
        ({"education": {"star_sign": "pisces"}}, ["education"]),
        ({"education": ["a"]}, ["education"]),
        ({"account": {"holder": "别人"}}, ["account.holder"]),
        ({"account": {"is_activated": False}}, ["account.is_activated"]),
        ({"employment": {"insured_ranges": [BACKWARD]}}, ["employment.insured_ranges"]),
        ({"employment": {"insured_ranges": [{"from": "2023-09"}]}}, None),
        ({"declaration": {"has_earlier_grants": "yes"}}, ["declaration.earlier_scheme", "declaration.earlier_area"]),
        ({"declaration": {"is_declared_true": ["x"]}}, ["declaration.is_declared_true"]),
        ({"declaration": {"star_sign": True}}, ["declaration"]),
        ({"identity": {}, "education": {}}, [""]),
        ({}, [""]),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_what_the_pages_refuse_is_refused_by_field_and_nothing_is_kept(me, person, body, fields):
    draft = make.make_draft(person)
    before = me.get("api_answers", draft.pk).json()
    errors = errors_of(me.send("patch", "api_answers", draft.pk, body=body))
    assert fields is None or sorted(errors) == sorted(fields)
    assert me.get("api_answers", draft.pk).json() == before


@pytest.mark.slow
def test_a_correction_opens_what_is_marked_and_nothing_else(me, person):
    row = make.make_application_in("correction", person=person)
    told = me.get("api_application", row.pk).json()["correction"]
    assert [(mark["section"], mark["name"], mark["is_changed"]) for mark in told["items"]] == [
        ("education", "diploma_number", False)
    ]
    other = me.send("patch", "api_answers", row.pk, body={"education": {"school": "别的大学"}})
    assert list(errors_of(other)) == ["education.school"]
    closed = me.send("patch", "api_answers", row.pk, body={"identity": {"phone": "13900139000"}})
    assert problem_of(closed)[0] == 409
    mended = me.send("patch", "api_answers", row.pk, body={"education": {"diploma_number": "118999202305000999"}})
    assert mended.status_code == 200
    assert me.get("api_application", row.pk).json()["correction"]["items"][0]["is_changed"] is True
    sent = me.send("post", "api_submit", row.pk, body={"version": row.version}, Idempotency_Key="k2")
    assert (sent.status_code, sent.json()["correction"]) == (200, None)
    assert row.submissions.count() == 2


def test_a_stale_version_is_refused(me, person):
    row = make.make_application_in("correction", person=person)
    answer = me.send("post", "api_submit", row.pk, body={"version": row.version - 1}, Idempotency_Key="k")
    assert problem_of(answer)[0] == 409
    assert problem_of(me.send("post", "api_withdraw", row.pk, body={"version": 0}))[0] == 409


def test_nothing_is_changed_after_it_was_submitted(me, person):
    row = make.make_application_in("accept", person=person)
    body = {"education": {"major": "x"}}
    assert problem_of(me.send("patch", "api_answers", row.pk, body=body))[0] == 409
    assert problem_of(me.send("patch", "api_profile", body=body))[0] == 409
    assert problem_of(me.send("delete", "api_application", row.pk))[0] == 409
    shelved = me.get("api_shelf", row.pk).json()[0]["id"]
    assert problem_of(me.send("delete", "api_shelved", row.pk, shelved))[0] == 409


def test_papers_are_listed_taken_back_and_downloaded(me, person):
    draft = make.make_draft(person)
    shelf = me.get("api_shelf", draft.pk).json()
    assert shelf[0]["title"].isascii()
    paper = shelf[0]["paper"]["id"]
    content = me.client.get(reverse("api_paper_content", args=[paper]), headers={"Accept": "image/*"})
    assert (content.status_code, content["Content-Type"], content["X-Content-Type-Options"]) == (
        200, "image/jpeg", "nosniff",
    )  # fmt: skip
    assert len(me.get("api_papers").json()["results"]) == len(shelf)
    assert me.send("delete", "api_shelved", draft.pk, shelf[0]["id"]).status_code == 204
    assert me.send("delete", "api_shelved", draft.pk, shelf[0]["id"]).status_code == 404
    assert not Paper.objects.filter(pk=paper).exists()


def test_a_file_that_cannot_be_taken_is_refused_with_the_pages_sentence(me, person):
    draft = make.make_draft(person)
    file = SimpleUploadedFile("x.jpg", b"MZ not a picture", "image/jpeg")
    answer = me.client.post(reverse("api_shelf", args=[draft.pk]), {"kind": "id_card", "file": file})
    assert list(errors_of(answer)) == ["file"]
    empty = me.client.post(reverse("api_shelf", args=[draft.pk]), {"kind": "no_such", "file": file})
    assert problem_of(empty)[0] == 409


def test_a_draft_is_discarded(me, person):
    draft = make.make_draft(person)
    assert me.send("delete", "api_application", draft.pk).status_code == 204
    assert me.get("api_application", draft.pk).status_code == 404


@pytest.mark.slow
def test_what_is_not_mine_is_not_there(person):
    draft, paper = make.make_draft(person), person.papers.first()
    other = Caller(make.make_user())
    for name in ("api_application", "api_answers", "api_shelf"):
        assert problem_of(other.get(name, draft.pk))[0] == 404
    assert problem_of(other.get("api_paper_content", paper.pk))[0] == 404
    assert problem_of(other.send("patch", "api_answers", draft.pk, body={}))[0] == 404
    for name in ("api_submit", "api_withdraw"):
        assert problem_of(other.send("post", name, draft.pk, body={"version": 0}))[0] == 404
    assert other.get("api_papers").json() == {"next": None, "previous": None, "results": []}


@pytest.mark.slow
def test_findings_are_those_of_the_page(me, person):
    row = make.make_application_in("first_review", person=person)
    found = me.get("api_application", row.pk).json()["findings"]
    me.client.cookies["language"] = "en"
    page = me.client.get(reverse("application", args=[row.pk]))
    assert [(it["clause"], it["answer"], it["sentence"], it["is_withheld"]) for it in found] == [
        (it.clause.code, it.answer, it.sentence, it.is_withheld) for it in page.context["findings"]
    ]
    assert len(found) == 8


@pytest.mark.slow
def test_a_decision_and_its_payments_are_told(me, person):
    row = make.make_application_in("approved", person=person)
    found = me.get("api_application", row.pk).json()
    assert (found["decision"]["outcome"], found["decision"]["amount_fen"]) == ("approved", 1_000_000)
    assert [payment["amount_fen"] for payment in found["payments"]] == [1_000_000]
    body = {"programme": "living-subsidy", "policy": "LS-2022", "is_privacy_read": True}
    assert problem_of(me.send("post", "api_applications", body=body))[0] == 409  # granted once


def test_lists_come_in_pages_at_a_constant_cost(me, person, django_assert_num_queries):
    make.make_draft(person)
    made = Paper.objects.filter(person=person)
    first = made.first()
    with django_assert_num_queries(4 + LIMIT):
        me.get("api_papers")
    Paper.objects.bulk_create(
        Paper(
            person=person, kind="other", name="x", content_type="image/png", size=1, sha256="0" * 64,
            stored_as=f"x{n}", uploaded_at=first.uploaded_at,
        )
        for n in range(60)
    )  # fmt: skip
    total = made.count()
    with django_assert_num_queries(4 + LIMIT):
        page = me.get("api_papers").json()
    assert len(page["results"]) == 50
    rest = me.client.get(page["next"]).json()
    assert (len(rest["results"]), rest["next"]) == (total - 50, None)
    seen = {row["id"] for row in page["results"]} | {row["id"] for row in rest["results"]}
    assert len(seen) == total


@pytest.mark.parametrize("cursor", ["x", "cD14", "cD0lMDA=", "bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk="])
def test_a_cursor_that_nobody_was_given_is_not_there(me, cursor):
    assert me.get("api_papers", cursor=cursor).status_code in (200, 404)


@pytest.mark.slow
def test_my_applications_cost_the_same_for_one_and_for_many(me, person, django_assert_num_queries):
    row = make.make_application_in("withdrawn", person=person)
    me.get("api_applications")
    with django_assert_num_queries(8 + LIMIT):
        me.get("api_applications")
    Application.objects.bulk_create(
        Application(
            programme="living-subsidy", policy_version=row.policy_version, applicant=person, state="withdrawn",
            state_at=make.AT, created_at=make.AT, submitted_at=make.AT, submitted_on=make.ON,
            reference=f"LS-2023-1{n:05d}",
        )
        for n in range(49)
    )  # fmt: skip
    with django_assert_num_queries(8 + LIMIT):
        assert len(me.get("api_applications").json()["results"]) == 50
