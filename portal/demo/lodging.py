"""Free lodging in the demo city: two contracted hotels and a hostel, their guests, and a line for a full hotel."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from applicants.people import services as people
from applicants.people.models import Paper
from housing.lodging.models import Bed, Sex, Site, SiteKind, Stay, StayState
from housing.lodging.nights import ONE_DAY, Nights
from housing.lodging.services import operating, photos, rooms, sites
from housing.lodging.services.applying import Wish, choose_bed, keep, kept_stay
from housing.lodging.services.arriving import check_in
from housing.lodging.services.changing import change_stay
from housing.lodging.services.closing import close_bed
from housing.lodging.services.expiring import pass_beds_on
from housing.lodging.services.missing import miss_stay
from housing.lodging.services.settling import make_statement, month_of, sign_for_site
from housing.lodging.services.waiting import join_line
from portal.casework.models import Application
from portal.casework.services import drafting
from portal.demo.accounts import DemoAccount, create_account
from portal.demo.inventing import Invented, invent
from portal.demo.partners import seed_partners
from portal.demo.scenes import SCENES, drawn_scene
from portal.demo.walking import City, add_papers, fresh, settle_everything, submit, take
from portal.partners.choices import MemberRole, PartnerKind
from portal.partners.models import PartnerMember, PartnerPlace
from portal.partners.scopes import managers

PROGRAMME, POLICY = "lodging", "LODGE-2023"
FIRST_NUMBER = 8001  # of the invented people, after those of the other stories
HOMES = ("360102", "430102", "350102", "330302", "440513", "350602")  # counties that guests come from
# As portal.demo.partners.PARTNERS; the first hotel is there already.
PARTNERS = (
    (
        PartnerKind.HOTEL,
        ("石狮鸳鸯池宾馆有限公司", "Shishi Yuanyangchi Inn"),
        ("鸳鸯池宾馆", "Yuanyangchi Inn", "鸳鸯池路 16 号", "hubin"),
        ("inn", "蔡安平"),
        ("小洪", MemberRole.SITE_OPERATOR),
    ),
    (
        PartnerKind.HOTEL,
        ("石狮青年驿站服务中心", "Shishi Youth Hostel Service"),
        ("青年人才驿站", "Youth Talent Hostel", "学府路 3 号", "lingxiu"),
        ("hostel", "邱晓岚"),
        ("小吴", MemberRole.SITE_OPERATOR),
    ),
)
RULES = (
    "23:00 以后保持安静\n房间里不吸烟，不用电炉\n访客请在大堂接待，不留宿\n退房请在 12:00 以前，把房卡交回前台",
    "Quiet after 23:00\nNo smoking and no cookers in the rooms\nVisitors are received in the lobby and do not stay"
    "\nLeave before 12:00 and hand in your key",
)


@dataclass(frozen=True)
class Plan:
    """A site to set up: its place's name, kind, rooms (name, beds, of them accessible), rate in fen, words."""

    place: str
    kind: str
    rooms: tuple[tuple[str, int, int], ...]
    night_fen: int
    about: tuple[str, str]


HARBOUR, INN, HOSTEL = (
    Plan(
        "海港酒店狮城店",
        SiteKind.HOTEL,
        tuple((str(number), 2, int(number == 501)) for number in range(501, 506)),
        15_800,
        (
            "双人标准间，独立卫生间，有电梯。到石狮人才市场步行 12 分钟，门口有 3 路公交。",
            "Twin rooms with their own bathroom; there is a lift. Twelve minutes on foot to the job market, bus 3 at "
            "the door.",
        ),
    ),
    Plan(
        "鸳鸯池宾馆",
        SiteKind.HOTEL,
        (("201", 1, 0), ("202", 1, 0), ("203", 1, 0)),
        12_800,
        (
            "单人间，靠近鸳鸯池公园。没有电梯，房间在二楼。",
            "Single rooms near Yuanyangchi Park. No lift; rooms are on floor 2.",
        ),
    ),
    Plan(
        "青年人才驿站",
        SiteKind.HOSTEL,
        (("101", 2, 2), ("102", 4, 0), ("201", 6, 0), ("202", 6, 0)),
        0,
        (
            "两人间、四人间和六人间，上下铺，公共浴室、自习室和洗衣房。一楼有无障碍床位和卫生间。",
            "Rooms of two, four and six with bunk beds, shared showers, a study and a laundry. Accessible beds and "
            "bathroom on the ground floor.",
        ),
    ),
)


