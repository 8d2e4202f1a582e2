"""Asks registers over HTTP. Whatever the other side does ends in an answer or in one of the Troubles.

Nothing about a person is in an address, a log line or an exception: validation errors are never shown or chained.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import urllib3
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from pydantic import ValidationError
from urllib3.exceptions import HTTPError, IncompleteRead, MaxRetryError, NewConnectionError, ProtocolError, TimeoutError

from applicants.registers.asking import Answered, Question, Trouble, Unavailable
from applicants.registers.catalogue import REGISTERS
from applicants.registers.records import RECORDS
from applicants.registers.records.base import Last4, Record
from applicants.registers.signing import (
    REPLY_SIGNATURE,
    SIGNATURE,
    TIME,
    is_signature,
    sign_reply,
    sign_request,
)
from portal.policy.facts import FactUnreadable, read_value

CONNECT_SECONDS = 2.0
LARGEST_REPLY = 1024 * 1024
CHUNK = 64 * 1024
LONGEST_PUT_OFF = timedelta(days=1)  # a register that asks to be left alone for longer is asked again anyway
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
        path, body = urlsplit(address).path, request_body(question)
        moment = question.at.isoformat()
        headers = {
            "Content-Type": "application/json",
            TIME: moment,
            SIGNATURE: sign_request(self.key, moment, path, body),
        }
        # No connection is kept: registers are asked seldom, and workers fork.
        with urllib3.connection_from_url(
            self.url,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=self.seconds),
            retries=urllib3.Retry(total=None, connect=1, read=False, redirect=False, status=False, other=False),
        ) as pool:
            cut = threading.Event()
            pool.ConnectionCls = _cut_off_after(CONNECT_SECONDS + self.seconds, pool.ConnectionCls, cut)  # type: ignore[assignment]
            try:
                reply = pool.urlopen("POST", path, body=body, headers=headers, preload_content=False)
                try:
                    said = self._read(question, path, reply)
                finally:
                    reply.close()
            except HTTPError as error:
                said = Unavailable(_trouble_of(error))
            return Unavailable(Trouble.TIMEOUT) if cut.is_set() and isinstance(said, Unavailable) else said

    def _read(self, question: Question, path: str, reply: urllib3.BaseHTTPResponse) -> Answered | Unavailable:
        put_off = _put_off(reply.headers.get("Retry-After", ""), question.at)
        if reply.status != 200:
            return Unavailable(_trouble_of_status(reply.status), put_off)
        content, deadline = b"", time.monotonic() + self.seconds
        while chunk := reply.read1(CHUNK, decode_content=False):
            content += chunk
            if len(content) > LARGEST_REPLY:
                return Unavailable(Trouble.TOO_LARGE)
            if time.monotonic() > deadline:
                return Unavailable(Trouble.TIMEOUT)
        return read_reply(question, content, reply.headers.get(REPLY_SIGNATURE, ""), key=self.key, path=path)


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


def _cut_off_after(seconds: float, kind: type[Any], cut: threading.Event) -> type[Any]:
    """A class of connections that live no longer than that: time-outs begin anew with every byte that drips in."""

    class Limited(kind):  # type: ignore[misc]
        limit: threading.Timer | None = None

        def connect(self) -> None:
            self.limit = threading.Timer(seconds, self._cut)
            self.limit.daemon = True
            self.limit.start()
            super().connect()

        def close(self) -> None:
            if self.limit:
                self.limit.cancel()
            super().close()

        def _cut(self) -> None:
            cut.set()
            with contextlib.suppress(OSError, TypeError):  # TypeError: there is no socket yet, or none any more
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    return Limited


def _trouble_of(error: HTTPError) -> Trouble:
    reason = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(reason, TimeoutError) and not isinstance(reason, NewConnectionError):
        return Trouble.TIMEOUT
    is_cut_off = isinstance(reason, ProtocolError) and isinstance(reason.__cause__, IncompleteRead)
    return Trouble.MALFORMED if is_cut_off else Trouble.UNREACHABLE


def _trouble_of_status(status: int) -> Trouble:
    if 300 <= status < 400:
        return Trouble.REDIRECT
    return TROUBLE_OF_STATUS.get(status) or (Trouble.SERVER_ERROR if status >= 500 else Trouble.REFUSED)


def _put_off(text: str, at: datetime) -> timedelta | None:
    """What a Retry-After header asks for: seconds, or a date (RFC 9110 section 10.2.3)."""
    wait = None
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), 10**8))
    elif text:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        wait = until.replace(tzinfo=until.tzinfo or UTC) - at
    return min(wait, LONGEST_PUT_OFF) if wait and wait > timedelta(0) else None


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
    if not settings.REGISTER_URL:
        return
    address = urlsplit(settings.REGISTER_URL)
    is_here = address.hostname in ("127.0.0.1", "localhost", "::1")
    if not address.hostname or not (address.scheme == "https" or (address.scheme == "http" and is_here)):
        raise ImproperlyConfigured("REGISTER_URL must begin with https:// (http:// only for this machine itself).")
