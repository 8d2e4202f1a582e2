"""Files that are only ever written sealed. The file's name is its context: a renamed file does not open."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal.vault.sealing import open_bytes, seal_bytes


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


def delete_sealed(name: str) -> None:
    """Delete; a file that is not there is no error."""
    default_storage.delete(name)
