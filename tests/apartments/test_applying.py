"""The application for an apartment: what is asked, what the policy makes of it, and what an approval is good for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from applicants.people.models import person_number_hash
from housing.apartments.models import ApartmentRequest, Lease, LeaseState
from housing.apartments.services.applying import choose_types, detail_of, keep, requested_types, types_are_complete
from housing.apartments.services.deciding import refuse_unnamed_spouse
from housing.apartments.services.declaring import declared_facts, leases_of
from housing.apartments.services.offering import accept_offer
from housing.apartments.services.outlook import apartment_outlook
from portal.casework.completeness import missing_parts
from portal.casework.services.advancing import StepRefused
from portal.casework.services.evidence import facts_of
from portal.policy.assessing import Assessment
from portal.policy.facts import Provenance
from tests.apartments.making import (
    AT,
    DAY,
    FIRST,
    make_approved,
    make_building,
    make_entrant,
    make_lease,
    make_round,
    make_type,
    offer_to,
)
from tests.apartments.walking import (
    EMPLOYER,
    HOUSEHOLD,
    SPOUSE,
    make_apartment_application_in,
    make_apartment_draft,
    make_master,
    start_apartment,
    walk_apartment,
)
from tests.casework.register_answers import answer
from tests.factories import make_number, settle_everything, walk_on

pytestmark = pytest.mark.django_db
NUMBER = make_number(serial=901)


def save(draft, **values):
    return keep(draft, "household", HOUSEHOLD | values, by=draft.applicant.user, at=AT)


def test_a_draft_asks_for_household_types_papers_and_declaration():
    draft = start_apartment()
    assert missing_parts(draft) == ["household", "unit_types", "papers", "declaration"]
    assert missing_parts(make_apartment_draft()) == []


def test_who_is_not_married_keeps_nothing_of_a_spouse():
    draft = start_apartment()
    save(draft, **SPOUSE, spouse_number=NUMBER)
    assert ApartmentRequest.objects.get(pk=draft.pk).spouse_number_hash != ""
    save(draft, has_spouse=False)
    row = ApartmentRequest.objects.get(pk=draft.pk)
    assert (row.spouse_name, row.spouse_number, row.spouse_number_hash, row.spouse_tier) == ("", "", "", "")


def test_the_number_of_the_spouse_is_stored_sealed():
    draft = start_apartment()
    save(draft, **SPOUSE, spouse_number=NUMBER)
    stored = ApartmentRequest.objects.values_list("spouse_number", flat=True).get(pk=draft.pk)
    assert stored.startswith("v1:")
    assert NUMBER not in str(draft.applicant)


def test_a_married_household_is_complete_with_the_spouse_only():
    draft = start_apartment()
    save(draft, **SPOUSE, spouse_number=NUMBER)
    assert "household" not in missing_parts(draft)
    save(draft, **SPOUSE | {"spouse_tier": ""}, spouse_number=NUMBER)
    assert "household" in missing_parts(draft)


def test_types_are_for_the_size_of_the_household():
    draft, small, large = start_apartment(), make_type(to=2), make_type("three-rooms", rooms=3, to=6)
    with pytest.raises(StepRefused, match="请先填写家庭情况"):
        choose_types(draft, [small], by=draft.applicant.user, at=AT)
    save(draft, household_size=3)
    with pytest.raises(StepRefused) as refused:
        choose_types(draft, [large, small], by=draft.applicant.user, at=AT)
    assert str(refused.value) == "“一居室”适合 1 至 2 人居住，和您的家庭人数不符。请换一种。"
    choose_types(draft, [large], by=draft.applicant.user, at=AT)
    assert requested_types(draft) == [large]
    large.household_to = 2
    large.save()
    assert not types_are_complete(draft)  # the household is asked about again, the kinds are chosen anew


def test_nothing_can_be_changed_once_it_is_sent():
    row = make_apartment_application_in("check")
    with pytest.raises(StepRefused, match="这一部分现在不能再改。"):
        save(row, household_size=2)
    with pytest.raises(StepRefused, match="这一部分现在不能再改。"):
        choose_types(row, [make_type("two-rooms", rooms=2, to=4)], by=row.applicant.user, at=AT)


def test_the_facts_say_what_is_declared_and_nothing_of_homes_that_there_are():
    draft = start_apartment()
    assert declared_facts(draft) == {"prior_grants": "-"}
    save(draft, **SPOUSE, spouse_number=NUMBER, tier="L4")
    assert declared_facts(draft) == {
        "prior_grants": "-",
        "recognitions": "L4",
        "married": "yes",
        "homes": "-",
        "children_homes": "-",
        "spouse_homes": "-",
        "spouse_recognitions": "-",
        "spouse_grants": "-",
    }
    save(draft, has_home=True)
    assert declared_facts(draft) == {"prior_grants": "-", "recognitions": "-", "married": "no"}


def test_a_lease_stands_against_another_for_tenant_and_spouse():
    lease = make_lease()
    tenant = lease.person
    assert list(leases_of(tenant)) == [("APT-2023", 0, lease.offer.state_at)]
    draft = start_apartment()
    save(draft, **SPOUSE, spouse_number=tenant.number)
    granted = declared_facts(draft)["spouse_grants"]
    assert granted == "APT-2023@350581@0@2026-03-02"
    Lease.objects.filter(pk=lease.pk).update(state=LeaseState.CANCELLED)
    lease.adults.all().delete()
    assert list(leases_of(tenant)) == []
    assert declared_facts(draft)["spouse_grants"] == "-"


def test_a_lease_that_has_ended_stands_against_nobody_and_a_renewal_counts_once():
    lease = make_lease()
    tenant, state_at = lease.person, lease.offer.state_at
    Lease.objects.filter(pk=lease.pk).update(state="running", moved_in_on=lease.starts_on)
    values = {name: getattr(lease, name) for name in ("unit", "person", "application", "tier", "percents", "area_dm2",
              "household_size", "market_rent_fen", "entitled_dm2", "deposit_fen")}  # fmt: skip
    term = {"starts_on": lease.ends_on + DAY, "ends_on": lease.ends_on + 365 * DAY}
    later = AT + 300 * DAY
    renewal = Lease.objects.create(
        number="AR-9-R1", previous=lease, state="signed", state_at=later, **values, **term, agreed_until=term["ends_on"]
    )
    assert list(leases_of(tenant)) == [("APT-2023", 0, state_at)]
    over = {"leave_by": lease.ends_on, "moved_out_on": lease.ends_on}
    Lease.objects.filter(pk=lease.pk).update(state="ended", ending="renewed", **over)
    assert list(leases_of(tenant)) == [("APT-2023", 0, later)]
    over = dict.fromkeys(over, term["ends_on"])
    gone = {"state": "ended", "ending": "notice", "moved_in_on": renewal.starts_on, **over}
    Lease.objects.filter(pk=renewal.pk).update(**gone)
    lease.adults.all().delete()
    assert list(leases_of(tenant)) == []
    draft = start_apartment()
    save(draft, **SPOUSE, spouse_number=tenant.number)
    assert declared_facts(draft)["spouse_grants"] == "-"


def test_a_spouse_who_lives_in_a_lease_has_been_granted_it():
    number = make_number(serial=902)
    application = make_approved(spouse_number=number, household=2)
    building = make_building()
    entrant = make_entrant(make_round(building), application)
    offer = offer_to(entrant, building.units.get())
    accept_offer(offer_id=offer.pk, by=application.applicant.user, at=AT + timedelta(hours=1))
    draft = start_apartment()
    save(draft, **SPOUSE, spouse_number=number)
    assert declared_facts(draft)["spouse_grants"] == "APT-2023@350581@0@2026-03-02"


@pytest.mark.slow
def test_the_road_leads_to_an_approval_that_may_enter_rounds():
    row = make_apartment_application_in("approved")
    result = Assessment.from_json(row.assessments.order_by("-number").first().result)
    assert (result.verdict.value, result.offer.tier, result.offer.area_m2) == ("eligible", "MST", 60)
    issued = apartment_outlook([row], FIRST)[row.pk].issued
    assert (issued.label, issued.href, issued.is_over) == ("可以报名选房了", f"/my/apartment/{row.pk}/", False)


@pytest.mark.slow
def test_of_a_couple_the_better_tier_counts():
    person = make_master()
    draft = make_apartment_draft(person, spouse_number=NUMBER)
    save(draft, **SPOUSE | {"spouse_tier": "L4"}, spouse_number=NUMBER)
    row = walk_apartment(draft, "second_review")
    result = Assessment.from_json(row.assessments.order_by("-number").first().result)
    assert result.offer.tier == "L4"
    assert detail_of(row).spouse_tier == "L4"


def test_a_register_that_does_not_know_of_a_lease_here_does_not_hide_it():
    lease = make_lease()
    draft = make_apartment_draft(spouse_number=lease.person.number)
    row = walk_on(draft, "accept")
    answer(row.applicant, "grants", {"prior_grants": "-", "spouse_grants": "-"}, at=row.state_at)
    known = facts_of(row, row.submissions.get(), at=row.state_at).known
    assert [(it.scheme, it.granted_on) for it in known["spouse_grants"].value] == [("APT-2023", AT.date())]
    assert known["spouse_grants"].provenance is Provenance.REGISTER


@pytest.mark.slow
def test_nobody_is_approved_without_the_spouse_that_the_register_names():
    row = walk_apartment(make_apartment_draft(), "final_approval")
    spouse = {"name": "林雨", "number": NUMBER}
    answer(row.applicant, "marriage", {"married": "yes"}, at=row.state_at, spouse=spouse)
    with pytest.raises(StepRefused) as refused:
        refuse_unnamed_spouse(row, None, row.state_at)
    assert str(refused.value) == "填写的配偶和婚姻登记的不一致。请退回补正“家庭情况”。"
    detail = detail_of(row)
    detail.has_spouse, detail.spouse_name, detail.spouse_number = True, "林雨", NUMBER
    detail.spouse_number_hash = person_number_hash(NUMBER)
    detail.save()
    refuse_unnamed_spouse(row, None, row.state_at)


@pytest.mark.slow
def test_who_is_found_married_names_the_spouse_before_the_approval():
    draft = make_apartment_draft()
    row = walk_on(draft, "first_review")
    married = {"married": "yes", "spouse_homes": "-", "spouse_grants": "-", "spouse_recognitions": "-"}
    settle_everything(row, at=row.state_at, **EMPLOYER, **married)
    row.refresh_from_db()
    row = walk_on(row, "final_approval")
    with pytest.raises(StepRefused, match="申请人已婚，但没有填写配偶。"):
        walk_on(row, "approved")
