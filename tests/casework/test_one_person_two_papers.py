"""What linking two papers of one person does to files, grants and searches; numbers that several people claim."""

import pytest
from django.test import Client

from applicants.people.linking import link_people
from applicants.people.services import prove_number, save_identity
from portal.accounts.models import Role
from portal.audit.models import Entry
from portal.casework.models import GrantClaim
from portal.casework.programmes import grants_of
from portal.casework.services.finding import find_files, other_applications
from portal.casework.services.identifying import ask_to_correct, number_clashes, people_with_number
from portal.casework.states import State
from portal.notifications.models import Letter
from tests import factories as make
from tests.casework.moving import now, refused, take
from tests.factories import AT

pytestmark = pytest.mark.django_db
PERMIT = {"number_kind": "residence_permit", "number": "810000199408230021"}


def link(one, other):
    return link_people(person=one, other=other, reason="本人出示了两本证件。", by=make.staff("clerk"), at=AT)


def a_page(role, path, **sent):
    client = Client()
    client.force_login(make.staff(role))
    return client.post(path, sent) if sent else client.get(path)


def test_the_second_file_of_a_linked_person_is_not_accepted():
    first, second = make.make_application_in(State.FIRST_REVIEW), make.make_application_in(State.ACCEPT)
    prove_number(person=second.applicant, by=make.staff("clerk"), at=AT)
    link(first.applicant, second.applicant)
    told = "同一人用另一证件在这个项目已有一件申请在办，不能再受理一件。"
    assert refused(second, "accept", "clerk") == told


@pytest.mark.slow
def test_a_linked_person_is_granted_once_what_excludes_each_other():
    first, second = (make.make_application_in(State.FINAL_APPROVAL) for _turn in range(2))
    link(first.applicant, second.applicant)
    take(first, "approve", "approver")
    told = "同一人的这本或另一本证件已经批准过与这项互斥的补贴，不能再批准。"
    assert refused(second, "approve", "approver") == told
    assert GrantClaim.objects.count() == 1


@pytest.mark.slow
def test_what_one_was_granted_the_other_was_granted():
    first, second = make.make_application_in(State.APPROVED), make.make_application_in(State.FIRST_REVIEW)
    assert grants_of(second.applicant) == []
    link(first.applicant, second.applicant)
    assert grants_of(second.applicant) == grants_of(first.applicant) != []
    assert [row.pk for row in other_applications(second)] == [first.pk]


def test_a_search_for_one_paper_finds_the_files_of_the_other():
    first, second = make.make_application_in(State.FIRST_REVIEW), make.make_application_in(State.FIRST_REVIEW)
    clerk, number = make.staff("clerk"), second.applicant.number
    assert [row.pk for row in find_files(clerk, number)] == [second.pk]
    link(first.applicant, second.applicant)
    assert {row.pk for row in find_files(clerk, number)} == {first.pk, second.pk}


@pytest.mark.parametrize(
    ("kind", "number", "typed"),
    [
        ("residence_permit", "810000199408230021", "８１００００ 19940823 0021"),
        ("foreign_permanent", "USA110012345678", "usa110012345678"),
        ("hk_macao_travel", "H1234567801", "H12345678"),
        ("taiwan_travel", "12345678", "1234567801(B)"),
        ("passport", "E12345678", "e 1234 5678"),
    ],
)
@pytest.mark.slow
def test_every_paper_is_found_by_its_number(kind, number, typed):
    row = make.make_application_in(State.FIRST_REVIEW)
    save_identity(person=row.applicant, values={"number_kind": kind, "number": number}, by=None, at=AT)
    assert [it.pk for it in find_files(make.staff("clerk"), typed)] == [row.pk]
    assert [it.pk for it in people_with_number(typed)] == [row.applicant_id]


def two_claims():
    """A number proven by one applicant and typed by another."""
    first, second = make.make_application_in(State.FIRST_REVIEW), make.make_application_in(State.ACCEPT)
    save_identity(person=second.applicant, values={"number": first.applicant.number}, by=None, at=AT)
    return now(first), now(second)


@pytest.mark.slow
def test_two_claims_on_one_number_are_a_task():
    first, second = two_claims()
    make.make_application_in(State.ACCEPT)  # alone with their number
    assert [[person.pk for person in clash.people] for clash in number_clashes()] == [
        [first.applicant_id, second.applicant_id]
    ]
    link(first.applicant, second.applicant)
    assert number_clashes() == []


def test_a_number_typed_by_two_who_never_applied_is_no_task():
    people = [make.make_person() for _turn in range(2)]
    save_identity(person=people[1], values={"number": people[0].number}, by=None, at=AT)
    assert number_clashes() == []


