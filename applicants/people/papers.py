"""Papers people upload: judged by their content, made anew without what cameras and editors wrote, stored sealed.

Nothing here trusts a file's name. Whatever cannot be read to its end is refused with a sentence that says why.
JPEG and PNG, whose size is known before anything is decoded, are made anew here; PDF, HEIC and WebP in the workshop.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from applicants.people.models import Paper, Person
from applicants.people.papers_pictures import content_type_of, made_anew
from applicants.people.papers_workshop import do_in_workshop
from applicants.people.refusals import PaperRefused, Unfit
from portal.accounts.models import User
from portal.audit.services import record
from portal.policy.terms import PaperLimits
from portal.ui.figures import listed
from portal.vault.files import delete_sealed, read_sealed, stored_with_row
from portal.vault.sealing import keyed_hash

MOST_PAPERS = 40  # per person and year
# What each type counts as in a policy's limits: photographs of phones are kept as JPEG.
FORMATS = {
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/heic": "jpeg",
    "image/webp": "jpeg",
    "application/pdf": "pdf",
}
NAMES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/heic": "HEIC",
    "image/webp": "WebP",
    "application/pdf": "PDF",
}
ACCEPT = ",".join([*FORMATS, "image/heif", ".heic", ".heif"])  # of file inputs; some systems know HEIC by name only
MEGABYTE = 1024 * 1024

CEILING = PaperLimits()  # the portal's own: a policy may allow less, not more


def accept_paper(
    *, person: Person, kind: str, upload: UploadedFile[Any], limits: PaperLimits, by: User | None, at: datetime
) -> Paper:
    """Judge an upload, make it safe, store it sealed and return its row. Raises PaperRefused with the sentence.

    No transaction is open while the file is read. ``limits`` narrow the portal's own ceiling.
    """
    _refuse_over_quota(person, at)
    most = min(limits.max_bytes, CEILING.max_bytes)
    if (upload.size or 0) > most:
        raise PaperRefused(_("文件超过 %(size)s MB。请压缩，或分成几个文件再传。") % {"size": _megabytes(most)})
    data = upload.read(most + 1)
    if not data:
        raise PaperRefused(_("这个文件是空的。请重新选择文件。"))
    content_type = content_type_of(data)
    allowed = set(limits.formats) & set(CEILING.formats)
    if FORMATS.get(content_type) not in allowed:
        names = listed(NAMES[known] for known, counts_as in FORMATS.items() if counts_as in allowed)
        raise PaperRefused(
            _("这个文件不能用，只收 %(formats)s。请换成这些格式再传，只改文件名不行。") % {"formats": names}
        )
    try:
        data, content_type, pages = _made_safe(data, content_type, limits, most)
    except Unfit as unfit:
        raise PaperRefused(_sentence(unfit)) from None
    paper = Paper(
        person=person,
        kind=kind,
        name=_tidy_name(upload.name or ""),
        content_type=content_type,
        size=len(data),
        pages=pages,
        sha256=keyed_hash("paper", sha256(data).hexdigest()),
        uploaded_at=at,
        uploaded_by=by,
    )
    paper.stored_as = f"papers/{paper.pk.hex[:2]}/{uuid4().hex}"
    with stored_with_row(paper.stored_as, data):
        _refuse_over_quota(Person.objects.select_for_update(no_key=True).get(pk=person.pk), at)
        paper.save()
        record(action="paper_accepted", actor=by, target=paper, at=at, digest=paper.sha256)
    return paper


def open_paper(paper: Paper) -> bytes:
    """The stored bytes. Raises FileNotFoundError and SealBroken where the store was damaged."""
    return read_sealed(paper.stored_as)


def remove_paper(*, paper: Paper, by: User | None, at: datetime) -> None:
    """Delete a paper that nothing refers to (the caller knows); the file goes once the row is gone."""
    with transaction.atomic():
        record(action="paper_removed", actor=by, target=paper, at=at, digest=paper.sha256)
        paper.delete()
        transaction.on_commit(lambda: delete_sealed(paper.stored_as))


def _refuse_over_quota(person: Person, at: datetime) -> None:
    # Counted over a year: what was submitted stays for good, and must not bar a later application.
    if person.papers.filter(uploaded_at__gt=at - timedelta(days=365)).count() >= MOST_PAPERS:
        raise PaperRefused(_("一年内最多传 %(count)s 份材料，已经满了。请先删除不用的材料。") % {"count": MOST_PAPERS})


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f}".removesuffix(".0")


def _tidy_name(name: str) -> str:
    """The name for people to know their file by: no path, no invisible or control characters, at most 100."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip(". ")
    stem, dot, extension = visible.rpartition(".")
    return (stem[:90] + dot + extension[:9] if dot else visible[:100]) or _("材料")


def _made_safe(data: bytes, content_type: str, limits: PaperLimits, most_bytes: int) -> tuple[bytes, str, int]:
    """The bytes to keep, their type and their number of pages. Raises Unfit."""
    if content_type == "application/pdf":
        most_pages = min(limits.max_pages, CEILING.max_pages)
        answer, written = do_in_workshop("pdf", data, most_pages=most_pages, most_bytes=most_bytes)
        return written, content_type, answer["pages"]
    megapixels = min(limits.max_megapixels, CEILING.max_megapixels)
    if content_type in ("image/jpeg", "image/png"):
        return made_anew(data, content_type, megapixels), content_type, 1
    _answer, written = do_in_workshop("picture", data, content_type=content_type, most_megapixels=megapixels)
    return written, "image/jpeg", 1


def _sentence(unfit: Unfit) -> str:
    sentences = {
        "broken_picture": _("这张图片打不开，可能坏了或没有传完整。请重新拍照或导出后再传。"),
        "pixels": _("这张图片超过 %(most)s 百万像素。请把图片缩小，或把相机的分辨率调低后再拍。"),
        "broken_pdf": _("这个 PDF 打不开，可能坏了或没有传完整。请重新下载或扫描后再传。"),
        "locked": _("这个 PDF 设了密码，我们打不开。请去掉密码后再传。"),
        "protected": _("这个 PDF 加了保护，不能存档。请把它打印成新的 PDF，或拍照后再传。"),
        "no_pages": _("这个 PDF 里没有页面。请重新下载或扫描后再传。"),
        "pages": _("这个 PDF 有 %(pages)s 页，最多 %(most)s 页。请只留需要的页面。"),
        "page_size": _("这个 PDF 的页面大得或小得不合常理。请把它打印成普通纸张大小的 PDF 后再传。"),
        "form": _("这个 PDF 是可填写的表单，填的内容没有存进页面。请把它打印成新的 PDF 后再传。"),
        "heavy": _("这个文件太复杂，我们处理不了。请把它打印成新的 PDF，或拍照后再传。"),
        "busy": _("现在传文件的人多，没有排上。请过一分钟再传。"),
    }
    return sentences[unfit.code] % unfit.values
