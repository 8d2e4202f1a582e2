"""What somebody claims to be recognised as: when it counts, and who may take it away."""

from datetime import date

import pytest

from applicants.cards.models import Card, Recognition
from applicants.cards.services.applying import claim_recognition, remove_recognition, tiers_on
from applicants.cards.services.changing import change_card
from portal.casework.services.advancing import StepRefused
from tests.cards.making import claim, make_card_application_in, make_card_draft, start_card
from tests.factories import AT, make_person, staff

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize(
    ("on", "tiers"), [("2023-04-30", "-"), ("2023-05-01", "L4"), ("2024-05-01", "L4"), ("2024-05-02", "-")]
)
def test_a_recognition_counts_from_the_day_it_was_given_to_its_last(on, tiers):
    row = Recognition(tier="L4", recognised_on=date(2023, 5, 1), expires_on=date(2024, 5, 1))
    assert tiers_on([row], date.fromisoformat(on)) == tiers


def test_what_a_live_card_rests_on_is_not_removed_in_another_draft():
    card = Card.objects.get(application=make_card_application_in("approved", tiers=["L4"]))
    row, user = Recognition.objects.get(person=card.person), card.person.user
    draft = start_card(card.person)
    with pytest.raises(StepRefused, match="现在的卡是按这项认定办的"):
        remove_recognition(application=draft, recognition=row, by=user, at=AT)
    row.refresh_from_db()
    assert row.removed_at is None
    claim(draft, "PR")  # what nobody has confirmed is still the applicant's own to take back
    unconfirmed = Recognition.objects.get(person=card.person, tier="PR")
    remove_recognition(application=draft, recognition=unconfirmed, by=user, at=AT)
    change_card(card.pk, "return", by=user, at=AT)
    remove_recognition(application=draft, recognition=row, by=user, at=AT)
    assert not Recognition.objects.filter(removed_at__isnull=True).exists()


def test_what_was_turned_down_may_be_claimed_again_in_a_draft():
    draft = make_card_draft(make_person(), tiers=["L4"])
    row = Recognition.objects.get()
    row.withdrawn_on, row.withdrawn_by, row.withdrawn_reason = AT.date(), staff("first_reviewer"), "文件有误。"
    row.save()
    claim(draft, "L4")
    assert Recognition.objects.filter(withdrawn_on=None).count() == 1
    again = {name: getattr(row, name) for name in ("tier", "title", "issued_by", "document_number", "recognised_on")}
    same = claim_recognition(application=draft, **again, expires_on=None, by=draft.applicant.user, at=AT)
    assert same == Recognition.objects.get(withdrawn_on=None)
