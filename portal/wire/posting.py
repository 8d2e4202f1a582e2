"""Posts a signed body and gives back what came, whatever the other side does: an answer, or a short word why not.

Nothing about a person is in an address, a log line or an exception.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3
from django.core.exceptions import ImproperlyConfigured
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    IncompleteRead,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    TimeoutError,
)

from portal.wire.signing import SIGNATURE, TIME, sign_request

LARGEST_REPLY = 1024 * 1024
CHUNK = 64 * 1024
LONGEST_PUT_OFF = timedelta(days=1)  # who asks to be left alone for longer is asked again anyway


class NoReply(Exception):
    """Nothing came that could be read; ``code`` is unreachable, timeout, too_large or malformed (cut off).

    ``was_connected``: the body may have arrived all the same.
    """

    def __init__(self, code: str, *, was_connected: bool = True) -> None:
        super().__init__(code)
        self.code = code
        self.was_connected = was_connected


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: nothing in it is believed yet. The content of another status than 200 is not read."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def post_signed(
    address: str, body: bytes, *, key: str, at: datetime, seconds: float, connect: float, retry_connect: bool = True
) -> Reply:
    """Post once, signed with ``key`` at the time ``at``.

    ``connect`` seconds may pass until the connection stands, ``seconds`` more until the answer is whole. A connection
    that fails is tried once more if ``retry_connect``; a body that may have arrived is not sent twice. Raises NoReply.
    """
    parts, moment = urlsplit(address), at.isoformat()
    headers = {
        "Content-Type": "application/json",
        TIME: moment,
        SIGNATURE: sign_request(key, moment, parts.path, body),
    }
    retries = urllib3.Retry(
        total=None, connect=int(retry_connect), read=False, redirect=False, status=False, other=False
    )
    # No connection is kept: others are asked seldom, and workers fork.
    with urllib3.connection_from_url(
        f"{parts.scheme}://{parts.netloc}", timeout=urllib3.Timeout(connect=connect, read=seconds), retries=retries
    ) as pool:
        cut = threading.Event()
        pool.ConnectionCls = _cut_off_after(connect + seconds, pool.ConnectionCls, cut)  # type: ignore[assignment]
        try:
            reply = pool.urlopen("POST", parts.path, body=body, headers=headers, preload_content=False)
            try:
                content = _read(reply, seconds) if reply.status == 200 else b""
            finally:
                reply.close()
        except HTTPError as error:
            word = "timeout" if cut.is_set() else _word_for(error)
            raise NoReply(word, was_connected=not _never_connected(error)) from None
        if cut.is_set():  # what was cut off may look like an end
            raise NoReply("timeout")
        return Reply(reply.status, reply.headers, content)


def _read(reply: urllib3.BaseHTTPResponse, seconds: float) -> bytes:
    content, deadline = b"", time.monotonic() + seconds
    while chunk := reply.read1(CHUNK, decode_content=False):
        content += chunk
        if len(content) > LARGEST_REPLY:
            raise NoReply("too_large")
        if time.monotonic() > deadline:
            raise NoReply("timeout")
    return content


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


def _word_for(error: HTTPError) -> str:
    reason = error.reason if isinstance(error, MaxRetryError) else error
    if isinstance(reason, TimeoutError) and not isinstance(reason, NewConnectionError):
        return "timeout"
    is_cut_off = isinstance(reason, ProtocolError) and isinstance(reason.__cause__, IncompleteRead)
    return "malformed" if is_cut_off else "unreachable"


def _never_connected(error: HTTPError) -> bool:
    reason = error.reason if isinstance(error, MaxRetryError) else error
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def put_off(headers: Mapping[str, str], at: datetime) -> timedelta | None:
    """What a Retry-After header asks for: seconds, or a date (RFC 9110 section 10.2.3)."""
    text, wait = headers.get("Retry-After", ""), None
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), 10**8))
    elif text:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        wait = until.replace(tzinfo=until.tzinfo or UTC) - at
    return min(wait, LONGEST_PUT_OFF) if wait and wait > timedelta(0) else None


def check_address(name: str, address: str) -> None:
    """Raise ImproperlyConfigured unless the setting ``name`` is an address that may be asked."""
    parts = urlsplit(address)
    is_here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_here)):
        raise ImproperlyConfigured(f"{name} must begin with https:// (http:// only for this machine itself).")
