"""A notice that ends in a year whose holidays are not published yet is never too short."""

from datetime import date, datetime

import pytest

from portal.casework.models import Notice
from portal.casework.services.due import act_on_due
from portal.casework.services.noticing import collect_notice, notices_on, release_notice
from portal.policy.models import CalendarDay, CalendarYear
from tests.casework.moving import now
from tests.casework.noticed import make_waiting
from tests.factories import SHANGHAI, load_policies, staff

pytestmark = pytest.mark.django_db


def moment(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, 9, tzinfo=SHANGHAI)


@pytest.fixture
def shown():
    """One person on a list released in a year's last days; the next year is 2031, in no calendar."""
    at = moment(2030, 12, 30)
    row = make_waiting(at=at)
    version = load_policies(at)["LS-2022"]
    notice = collect_notice(policy_version_id=version.pk, by=staff("administrator"), at=at)
    release_notice(notice=notice, by=staff("approver"), at=at)
    return row


def test_it_stays_on_line_ten_days_longer_than_weekdays_alone_would_say(shown):
    notice = Notice.objects.get()
    assert (notice.ends_on, notice.is_provisional) == (date(2031, 1, 16), True)  # 6 January by weekdays
    assert list(notices_on(date(2031, 1, 16))) == [notice]
    act_on_due(at=moment(2031, 1, 16))
    assert now(shown).state == "public_notice"
    act_on_due(at=moment(2031, 1, 17))
    assert now(shown).state == "final_approval"


def test_it_gets_its_true_last_day_when_the_calendar_is_published(shown):
    for year in (2030, 2031):
        CalendarYear.objects.create(year=year)
    for number in (1, 2, 3, 6, 7):
        CalendarDay.objects.create(day=date(2031, 1, number), is_working=False)
    act_on_due(at=moment(2031, 1, 5))
    notice = Notice.objects.get()
    # 31 December, then 8, 9, 10 and 13 January
    assert (notice.ends_on, notice.is_provisional) == (date(2031, 1, 13), False)
    act_on_due(at=moment(2031, 1, 13))
    assert now(shown).state == "public_notice"
    act_on_due(at=moment(2031, 1, 14))
    assert now(shown).state == "final_approval"
