"""Files that are only ever written sealed. The file's name is its context: a renamed file does not open.

However large a file is, it passes through memory in pieces (``writing_sealed``, ``sealed_pieces``); the whole of it at
once is for small ones.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from portal.vault.sealing import (
    NONCE_BYTES,
    TAG_BYTES,
    VERSION,
    SealBroken,
    current_prefix,
    open_bytes,
    opening_key,
    seal_bytes,
    sealing_key,
)

PIECE = 1 << 20  # bytes
LONGEST_HEAD = 64  # bytes of ``v1:<key id>:`` and the nonce


def write_sealed(name: str, data: bytes) -> None:
    """Seal and store. Raises FileExistsError where the name is taken."""
    stored_as = default_storage.save(name, ContentFile(seal_bytes(data, name)))
    if stored_as != name:
        default_storage.delete(stored_as)
        raise FileExistsError("A sealed file of this name is already there.")


@contextmanager
def stored_with_row(name: str, data: bytes) -> Iterator[None]:
    """Seal and store, then open the transaction that writes the file's row; nothing is left where that fails."""
    write_sealed(name, data)
    try:
        with transaction.atomic():
            yield
    except BaseException:
        delete_sealed(name)
        raise


class SealedWriter:
    """A file to write to that seals what passes; it can neither be read nor wound back. ``size`` is in bytes."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._seen, self.size = file, hashlib.sha256(), 0
        nonce, self._encryptor = sealing_key().encryptor(name)
        file.write(current_prefix().encode() + nonce)

    def write(self, data: bytes) -> int:
        """Seal and pass on."""
        self._seen.update(data)
        self.size += len(data)
        self._file.write(self._encryptor.update(data))
        return len(data)

    @property
    def sha256(self) -> str:
        """The digest of what was written so far, in the clear."""
        return self._seen.hexdigest()

    def flush(self) -> None:
        """Nothing to do: the file below is flushed when it is closed."""

    def finish(self) -> None:
        """Write what proves that nothing was changed."""
        self._file.write(self._encryptor.finalize() + self._encryptor.tag)


@contextmanager
def writing_sealed(name: str) -> Iterator[SealedWriter]:
    """Seal and store what is written, in the form of ``write_sealed``; nothing is left where the block fails.

    Needs a storage in the file system. Raises FileExistsError where the name is taken.
    """
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        try:
            writer = SealedWriter(file, name)
            yield writer
            writer.finish()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def read_sealed(name: str) -> bytes:
    """Read and open. Raises FileNotFoundError, SealBroken."""
    with default_storage.open(name) as file:
        return open_bytes(file.read(), name)


def sealed_pieces(name: str) -> Iterator[bytes]:
    """Read and open piece by piece. Raises FileNotFoundError, and SealBroken **after** the last piece.

    Whoever hands pieces on before the end goes through them once without, first.
    """
    with default_storage.open(name) as file:
        head = file.read(LONGEST_HEAD)
        version, _, rest = head.partition(b":")
        key_id, colon, _ = rest.partition(b":")
        begin = len(version) + len(key_id) + 2
        left = file.size - begin - NONCE_BYTES - TAG_BYTES
        if version != VERSION.encode() or not colon or left < 0:
            raise SealBroken("The file is not sealed in a form this portal knows.")
        key = opening_key(key_id.decode(errors="replace"))
        file.seek(begin + NONCE_BYTES + left)
        tag = file.read(TAG_BYTES)
        file.seek(begin)
        decryptor = key.decryptor(file.read(NONCE_BYTES), tag, name)
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield decryptor.update(piece)
        try:
            decryptor.finalize()
        except InvalidTag:
            raise SealBroken("The file was altered, or belongs to another place.") from None


def digest_of_sealed(name: str) -> str:
    """The SHA-256 of all that is in the file; also proves its seal. Raises FileNotFoundError, SealBroken."""
    seen = hashlib.sha256()
    for piece in sealed_pieces(name):
        seen.update(piece)
    return seen.hexdigest()


def reseal(name: str) -> bool:
    """Seal the file anew where an older key sealed it; False where there was nothing to do.

    The new file takes the place of the old one in one move: a reader finds one of them whole. Needs a storage in the
    file system. Raises SealBroken.
    """
    prefix, path = current_prefix().encode(), Path(default_storage.path(name))
    fresh = path.with_name(f"{path.name}.resealing")
    try:
        with path.open("rb") as file:
            if file.read(len(prefix)) == prefix:
                return False
        with fresh.open("wb") as file:
            writer = SealedWriter(file, name)
            for piece in sealed_pieces(name):
                writer.write(piece)
            writer.finish()
    except FileNotFoundError:  # deleted meanwhile
        fresh.unlink(missing_ok=True)
        return False
    except SealBroken:
        fresh.unlink()
        raise
    shutil.copymode(path, fresh)
    fresh.replace(path)
    return True


def delete_sealed(name: str) -> None:
    """Delete; a file that is not there is no error."""
    default_storage.delete(name)
