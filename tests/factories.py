"""People, papers and applications for tests, made through the real services. Everybody in them is invented.

The day of the tests is 16 October 2023: ``move_clock()`` puts the portal's clock there.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image
from stdnum.cn import ric, uscc

from applicants.people.answers import answers_of
from applicants.people.models import Paper, Person
from applicants.people.papers import PaperLimits, accept_paper
from applicants.people.services import (
    give_account,
    person_of,
    prove_number,
    save_education,
    save_employment,
    save_identity,
)
from portal import clock
from portal.accounts.models import RoleGrant, User
from portal.casework.completeness import required_papers
from portal.casework.models import Application, Notice, NoticeLine
from portal.casework.services.advancing import advance
from portal.casework.services.checking import check_submission, settle_facts
from portal.casework.services.drafting import (
    ask_reconsideration,
    put_on_shelf,
    start_application,
    submit_application,
    withdraw_application,
)
from portal.casework.services.due import act_on_due
from portal.casework.services.evidence import facts_of
from portal.casework.services.noticing import collect_notice, raise_objection, release_notice
from portal.casework.states import State
from portal.policy.facts import write_value
from portal.policy.models import PolicyVersion
from portal.policy.services import load_policy
from subsidies.services.declaring import save_declaration

ROOT = Path(__file__).resolve().parent.parent
SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2023, 10, 16, 9, 12, tzinfo=SHANGHAI)
ON = AT.date()
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

IDENTITY = {
    "legal_name": "林晓航",
    "phone": "13800138000",
    "household_code": "350581",
    "household_collective": "no",
    "household_town": "fengli",
}
EDUCATION = {
    "level": "bachelor",
    "study_mode": "full_time",
    "school": "闽南示例大学",
    "major": "软件工程",
    "diploma_on": date(2023, 6, 20),
    "diploma_number": "118999202305000421",
    "is_overseas": "no",
    "overseas_certified": "",
}
EMPLOYMENT = {
    "employer_name": "石狮潮汐数据服务有限公司",
    "employer_kind": "private_enterprise",
    "town": "fengli",
    "started_on": date(2023, 7, 3),
    "first_job_in_city": "yes",
    "first_insured_on": date(2023, 7, 1),
    "insured_ranges": [{"from": "2023-07", "to": "2023-09", "employer": "present", "late": False}],
    "in_post": "yes",
}
ACCOUNT = {"bank_name": "中国示例银行石狮支行", "branch_code": "", "is_activated": True}
# A year later, under YTE-2024: a master with two instalments of 25,000 yuan.
AT_2024 = datetime(2024, 10, 16, 9, 12, tzinfo=SHANGHAI)
MASTER_2024 = {
    "education": {"level": "master", "diploma_on": date(2024, 6, 20)},
    "employment": {
        "started_on": date(2024, 7, 1),
        "first_insured_on": date(2024, 7, 1),
        "insured_ranges": [{"from": "2024-07", "to": "2024-09", "employer": "present", "late": False}],
    },
}
DECLARATION = {"is_declared_true": True, "is_notice_agreed": True, "has_earlier_grants": False}

_serial = count(1)


def move_clock(at: datetime = AT) -> None:
    """Put the portal's own clock to ``at``: what pages take for now."""
    clock.move_to(at)


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def make_user(email: str = "", **fields: Any) -> User:
    """An account that can sign in (password ``harbour-2023``); a new one each time where no address is given."""
    user = User.objects.create_user(email or f"person{next(_serial)}@example.test", "harbour-2023", **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_staff(*roles: str, email: str = "", programme: str = "", town: str = "", name: str = "") -> User:
    """A person of the bureau with a second factor, holding ``roles`` ("" = every programme, the whole city)."""
    user = make_user(email, display_name=name)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, programme=programme, town=town)
    TOTP.activate(user, TOTP_SECRET)
    return user


def staff(role: str) -> User:
    """The one person who holds ``role`` for everything (``first_reviewer@example.test``), made at first use."""
    email = f"{role}@example.test"
    return User.objects.filter(email=email).first() or make_staff(role, email=email, name=f"office {role}")


def make_number(*, born: date = date(2001, 3, 8), serial: int | None = None, county: str = "350581") -> str:
    """An invented resident number with the right check digit; a new one each time where no serial is given."""
    body = f"{county}{born:%Y%m%d}{(serial if serial is not None else next(_serial)) % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")


def make_credit_code(serial: int = 1) -> str:
    """An invented unified social credit code with the right check character."""
    body = f"91350581MA{serial:07d}"
    return body + uscc.calc_check_digit(body + "0")


