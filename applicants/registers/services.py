"""Asks registers for an application, keeps what they answer, and says what follows from it.

A question waits in the database until it is answered; a sweep asks again by itself. Nothing here ever concludes
anything from silence.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import Promise

from applicants.people.models import Employment, Person, person_number_hash, person_number_hashes
from applicants.people.refusals import NumberAlreadyProven, NumberNotProvable
from applicants.people.services import prove_number_by_register
from applicants.registers.asking import Adapter, Answered, Basis, Question, Spouse, Trouble, Unavailable
from applicants.registers.catalogue import OF_THE_EMPLOYER, REGISTERS
from applicants.registers.http import configured_adapter
from applicants.registers.models import RegisterAnswer, RegisterAnswerQuerySet
from portal.audit.services import record
from portal.policy.facts import Fact, Provenance, month_number, read_value
from portal.vault.sealing import keyed_hashes, rehash

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=60)
IN_HAND = timedelta(minutes=2)  # a question that a worker has taken is left to it so long; a killed worker's comes back
LAG_MONTHS = 2  # policies reckon with insurance data that end two months before the application (T-2)
SOURCE = "register:"


def is_connected(code: str) -> bool:
    """Whether the portal can ask the register of that code."""
    return bool(settings.REGISTER_URL) and code in settings.REGISTERS


def title_of(source: str) -> Promise | str:
    """The name of the register that a fact's source names; an empty text for other sources."""
    register = REGISTERS.get(source.removeprefix(SOURCE)) if source.startswith(SOURCE) else None
    return register.title if register else ""


def employer_hash(credit_code: str, name: str) -> str:
    """The keyed hash that answers about an employment carry; "" where no employer is declared."""
    return employer_hashes(credit_code, name)[0]


def employer_hashes(credit_code: str, name: str) -> list[str]:
    """The same under every key there was, newest first."""
    return keyed_hashes("register-employer", f"{credit_code}\0{name}") if credit_code or name else [""]


# ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def request_answers(
    *,
    person: Person,
    registers: Iterable[str],
    asked_for: UUID,
    on: date,
    purpose: str,
    at: datetime,
    basis: str = Basis.DUTY,
    afresh: bool = False,
) -> list[RegisterAnswer]:
    """One row per connected register that can be asked about ``person``, in the order to ask them in.

    A row is the question that waits already for this application, else an answer that is still valid on ``on`` and at
    ``at`` about the same person, employer and spouse (not with ``afresh``), else a new question. ``on`` is the day the
    facts are wanted for, ``purpose`` a short code such as the policy's. A spouse is asked about only where the marriage
    register is among ``registers``. Asking the registers is ``ask``.
    """
    wanted = [code for code in REGISTERS if code in set(registers) and is_connected(code)]
    rows: list[RegisterAnswer] = []
    with transaction.atomic():
        locked = Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # one asker at a time
        if not locked.number or not locked.legal_name:
            return []
        wanted = [code for code in wanted if locked.number_kind in REGISTERS[code].papers]
        employment = Employment.objects.filter(person=locked).first()
        waiting = {row.register: row for row in RegisterAnswer.objects.waiting().filter(asked_for=asked_for)}
        for code in wanted:
            row = waiting.get(code) or RegisterAnswer(
                person=locked, register=code, asked_for=asked_for, requested_at=at, next_try_at=at
            )
            row.person, row.on, row.purpose, row.basis = locked, on, purpose, basis
            row.with_spouse = bool(set(REGISTERS[code].needs).intersection(wanted))
            question = _question_of(row, locked, employment, at)
            if code == "business" and not question.credit_code:
                continue
            awaits_another = row.with_spouse and any(it.register == "marriage" and not it.is_answered for it in rows)
            valid = None if afresh or awaits_another or not row._state.adding else _valid_answer(row, question)
            rows.append(valid or _wait(row, question))
    return rows


def _valid_answer(row: RegisterAnswer, question: Question) -> RegisterAnswer | None:
    """An answer that says what ``row`` would ask."""
    answers = RegisterAnswer.objects.answered().filter(
        person_id=row.person_id,
        register=row.register,
        about_hash__in=_abouts(question),
        on__gte=row.on.replace(day=1),  # insured months are read as of the month of the day in question
        expires_on__gte=max(row.on, timezone.localdate(question.at)),
    )
    return answers.order_by("-answered_at", "-id").first()


