"""The one interface of all registers: a question, and either an answer or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Basis(TextChoices):
    """On what ground personal data is asked for (PIPL art. 13)."""

    DUTY = "duty", _("履行法定职责")
    CONSENT = "consent", _("本人同意")


class Trouble(TextChoices):
    """Why there is no answer. None of it says anything about the person."""

    UNREACHABLE = "unreachable", _("连接不上")
    TIMEOUT = "timeout", _("没有在规定时间内答复")
    DOWN = "down", _("暂停服务")
    QUOTA = "quota", _("查询次数已用完，稍后再查")
    PENDING = "pending", _("已收到查询，还没有结果")
    REFUSED = "refused", _("拒绝了查询")
    SERVER_ERROR = "server_error", _("对方系统出错")
    REDIRECT = "redirect", _("答复转到了别的地址")
    TOO_LARGE = "too_large", _("答复过大")
    MALFORMED = "malformed", _("答复读不懂")
    BAD_SIGNATURE = "bad_signature", _("答复的签名不对")
    WRONG_REQUEST = "wrong_request", _("答复的不是这次查询")
    WRONG_PERSON = "wrong_person", _("答复的不是这个人")
    FUTURE_DATE = "future_date", _("答复的日期在今天以后")
    EXPIRED = "expired", _("答复给出时已经过期")
    CHANGED = "changed", _("查询前本人资料又改过")
    BROKEN = "broken", _("查询程序出错")


@dataclass(frozen=True, slots=True)
class Spouse:
    """Whom somebody is married to."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Question:
    """What one register is asked about one person.

    ``on`` is the day the facts are wanted for, ``at`` the business time of asking (an answer cannot be of a later day),
    ``purpose`` a short code and ``basis`` one of Basis. The employer is the present one as declared.
    """

    register: str
    request_id: UUID
    name: str
    number: str
    credit_code: str
    employer_name: str
    on: date
    at: datetime
    purpose: str
    basis: str
    spouse: Spouse | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a register said: fact name → text in the notation of the facts.

    ``-`` is a real "none"; what it cannot say is not there. ``is_known`` False: it has nobody of that name and number,
    which gives no values and never counts against anyone. ``receipt`` is the reply as received, with its signature.
    """

    values: Mapping[str, str]
    as_of: date
    expires_on: date
    receipt: str
    is_known: bool = True
    confirms_identity: bool = False
    spouse: Spouse | None = None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer this time: one of Trouble, and how long the register wants to be left alone, where it said so."""

    code: str
    retry_after: timedelta | None = None


class Adapter(Protocol):
    """Whoever can be asked."""

    def ask(self, question: Question) -> Answered | Unavailable:
        """Ask once. Never raises for what the other side does."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a register's record says, before its envelope is put around it.

    ``until`` is the last day the data covers, where that is earlier than the day of the answer.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None
    confirms_identity: bool = False
    spouse: Spouse | None = None
    is_about_another: bool = False
