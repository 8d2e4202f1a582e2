"""What somebody is handed of a paper: the file, or a page of it as a picture that says who looked and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from django.http import HttpResponse

from applicants.people.models import Paper
from applicants.people.papers import open_paper
from applicants.people.papers_workshop import do_in_workshop
from portal.accounts.models import User
from portal.fonts import runs

EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}
LONGEST, LONGEST_ENLARGED = 1600, 3000  # pixels of the longer side: A4 at 137 and at 257 dots an inch


def paper_response(paper: Paper, *, as_attachment: bool = True) -> HttpResponse:
    """The paper as it is stored, for somebody who may have it; only pictures open in the page."""
    name = paper.name.rsplit(".", 1)[0] + EXTENSIONS[paper.content_type]
    is_shown = not as_attachment and paper.content_type.startswith("image/")
    disposition = f"{'inline' if is_shown else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}"
    return _response(open_paper(paper), paper.content_type, disposition)


def page_response(
    paper: Paper, number: int, *, viewer: User, business_at: datetime, real_at: datetime, is_enlarged: bool = False
) -> HttpResponse:
    """Page ``number`` (from 1) as a JPEG with the viewer's name, account and both times in it.

    Drawn for this one answer, kept nowhere. Raises Unfit where the page cannot be drawn.
    """
    _answer, picture = do_in_workshop(
        "page",
        open_paper(paper),
        content_type=paper.content_type,
        number=number,
        longest=LONGEST_ENLARGED if is_enlarged else LONGEST,
        mark=[
            [(str(font.path), font.number, words) for font, words in runs(line)]
            for line in mark_of(viewer, business_at, real_at)
        ],
    )
    return _response(picture, "image/jpeg", "inline")


def mark_of(viewer: User, business_at: datetime, real_at: datetime) -> list[str]:
    """The lines of the mark: who (name and account) and when.

    The business time, and the real time where the two differ; both aware, in the city's time zone.
    """
    is_one = abs(real_at - business_at) < timedelta(minutes=1)
    moments = [business_at] if is_one else [business_at, real_at]
    who = f"{viewer.display_name}  {viewer.email or ''}".strip()
    return [who, " / ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in moments)]


def _response(data: bytes, content_type: str, disposition: str) -> HttpResponse:
    """Never sniffed, never run, never cached."""
    return HttpResponse(
        data,
        headers={
            "Content-Type": content_type,
            "Content-Disposition": disposition,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )
