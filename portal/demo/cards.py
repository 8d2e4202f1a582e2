"""The talent cards of the demo city: applications at every stage, and cards of every kind and state."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from applicants.cards.models import Card, Recognition
from applicants.cards.services.applying import claim_no_recognition, claim_recognition, keep
from applicants.cards.services.changing import change_card
from applicants.cards.services.portraits import add_picture, set_portrait
from applicants.cards.services.rechecking import report_employer
from applicants.cards.services.reconsidering import ask_reconsideration
from applicants.cards.services.retier import report_recognition, withdraw_recognition
from applicants.people import services as people
from portal.casework.models import Application
from portal.casework.services import drafting
from portal.casework.services.checking import settle_facts
from portal.city import city as this_city
from portal.demo.accounts import HOLDER, DemoAccount, create_account
from portal.demo.inventing import Invented, credit_code, invent
from portal.demo.papers import sample_paper
from portal.demo.walking import City, accept, add_papers, fresh, settle_everything, submit, take

PROGRAMME, POLICY = "talent-card", "CARD-2023"
FIRST_NUMBER = 7001  # of the invented people, after those of the other stories
# What the reviewer reads off the employer's licence where the register of businesses was not asked.
EMPLOYER = {"employer_place": this_city().code, "employer_status": "active"}
TITLES = {
    "L1": ("国家级高层次人才", "福建省人力资源和社会保障厅"),
    "L2": ("省级高层次人才（B 类）", "福建省人力资源和社会保障厅"),
    "L3": ("泉州市第三层次人才", "泉州市人才工作领导小组办公室"),
    "L4": ("泉州市第四层次人才", "泉州市人才工作领导小组办公室"),
    "L5": ("泉州市第五层次人才", "泉州市人才工作领导小组办公室"),
    "PR": ("石狮市实用型人才", "石狮市人力资源和社会保障局"),
}


@dataclass(frozen=True)
class Wish:
    """Who applies for a card: what is claimed, and what differs from the usual invented person."""

    tiers: Sequence[str] = ()
    level: str = "bachelor"
    name: str = ""
    contract_days: int | None = None  # until the contract ends, from today on; None: it has no end
    account: DemoAccount | None = None


def seed_cards(city: City) -> None:
    """Walk everybody of STORIES through the real services to where their story ends."""
    for number, (wish, days, end) in enumerate(STORIES, start=FIRST_NUMBER):
        END[end](city, number, wish, days)


def draft(city: City, number: int, wish: Wish, days: int, *, parts: int = 7) -> Application:
    """A draft begun ``days`` working days ago, its first ``parts`` parts filled in (seven are all of them)."""
    at = city.ago(days)
    answers = _invented(number, wish, on=timezone.localdate(at))
    user = create_account(wish.account or DemoAccount(f"card{number - FIRST_NUMBER + 1:02d}@shishi.example", ""))
    row = drafting.start_application(user=user, programme_code=PROGRAMME, policy_code=POLICY, privacy_read_at=at, at=at)
    person = row.applicant
    city.people[str(answers.identity["number"])] = answers
    ends_on = timezone.localdate(city.now) + timedelta(days=wish.contract_days) if wish.contract_days else None
    contract = {"is_contract_open_ended": ends_on is None, "contract_ends_on": ends_on}
    said = {"recognition": [f"TIER      {tier}" for tier in wish.tiers]}
    steps = [
        lambda: people.save_identity(person=person, values=answers.identity, by=user, at=at),
        lambda: people.save_education(person=person, values=answers.education, by=user, at=at),
        lambda: people.save_employment(person=person, values=answers.employment, by=user, at=at),
        lambda: _claim(row, wish, at=at),
        lambda: keep(row, "contract", contract, by=user, at=at),
        lambda: add_portrait(row, number, at=at),
        lambda: (add_papers(row, at, said), keep(row, "declaration", {"is_declared_true": True}, by=user, at=at)),
    ]
    for step in steps[:parts]:
        step()
    return Application.objects.get(pk=row.pk)


def add_portrait(row: Application, number: int, *, at: datetime) -> None:
    """Upload a drawn portrait and let the portal cut it."""
    user = row.applicant.user
    paper = add_picture(application=row, upload=drawn_portrait(number), by=user, at=at)
    set_portrait(application=row, paper=paper, cut=None, by=user, at=at)


def drawn_portrait(number: int) -> SimpleUploadedFile:
    """A drawn face that is nobody's, the same one for the same number."""
    rng = random.Random(number)
    skin, hair, coat = (
        rng.choice(("#e8c3a0", "#f0d2b4", "#d9a983")),
        rng.choice(("#1d1a1a", "#2b211c", "#33261d")),
        rng.choice(("#2f4a63", "#3d5a4c", "#5a3d4c", "#444a52")),
    )
    picture = Image.new("RGB", (780, 960), rng.choice(("#f4f6f8", "#e9f0f6", "#f6f1ea")))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((90, 690, 690, 1400), fill=coat)
    draw.polygon(((320, 700), (390, 830), (460, 700)), fill="#f7f7f5")
    draw.rectangle((335, 590, 445, 740), fill=skin)
    if rng.random() < 0.5:
        draw.rounded_rectangle((205, 190, 575, 720), radius=150, fill=hair)
    draw.ellipse((225, 200, 555, 650), fill=skin)
    draw.chord((215, 165, 565, 520), 180, 360, fill=hair)
    for left in (310, 440):
        draw.ellipse((left, 415, left + 32, 437), fill="#2a2321")
    draw.arc((330, 480, 450, 570), 25, 155, fill="#9c5a4a", width=7)
    target = BytesIO()
    picture.save(target, "JPEG", quality=80)
    return SimpleUploadedFile("portrait.jpg", target.getvalue(), content_type="image/jpeg")


