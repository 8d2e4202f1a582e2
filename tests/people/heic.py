"""A HEIC photograph written by hand: one block of raw HEVC samples in the boxes of ISO/IEC 23008-12.

The libraries at hand only read HEIC. Raw samples (I_PCM) need no compression: two bins of arithmetic code are all
that stands around them.
"""

from __future__ import annotations

import struct

SIDE = 32  # pixels: one coding block


class Bits:
    """Bits into bytes, as the standard writes them."""

    def __init__(self) -> None:
        self.bits: list[int] = []

    def u(self, size: int, value: int) -> Bits:
        self.bits += [value >> shift & 1 for shift in range(size - 1, -1, -1)]
        return self

    def ue(self, *values: int) -> Bits:
        for value in values:
            size = (value + 1).bit_length()
            self.u(2 * size - 1, value + 1)
        return self

    def align(self, first: int = 1) -> Bits:
        self.u(1, first) if first else None
        return self.u(-len(self.bits) % 8, 0)

    def bytes(self) -> bytes:
        return bytes(int("".join(map(str, self.bits[at : at + 8])), 2) for at in range(0, len(self.bits), 8))


def nal(kind: int, bits: Bits) -> bytes:
    """One unit of the stream, with the bytes that keep start codes out of it."""
    body, zeros = bytearray(), 0
    for byte in bits.bytes():
        if zeros >= 2 and byte <= 3:
            body.append(3)
            zeros = 0
        body.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes([kind << 1, 1]) + bytes(body)


def _profile(bits: Bits) -> Bits:
    return bits.u(8, 1).u(32, 0x60000000).u(4, 0b1001).u(44, 0).u(8, 30)


def _terminated(bits: Bits, low: int, range_: int) -> Bits:
    """The arithmetic coder's last bin (1) and its flush, from its state before the bin. Nothing is outstanding yet."""
    range_ -= 2
    low, range_, outstanding, is_first = low + range_, 2, 0, True

    def put(bit: int) -> None:
        nonlocal outstanding, is_first
        if not is_first:
            bits.u(1, bit)
        is_first = False
        for _waiting in range(outstanding):
            bits.u(1, 1 - bit)
        outstanding = 0

    while range_ < 256:
        if low < 256:
            put(0)
        elif low >= 512:
            low -= 512
            put(1)
        else:
            low -= 256
            outstanding += 1
        range_, low = range_ * 2, low * 2
    put(low >> 9 & 1)
    return bits.u(2, low >> 7 & 3 | 1)


def hevc(width: int, height: int, left: tuple[int, int, int], right: tuple[int, int, int]) -> list[bytes]:
    """Parameter sets and one picture; the left and right half in two colours (Y, Cb, Cr)."""
    video = _profile(Bits().u(4, 0).u(2, 3).u(6, 0).u(3, 0).u(1, 1).u(16, 0xFFFF)).u(1, 1).ue(0, 0, 0)
    video = video.u(6, 0).ue(0).u(2, 0).align()
    sequence = _profile(Bits().u(4, 0).u(3, 0).u(1, 1)).ue(0, 1, width, height).u(1, 0).ue(0, 0, 0).u(1, 1)
    sequence.ue(0, 0, 0).ue(0, 2, 0, 3, 0, 0).u(3, 0).u(1, 1).u(8, 0x77).ue(0, 2).u(1, 1)
    sequence.ue(0).u(5, 0).align()
    picture = Bits().ue(0, 0).u(7, 0).ue(0, 0, 0).u(3, 0).ue(0, 0).u(6, 0).u(1, 0).u(3, 0b101).u(2, 0).ue(0).u(2, 0)
    coded = Bits().u(2, 0b10).ue(0, 2, 0).align()
    _terminated(coded, 0, 510 - 240)  # "not split" in state 0 takes 240 off the range; then "raw samples"
    coded.align(0)
    for plane, side in enumerate((SIDE, SIDE // 2, SIDE // 2)):
        for _row in range(side):
            for column in range(side):
                coded.u(8, (left if column < side // 2 else right)[plane])
    _terminated(coded, 0, 510).align(0)
    return [nal(32, video), nal(33, sequence), nal(34, picture.align()), nal(20, coded)]


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, version: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *parts)


def heic(
    *,
    width: int = SIDE,
    height: int = SIDE,
    turn: int = 0,
    exif: bytes = b"",
    brand: bytes = b"heic",
    left: tuple[int, int, int] = (81, 90, 239),  # red
    right: tuple[int, int, int] = (235, 128, 128),  # white
) -> bytes:
    """A HEIC of 32 × 32 pixels that claims ``width`` × ``height``, to be turned ``turn`` quarters against the clock."""
    *sets, coded = hevc(SIDE, SIDE, left, right)
    arrays = b"".join(
        bytes([0x80 | it[0] >> 1]) + struct.pack(">HH", 1, len(it)) + it for it in sets
    )  # complete arrays of one unit each
    config = bytes.fromhex("01016000000090000000000 01ef000fcfdf8f800000f".replace(" ", "")) + b"\x03" + arrays
    items = [(1, b"hvc1", struct.pack(">I", len(coded)) + coded)]
    if exif:
        items.append((2, b"Exif", struct.pack(">I", 6) + b"Exif\0\0" + exif))
    properties = [
        box(b"hvcC", config),
        full(b"ispe", 0, struct.pack(">II", width, height)),
        box(b"irot", bytes([turn])),
    ]
    head = box(b"ftyp", brand, b"\0\0\0\0", b"mif1", b"heic")

    def meta(start: int) -> bytes:
        places, at = b"", start
        for number, _kind, data in items:
            places += struct.pack(">HHHII", number, 0, 1, at, len(data))
            at += len(data)
        return full(
            b"meta",
            0,
            full(b"hdlr", 0, b"\0\0\0\0pict", b"\0" * 13),
            full(b"pitm", 0, struct.pack(">H", 1)),
            full(b"iloc", 0, b"\x44\0", struct.pack(">H", len(items)), places),
            full(
                b"iinf",
                0,
                struct.pack(">H", len(items)),
                *(full(b"infe", 2, struct.pack(">HH", number, 0), kind, b"\0") for number, kind, _data in items),
            ),
            full(b"iref", 0, box(b"cdsc", struct.pack(">HHH", 2, 1, 1))) if exif else b"",
            box(
                b"iprp",
                box(b"ipco", *properties),
                full(b"ipma", 0, struct.pack(">IHB", 1, 1, 3), b"\x81\x02\x83"),
            ),
        )

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", *(data for _number, _kind, data in items))
