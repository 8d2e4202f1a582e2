"""What the demo has mailed, read back from the folder of Django's file mail backend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings
from django.utils import timezone

_SEPARATOR = b"-" * 79


@dataclass(frozen=True)
class Mail:
    """One mail as its reader would see it."""

    to: str
    subject: str
    text: str
    sent_at: datetime


def newest_mails(count: int, *, to: str = "") -> list[Mail]:
    """The newest ``count`` mails, those to one address only where ``to`` is given. Empty where mail goes elsewhere."""
    folder = Path(settings.DEMO_MAIL_DIR)
    files = (
        sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns, reverse=True) if folder.is_dir() else []
    )
    found: list[Mail] = []
    for file in files:
        found += [mail for mail in _mails_in(file) if not to or mail.to == to]
        if len(found) >= count:
            break
    return found[:count]


def _mails_in(file: Path) -> list[Mail]:
    sent_at = datetime.fromtimestamp(file.stat().st_mtime, tz=timezone.get_current_timezone())
    parts = [part.strip() for part in file.read_bytes().split(_SEPARATOR)]
    messages = [message_from_bytes(part, policy=policy.default) for part in parts if part]
    return [
        Mail(str(message["To"]), str(message["Subject"]), message.get_body(("plain",)).get_content().strip(), sent_at)
        for message in reversed(messages)
    ]
