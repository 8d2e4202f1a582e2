"""PDFs written anew: what is on the pages, and nothing that acts, hides or carries something else.

Runs in the workshop's process only (no Django): the files it opens are hostile until it is done with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import takewhile
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from applicants.people.papers_bare import bare_jpeg, bare_jpx
from applicants.people.papers_pages import drawn_pages
from applicants.people.refusals import Unfit

MEGABYTE = 1024 * 1024
MOST_OBJECTS = 100_000
BELIEVED_PAGES = 2_000
MOST_UNPACKED = 160 * MEGABYTE  # of one stream: a colour scan of A4 at 600 dots an inch has 104
MOST_UNPACKED_TOGETHER = 800 * MEGABYTE
MOST_PIXELS = 160_000_000  # of one picture in it: A2 at 600 dots an inch
MOST_GROWTH = 2  # written anew, a file may be so many times the size that is allowed to come in
# A new catalogue and pages of these keys only: whatever else a reader would act on is left behind with the rest.
PAGE_KEYS = {"/Type", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents", "/Group", "/UserUnit"}
INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
# What page contents may still reach, and nothing needs to draw them.
USELESS = (
    "/AA", "/AF", "/AcroForm", "/Annots", "/EF", "/EmbeddedFile", "/EmbeddedFiles", "/JS", "/JavaScript", "/Launch",
    "/Metadata", "/OPI", "/OpenAction", "/PieceInfo", "/RichMedia", "/URI", "/XFA",
)  # fmt: skip
USELESS_IN_STREAMS = ("/F", "/FFilter", "/FDecodeParms", "/Alternates", "/LastModified", "/Ref")
ACTIONS = {
    "/JavaScript", "/Launch", "/URI", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToR", "/GoToE", "/Rendition",
    "/RichMediaExecute", "/Movie", "/Sound", "/Named", "/Hide", "/SetOCGState", "/GoTo3DView", "/Trans", "/Thread",
}  # fmt: skip
PLAIN_FILTERS = {
    "/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL", "/ASCII85Decode", "/A85",
    "/ASCIIHexDecode", "/AHx",
}  # fmt: skip
BARE = {"/DCTDecode": bare_jpeg, "/DCT": bare_jpeg, "/JPXDecode": bare_jpx}
HIDDEN = 0b100010  # annotation flags: hidden, not shown on the screen


def resaved(data: bytes, *, most_pages: int, most_bytes: int) -> tuple[bytes, int]:
    """The PDF written anew and its number of pages, each of which was drawn once. Raises Unfit, MemoryError."""
    if b"%%EOF" not in data[-2048:]:  # the end is missing: what could be repaired would lack pages
        raise Unfit("broken_pdf")
    pikepdf.settings.set_qpdf_limits(
        parser_max_container_size=2 * MOST_OBJECTS,
        max_stream_filters=3,
        flate_max_memory=MOST_UNPACKED,
        png_max_memory=MOST_UNPACKED,
        tiff_max_memory=MOST_UNPACKED,
        run_length_max_memory=MOST_UNPACKED,
    )
    try:
        with pikepdf.open(BytesIO(data), suppress_warnings=True) as source, pikepdf.new() as clean:
            pages = _pages(source, most_pages)
            _copy(source, clean)
            for item in list(clean.objects):
                _scrub(item)
            _unpack(clean)
            written = BytesIO()
            clean.save(
                written, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True, linearize=False
            )
    except pikepdf.PasswordError:
        raise Unfit("locked") from None
    except (Unfit, MemoryError):
        raise
    except Exception as error:  # whatever a hostile file makes the parser raise, the answer is one of two
        is_bound = pikepdf.settings.qpdf_limit_errors() or "limit exceeded" in str(error)
        raise Unfit("heavy" if is_bound else "broken_pdf") from None
    if written.tell() > MOST_GROWTH * most_bytes:
        raise Unfit("heavy")
    if drawn_pages(written.getvalue()) != pages:
        raise Unfit("broken_pdf")
    return written.getvalue(), pages


def _pages(source: Pdf, most: int) -> int:
    if source.is_encrypted:
        raise Unfit("protected")
    if len(source.objects) > MOST_OBJECTS:
        raise Unfit("heavy")
    tree = source.Root.get("/Pages")
    said = tree.get("/Count") if isinstance(tree, Dictionary) else None
    # What the file says of itself is believed where it is far too much: counting takes the longer, the more there are.
    pages = said if isinstance(said, int) and said > max(most, BELIEVED_PAGES) else len(source.pages)
    if not pages:
        raise Unfit("no_pages")
    if pages > most:
        raise Unfit("pages", pages=pages, most=most)
    return pages


def _copy(source: Pdf, clean: Pdf) -> None:
    """The pages of ``source`` into ``clean``; what forms and notes show becomes part of the page."""
    if source.Root.get("/NeedsRendering"):  # the pages are made by a script and say only "please wait"
        raise Unfit("form")
    form = source.Root.get("/AcroForm")
    if isinstance(form, Dictionary) and "/NeedAppearances" in form:
        del form["/NeedAppearances"]
    if any(_is_lost(note) for page in source.pages for note in _notes(page)):
        raise Unfit("form")
    source.flatten_annotations("screen")
    for page in source.pages:
        for key in INHERITED:
            if key not in page.obj and (value := _inherited(page.obj, key)) is not None:
                page.obj[key] = value
        for key in set(page.obj.keys()) - PAGE_KEYS - {"/Parent"}:
            del page.obj[key]
        clean.pages.append(page)
    layers = source.Root.get("/OCProperties")  # which layers are hidden
    if isinstance(layers, Dictionary):
        clean.Root.OCProperties = clean.copy_foreign(source.make_indirect(layers))


def _notes(page: Any) -> Iterator[Dictionary]:
    notes = page.obj.get("/Annots")
    return (note for note in notes if isinstance(note, Dictionary)) if isinstance(notes, Array) else iter(())


def _is_lost(note: Dictionary) -> bool:
    """Whether a box of a form holds what somebody typed, but not its look: flattening would lose the words."""
    if note.get("/Subtype") != Name.Widget or "/AP" in note or int(note.get("/F", 0)) & HIDDEN:
        return False
    return _inherited(note, "/FT") in (Name.Tx, Name.Ch) and bool(str(_inherited(note, "/V") or "").strip())


def _inherited(node: Any, key: str) -> Any:
    for _level in range(50):
        if not isinstance(node, Dictionary):
            return None
        if key in node:
            return node[key]
        node = node.get("/Parent")
    return None


def _scrub(item: Any) -> None:
    """Take out of an object, and of what stands directly in it, everything that nothing needs to draw a page."""
    waiting = [item]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Array):
            waiting += [inner for inner in part if not _is_reference(inner)]
        elif isinstance(part, (Dictionary, Stream)):
            is_action = isinstance(part, Dictionary) and str(part.get("/S", "")) in ACTIONS
            useless = (*USELESS, *USELESS_IN_STREAMS) if isinstance(part, Stream) else USELESS
            for key in [key for key in part.keys() if is_action or key in useless]:  # noqa: SIM118
                del part[key]
            waiting += [inner for _key, inner in part.items() if not _is_reference(inner)]


def _is_reference(item: Any) -> bool:
    return isinstance(item, pikepdf.Object) and item.is_indirect


def _filters(stream: Stream) -> list[str]:
    given = stream.get("/Filter")
    if given is None:
        return []
    return [str(name) for name in given] if isinstance(given, Array) else [str(given)]


def _pixels(image: Stream) -> int:
    width, height = image.get("/Width"), image.get("/Height")
    return width * height if isinstance(width, int) and isinstance(height, int) else 0


def _unpack(clean: Pdf) -> None:
    """Unpack every stream once, one after the other; pictures in a format of their own are left bare.

    Raises Unfit where that is too much.
    """
    together = 0
    for stream in list(clean.objects):
        if not isinstance(stream, Stream):
            continue
        if stream.get("/Subtype") == Name.Image and _pixels(stream) > MOST_PIXELS:
            raise Unfit("heavy")
        filters = _filters(stream)
        plain = list(takewhile(PLAIN_FILTERS.__contains__, filters))
        if len(filters) > len(plain) + 1:  # nobody packs a picture's points: what is in there cannot be looked at
            raise Unfit("heavy")
        bare = BARE.get(filters[-1] if filters else "")
        data = b""
        if len(plain) == len(filters):
            data = stream.read_bytes(pikepdf.StreamDecodeLevel.generalized) if plain else b""
        elif plain or bare:
            data, parms = _packed_once(clean, stream, plain)
            if bare:
                stream.write(bare(data), filter=Name(filters[-1]), decode_parms=parms)
        together += len(data)
        if together > MOST_UNPACKED_TOGETHER:
            raise Unfit("heavy")


def _packed_once(clean: Pdf, picture: Stream, plain: list[str]) -> tuple[bytes, Dictionary | None]:
    """A picture in a format of its own without ``plain``, the filters around it; and the parameters of its format."""
    given = picture.get("/DecodeParms")
    parms = list(given) if isinstance(given, Array) else [given]
    last = parms[len(plain)] if len(parms) > len(plain) else None
    data = picture.read_raw_bytes()
    if plain:
        packed = Stream(clean, data, Filter=Array([Name(name) for name in plain]))
        if isinstance(given, Array):
            packed.DecodeParms = Array(parms[: len(plain)])
        data = packed.read_bytes(pikepdf.StreamDecodeLevel.generalized)
    return data, last if isinstance(last, Dictionary) else None
