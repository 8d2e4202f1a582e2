"""The Idempotency-Key of a call, read from its headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.idempotency import KeyReused, Outcome, once
from portal.api.problems import KeyMissing, KeyTaken
from portal.vault.sealing import keyed_hash

LONGEST_KEY = 200
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    required=True,
    description=gettext_lazy("每次提交用一个新的键；用同一个键重发，得到第一次的回答。键保留 24 小时。"),
)


def answered_once(request: Request, act: Callable[[], Any]) -> Response:
    """200 with what ``act`` gives, carried out once for the key of ``request``; repeated, the first answer.

    The body must have been read before. Raises KeyMissing and KeyTaken.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise KeyMissing
    said = f"{request.method} {request.path}\n"
    try:
        outcome = once(
            user=request.user,
            endpoint=request.resolver_match.url_name,
            key=key,
            digest=keyed_hash("idempotent-call", said + canonical(request.data)),
            at_real=timezone.now(),
            act=lambda: Outcome(200, act()),
        )
    except KeyReused:
        raise KeyTaken from None
    headers = {"Idempotent-Replayed": "true"} if outcome.is_replayed else {}
    return Response(outcome.body, status=outcome.status, headers=headers)


def canonical(data: Any) -> str:
    """One text for one meaning, however the body was spaced and ordered."""
    return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
