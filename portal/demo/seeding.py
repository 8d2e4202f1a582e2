"""A believable invented city: about sixty people whose applications went through the real services on past days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from applicants.people import services as people
from applicants.registers.models import RegisterAnswer
from portal import clock
from portal.casework.completeness import FOR_RECONSIDERATION
from portal.casework.models import Application, Notice
from portal.casework.services import checking, drafting, entering, noticing, supplying
from portal.casework.services.due import act_on_due
from portal.demo.accounts import APPLICANT, BUREAU, DemoAccount, create_account
from portal.demo.apartments import seed_apartments
from portal.demo.benefits import seed_benefits
from portal.demo.cards import seed_cards
from portal.demo.inventing import invent
from portal.demo.lodging import seed_lodging
from portal.demo.papers import sample_paper
from portal.demo.partners import seed_partners
from portal.demo.sandbox.city import write_city
from portal.demo.walking import City, accept, add_papers, fresh, settle_everything, submit, take
from portal.notifications.models import Letter
from subsidies.models import Roll
from subsidies.services import rolls
from subsidies.services.bank_results import apply_bank_result, upload_bank_result
from subsidies.services.checking import obstacles, payables_of
from subsidies.services.declaring import save_declaration
from subsidies.services.issuing import issue_roll

PROGRAMME = "living-subsidy"
DECLARED = {"is_declared_true": True, "is_notice_agreed": True, "has_earlier_grants": False}


@transaction.atomic
def seed() -> None:
    """Create the bureau, the people and their applications, whole or not at all. Takes the database as empty."""
    bureau = {account.email.split("@")[0]: create_account(account) for account in BUREAU}
    city = City(clock.now(), bureau)
    number = 0
    for count, story in STORIES:
        for _turn in range(count):
            number += 1
            story(city, number)
    _finish_notice_and_rolls(city)
    seed_cards(city)
    seed_partners(by=bureau["admin"], at=city.ago(9))
    seed_lodging(city)
    seed_apartments(city)
    for row in RegisterAnswer.objects.waiting():  # asked when a stage began that no story tells of
        row.delete()
    RegisterAnswer.objects.not_taken_in().mark_taken_in()  # every story has reckoned with its answers
    held(city, number + 1)
    write_city(
        settings.VAR_DIR / "registers" / "city.json",
        city.people.values(),
        on=timezone.localdate(city.now),
        odd=city.odd,
    )
    seed_benefits(city)
    Letter.objects.exclude(recipient=None).update(emailed_at=city.now, next_try_at=None)  # the past is not mailed again
    create_account(APPLICANT)  # nothing applied for yet: the place to begin


def draft(
    city: City, number: int, *, days: int, policy: str = "LS-2022", parts: int = 6, at_counter: bool = False
) -> Application:
    """A draft with its first ``parts`` parts filled in (six are all of them), by the person or by the clerk."""
    at = city.ago(days)
    answers, asked = invent(number, on=timezone.localdate(at), policy=policy), {"programme_code": PROGRAMME, "at": at}
    if at_counter:
        user, seen = city.staff["clerk"], {name: answers.identity[name] for name in ("legal_name", "number")}
        seen |= {"number_kind": "resident_id"}
        row = entering.enter_application(identity=seen, person=None, policy_code=policy, by=user, **asked)
    else:
        user = create_account(DemoAccount(f"person{number:02d}@shishi.example", ""))
        row = drafting.start_application(user=user, policy_code=policy, privacy_read_at=at, **asked)
    person = row.applicant
    city.people[str(answers.identity["number"])] = answers
    steps: list[Callable[[], object]] = [
        lambda: people.save_identity(person=person, values=answers.identity, by=user, at=at),
        lambda: people.save_education(person=person, values=answers.education, by=user, at=at),
        lambda: people.save_employment(person=person, values=answers.employment, by=user, at=at),
        lambda: people.give_account(person=person, values=answers.account, by=user, at=at),
        lambda: add_papers(row, at),
        lambda: save_declaration(application=row, values=DECLARED, by=user, at=at),
    ]
    for step in steps[:parts]:
        step()
    return Application.objects.get(pk=row.pk)


def submitted(city: City, number: int, *, days: int, odd: str = "", **kind: Any) -> Application:
    """An application handed in ``days`` days ago and checked: it waits to be accepted.

    ``odd`` is how the registers say otherwise than the person did (one of ODDITIES).
    """
    row = draft(city, number, days=days, **kind)
    return submit(city, row, at=city.ago(days, hour=11), odd=odd)


def held(city: City, number: int) -> Application:
    """Handed in a moment ago; one register has yet to answer, so it is still in check."""
    row = draft(city, number, days=0)
    city.odd[row.applicant.number] = "insurance takes its time"
    return drafting.submit_application(application=row, by=row.applicant.user, at=city.now)


def accepted(city: City, number: int, *, days: int, policy: str = "LS-2022", odd: str = "") -> Application:
    """Accepted the day after: it waits for first review."""
    row = submitted(city, number, days=days, policy=policy, odd=odd)
    return accept(city, row, at=city.ago(days - 1))


def reviewed(city: City, number: int, *, days: int, policy: str = "LS-2022") -> Application:
    """Through first review: it waits for second review."""
    row, at = fresh(accepted(city, number, days=days, policy=policy)), city.ago(days - 3)
    row = settle_everything(city, row, at)
    return take(city, row, "pass_first", by=city.staff["first"], at=at)


def noticed(city: City, number: int, *, days: int, policy: str = "LS-2022") -> Application:
    """Through second review: it waits for public notice."""
    row = reviewed(city, number, days=days, policy=policy)
    return take(city, row, "pass_second", by=city.staff["second"], at=city.ago(days - 5))


def returned(city: City, number: int, *, days: int) -> Application:
    """Returned for correction at first review: the register of education does not know the diploma."""
    row = accepted(city, number, days=days, odd="graduate unknown")
    return take(
        city,
        row,
        "return",
        by=city.staff["first"],
        at=city.ago(days - 2),
        note="学信网查不到这张毕业证书。请核对证书编号，再传一份备案表。",
        items=[
            {"kind": "paper", "section": "", "name": "diploma_registration", "note": "要看得清验证码和证书编号。"},
            {"kind": "field", "section": "education", "name": "diploma_number", "note": "请照毕业证书填写。"},
        ],
    )


def refused(city: City, number: int, *, days: int) -> Application:
    """Refused at first review under LS-4."""
    row, at = fresh(accepted(city, number, days=days)), city.ago(days - 4)
    row = settle_everything(city, row, at, except_clause="LS-4")
    checking.settle_facts(
        application=row,
        values={"employer_kind": "private_enterprise", "first_job_in_city": "no"},
        paper=row.shelf.get(kind="insurance_record").paper,
        by=city.staff["first"],
        at=at,
        expected_version=row.version,
    )
    row = fresh(row)
    return take(
        city,
        row,
        "refuse",
        by=city.staff["first"],
        at=at,
        clause="LS-4",
        note="参保记录显示，您来石狮前已在本市另一家单位就业，这次不是首次就业。",
    )


def asked_again(city: City, number: int, *, days: int) -> Application:
    """Refused, and asked to be reconsidered with a paper."""
    row = refused(city, number, days=days)
    person, at = row.applicant, city.ago(days - 6)
    upload = sample_paper(FOR_RECONSIDERATION, ["TRAINEE   2021-07 - 2021-07", "NO LABOUR CONTRACT"])
    supplying.hand_in_paper(application=row, kind=FOR_RECONSIDERATION, upload=upload, by=person.user, at=at)
    return drafting.ask_reconsideration(
        application=row,
        reason="参保记录里的那家单位是我上学时的实习单位，替我缴了一个月工伤保险，没有签劳动合同。说明附后，请复核。",
        by=person.user,
        at=at,
        expected_version=row.version,
    )


def withdrawn(city: City, number: int, *, days: int) -> Application:
    """Withdrawn by the applicant before first review."""
    row = accepted(city, number, days=days)
    return drafting.withdraw_application(
        application=row, by=row.applicant.user, at=city.ago(days - 2), expected_version=row.version
    )


def lapsed(city: City, number: int, *, days: int) -> Application:
    """Returned, never sent again, lapsed."""
    row = returned(city, number, days=days)
    act_on_due(at=city.ago(days - 11))  # reminds
    act_on_due(at=city.ago(0))
    return fresh(row)


def _release(city: City, *, days: int) -> list[Notice]:
    found = []
    waiting = noticing.waiting_for_notice(city.staff["second"]).order_by().values_list("policy_version", flat=True)
    for version in sorted(set(waiting)):
        notice = noticing.collect_notice(policy_version_id=version, by=city.staff["second"], at=city.ago(days + 1))
        found.append(noticing.release_notice(notice=notice, by=city.staff["second2"], at=city.ago(days)))
    return found


def approved_batch(city: City, number: int) -> None:
    """Sixteen people of an earlier month: through notice and approval, then paid, one account rejected."""
    rows = [
        noticed(city, number * 100 + turn, days=42 - turn % 3, policy="YTE-2024" if turn % 4 == 3 else "LS-2022")
        for turn in range(16)
    ]
    _release(city, days=34)
    act_on_due(at=city.ago(28))
    for row in map(fresh, rows):
        take(city, row, "approve", by=city.staff["approver"], at=city.ago(27))


def _finish_notice_and_rolls(city: City) -> None:
    finance, at = city.staff["finance"], city.ago(20)
    ready = [item.pk for item in payables_of(finance) if not obstacles(item, on=timezone.localdate(at))]
    roll = issue_roll(
        roll=rolls.collect_roll(payable_ids=ready[:12], by=finance, at=at), by=finance, at=at + timedelta(hours=1)
    )
    result = upload_bank_result(roll=roll, content=_bank_file(roll, city), by=finance, at=city.ago(17))
    apply_bank_result(result=result, by=finance, at=city.ago(17))
    rolls.collect_roll(payable_ids=ready[12:14], by=finance, at=city.ago(2))


def _bank_file(roll: Roll, city: City) -> bytes:
    """The bank's answer: all paid but the last line."""
    lines = list(roll.lines.order_by("position"))
    posted = timezone.localdate(city.ago(18)).isoformat()
    text = ["批次号,序号,账号,金额,状态,失败码,入账日"]
    for line in lines:
        rejected = line is lines[-1]
        text.append(
            f"{roll.number},{line.position},{line.account},{line.net_fen / 100:.2f},"
            + ("失败,账户未激活," if rejected else f"成功,,{posted}")
        )
    return "\r\n".join(text).encode("utf-8-sig")


