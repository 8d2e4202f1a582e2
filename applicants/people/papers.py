"""Papers people upload: judged by their content, pictures made anew without what the camera wrote, stored sealed.

Nothing here trusts a file's name. Whatever cannot be read to its end is refused with a sentence that says why.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from urllib.parse import quote
from uuid import uuid4

import filetype
import pikepdf
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from applicants.people.models import Paper, Person
from applicants.people.refusals import PaperRefused
from portal.accounts.models import User
from portal.audit.services import record
from portal.policy.terms import PaperLimits
from portal.ui.figures import listed
from portal.vault.files import delete_sealed, read_sealed, write_sealed
from portal.vault.sealing import keyed_hash

MOST_PAPERS = 40  # per person and year
JPEG_QUALITY = 88
FORMATS = {"image/jpeg": "jpeg", "image/png": "png", "application/pdf": "pdf"}
EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}
MEGABYTE = 1024 * 1024


CEILING = PaperLimits()  # the portal's own: a policy may allow less, not more


def accept_paper(
    *, person: Person, kind: str, upload: UploadedFile, limits: PaperLimits, by: User | None, at: datetime
) -> Paper:
    """Judge an upload, make it safe, store it sealed and return its row. Raises PaperRefused with the sentence.

    No transaction is open while the file is read. ``limits`` narrow the portal's own ceiling.
    """
    _refuse_over_quota(person, at)
    most = min(limits.max_bytes, CEILING.max_bytes)
    if upload.size > most:
        raise PaperRefused(_("文件超过 %(size)s MB。请压缩，或分成几个文件再传。") % {"size": _megabytes(most)})
    data = upload.read(most + 1)
    if not data:
        raise PaperRefused(_("这个文件是空的。请重新选择文件。"))
    content_type = filetype.guess_mime(data) or ""
    if FORMATS.get(content_type) not in set(limits.formats) & set(CEILING.formats):
        allowed = listed(name.upper() for name in CEILING.formats if name in limits.formats)
        raise PaperRefused(
            _("这个文件不能用，只收 %(formats)s。请换成这些格式再传，只改文件名不行。") % {"formats": allowed}
        )
    if content_type == "application/pdf":
        pages = _count_pages(data, min(limits.max_pages, CEILING.max_pages))
    else:
        pages = 1
        data = _made_anew(data, content_type, min(limits.max_megapixels, CEILING.max_megapixels))
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
    write_sealed(paper.stored_as, data)
    try:
        with transaction.atomic():
            _refuse_over_quota(Person.objects.select_for_update().get(pk=person.pk), at)
            paper.save()
            record(action="paper_accepted", actor=by, target=paper, at=at, digest=paper.sha256)
    except BaseException:
        delete_sealed(paper.stored_as)
        raise
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


def paper_response(paper: Paper, *, as_attachment: bool = True) -> HttpResponse:
    """The paper for somebody who may see it: never sniffed, never run, never cached; only pictures open in the page."""
    name = paper.name.rsplit(".", 1)[0] + EXTENSIONS[paper.content_type]
    is_shown = not as_attachment and paper.content_type.startswith("image/")
    disposition = "inline" if is_shown else "attachment"
    return HttpResponse(
        open_paper(paper),
        headers={
            "Content-Type": paper.content_type,
            "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )


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


def _count_pages(data: bytes, most: int) -> int:
    """Pages of a PDF that opens without a password. Raises PaperRefused."""
    broken = PaperRefused(_("这个 PDF 打不开，可能坏了或没有传完整。请重新下载或扫描后再传。"))
    if b"%%EOF" not in data[-2048:]:  # the end is missing: what could be repaired would lack pages
        raise broken
    try:
        with pikepdf.open(BytesIO(data)) as pdf:
            is_encrypted, pages = pdf.is_encrypted, len(pdf.pages)
    except pikepdf.PasswordError:
        raise PaperRefused(_("这个 PDF 设了密码，我们打不开。请去掉密码后再传。")) from None
    except Exception:  # whatever a hostile file makes the parser raise, the answer is the same
        raise broken from None
    if is_encrypted:
        raise PaperRefused(_("这个 PDF 加了保护，不能存档。请把它打印成新的 PDF，或拍照后再传。"))
    if not pages:
        raise PaperRefused(_("这个 PDF 里没有页面。请重新下载或扫描后再传。"))
    if pages > most:
        raise PaperRefused(
            _("这个 PDF 有 %(pages)s 页，最多 %(most)s 页。请只留需要的页面。") % {"pages": pages, "most": most}
        )
    return pages


def _made_anew(data: bytes, content_type: str, most_megapixels: int) -> bytes:
    """The picture decoded to its last pixel, turned upright and written again without metadata. Raises PaperRefused."""
    kind = FORMATS[content_type].upper()
    too_large = PaperRefused(
        _("这张图片超过 %(most)s 百万像素。请把图片缩小，或把相机的分辨率调低后再拍。") % {"most": most_megapixels}
    )
    try:
        with Image.open(BytesIO(data), formats=[kind]) as picture:
            width, height = picture.size
            if width * height > most_megapixels * 1_000_000:  # known from the header, before anything is decoded
                raise too_large
            picture.load()
            upright = _flat(_upright(picture))
        upright.info = {}  # place, camera, comments and colour profile stay behind
        written = BytesIO()
        upright.save(written, kind, **({"quality": JPEG_QUALITY} if kind == "JPEG" else {}))
    except PaperRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large from None
    except Exception:  # whatever a hostile file makes the decoder raise, the answer is the same
        raise PaperRefused(_("这张图片打不开，可能坏了或没有传完整。请重新拍照或导出后再传。")) from None
    return written.getvalue()


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # unreadable EXIF says nothing of the orientation, and nothing against the picture
        return picture


def _flat(picture: Image.Image) -> Image.Image:
    """Grey or colour without transparency, 8 bits a channel: what every viewer and printer shows alike."""
    if picture.mode.startswith("I"):  # 16 bits of grey; a plain conversion would cut them off at white
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture if picture.mode in ("L", "RGB") else picture.convert("L" if picture.mode == "1" else "RGB")
