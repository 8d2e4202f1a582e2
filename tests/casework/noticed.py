"""People who wait for a public notice, written straight into the tables: fifty of them cost less than one real walk."""

from datetime import datetime, timedelta

from applicants.people.models import Person
from portal.accounts.models import User
from portal.casework.models import Application, Notice, Submission
from portal.casework.services.noticing import collect_notice, release_notice
from tests.factories import SHANGHAI, load_policies, make_number, make_user, staff

PHONE = "13712345678"
FRIDAY = datetime(2023, 4, 28, 10, 0, tzinfo=SHANGHAI)  # before the Labour Day holiday of 2023


def day(month: int, number: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of 2023 in Shishi."""
    return datetime(2023, month, number, hour, minute, tzinfo=SHANGHAI)


def make_waiting(
    name: str = "林晓航",
    *,
    number: str = "",
    town: str = "fengli",
    user: User | None = None,
    at: datetime = FRIDAY,
    policy: str = "LS-2022",
) -> Application:
    """A reviewed application at public notice that stands on no list yet."""
    version = load_policies(at)[policy]
    person = Person.objects.create(
        user=user or make_user(), legal_name=name, number=number or make_number(), phone=PHONE
    )
    serial = Application.objects.count() + 1
    row = Application.objects.create(
        reference=f"LS-2023-{serial:06d}",
        programme="living-subsidy",
        policy_version=version,
        applicant=person,
        state="public_notice",
        state_at=at,
        town=town,
        first_reviewer=staff("first_reviewer"),
        second_reviewer=staff("second_reviewer"),
        created_at=at,
        submitted_at=at + timedelta(seconds=serial),
        submitted_on=at.date(),
        amount_fen=1_000_000,
    )
    answers = {
        "education": {"school": "闽南示例大学", "level": "bachelor"},
        "employment": {"employer_name": "石狮潮汐数据服务有限公司"},
    }
    Submission.objects.create(application=row, number=1, at=at, by=person.user, answers=answers, digest="-")
    return row


def collect(at: datetime = FRIDAY, policy: str = "LS-2022") -> Notice:
    """The administrator collects everybody who waits."""
    return collect_notice(policy_version_id=load_policies(at)[policy].pk, by=staff("administrator"), at=at)


def release(notice: Notice, at: datetime = FRIDAY) -> Notice:
    """The approver releases the list."""
    return release_notice(notice=notice, by=staff("approver"), at=at)