def submitted(city: City, number: int, wish: Wish, days: int) -> Application:
    """Handed in and checked: it waits to be accepted."""
    return submit(city, draft(city, number, wish, days), at=city.ago(days, hour=11))


def accepted(city: City, number: int, wish: Wish, days: int) -> Application:
    """Accepted the day after: it waits for first review."""
    return accept(city, submitted(city, number, wish, days), at=city.ago(days - 1))


def returned(city: City, number: int, wish: Wish, days: int) -> Application:
    """Returned for correction: the portrait, and the document of the recognition."""
    row = accepted(city, number, wish, days)
    items = [
        {"kind": "field", "section": "portrait", "name": "portrait", "note": "请换一张正面、背景干净的近照。"},
        {"kind": "paper", "section": "", "name": "recognition", "note": "要看得到文号和公章。"},
    ]
    note = "照片和认定文件要换。"
    return take(city, row, "return", by=city.staff["first"], at=city.ago(days - 2), note=note, items=items)


def reviewed(city: City, number: int, wish: Wish, days: int) -> Application:
    """Through first review: it waits for the approver."""
    at = city.ago(days - 3)
    row = settle_everything(city, accepted(city, number, wish, days), at, **EMPLOYER)
    if wish.tiers:  # registers prove the degree, and the clause with it; the tier rests on the document
        row = _settle_recognitions(city, row, wish, at)
    return take(city, row, "pass_first", by=city.staff["first"], at=at)


def _settle_recognitions(city: City, row: Application, wish: Wish, at: datetime) -> Application:
    settle_facts(
        application=row,
        values={"recognitions": ";".join(wish.tiers)},
        paper=row.shelf.get(kind="recognition").paper,
        by=city.staff["first"],
        at=at,
        expected_version=row.version,
    )
    return fresh(row)


def approved(city: City, number: int, wish: Wish, days: int) -> Card:
    """Approved: the card is issued with it."""
    row = reviewed(city, number, wish, days)
    take(city, row, "approve", by=city.staff["approver"], at=city.ago(days - 4))
    return Card.objects.get(application=row)


def refused(city: City, number: int, wish: Wish, days: int) -> Application:
    """Refused at first review: the employer is not in this city."""
    at = city.ago(days - 3)
    row = settle_everything(
        city, accepted(city, number, wish, days), at, employer_place="350582", employer_status="active"
    )
    note = "营业执照显示单位登记在晋江，不在石狮。"
    return take(city, row, "refuse", by=city.staff["first"], at=at, clause="TC-2", note=note)


def moved(city: City, number: int, wish: Wish, days: int) -> None:
    """A holder who reports another employer: somebody has to look at the card."""
    card, at = approved(city, number, wish, days), city.ago(1)
    values = {"employer_name": "石狮海丝跨境有限公司", "credit_code": credit_code("海丝跨境")}
    values |= {"started_on": (timezone.localdate(at) - timedelta(days=6)).isoformat()}
    report_employer(card.pk, values=values, by=card.person.user, at=at)


def suspended(city: City, number: int, wish: Wish, days: int) -> None:
    """A card that is suspended over a change of employer; its holder has asked to have that reconsidered."""
    card = approved(city, number, wish, days)
    reason = "本人更换单位没有报告，正在核实。"
    change_card(card.pk, "suspend", by=city.staff["first"], at=city.ago(3), reason=reason)
    why = "我没有换单位：公司今年改了名称，营业执照已经变更，劳动合同照旧。变更通知书可以带到窗口。"
    ask_reconsideration(card.pk, by=card.person.user, at=city.ago(1), reason=why)


