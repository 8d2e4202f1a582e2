"""Sites with rooms and beds, people and bookings, made through the real services of the floors below."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

from django.conf import settings

from applicants.people.answers import answers_of
from applicants.people.models import Person
from applicants.people.services import prove_number
from housing.lodging.models import Bed, Booking, Room, Sex, Site, SiteKind, Stay
from housing.lodging.nights import Nights
from housing.lodging.services.applying import Wish, choose_bed, keep
from housing.lodging.services.holding import hold_bed
from portal.accounts.models import User
from portal.casework.completeness import required_papers
from portal.casework.models import Application
from portal.casework.services.advancing import advance
from portal.casework.services.checking import check_submission
from portal.casework.services.drafting import put_on_shelf, start_application, submit_application
from portal.policy.models import PolicyVersion
from portal.policy.services import load_policy
from tests.factories import SHANGHAI, make_paper, make_person, settle_everything, staff
from tests.partners.making import make_partner, make_place

CODE, POLICY = "lodging", "LODGE-2023"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)  # a Monday
FIRST = date(2026, 3, 9)
HOUR = timedelta(hours=1)
_serial = count(1)


def load_lodging_policy(*, at: datetime = AT) -> PolicyVersion:
    """The shipped policy; loading twice loads once."""
    text = Path(settings.BASE_DIR, "housing/policy/LODGE-2023.yaml").read_text(encoding="utf-8")
    return load_policy(text, at=at)


def make_site(*rooms: int, accessible: int = 0, has_same_sex_rooms: bool = True, kind: str = SiteKind.HOSTEL) -> Site:
    """An open site with rooms of so many beds each (none named: one of two); the last ``accessible`` beds are."""
    place = make_place(make_partner(), f"驿站 {next(_serial)}")
    site = Site.objects.create(place=place, kind=kind, has_same_sex_rooms=has_same_sex_rooms, is_open=True)
    beds = [
        Bed(room=room, label=chr(ord("A") + place))
        for number, size in enumerate(rooms or (2,), start=1)
        for room in [Room.objects.create(site=site, label=f"{number:03}")]
        for place in range(size)
    ]
    for bed in beds[len(beds) - accessible :]:
        bed.is_accessible = True
    Bed.objects.bulk_create(beds)
    return site


def beds_of(site: Site) -> list[Bed]:
    """Its beds, room by room."""
    return list(Bed.objects.filter(room__site=site).select_related("room").order_by("room__label", "label"))


def make_booking(
    site: Site,
    *,
    person: Person | None = None,
    first: date = FIRST,
    nights: int = 3,
    sex: str = Sex.FEMALE,
    needs_accessible: bool = False,
    at: datetime = AT,
) -> Booking:
    """What a new draft asks for; no bed is held yet."""
    load_lodging_policy(at=at)
    person = person or make_person(at=at)
    draft = start_application(user=person.user, programme_code=CODE, policy_code=POLICY, privacy_read_at=at, at=at)
    return Booking.objects.create(
        pk=draft.pk,
        application=draft,
        site=site,
        first_on=first,
        night_count=nights,
        sex=sex,
        needs_accessible=needs_accessible,
    )


def hold(booking: Booking, *, at: datetime = AT, until: datetime | None = None) -> Stay:
    """Hold what the booking asks for, for a day where nothing else is said."""
    return hold_bed(
        booking=booking,
        site=booking.site,
        nights=Nights(booking.first_on, booking.night_count),
        sex=booking.sex,
        needs_accessible=booking.needs_accessible,
        until=until or at + 24 * HOUR,
        by=booking.application.applicant.user,
        at=at,
    )


def make_stay(site: Site, **asked: object) -> Stay:
    """A held stay of somebody new."""
    return hold(make_booking(site, **asked))


GRADUATE = {
    "identity": {"household_code": "360102", "household_collective": "no", "household_town": ""},
    "education": {"diploma_on": date(2025, 6, 20)},
}
PROOF = {"job_proof": "interview_notice", "job_proof_on": date(2026, 2, 20)}


def make_graduate(user: User | None = None, *, at: datetime = AT, **answers: object) -> Person:
    """Somebody from elsewhere who graduated last year, and meets LODGE-2023 on 2 March 2026."""
    return make_person(user, at=at, **(GRADUATE | answers))


def start_lodging(person: Person | None = None, *, at: datetime = AT) -> Application:
    """A draft with nothing of lodging's own filled in."""
    load_lodging_policy(at=at)
    person = person or make_graduate(at=at)
    return start_application(user=person.user, programme_code=CODE, policy_code=POLICY, privacy_read_at=at, at=at)


def wish(site: Site, *, first: date = FIRST, nights: int = 3, sex: str = Sex.FEMALE, **more: object) -> Wish:
    """Three nights from the 9th, where nothing else is said."""
    return Wish(site, Nights(first, nights), sex, **more)


def make_lodging_draft(
    site: Site | None = None, person: Person | None = None, *, at: datetime = AT, **asked: object
) -> Application:
    """A draft with everything filled in and a bed held."""
    draft = start_lodging(person, at=at)
    user = draft.applicant.user
    choose_bed(draft, wish(site or make_site(), **asked), by=user, at=at)
    keep(draft, "job_search", PROOF | {"job_proof_on": at.date() - timedelta(days=10)}, by=user, at=at)
    keep(draft, "declaration", {"is_declared_true": True}, by=user, at=at)
    for paper in required_papers(draft, answers_of(draft.applicant)):
        made = make_paper(draft.applicant, paper.kind, at=at)
        put_on_shelf(application=draft, kind=paper.kind, paper=made, by=user, at=at)
    return draft


def prove_everything(row: Application, *, at: datetime) -> None:
    """The approver proves the number, and settles every fact as it is declared."""
    card = row.shelf.get(kind="id_card").paper
    if not row.applicant.is_proven:
        prove_number(person=row.applicant, by=staff("approver"), at=at, paper=card)
    settle_everything(row, at=at, by=staff("approver"))


def make_lodging_application_in(
    state: str, site: Site | None = None, person: Person | None = None, **asked: object
) -> Application:
    """An application for lodging that walked to ``state``: draft, check, final_approval or approved."""
    row = make_lodging_draft(site, person, **asked)
    at = asked.get("at", AT) + HOUR
    if state != "draft":
        row = submit_application(application=row, by=row.applicant.user, at=at)
    if state not in ("draft", "check"):
        check_submission(submission_id=row.submissions.get().pk, at=at)
        row.refresh_from_db()
    if state == "approved":
        prove_everything(row, at=at)
        row.refresh_from_db()
        if row.state != "approved":
            row = advance(row, "approve", actor=staff("approver"), at=at + HOUR, expected_version=row.version)
    return row