def _wait(row: RegisterAnswer, question: Question) -> RegisterAnswer:
    """Store a question; one that waits already is only brought up to date."""
    is_new, about = row._state.adding, _about(question)
    if is_new or rehash(row.about_hash) != about:
        row.next_try_at = question.at
    _say_about(row, question)
    row.save()
    if is_new:
        _record("register.request", row, question.at, f"{row.basis} {row.purpose}")
    return row


def _say_about(row: RegisterAnswer, question: Question) -> None:
    held = row.person.number_hash  # of whatever key: it changes together with the person's
    row.number_hash = held if held in person_number_hashes(question.number) else person_number_hash(question.number)
    row.employer_hash = employer_hash(question.credit_code, question.employer_name)
    row.about_hash = _about(question)


def _about(question: Question) -> str:
    return _abouts(question)[0]


def _abouts(question: Question) -> list[str]:
    told = [question.name, question.number, question.credit_code, question.employer_name]
    if question.spouse:
        told += [question.spouse.name, question.spouse.number]
    return keyed_hashes("register-question", json.dumps(told, ensure_ascii=False))


def _question_of(row: RegisterAnswer, person: Person, employment: Employment | None, at: datetime) -> Question:
    """What ``row`` asks, with what ``person`` declares now."""
    if row.register not in OF_THE_EMPLOYER:
        employment = None
    return Question(
        register=row.register,
        request_id=row.pk,
        name=person.legal_name,
        number=person.number,
        credit_code=employment.credit_code if employment else "",
        employer_name=employment.employer_name if employment else "",
        on=row.on,
        at=at,
        purpose=row.purpose,
        basis=row.basis,
        spouse=spouse_told(person, asked_for=row.asked_for, at=at) if row.with_spouse else None,
    )


def spouse_told(person: Person, *, asked_for: UUID, at: datetime) -> Spouse | None:
    """Whom the marriage register names: in its newest answer for this application, or in one that is still valid."""
    answers = RegisterAnswer.objects.answered().filter(
        Q(asked_for=asked_for) | Q(expires_on__gte=timezone.localdate(at)),
        person=person,
        register="marriage",
        number_hash__in=person_number_hashes(person.number),
    )
    answer = answers.order_by("-answered_at", "-id").first()
    return Spouse(answer.spouse["name"], answer.spouse["number"]) if answer and answer.spouse else None


def waiting_ids(at: datetime, register: str, *, asked_for: UUID | None = None, limit: int = 100) -> list[UUID]:
    """Questions to one register that are due to be asked (again), longest due first.

    All or those of one application; without those that another one has to precede.
    """
    due = _askable().filter(register=register, next_try_at__lte=at)
    if asked_for is not None:
        due = due.filter(asked_for=asked_for)
    return list(due.order_by("next_try_at", "id").values_list("pk", flat=True)[:limit])


def take_question(answer_id: UUID, *, at: datetime) -> bool:
    """Take a due question in hand, so that no other worker asks it meanwhile; False where somebody has it already."""
    due = RegisterAnswer.objects.waiting().filter(pk=answer_id, next_try_at__lte=at)
    return due.update(next_try_at=at + IN_HAND) == 1


def _askable() -> RegisterAnswerQuerySet:
    marriage = RegisterAnswer.objects.waiting().filter(asked_for=OuterRef("asked_for"), register="marriage")
    return RegisterAnswer.objects.waiting().exclude(Q(with_spouse=True) & Exists(marriage))


