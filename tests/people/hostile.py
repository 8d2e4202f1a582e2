"""Files that mean harm, made here byte by byte. Each is a pair: what it is called, and what is in it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

from tests.people.heic import box, heic


def picture(
    kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (60, 40), colour: Any = 0, **save: Any
) -> bytes:
    written = BytesIO()
    Image.new(mode, size, colour).save(written, kind, **save)
    return written.getvalue()


def noise(kind: str = "JPEG", **save: Any) -> bytes:
    written = BytesIO()
    Image.effect_noise((200, 200), 80).convert("RGB").save(written, kind, **save)
    return written.getvalue()


def animated(kind: str, **save: Any) -> bytes:
    written = BytesIO()
    others = [Image.new("RGB", (60, 40), "blue"), Image.new("RGB", (60, 40), "lime")]
    Image.new("RGB", (60, 40), "red").save(written, kind, save_all=True, append_images=others, duration=50, **save)
    return written.getvalue()


def exif(**tags: Any) -> bytes:
    """EXIF with a place in it."""
    block = Image.Exif()
    block[0x010F] = "Camera of Lin"
    block.get_ifd(0x8825).update({1: "N", 2: (24.0, 43.0, 51.0), 3: "E", 4: (118.0, 38.0, 0.0)})
    return block.tobytes()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def png_text_bomb() -> bytes:
    """A small picture whose comment unpacks to 60 MB."""
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 60_000_000))
    whole = picture("PNG")
    return whole[:33] + text + whole[33:]


def webp_claiming(width: int, height: int) -> bytes:
    """A lossless WebP that claims a size in its header and has hardly any data."""
    body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\0" * 40
    part = b"VP8L" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(part)) + b"WEBP" + part


def zip_bytes() -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("run.exe", b"MZ" + b"\0" * 100)
    return written.getvalue()


def avif_header() -> bytes:
    return box(b"ftyp", b"mif1", b"\0\0\0\0", b"mif1", b"avif") + box(b"mdat", b"\0" * 40)


# ── PDFs ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def saved(pdf: Pdf, **save: Any) -> bytes:
    written = BytesIO()
    pdf.save(written, **save)
    return written.getvalue()


def one_page(
    pdf: Pdf, content: bytes = b"0 0 1 rg 100 100 200 200 re f", size: tuple[float, float] = (595, 842)
) -> Any:
    """A page with a blue square."""
    page = pdf.add_blank_page(page_size=size)
    page.obj.Contents = pdf.make_stream(content)
    return page.obj


def document(pages: int = 1, size: tuple[float, float] = (595, 842), **save: Any) -> bytes:
    with pikepdf.new() as pdf:
        for _page in range(pages):
            one_page(pdf, size=size)
        return saved(pdf, **save)


def action(kind: str, **more: Any) -> Dictionary:
    return Dictionary(Type=Name.Action, S=Name("/" + kind), **more)


def acting() -> bytes:
    """A page that draws a square, and everything in a PDF that acts, hides or carries something else."""
    with pikepdf.new() as pdf:
        page = one_page(pdf)
        script = action("JavaScript", JS=String("app.alert('marker-script')"))
        program = action("Launch", F=String("marker-cmd.exe"))
        attached = pdf.make_stream(b"MZ marker-attachment", Type=Name.EmbeddedFile)
        spec = Dictionary(Type=Name.Filespec, F=String("marker.exe"), EF=Dictionary(F=attached))
        pdf.Root.OpenAction = script
        pdf.Root.AA = Dictionary(WC=script, WS=program)
        pdf.Root.Names = Dictionary(
            JavaScript=Dictionary(Names=Array([String("a"), script])),
            EmbeddedFiles=Dictionary(Names=Array([String("marker.exe"), spec])),
        )
        pdf.Root.AF = Array([spec])
        pdf.Root.Metadata = pdf.make_stream(b"<x>marker-author</x>", Type=Name.Metadata, Subtype=Name.XML)
        pdf.Root.AcroForm = Dictionary(
            Fields=Array([]), XFA=pdf.make_stream(b"<xdp>marker-xfa</xdp>"), DA=String("/Helv 0 Tf")
        )
        pdf.Root.Outlines = Dictionary(Type=Name.Outlines, Title=String("marker-outline"))
        pdf.docinfo["/Author"] = "marker-author"
        page.AA = Dictionary(O=script, C=action("SubmitForm", F=String("https://marker.example/")))
        page.PieceInfo = Dictionary(App=Dictionary(Private=String("marker-private")))
        page.Metadata = pdf.make_stream(b"marker-page-metadata")
        box_ = Array([0, 0, 90, 90])
        page.Annots = Array(
            [
                Dictionary(
                    Type=Name.Annot, Subtype=Name.Link, Rect=box_, A=action("URI", URI=String("http://marker/"))
                ),
                Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=box_, A=action("ImportData", F=String("marker"))),
                Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=box_, FS=spec),
                Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=box_, RichMediaContent=Dictionary(X=spec)),
                Dictionary(Type=Name.Annot, Subtype=Name("/3D"), Rect=box_, **{"3DD": attached}),
            ]
        )
        page.Resources = Dictionary(
            XObject=Dictionary(
                Im=pdf.make_stream(
                    noise(exif=exif(), comment=b"marker-comment"),
                    Type=Name.XObject, Subtype=Name.Image, Width=200, Height=200, BitsPerComponent=8,
                    ColorSpace=Name.DeviceRGB, Filter=Name.DCTDecode,
                    Metadata=pdf.make_stream(b"marker-image-metadata"),
                )
            ),
            Properties=Dictionary(P=script),
        )  # fmt: skip
        page.Contents = pdf.make_stream(b"0 0 1 rg 100 100 200 200 re f q 100 0 0 100 400 400 cm /Im Do Q")
        return saved(pdf)


def jpeg_from_a_phone() -> bytes:
    """A JPEG with a place in it, a comment between its parts, and a second picture with a place behind its end."""
    first = noise(exif=exif(), comment=b"marker-comment", progressive=True)
    at = first.index(b"\xff\xda", first.index(b"\xff\xda") + 2)  # the second scan
    between = b"\xff\xfe\x00\x10marker-between"
    rights = b"\xff\xeb\x00\x0fmarker-rights"
    return first[:2] + b"\xff" + rights + b"marker-nowhere" + first[2:at] + between + first[at:] + noise(exif=exif())


def jpx_with_place(*, is_bare: bool = False) -> bytes:
    """A JPEG 2000 with a place, a text and a comment; ``is_bare`` is its stream alone."""
    whole = noise("JPEG2000", comment=b"marker-comment")
    at = whole.index(b"jp2c") - 4
    if is_bare:
        return whole[at + 8 :]
    told = box(b"uuid", b"JpgTiffExif->JP2", exif()) + box(b"xml ", b"<place>marker-place</place>")
    return whole[:at] + told + box(b"asoc", box(b"lbl ", b"marker-label")) + whole[at:] + told


def photographed(picture_: bytes, *filters: str, parms: Array | None = None) -> bytes:
    """A page with a picture on it, packed as ``filters`` say (the outermost first)."""
    with pikepdf.new() as pdf:
        page = one_page(pdf)
        data = picture_
        for name in reversed(filters[:-1]):
            data = zlib.compress(data) if name == "FlateDecode" else data.hex().encode() + b">"
        image = pdf.make_stream(
            data, Type=Name.XObject, Subtype=Name.Image, Width=200, Height=200, BitsPerComponent=8,
            ColorSpace=Name.DeviceRGB, Filter=Array([Name("/" + name) for name in filters]),
        )  # fmt: skip
        if parms is not None:
            image.DecodeParms = parms
        page.Resources = Dictionary(XObject=Dictionary(Im=image))
        page.Contents = pdf.make_stream(b"q 100 0 0 100 400 400 cm /Im Do Q")
        return saved(pdf)


def form(value: str = "福州大学", *, has_look: bool = True, **root: Any) -> bytes:
    """A form with one filled box, and the look of it (a green square) where ``has_look``."""
    with pikepdf.new() as pdf:
        page = one_page(pdf)
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("school"), V=String(value), F=4,
                Rect=Array([300, 300, 400, 400]),
            )
        )  # fmt: skip
        if has_look:
            look = pdf.make_stream(
                b"0 1 0 rg 0 0 100 100 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 100, 100])
            )
            field.AP = Dictionary(N=look)
        page.Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]), NeedAppearances=True)
        for key, value_ in root.items():
            pdf.Root["/" + key] = value_
        return saved(pdf)


def written_by_hand(*objects: bytes, trailer: bytes = b"/Root 1 0 R", startxref: int | None = None) -> bytes:
    """A PDF of these objects (numbered from 1), with a true cross-reference table."""
    body, places = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    at = len(body) if startxref is None else startxref
    return body + table + b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, at)


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"


def stream(data: bytes, keys: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), keys, data)


def page_loop() -> bytes:
    """A page tree that is its own child."""
    return written_by_hand(CATALOGUE, b"<< /Type /Pages /Count 2 /Kids [3 0 R] >>", b"<< /Type /Pages /Kids [2 0 R] >>")


def many_pages(count: int) -> bytes:
    """One page, hung into the tree ``count`` times."""
    kids = b"3 0 R " * count
    return written_by_hand(
        CATALOGUE,
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )


def deep_tree(levels: int) -> bytes:
    """A page at the end of a chain of page nodes."""
    nodes = [b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % (number + 3) for number in range(levels)]
    return written_by_hand(CATALOGUE, *nodes, b"<< /Type /Page /MediaBox [0 0 595 842] >>")


def deep_object(levels: int) -> bytes:
    nested = b"[" * levels + b"]" * levels
    return written_by_hand(
        CATALOGUE,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /X %s >> >>" % nested,
    )


def packed(content: bytes, filters: bytes, more: bytes = b"") -> bytes:
    """A page whose contents are ``content``, packed with ``filters``."""
    return written_by_hand(
        CATALOGUE,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % more,
        stream(content, b"/Filter " + filters),
    )


def flate_bomb(megabytes: int = 400, layers: int = 1) -> bytes:
    """Contents of spaces that unpack to so much, packed several times over."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(b" " * 1_000_000) for _megabyte in range(megabytes)) + packer.flush()
    for _layer in range(layers - 1):
        data = zlib.compress(data, 9)
    return packed(data, b"[" + b"/FlateDecode " * layers + b"]")