@pytest.mark.slow
def test_who_is_asked_to_correct_is_written_once():
    _first, second = two_claims()
    clerk = make.staff("clerk")
    for _turn in range(2):
        ask_to_correct(person=second.applicant, by=clerk, at=AT)
    letters = Letter.objects.filter(kind="number_in_question")
    assert [letter.recipient_id for letter in letters] == [second.applicant.user_id]
    assert Entry.objects.filter(action="person.ask_to_correct").count() == 1
    save_identity(person=second.applicant, values=PERMIT, by=None, at=AT)
    assert number_clashes() == []


@pytest.mark.slow
def test_the_pages_mask_what_is_not_revealed_and_note_who_looked():
    first, second = two_claims()
    address = f"/desk/people/{second.applicant_id}/"
    masked = a_page(Role.CLERK, address).content.decode()
    assert second.applicant.number not in masked
    assert second.applicant.legal_name not in masked
    shown = a_page(Role.CLERK, address, act="reveal").content.decode()
    assert second.applicant.number in shown
    assert Entry.objects.filter(action="person.reveal", target_id=str(second.applicant_id)).count() == 1
    page = a_page(Role.CLERK, "/desk/people/clashes/").content.decode()
    assert first.applicant.number not in page
    assert (page.count(first.reference), page.count(second.reference)) == (1, 1)


@pytest.mark.slow
def test_five_numbers_claimed_twice_are_shown_with_as_many_queries_as_one(django_assert_num_queries):
    two_claims()
    client = Client()
    client.force_login(make.staff(Role.CLERK))
    client.get("/desk/people/clashes/")  # what is counted once a minute
    for more in (0, 4):
        for _turn in range(more):
            two_claims()
        with django_assert_num_queries(13):
            page = client.get("/desk/people/clashes/")
        assert page.content.decode().count("<section") == 3 * (1 + more)


@pytest.mark.slow
def test_of_two_clashes_the_one_whose_people_are_linked_over_a_third_is_gone():
    (first, second), (other, another) = two_claims(), two_claims()
    third = make.make_person()
    link(first.applicant, third)
    assert len(number_clashes()) == 2
    link(third, second.applicant)
    assert [[person.pk for person in clash.people] for clash in number_clashes()] == [
        [other.applicant_id, another.applicant_id]
    ]


@pytest.mark.slow
def test_a_clerk_links_and_unlinks_on_the_page():
    first, second = make.make_application_in(State.FIRST_REVIEW), make.make_application_in(State.ACCEPT)
    address = f"/desk/people/{first.applicant_id}/"
    refused_page = a_page(Role.CLERK, address, act="link", number=second.applicant.number, reason="")
    assert refused_page.status_code == 422
    assert "请写明关联的理由" in refused_page.content.decode()
    nobody = a_page(Role.CLERK, address, act="link", number="11010519491231002X", reason="两本证件。")
    assert (nobody.status_code, "没有人填写过这个号码。" in nobody.content.decode()) == (422, True)
    done = a_page(Role.CLERK, address, act="link", number=second.applicant.number, reason="出示了两本证件。")
    assert (done.status_code, done["Location"]) == (302, address)
    page = a_page(Role.CLERK, f"/desk/people/{second.applicant_id}/").content.decode()
    assert "出示了两本证件。" in page
    link_id = page.split('name="link" value="')[1].split('"')[0]
    undone = a_page(Role.CLERK, address, act="unlink", link=link_id, reason="认错了。")
    assert undone.status_code == 302
    assert "没有关联别的证件。" in a_page(Role.CLERK, address).content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"act": "link"},
        {"act": "link", "number": "\x00", "reason": "\x00"},
        {"act": "link", "number": "9" * 5000, "reason": "x" * 5000, "other": "not-listed"},
        {"act": ["link", "prove"], "number": ["1", "2"]},
    ],
)
def test_what_cannot_be_read_is_answered_with_a_sentence(sent):
    row = make.make_application_in(State.ACCEPT)
    client = Client()
    client.force_login(make.staff(Role.CLERK))
    assert client.post(f"/desk/people/{row.applicant_id}/", sent).status_code in (302, 422)
    assert client.post("/desk/people/", sent).status_code == 422 if "number" not in sent else True


@pytest.mark.parametrize("sent", [{}, {"act": ""}, {"act": "delete"}])
def test_an_act_nobody_knows_is_not_there(sent):
    row = make.make_application_in(State.ACCEPT)
    client = Client()
    client.force_login(make.staff(Role.CLERK))
    assert client.post(f"/desk/people/{row.applicant_id}/", sent).status_code == 404


def test_a_number_is_proven_at_the_counter_by_a_clerk():
    row = make.make_application_in(State.ACCEPT)
    address = f"/desk/people/{row.applicant_id}/"
    seen = now(row).applicant.number_hash
    assert a_page(Role.CLERK, address, act="prove", seen="other").status_code == 422
    assert a_page(Role.CLERK, address, act="prove", seen=seen).status_code == 302
    assert now(row).applicant.is_proven