def seed_lodging(city: City) -> None:
    """Set the sites up as the bureau does, then walk everybody of STORIES to where their story ends."""
    seed_partners(by=city.staff["admin"], at=city.ago(60), partners=PARTNERS)
    found = {plan.place: _site(city, plan) for plan in (HARBOUR, INN, HOSTEL)}
    numbers = iter(range(FIRST_NUMBER, FIRST_NUMBER + 100))
    for story, place, days, arrives, nights in STORIES:
        guest = Guest(city, next(numbers), found[place], days, _day(city, arrives), nights)
        story(guest)
    _close_beds(city, found[HOSTEL.place])
    _give_up(city, found[INN.place])
    _statement(city, found[INN.place])


@dataclass(frozen=True)
class Guest:
    """Somebody who asks, ``days`` working days ago, for ``nights`` nights at a site from ``first`` on."""

    city: City
    number: int
    site: Site
    days: int
    first: date
    nights: int

    @property
    def at(self) -> datetime:
        """When the application is begun."""
        return self.city.ago(self.days)

    @property
    def wish(self) -> Wish:
        """The bed asked for; every seventh guest needs one without barriers, where the site has it."""
        accessible = self.number % 7 == 0 and self.site.kind == SiteKind.HOSTEL
        sex = Sex.MALE if self.number % 2 else Sex.FEMALE
        return Wish(self.site, Nights(self.first, self.nights), sex, needs_accessible=accessible)


def begun(guest: Guest) -> Application:
    """A draft with everything but the bed."""
    answers, at = _invented(guest), guest.at
    user = create_account(DemoAccount(f"guest{guest.number - FIRST_NUMBER + 1:02d}@shishi.example", ""))
    row = drafting.start_application(user=user, programme_code=PROGRAMME, policy_code=POLICY, privacy_read_at=at, at=at)
    person = row.applicant
    guest.city.people[str(answers.identity["number"])] = answers
    people.save_identity(person=person, values=answers.identity, by=user, at=at)
    people.save_education(person=person, values=answers.education, by=user, at=at)
    issued = timezone.localdate(at) - timedelta(days=4)
    keep(row, "job_search", {"job_proof": "interview_notice", "job_proof_on": issued}, by=user, at=at)
    keep(row, "declaration", {"is_declared_true": True}, by=user, at=at)
    add_papers(row, at, {"job_search_proof": [f"ISSUED    {issued}"]})
    return fresh(row)


def drafted(guest: Guest) -> Application:
    """A draft with a bed held."""
    row = begun(guest)
    choose_bed(row, guest.wish, by=row.applicant.user, at=guest.at)
    return row


def waiting(guest: Guest) -> Application:
    """A draft in the line for a full site."""
    row = begun(guest)
    join_line(row, guest.wish, by=row.applicant.user, at=guest.at)
    return row


def decided_soon(guest: Guest) -> Application:
    """Handed in and checked; it waits for the approver, and its bed is held."""
    return submit(guest.city, drafted(guest), at=guest.at + timedelta(hours=1))


def booked(guest: Guest) -> Stay:
    """Approved: the bed is booked."""
    row, at = decided_soon(guest), guest.at + timedelta(hours=5)
    approver, card = guest.city.staff["approver"], Paper.objects.filter(person=row.applicant, kind="id_card").first()
    people.prove_number(person=row.applicant, by=approver, at=at, paper=card)
    row = settle_everything(guest.city, row, at, by="approver")
    if row.state != "approved":
        take(guest.city, row, "approve", by=approver, at=at)
    stay = kept_stay(row)
    assert stay is not None  # noqa: S101 (booked by the approval)
    return stay


def arrived(guest: Guest) -> Stay:
    """Checked in on the first evening."""
    return check_in(stay_id=booked(guest).pk, member=_operator(guest.site), at=_evening(guest.first))


def left(guest: Guest) -> Stay:
    """Came, stayed to the end and left."""
    stay = arrived(guest)
    at = timezone.make_aware(datetime.combine(stay.leaves_on, time(11)))
    return operating.leave(stay_id=stay.pk, member=_operator(guest.site), at=at, expected_version=stay.version)


def missed(guest: Guest) -> None:
    """Did not come, and was told so."""
    miss_stay(booked(guest).pk, at=_evening(guest.first) + timedelta(hours=6))