def on_notice(city: City, number: int) -> None:
    """Nine people whose notice runs now, one of them objected to, and three who wait for the next list."""
    for turn in range(9):
        noticed(city, number * 100 + turn, days=16 + turn % 3, policy="YTE-2024" if turn % 3 == 2 else "LS-2022")
    notices = _release(city, days=3)
    line = notices[0].lines.first()
    noticing.raise_objection(
        line=line,
        name="洪志明",
        contact="13800006810",
        text="据我所知，这个人上个月已经离职。",
        objector=None,
        by=city.staff["clerk"],
        at=city.ago(0),
    )
    for turn in range(9, 12):
        noticed(city, number * 100 + turn, days=9)


def awaiting_approval(city: City, number: int) -> None:
    """Four people whose notice has just ended."""
    for turn in range(4):
        noticed(city, number * 100 + turn, days=18)
    _release(city, days=9)
    act_on_due(at=city.ago(1))


# How many times, and what happens to each; the ones that move whole lists come first.
STORIES: tuple[tuple[int, Callable[[City, int], object]], ...] = (
    (1, approved_batch),
    (1, awaiting_approval),
    (1, on_notice),
    (3, lambda city, number: draft(city, number, days=number % 5 + 1, parts=number % 5 + 1)),
    (5, lambda city, number: submitted(city, number, days=number % 4 + 1)),
    (1, lambda city, number: submitted(city, number, days=2, odd="graduate unknown")),
    (1, lambda city, number: submitted(city, number, days=1, odd="a month paid late")),
    (2, lambda city, number: submitted(city, number, days=2, policy="YTE-2024")),
    (3, lambda city, number: accepted(city, number, days=number % 8 + 3)),
    (2, lambda city, number: accepted(city, number, days=number % 4 + 3, odd="graduate unknown")),
    (1, lambda city, number: accepted(city, number, days=5, odd="worked here before")),
    (1, lambda city, number: accepted(city, number, days=4, odd="studied part-time")),
    (2, lambda city, number: accepted(city, number, days=6, policy="YTE-2024")),
    (5, lambda city, number: reviewed(city, number, days=number % 5 + 6)),
    (3, lambda city, number: returned(city, number, days=number % 4 + 5)),
    (2, lambda city, number: refused(city, number, days=14 + number % 2 * 6)),
    (1, lambda city, number: withdrawn(city, number, days=12)),
    (1, lambda city, number: lapsed(city, number, days=30)),
    (1, lambda city, number: asked_again(city, number, days=14)),
    (1, lambda city, number: submitted(city, number, days=1, at_counter=True)),
    (1, lambda city, number: draft(city, number, days=0, parts=3, at_counter=True)),
)
