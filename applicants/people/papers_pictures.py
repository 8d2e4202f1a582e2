"""Pictures told by their content, and made anew from their pixels. Needs no Django: the workshop runs it too."""

from __future__ import annotations

from io import BytesIO

import filetype
from PIL import Image, ImageOps

from applicants.people.refusals import Unfit

JPEG_QUALITY = 88
DECODERS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1"}


def content_type_of(data: bytes) -> str:
    """The MIME type by the first bytes, whatever the name says; every HEIF with HEVC in it is ``image/heic``."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        # An AVIF may begin with the same general brand; it names itself among the compatible ones.
        return "image/avif" if b"avif" in data[16 : int.from_bytes(data[:4], "big")] else "image/heic"
    return filetype.guess_mime(data) or ""


def made_anew(data: bytes, content_type: str, most_megapixels: int) -> bytes:
    """The picture decoded to its last pixel, turned upright and written again without metadata.

    PNG stays PNG, everything else becomes JPEG. Of several pictures in one file the first (HEIF: the main one) is
    kept. Raises Unfit.
    """
    kind = DECODERS[content_type]
    too_large = Unfit("pixels", most=most_megapixels)
    try:
        with Image.open(BytesIO(data), formats=[kind]) as picture:
            width, height = picture.size
            if width * height > most_megapixels * 1_000_000:  # known from the header, before anything is decoded
                raise too_large
            picture.load()
            upright = _flat(_upright(picture))
        upright.info = {}  # place, camera, comments and colour profile stay behind
        written = BytesIO()
        upright.save(written, "PNG") if kind == "PNG" else upright.save(written, "JPEG", quality=JPEG_QUALITY)
    except Unfit:
        raise
    except MemoryError:
        raise Unfit("heavy") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large from None
    except Exception:  # whatever a hostile file makes the decoder raise, the answer is the same
        raise Unfit("broken_picture") from None
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
