"""Files that are only ever written sealed. The file's name is its context: a renamed file does not open."""

import shutil
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal.vault.sealing import current_prefix, open_bytes, seal_bytes


def write_sealed(name: str, data: bytes) -> None:
    """Seal and store. Raises FileExistsError where the name is taken."""
    stored_as = default_storage.save(name, ContentFile(seal_bytes(data, name)))
    if stored_as != name:
        default_storage.delete(stored_as)
        raise FileExistsError("A sealed file of this name is already there.")


def read_sealed(name: str) -> bytes:
    """Read and open. Raises FileNotFoundError, SealBroken."""
    with default_storage.open(name) as file:
        return open_bytes(file.read(), name)


def reseal(name: str) -> bool:
    """Seal the file anew where an older key sealed it; False where there was nothing to do.

    The new file takes the place of the old one in one move: a reader finds one of them whole. Needs a storage in the
    file system. Raises SealBroken.
    """
    prefix, path = current_prefix().encode(), Path(default_storage.path(name))
    try:
        with path.open("rb") as file:
            if file.read(len(prefix)) == prefix:
                return False
        data = read_sealed(name)
    except FileNotFoundError:  # deleted meanwhile
        return False
    fresh = path.with_name(f"{path.name}.resealing")
    fresh.write_bytes(seal_bytes(data, name))
    shutil.copymode(path, fresh)
    fresh.replace(path)
    return True


def delete_sealed(name: str) -> None:
    """Delete; a file that is not there is no error."""
    default_storage.delete(name)