def many_bombs(count: int = 12, megabytes: int = 90) -> bytes:
    """Contents in parts, each of which is allowed, and all together are not."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(b" " * 1_000_000) for _megabyte in range(megabytes)) + packer.flush()
    parts = [stream(data + b"\n" * number, b"/Filter /FlateDecode") for number in range(count)]
    names = b" ".join(b"%d 0 R" % (number + 4) for number in range(count))
    return written_by_hand(
        CATALOGUE,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [%s] >>" % names,
        *parts,
    )


def object_stream_bomb() -> bytes:
    """Objects packed into a stream that unpacks to 400 MB."""
    packer = zlib.compressobj(9)
    inner = b"2 0 3 40 ".ljust(20) + b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>".ljust(40) + b"<< /Type /Page >>"
    data = packer.compress(inner) + b"".join(packer.compress(b" " * 1_000_000) for _ in range(400)) + packer.flush()
    holder = b"4 0 obj\n" + stream(data, b"/Type /ObjStm /N 2 /First 20 /Filter /FlateDecode") + b"\nendobj\n"
    body = b"%PDF-1.7\n1 0 obj\n" + CATALOGUE + b"\nendobj\n"
    at = len(body)
    body += holder
    rows = [(0, 0, 65535), (1, 9, 0), (2, 4, 0), (2, 4, 1), (1, at, 0), (1, len(body), 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    keys = b"/Type /XRef /W [1 4 2] /Size 6 /Root 1 0 R"
    return body + b"5 0 obj\n" + stream(table, keys) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)


def endless_forms(levels: int = 60) -> bytes:
    """Forms that each draw the next one ten times: a small file that never ends drawing."""
    forms = [
        stream(
            b"/X Do " * 10,
            b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>" % (number + 6),
        )
        for number in range(levels)
    ]
    last = stream(b"0 0 9 9 re f " * 1000, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")
    return written_by_hand(
        CATALOGUE,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /X 5 0 R >> >> >>",
        stream(b"/X Do"),
        *forms,
        last,
    )


def huge_image() -> bytes:
    """A page with a picture that claims 60,000 × 60,000 pixels and has none."""
    return written_by_hand(
        CATALOGUE,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /X 5 0 R >> >> >>",
        stream(b"q 500 0 0 500 0 0 cm /X Do Q"),
        stream(
            zlib.compress(b"\0" * 1000),
            b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8 /ColorSpace /DeviceRGB"
            b" /Filter /FlateDecode",
        ),
    )


def boxed(media_box: bytes) -> bytes:
    return written_by_hand(
        CATALOGUE,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox %s >>" % media_box,
    )


def outside_file() -> bytes:
    """Contents that are to be read from a file of the machine."""
    return written_by_hand(
        CATALOGUE,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        stream(b"", b"/F (/etc/passwd)"),
    )


def phone_photo_with_place() -> bytes:
    return heic(turn=1, exif=exif())
