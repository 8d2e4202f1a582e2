"""Lists at the desk: what is asked for, and a page of rows at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from portal.ui.asking import older_than, place_of

PAGE = 50


def asked_for(request: HttpRequest) -> str:
    """The words of the search, tidied."""
    return " ".join(request.GET.get("q", "").replace("\0", "").split())[:40]


def views_shown(titles: Mapping[str, Any], view: str) -> list[dict[str, Any]]:
    """The ways to look at a list, for its filter."""
    return [{"code": code, "title": title, "is_here": code == view} for code, title in titles.items()]


def newest_first(request: HttpRequest, rows: QuerySet[Any], moment: str) -> tuple[list[Any], str]:
    """A page of ``rows``, the newest by ``moment`` first, and the address of the next. Raises Http404."""
    if request.GET.get("before"):
        rows = older_than(rows, request.GET["before"], moment)
    found = list(rows.order_by(f"-{moment}", "-id")[: PAGE + 1])
    if len(found) <= PAGE:
        return found, ""
    found.pop()
    asked = request.GET.copy()
    asked["before"] = place_of(found[-1], moment)
    return found, f"?{asked.urlencode()}"
