"""One person under two papers: linked with a reason, found together, unlinked again."""

import pytest
from django.db import IntegrityError, transaction

from applicants.people.linking import known_as, link_people, linked_ids, links_of, unlink_people
from applicants.people.models import Person, PersonLink
from applicants.people.refusals import LinkRefused
from portal.audit.models import Entry
from tests.people.filled import AT, OTHER_NUMBER, a_person, a_user

pytestmark = pytest.mark.django_db
WHY = "本人出示了通行证和居住证。"


def two_people():
    return a_person("one"), a_person("two", OTHER_NUMBER)


def link(one, other, by=None, reason=WHY):
    return link_people(person=one, other=other, reason=reason, by=by or a_user("clerk"), at=AT)


def test_linked_people_are_known_by_both_numbers():
    one, two = two_people()
    assert known_as(one).ids == {one.pk}
    made = link(one, two)
    assert known_as(one) == known_as(two)
    assert known_as(one).ids == {one.pk, two.pk}
    assert known_as(one).hashes == {one.number_hash, two.number_hash}
    assert [(it.reason, it.linked_by_id) for it in links_of(two)] == [(WHY, made.linked_by_id)]
    assert list(Entry.objects.filter(action="person.link").values_list("target_id", flat=True).distinct()) != []


def test_links_reach_over_a_third_and_round_in_circles():
    one, two = two_people()
    three, clerk = a_person("three", "810000199408230021"), a_user("clerk")
    link(one, two, clerk)
    link(two, three, clerk)
    link(three, one, clerk)
    assert linked_ids([one.pk]) == {one.pk, two.pk, three.pk}


def test_people_without_a_number_have_no_hash_in_common():
    one = a_person("one")
    empty = Person.objects.create(user=a_user("empty"))
    link(one, empty)
    assert known_as(empty).hashes == {one.number_hash}


def test_a_link_taken_back_holds_no_more_and_may_be_made_again():
    one, two = two_people()
    clerk = a_user("clerk")
    made = link(one, two, clerk)
    undone = unlink_people(link=made, reason="认错了人。", by=clerk, at=AT)
    assert known_as(one).ids == {one.pk}
    assert (undone.unlinked_by, undone.unlink_reason) == (clerk, "认错了人。")
    assert unlink_people(link=made, reason="再一次。", by=clerk, at=AT).unlink_reason == "认错了人。"
    assert Entry.objects.filter(action="person.unlink").count() == 2  # one for each of the two, once
    link(two, one, clerk)
    assert known_as(one).ids == {one.pk, two.pk}


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_linking_and_unlinking_need_a_reason(reason):
    one, two = two_people()
    clerk = a_user("clerk")
    with pytest.raises(LinkRefused, match="请写明关联的理由"):
        link(one, two, clerk, reason)
    made = link(one, two, clerk)
    with pytest.raises(LinkRefused, match="请写明取消关联的理由"):
        unlink_people(link=made, reason=reason, by=clerk, at=AT)


def test_what_cannot_be_linked():
    one, two = two_people()
    clerk = a_user("clerk")
    with pytest.raises(LinkRefused, match="这是同一条记录"):
        link(one, one, clerk)
    with pytest.raises(LinkRefused, match="不能关联自己的记录"):
        link(one, two, one.user)
    made = link(one, two, clerk)
    with pytest.raises(LinkRefused, match="已经关联"):
        link(two, one, clerk)
    with pytest.raises(LinkRefused, match="不能取消自己记录的关联"):
        unlink_people(link=made, reason="不对。", by=two.user, at=AT)


def test_the_database_keeps_one_live_link_of_two_people():
    one, two = two_people()
    made = link(one, two)
    for pair in ((made.one, made.other), (made.other, made.one), (one, one)):
        with pytest.raises(IntegrityError), transaction.atomic():
            PersonLink.objects.create(one=pair[0], other=pair[1], reason=WHY, linked_at=AT, linked_by=made.linked_by)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clerks_linking_at_the_same_moment_make_one_link(race):
    (one, two), clerk = two_people(), a_user("clerk")
    race(2, lambda n: link(*((one, two) if n else (two, one)), clerk))
    assert PersonLink.objects.count() == 1