def make_person(user: User | None = None, *, at: datetime = AT, **answers: Mapping[str, Any]) -> Person:
    """A person with every section answered, who meets LS-2022 on 16 October 2023.

    Sections are overridden by name: ``make_person(education={"level": "diploma"})``.
    """
    user = user or make_user()
    person = person_of(user=user)
    identity = {**IDENTITY, "number": make_number(), **answers.get("identity", {})}
    account = {"holder": identity["legal_name"], "number": f"62170018{next(_serial):011d}", **ACCOUNT}
    save_identity(person=person, values=identity, by=user, at=at)
    save_education(person=person, values={**EDUCATION, **answers.get("education", {})}, by=user, at=at)
    employment = {**EMPLOYMENT, "credit_code": make_credit_code(), **answers.get("employment", {})}
    save_employment(person=person, values=employment, by=user, at=at)
    give_account(person=person, values={**account, **answers.get("account", {})}, by=user, at=at)
    person.refresh_from_db()
    return person


# ── papers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def jpeg_bytes(colour: str = "white") -> bytes:
    """A small photograph."""
    buffer = BytesIO()
    Image.new("RGB", (24, 16), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def pdf_bytes(pages: int = 1, password: str = "") -> bytes:
    """A small PDF, locked where a password is given."""
    pdf, buffer = pikepdf.new(), BytesIO()
    for _page in range(pages):
        pdf.add_blank_page()
    pdf.save(buffer, encryption=pikepdf.Encryption(user=password, owner=password) if password else None)
    return buffer.getvalue()


def make_upload(name: str = "证件.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    """A file as a form sends it."""
    return SimpleUploadedFile(name, jpeg_bytes() if data is None else data)


def make_paper(person: Person, kind: str = "id_card", *, at: datetime = AT) -> Paper:
    """An accepted paper of ``person``, on no shelf yet."""
    return accept_paper(person=person, kind=kind, upload=make_upload(), limits=PaperLimits(), by=person.user, at=at)


# ── applications ───────────────────────────────────────────────────────────────────────────────────────────────────


def load_policies(at: datetime = AT) -> dict[str, PolicyVersion]:
    """The two shipped policies of the living subsidy, by code; loading twice loads once."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "subsidies" / "policy").glob("*.yaml"))]
    return {version.policy.code: version for version in (load_policy(text, at=at) for text in texts)}


def start_draft(person: Person, *, policy: str = "LS-2022", at: datetime = AT) -> Application:
    """A draft without papers and declaration."""
    load_policies(at)
    return start_application(
        user=person.user, programme_code="living-subsidy", policy_code=policy, privacy_read_at=at, at=at
    )


def make_draft(person: Person | None = None, *, policy: str = "LS-2022", at: datetime | None = None) -> Application:
    """A draft with everything filled in; for YTE-2024 by a master, a year later."""
    is_later = policy == "YTE-2024"
    at = at or (AT_2024 if is_later else AT)
    person = person or make_person(at=at, **(MASTER_2024 if is_later else {}))
    draft = start_draft(person, policy=policy, at=at)
    for asked in required_papers(draft, answers_of(person)):
        paper = person.papers.filter(kind=asked.kind).first() or make_paper(person, asked.kind, at=at)
        put_on_shelf(application=draft, kind=asked.kind, paper=paper, by=person.user, at=at)
    save_declaration(application=draft, values=DECLARATION, by=person.user, at=at)
    return draft


def make_application_in(
    state: str,
    *,
    person: Person | None = None,
    policy: str = "LS-2022",
    at: datetime | None = None,
    items: Sequence[dict[str, str]] = (),
) -> Application:
    """An application that walked to ``state`` through the real services; each stage takes an hour, a notice its days.

    ``items`` are the marks of a correction. The bureau's people are those of ``staff(role)``.
    """
    draft = make_draft(person, policy=policy, at=at)
    return _Walk(draft, timezone.localtime(draft.created_at, SHANGHAI), items).to(State(state))


def walk_on(application: Application, state: str) -> Application:
    """The application, from where it is, on the main road to ``state``."""
    at = timezone.localtime(application.state_at, SHANGHAI) + timedelta(hours=1)
    return _Walk(application, at, ()).to(State(state))


class _Walk:
    def __init__(self, draft: Application, at: datetime, items: Sequence[dict[str, str]]) -> None:
        self.row, self.at = draft, at
        self.items = list(items) or [
            {"kind": "field", "section": "education", "name": "diploma_number", "note": "和毕业证书不一致"}
        ]

    def to(self, state: State) -> Application:
        """Walk the main road until ``state`` is reached, or to where its side road begins."""
        turn = {
            State.CORRECTION: (State.ACCEPT, self.give_back),
            State.LAPSED: (State.ACCEPT, self.lapse),
            State.REFUSED: (State.FIRST_REVIEW, self.refuse),
            State.WITHDRAWN: (State.ACCEPT, self.withdraw),
            State.OBJECTION: (State.PUBLIC_NOTICE, self.object_to_notice),
            State.RECONSIDERATION: (State.FIRST_REVIEW, self.ask_reconsideration),
        }
        target, leave = turn.get(state, (state, None))
        road = self.road()
        while self.row.state != target:
            road[State(self.row.state)]()
            self.at += timedelta(hours=1)
            self.row = Application.objects.get(pk=self.row.pk)
        if leave:
            leave()
        return Application.objects.select_related("applicant__user", "policy_version__policy").get(pk=self.row.pk)

    def road(self) -> dict[State, Callable[[], object]]:
        """What leads on from each stage."""
        return {
            State.DRAFT: lambda: submit_application(application=self.row, by=self.row.applicant.user, at=self.at),
            State.CHECK: lambda: check_submission(submission_id=self.row.submissions.get().pk, at=self.at),
            State.ACCEPT: self.accept,
            State.FIRST_REVIEW: self.pass_first,
            State.SECOND_REVIEW: lambda: self.step("pass_second", "second_reviewer"),
            State.PUBLIC_NOTICE: self.end_notice,
            State.FINAL_APPROVAL: lambda: self.step("approve", "approver"),
        }

    def step(self, name: str, role: str, **details: Any) -> None:
        advance(self.row, name, actor=staff(role), at=self.at, expected_version=self.row.version, **details)

    def accept(self) -> None:
        card = self.row.shelf.get(kind="id_card").paper
        if not self.row.applicant.is_proven:
            prove_number(person=self.row.applicant, by=staff("clerk"), at=self.at, paper=card)
        self.step("accept", "clerk")

    def pass_first(self) -> None:
        settle_everything(self.row, at=self.at)
        self.step("pass_first", "first_reviewer")

    def show_notice(self) -> Notice:
        line = NoticeLine.objects.filter(application=self.row, is_live=True).first()
        notice = (
            line.notice
            if line
            else collect_notice(policy_version_id=self.row.policy_version_id, by=staff("administrator"), at=self.at)
        )
        return release_notice(notice=notice, by=staff("approver"), at=self.at)

    def end_notice(self) -> None:
        notice = self.show_notice()
        self.at = datetime.combine(notice.ends_on + timedelta(days=1), self.at.time(), tzinfo=SHANGHAI)
        act_on_due(at=self.at)

    def give_back(self) -> None:
        self.step("return", "clerk", note="请按标出的地方补正。", items=self.items)

    def lapse(self) -> None:
        self.give_back()
        correction = self.row.corrections.get()
        for days in (-2, 7):  # the reminder, and a week after the last day
            act_on_due(at=datetime.combine(correction.due_on + timedelta(days=days), self.at.time(), tzinfo=SHANGHAI))

    def refuse(self) -> None:
        self.step("refuse", "first_reviewer", clause=self.first_clause(), note="材料显示不符合这一条。")

    def ask_reconsideration(self) -> None:
        self.refuse()
        self.row = Application.objects.get(pk=self.row.pk)
        ask_reconsideration(
            application=self.row,
            reason="我这次是首次就业，单位的证明附后。",
            by=self.row.applicant.user,
            at=self.at + timedelta(hours=1),
            expected_version=self.row.version,
        )

    def first_clause(self) -> str:
        return self.row.policy_version.parsed.clauses[0].code

    def withdraw(self) -> None:
        withdraw_application(
            application=self.row, by=self.row.applicant.user, at=self.at, expected_version=self.row.version
        )

    def object_to_notice(self) -> None:
        notice = self.show_notice()
        self.at = datetime.combine(notice.starts_on, self.at.time(), tzinfo=SHANGHAI)
        raise_objection(
            line=NoticeLine.objects.select_related("notice").get(application=self.row, is_live=True),
            name="王五",
            contact="13900139000",
            text="他已经不在这家单位。",
            objector=None,
            by=staff("clerk"),
            at=self.at,
        )


def settle_everything(application: Application, *, at: datetime = AT, by: User | None = None, **told: str) -> None:
    """The first reviewer (the only one, or ``by``) finds every declared fact proven by the identity card's paper;
    ``told`` are facts that the paper tells otherwise.
    """
    known = facts_of(application, application.submissions.order_by("number").last(), at=at).known
    reads = [name for name in application.policy_version.parsed.reads if name != "prior_grants" and name in known]
    settle_facts(
        application=application,
        values={name: write_value(known[name].value) for name in reads} | told,
        paper=application.shelf.filter(removed_at__isnull=True).order_by("added_at", "id").first().paper,
        by=by or staff("first_reviewer"),
        at=at,
        expected_version=application.version,
    )