def revoked(city: City, number: int, wish: Wish, days: int) -> None:
    """A card that was revoked."""
    card = approved(city, number, wish, days)
    change_card(card.pk, "revoke", by=city.staff["approver"], at=city.ago(5), reason="把卡借给别人使用，商户报告属实。")


def lost(city: City, number: int, wish: Wish, days: int) -> None:
    """A card that its holder reported as lost."""
    card = approved(city, number, wish, days)
    change_card(card.pk, "lose", by=card.person.user, at=city.ago(2))


def reported(city: City, number: int, wish: Wish, days: int) -> None:
    """A holder who was recognised in a higher tier since, and waits for it to be checked."""
    card, at = approved(city, number, wish, days), city.ago(2)
    title, office = TITLES["L3"]
    values = {"tier": "L3", "title": title, "issued_by": office, "document_number": "示例人才〔2026〕31 号"}
    values |= {"recognised_on": timezone.localdate(at) - timedelta(days=20), "expires_on": None}
    upload = sample_paper("recognition", ["TIER      L3"])
    report_recognition(card_id=card.pk, values=values, upload=upload, by=card.person.user, at=at)


def withdrawn(city: City, number: int, wish: Wish, days: int) -> None:
    """A card whose highest recognition was withdrawn: an approver has to decide."""
    card = approved(city, number, wish, days)
    highest = Recognition.objects.get(person=card.person, tier=wish.tiers[0])
    reason = "认定单位来函：该项认定已取消。"
    withdraw_recognition(highest.pk, by=city.staff["first"], at=city.ago(1), reason=reason)


def _invented(number: int, wish: Wish, *, on: date) -> Invented:
    one = invent(number, on=on)
    identity = one.identity | ({"legal_name": wish.name} if wish.name else {})
    return replace(one, identity=identity, education=one.education | {"level": wish.level})


def _claim(row: Application, wish: Wish, *, at: datetime) -> None:
    user = row.applicant.user
    for place, tier in enumerate(wish.tiers):
        title, office = TITLES[tier]
        claim_recognition(
            application=row,
            tier=tier,
            title=title,
            issued_by=office,
            document_number=f"示例人才〔2024〕{place + 11} 号",
            recognised_on=date(2024, 3 + place, 18),
            expires_on=None,
            by=user,
            at=at,
        )
    if not wish.tiers:
        claim_no_recognition(application=row, by=user, at=at)


END = {
    "draft": lambda city, number, wish, days: draft(city, number, wish, days, parts=5),
    "submitted": submitted,
    "accepted": accepted,
    "returned": returned,
    "reviewed": reviewed,
    "approved": approved,
    "refused": refused,
    "moved": moved,
    "suspended": suspended,
    "revoked": revoked,
    "lost": lost,
    "reported": reported,
    "withdrawn": withdrawn,
}
# Who, how many working days ago, and how far.
STORIES: tuple[tuple[Wish, int, str], ...] = (
    (Wish(("L2", "L4"), "doctor", account=HOLDER), 40, "approved"),
    (Wish(("L1",), "doctor", contract_days=700), 36, "approved"),
    (Wish(("L4",), "master"), 34, "reported"),
    (Wish((), "doctor", contract_days=1100), 30, "approved"),
    (Wish((), "master", contract_days=45), 30, "approved"),  # its contract, and so the card, ends soon
    (Wish((), "bachelor"), 26, "moved"),
    (Wish(("L5", "PR"), "diploma"), 24, "withdrawn"),
    (Wish((), "bachelor", name="许𪚥"), 12, "approved"),  # no font prints it: the card is held
    (Wish(("L5",), "bachelor"), 28, "suspended"),
    (Wish((), "bachelor"), 32, "revoked"),
    (Wish((), "diploma"), 22, "lost"),
    (Wish(("L3",), "master"), 7, "reviewed"),
    (Wish((), "master"), 6, "reviewed"),
    (Wish(("L5", "PR"), "bachelor", contract_days=400), 5, "accepted"),
    (Wish((), "bachelor"), 4, "accepted"),
    (Wish(("L4",), "master"), 6, "returned"),
    (Wish((), "bachelor"), 14, "refused"),
    (Wish(("PR",), "diploma"), 2, "submitted"),
    (Wish((), "bachelor"), 1, "submitted"),
    (Wish((), "master"), 1, "draft"),
)
