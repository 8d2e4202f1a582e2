"""Pictures inside PDFs without what their makers wrote beside them: the picture itself stays as it is, bit by bit.

Runs in the workshop's process only. Lists say what is kept, so that nothing new slips through.
"""

from __future__ import annotations

import re

from applicants.people.refusals import Unfit

# Of a JPEG's application parts: its own, the colour profile, and how colours are stored.
APPLICATION, KEPT_OF_IT, COMMENT = range(0xE0, 0xF0), (0xE0, 0xE2, 0xEE), 0xFE
SCAN, END = 0xDA, 0xD9
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # what a scan's points never look like
JPX_FILE, CODE_STREAM = b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"
KEPT_BOXES = {b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jpch", b"jplh", b"jp2c"}
JPX_COMMENT, JPX_TILE = 0x64, 0x90


def bare_jpeg(data: bytes) -> bytes:
    """A JPEG without place, camera, comments, and what stands between its parts or behind its end."""
    kept, at = [data[:2]], 2
    while found := NEXT_MARKER.search(data, at):
        at, marker = found.start(), data[found.start() + 1]
        if marker == END:
            kept.append(data[at : at + 2])
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == SCAN:
            following = NEXT_MARKER.search(data, end)
            end = following.start() if following else len(data)
        if marker != COMMENT and (marker not in APPLICATION or marker in KEPT_OF_IT):
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def bare_jpx(data: bytes) -> bytes:
    """A JPEG 2000 without boxes of text, place and rights, and without comments. Raises Unfit where it is none."""
    if data.startswith(CODE_STREAM):
        return _bare_stream(data)
    if not data.startswith(JPX_FILE):
        raise Unfit("broken_pdf")
    kept, at = [], 0
    while at + 8 <= len(data):
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        kind = data[at + 4 : at + 8]
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        end = at + size if size else len(data)
        if size and size < head:
            raise Unfit("broken_pdf")
        if kind in KEPT_BOXES:
            body = data[at + head : end]
            body = _bare_stream(body) if kind == b"jp2c" else body
            kept.append((8 + len(body)).to_bytes(4, "big") + kind + body)
        at = end
    return b"".join(kept)


def _bare_stream(data: bytes) -> bytes:
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != JPX_TILE:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] != JPX_COMMENT:
            kept.append(data[at:end])
        at = end
    return b"".join(kept) + data[at:]
