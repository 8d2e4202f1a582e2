"""Asks registers over HTTP. Whatever the other side does ends in an answer or in one of the Troubles.

Nothing about a person is in an address, a log line or an exception: validation errors are never shown or chained.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from pydantic import ValidationError

from applicants.registers.asking import Answered, Question, Trouble, Unavailable
from applicants.registers.catalogue import REGISTERS
from applicants.registers.records import RECORDS
from applicants.registers.records.base import Last4, Record
from portal.policy.facts import FactUnreadable, read_value
from portal.wire.posting import NoReply, check_address, post_signed, put_off
from portal.wire.signing import is_signature, sign_reply

REPLY_SIGNATURE = "X-Register-Signature"
CONNECT_SECONDS = 2.0
TROUBLE_OF_STATUS = {202: Trouble.PENDING, 429: Trouble.QUOTA, 503: Trouble.DOWN}


RecordType = TypeVar("RecordType", bound=Record)


class Envelope(Record, Generic[RecordType]):
    """What stands around every record: which question and whose last four it answers, and how long it holds."""

    request: UUID
    person: Last4
    as_of: date
    valid_until: date
    found: bool
    record: RecordType | None


@dataclass(frozen=True, slots=True, repr=False)
class HttpAdapter:
    """Posts a signed question to ``url/<register>`` and believes only a signed answer to it.

    ``seconds`` is how long the answer may take once the connection stands. A connection that fails is tried once more;
    a question that may have arrived is not sent twice.
    """

    url: str
    key: str
    seconds: float = 4.0

    def ask(self, question: Question) -> Answered | Unavailable:
        """Ask once."""
        address = f"{self.url}/{question.register}"
        try:
            reply = post_signed(
                address,
                request_body(question),
                key=self.key,
                at=question.at,
                seconds=self.seconds,
                connect=CONNECT_SECONDS,
            )
        except NoReply as problem:
            return Unavailable(Trouble(problem.code))
        if reply.status != 200:
            return Unavailable(_trouble_of_status(reply.status), put_off(reply.headers, question.at))
        signature = reply.headers.get(REPLY_SIGNATURE, "")
        return read_reply(question, reply.content, signature, key=self.key, path=urlsplit(address).path)


def request_body(question: Question) -> bytes:
    """The question as JSON: no more of a person than the register needs."""
    told: dict[str, object] = {
        "request": str(question.request_id),
        "name": question.name,
        "number": question.number,
        "on": question.on.isoformat(),
        "purpose": question.purpose,
        "basis": question.basis,
    }
    if question.register == "business":
        told["credit_code"] = question.credit_code
    if question.spouse:
        told["spouse"] = {"name": question.spouse.name, "number": question.spouse.number}
    return json.dumps(told, ensure_ascii=False).encode()


def read_reply(question: Question, content: bytes, signature: str, *, key: str, path: str) -> Answered | Unavailable:
    """What a reply says, once it is certain that it answers this question about this person."""
    if not is_signature(sign_reply(key, path, content), signature):
        return Unavailable(Trouble.BAD_SIGNATURE)
    shape, read = RECORDS[question.register]
    try:
        envelope = Envelope[shape].model_validate_json(content)  # type: ignore[valid-type]
        if trouble := _trouble_with(envelope, question):
            return Unavailable(trouble)
        receipt = json.dumps({"path": path, "signature": signature, "reply": content.decode()}, ensure_ascii=False)
        if not envelope.found:
            return Answered({}, envelope.as_of, envelope.valid_until, receipt, is_known=False)
        if envelope.record is None:
            return Unavailable(Trouble.MALFORMED)
        reading = read(envelope.record, question)
        for name, text in reading.values.items():
            read_value(name, text)
    except (ValidationError, FactUnreadable, UnicodeDecodeError):
        return Unavailable(Trouble.MALFORMED)
    if reading.is_about_another:
        return Unavailable(Trouble.WRONG_PERSON)
    return Answered(
        reading.values,
        min(envelope.as_of, reading.until or envelope.as_of),
        envelope.valid_until,
        receipt,
        confirms_identity=reading.confirms_identity,
        spouse=reading.spouse,
    )


def _trouble_with(envelope: Envelope[Record], question: Question) -> Trouble | None:
    if envelope.request != question.request_id:
        return Trouble.WRONG_REQUEST
    if envelope.person != question.number[-4:]:
        return Trouble.WRONG_PERSON
    today = timezone.localdate(question.at)
    if envelope.as_of > today:
        return Trouble.FUTURE_DATE
    return Trouble.EXPIRED if envelope.valid_until < today else None


def _trouble_of_status(status: int) -> Trouble:
    if 300 <= status < 400:
        return Trouble.REDIRECT
    return TROUBLE_OF_STATUS.get(status) or (Trouble.SERVER_ERROR if status >= 500 else Trouble.REFUSED)


def configured_adapter() -> HttpAdapter:
    """The adapter that the settings describe."""
    return HttpAdapter(settings.REGISTER_URL, settings.REGISTER_KEY, settings.REGISTER_TIMEOUT)


def check_settings() -> None:
    """Raise ImproperlyConfigured where the settings of the registers cannot work."""
    if unknown := set(settings.REGISTERS) - set(REGISTERS):
        raise ImproperlyConfigured(
            f"REGISTERS names {', '.join(sorted(unknown))}, which is none of {', '.join(REGISTERS)}."
        )
    if not 0 < settings.REGISTER_TIMEOUT <= 60:
        raise ImproperlyConfigured("REGISTER_TIMEOUT is a number of seconds, more than 0 and at most 60.")
    if settings.REGISTER_URL:
        check_address("REGISTER_URL", settings.REGISTER_URL)