Story = Callable[[Guest], object]
# What happens, where, how many working days ago it was asked for, when the stay begins (working days ago; negative:
# days ahead), for how many nights. Who fills the inn comes before who waits for it.
STORIES: tuple[tuple[Story, str, int, int, int], ...] = (
    (left, INN.place, 32, 27, 3),
    (left, INN.place, 31, 26, 5),
    (left, HOSTEL.place, 30, 25, 4),
    (missed, HOSTEL.place, 12, 6, 2),
    (arrived, HARBOUR.place, 6, 1, 6),
    (arrived, HARBOUR.place, 6, 1, 5),
    (arrived, HOSTEL.place, 6, 1, 7),
    (arrived, HOSTEL.place, 5, 1, 6),
    (booked, HARBOUR.place, 5, 0, 3),
    (booked, HARBOUR.place, 4, 0, 2),
    (booked, HOSTEL.place, 4, -6, 5),
    (decided_soon, HARBOUR.place, 1, -8, 3),
    (decided_soon, HOSTEL.place, 1, -9, 7),
    (drafted, HOSTEL.place, 0, -10, 2),
    (booked, INN.place, 4, -11, 3),
    (booked, INN.place, 4, -11, 3),
    (booked, INN.place, 3, -11, 3),
    (waiting, INN.place, 2, -11, 3),
    (waiting, INN.place, 1, -12, 2),
    (waiting, INN.place, 0, -11, 2),
)


def _site(city: City, plan: Plan) -> Site:
    place, admin = PartnerPlace.objects.get(name_zh=plan.place), city.staff["admin"]
    by_admin = {"by": admin, "at": max(place.created_at, city.ago(59))}
    words = {
        "about_zh": plan.about[0],
        "about_en": plan.about[1],
        "house_rules_zh": RULES[0],
        "house_rules_en": RULES[1],
    }
    site = sites.add_site(place=place, values={"kind": plan.kind, "has_same_sex_rooms": True, **words}, **by_admin)
    for label, beds, accessible in plan.rooms:
        rooms.add_room(site=site, label=label, beds=beds, accessible=accessible, **by_admin)
    if plan.night_fen:
        sites.set_rate(site=site, from_on=timezone.localdate(city.ago(60)), night_fen=plan.night_fen, **by_admin)
    for scene, captions in SCENES[plan.kind].items():
        picture = drawn_scene(scene, seed=plan.place)
        photos.add_photo(site=site, upload=picture, caption_zh=captions[0], caption_en=captions[1], **by_admin)
    return sites.change_site(site=site, values={"is_open": True}, expected_version=site.version, **by_admin)


def _close_beds(city: City, site: Site) -> None:
    bed = Bed.objects.filter(room__site=site, room__label="202").first()
    nights = Nights(timezone.localdate(city.now) + 2 * ONE_DAY, 10)
    assert bed is not None  # noqa: S101 (of the plan)
    close_bed(bed=bed, nights=nights, reason="空调维修", by=city.staff["admin"], at=city.ago(0))


def _give_up(city: City, site: Site) -> None:
    """One of those who filled the inn cancels: the first in line is offered the bed."""
    stay = Stay.objects.filter(site=site, state=StayState.BOOKED).select_related("person__user").latest("state_at")
    change_stay(stay.pk, "cancel", by=stay.person.user, at=city.now)
    pass_beds_on(at=city.now)


def _statement(city: City, site: Site) -> None:
    """The statement of the month of the first stays, signed by the site."""
    month = month_of(timezone.localdate(city.ago(26)))
    if month == month_of(timezone.localdate(city.now)):
        return
    row = make_statement(site=site, month=month, by=None, at=city.ago(1))
    manager = managers().select_related("user", "partner").get(partner=site.place.partner_id)
    sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=city.ago(0))


def _operator(site: Site) -> PartnerMember:
    rows = PartnerMember.objects.select_related("user", "partner").filter(role=MemberRole.SITE_OPERATOR)
    return rows.get(places=site.place)


def _day(city: City, arrives: int) -> date:
    today = timezone.localdate(city.now)
    return timezone.localdate(city.ago(arrives)) if arrives > 0 else today - arrives * ONE_DAY


def _evening(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time(20, 10)))


def _invented(guest: Guest) -> Invented:
    """A graduate from elsewhere who has no job in the city yet."""
    one = invent(guest.number, on=timezone.localdate(guest.at))
    home = random.Random(guest.number).choice(HOMES)
    identity = one.identity | {"household_code": home, "household_collective": "no", "household_town": ""}
    return replace(one, identity=identity, employment=one.employment | {"insured_ranges": [], "in_post": "no"})