def ask(answer_id: UUID, *, at: datetime, adapter: Adapter | None = None) -> RegisterAnswer:
    """Ask the register of one waiting question and keep what it says; give the row as it is then.

    The network is outside any transaction. Safe to call for an answered row, for one that another has to precede (both
    are left alone), and twice at once: the first answer is kept, the other dropped. Where there is no answer, the row
    is put off: 15 seconds, 30, then minutes up to an hour, or as long as the register asks for. A household register
    whose holder confirmed the request proves the number.
    """
    asked = RegisterAnswer.objects.select_related("person").get(pk=answer_id)
    if not _askable().filter(pk=answer_id).exists():
        return asked
    employment = Employment.objects.filter(person=asked.person_id).first()
    question, said = _question_of(asked, asked.person, employment, at), None
    if asked.number_hash in person_number_hashes(question.number):
        said = _ask_safely(adapter or configured_adapter(), question)
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=asked.person_id)  # first, as whoever requests answers does
        rows = RegisterAnswer.objects.select_for_update(of=("self",)).select_related("person")
        row = rows.filter(pk=answer_id).first()
        if row is None:  # forgotten meanwhile
            return asked
        if row.is_answered:
            return row
        is_still_wanted = (rehash(row.about_hash), row.on) == (rehash(asked.about_hash), asked.on)
        if isinstance(said, Answered) and is_still_wanted:
            _keep(row, question, said)
        elif isinstance(said, Answered):  # what is to be asked changed while the register was busy with the old
            _put_off(row, Unavailable(Trouble.CHANGED), at)
        else:
            _put_off(row, said or Unavailable(Trouble.CHANGED), at)
    return row


def _ask_safely(adapter: Adapter, question: Question) -> Answered | Unavailable:
    try:
        return adapter.ask(question)
    except Exception as error:  # one register must not stop the others; its words may be about somebody
        logger.error("Asking the register %s failed (%s).", question.register, type(error).__name__)
        return Unavailable(Trouble.BROKEN)


def _keep(row: RegisterAnswer, question: Question, said: Answered) -> None:
    _say_about(row, question)
    row.state, row.answered_at, row.next_try_at, row.last_error = row.State.ANSWERED, question.at, None, ""
    row.as_of, row.expires_on, row.receipt, row.is_known = said.as_of, said.expires_on, said.receipt, said.is_known
    row.attempts += 1
    if said.is_known:
        row.values, row.confirms_identity = dict(said.values), said.confirms_identity
        row.spouse = {"name": said.spouse.name, "number": said.spouse.number} if said.spouse else None
    row.save()
    _record("register.answer", row, question.at, "known" if said.is_known else "unknown")
    if row.confirms_identity and row.register == "household":
        try:
            prove_number_by_register(
                person=row.person, register=row.register, name=question.name, number=question.number, at=question.at
            )
        except (NumberAlreadyProven, NumberNotProvable) as refusal:
            logger.warning("The proof of question %s was not taken (%s).", row.pk, type(refusal).__name__)


def _put_off(row: RegisterAnswer, failure: Unavailable, at: datetime) -> None:
    row.attempts += 1
    wait = min(FIRST_WAIT * 2 ** min(row.attempts - 1, 20), LONGEST_WAIT)
    row.next_try_at, row.last_error = at + max(wait, failure.retry_after or wait), failure.code
    row.save()
    logger.warning(
        "Register %s gave no answer to question %s (%s), attempt %s.", row.register, row.pk, failure.code, row.attempts
    )


def _record(action: str, row: RegisterAnswer, at: datetime, note: str) -> None:
    record(action=action, actor=None, target=row, at=at, fields=[row.register], note=note)


# ── what was answered ──────────────────────────────────────────────────────────────────────────────────────────────


def facts_from(answers: Iterable[RegisterAnswer], on: date, *, lag: int = LAG_MONTHS) -> dict[str, Fact]:
    """What these answers prove on the application date ``on``, by fact name.

    Nothing comes from an answer that has expired by ``on``, from a register that knows nobody of that name and number,
    and from insurance data whose lag could turn what is missing into a "no": ``lag`` is how many months before ``on``
    they may end (the greatest ``lag`` of the policy's conditions).
    """
    return {
        name: Fact(read_value(name, text), Provenance.REGISTER, answer.as_of, f"{SOURCE}{answer.register}")
        for answer in answers
        if answer.is_known and answer.expires_on is not None and answer.expires_on >= on
        for name, text in answer.values.items()
        if text != "?" and not _may_lag(answer, name, text, on, lag)
    }


def _may_lag(answer: RegisterAnswer, name: str, text: str, on: date, lag: int) -> bool:
    """Whether months that are not in the insurance register yet could change this."""
    if answer.register != "insurance" or answer.as_of is None:
        return False
    behind = month_number(on) - month_number(answer.as_of)
    if (name, text) in (("in_post", "no"), ("first_insured_in_city", "-")):
        return behind > 1
    is_history = name in ("first_insured_in_city", "first_job_in_city")
    return not is_history and behind > lag
