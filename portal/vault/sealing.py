"""Seals bytes with an authenticated cipher, and makes keyed hashes of values that must be found or be unique.

A sealed text is ``v1:<key id>:<base64 of nonce and ciphertext>``. What it is sealed *for* (its context: model, field
and row, or a file's name) is authenticated with it, so a sealed value moved elsewhere does not open.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import (
    AEADDecryptionContext,
    AEADEncryptionContext,
    Cipher,
    algorithms,
    modes,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = "v1"
NONCE_BYTES = 12
TAG_BYTES = 16
_MARKS = "ghijklmnopqrstuvwxyz"  # no hexadecimal digits: a hash says how many keys lie over each other
_CIPHERS: dict[str, tuple[Callable, int]] = {"aes": (algorithms.AES, 32), "sm4": (algorithms.SM4, 16)}


class SealBroken(Exception):
    """A sealed value does not open: it was altered, moved to another place, or its key is not here."""


@dataclass(frozen=True, repr=False)
class Key:
    """One key of the ring: its id (stored with every value it seals), its cipher and its bytes."""

    id: str
    algorithm: str
    secret: bytes

    def encrypt(self, data: bytes, context: str) -> bytes:
        """Return nonce + ciphertext + tag."""
        if self.algorithm == "aes":  # the same bytes as below, in a third of the time
            nonce = secrets.token_bytes(NONCE_BYTES)
            return nonce + _aes(self.secret).encrypt(nonce, data, context.encode())
        nonce, encryptor = self.encryptor(context)
        return nonce + encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, sealed: bytes, context: str) -> bytes:
        """Undo ``encrypt``; raise SealBroken where a byte or the context differs."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise SealBroken("The sealed value is too short.")
        try:
            if self.algorithm == "aes":
                return _aes(self.secret).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
            decryptor = self.decryptor(sealed[:NONCE_BYTES], sealed[-TAG_BYTES:], context)
            return decryptor.update(sealed[NONCE_BYTES:-TAG_BYTES]) + decryptor.finalize()
        except InvalidTag:
            raise SealBroken("The sealed value was altered, or belongs to another place.") from None

    def encryptor(self, context: str) -> tuple[bytes, AEADEncryptionContext]:
        """A new nonce, and what seals piece by piece; the tag comes last. All together is what ``encrypt`` returns."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        encryptor = Cipher(self._cipher(), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(context.encode())
        return nonce, encryptor

    def decryptor(self, nonce: bytes, tag: bytes, context: str) -> AEADDecryptionContext:
        """What opens piece by piece; only ``finalize`` knows (InvalidTag) whether the pieces were right."""
        decryptor = Cipher(self._cipher(), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(context.encode())
        return decryptor

    def _cipher(self):
        return _CIPHERS[self.algorithm][0](self.secret)


@lru_cache(maxsize=16)
def _aes(secret: bytes) -> AESGCM:
    return AESGCM(secret)


def keyring() -> dict[str, Key]:
    """Keys by id, in the order of FIELD_ENCRYPTION_KEYS: the first seals, all open.

    Raises ImproperlyConfigured with what is wrong (never with the key itself).
    """
    return _parse_keys(settings.FIELD_ENCRYPTION_KEYS)


def seal(data: bytes, context: str) -> str:
    """Seal bytes for one place; the result is ASCII text."""
    key = sealing_key()
    return f"{VERSION}:{key.id}:{base64.b64encode(key.encrypt(data, context)).decode()}"


def open_sealed(token: str, context: str) -> bytes:
    """Open what ``seal`` made for the same place. Raises SealBroken."""
    version, _, rest = token.partition(":")
    key_id, _, body = rest.partition(":")
    if version != VERSION:
        raise SealBroken("The value is not sealed in a form this portal knows.")
    try:
        sealed = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise SealBroken("The sealed value is not readable.") from None
    return opening_key(key_id).decrypt(sealed, context)


def seal_bytes(data: bytes, context: str) -> bytes:
    """Like ``seal`` for files: ``v1:<key id>:`` and then raw bytes."""
    key = sealing_key()
    return f"{VERSION}:{key.id}:".encode() + key.encrypt(data, context)


def open_bytes(sealed: bytes, context: str) -> bytes:
    """Open what ``seal_bytes`` made for the same place. Raises SealBroken."""
    version, _, rest = sealed.partition(b":")
    key_id, _, body = rest.partition(b":")
    if version != VERSION.encode():
        raise SealBroken("The file is not sealed in a form this portal knows.")
    return opening_key(key_id.decode(errors="replace")).decrypt(body, context)


def current_prefix() -> str:
    """What every token begins with that was sealed with the key that seals now."""
    return f"{VERSION}:{sealing_key().id}:"


def is_current(token: str) -> bool:
    """Say whether the token was sealed with the key that seals now."""
    return token.startswith(current_prefix())


def keyed_hash(purpose: str, value: str) -> str:
    """64 characters of HMAC-SHA256: finds equal values without showing them.

    ``purpose`` keeps hashes of different fields apart ("person-number"). The caller normalises the value.
    """
    return keyed_hashes(purpose, value)[0]


def keyed_hashes(purpose: str, value: str) -> list[str]:
    """The same under every key there was, newest first: what to look for while rows of an older key are left.

    A newer key is laid over the hash of the older one (docs/adr/0013), so that a stored hash can be brought up to date
    without its value. The first character of such a hash says how many keys lie over each other: g for the second.
    """
    keys = _hash_keys(settings.FIELD_HASH_KEY)
    made = [hmac.new(keys[0], f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()]
    for generation in range(1, len(keys)):
        made.append(_laid_over(made[-1], keys, generation))
    return made[::-1]


def rehash(stored: str) -> str:
    """A stored hash of whatever key brought up to the newest; "" stays."""
    if not stored:
        return stored
    keys = _hash_keys(settings.FIELD_HASH_KEY)
    for generation in range(_MARKS.find(stored[0]) + 2, len(keys)):
        stored = _laid_over(stored, keys, generation)
    return stored


def hash_mark() -> str:
    """The first character of every hash of the newest key; "" where there has been one key only."""
    generation = len(_hash_keys(settings.FIELD_HASH_KEY)) - 1
    return _MARKS[generation - 1] if generation else ""


def _laid_over(older: str, keys: tuple[bytes, ...], generation: int) -> str:
    return _MARKS[generation - 1] + hmac.new(keys[generation], older.encode(), hashlib.sha256).hexdigest()[1:]


def check_keys() -> None:
    """Raise ImproperlyConfigured unless both key settings are usable; called when the portal starts."""
    keyring()
    _hash_keys(settings.FIELD_HASH_KEY)


def sealing_key() -> Key:
    """The key that seals now."""
    return next(iter(keyring().values()))


def opening_key(key_id: str) -> Key:
    """The key of this id. Raises SealBroken where it is not configured."""
    try:
        return keyring()[key_id]
    except KeyError:
        raise SealBroken("The key that sealed this value is not configured.") from None


@lru_cache(maxsize=8)
def _parse_keys(spec: str) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for part in filter(None, (part.strip() for part in spec.split(","))):
        key_id, _, rest = part.partition(":")
        algorithm, _, encoded = rest.partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id) or key_id in keys:
            raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS needs a different short id in front of every key.")
        if algorithm not in _CIPHERS:
            raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS: key {key_id!r} must say aes or sm4.")
        secret = _decode(encoded, f"FIELD_ENCRYPTION_KEYS: key {key_id!r}")
        size = _CIPHERS[algorithm][1]
        if len(secret) != size:
            raise ImproperlyConfigured(f"FIELD_ENCRYPTION_KEYS: key {key_id!r} must be {size} bytes for {algorithm}.")
        keys[key_id] = Key(key_id, algorithm, secret)
    if not keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS holds no key (id:alg:base64).")
    return keys


@lru_cache(maxsize=8)
def _hash_keys(spec: str) -> tuple[bytes, ...]:
    """The keys of FIELD_HASH_KEY, oldest first (the setting has the newest first)."""
    secrets_ = tuple(_decode(part.strip(), "FIELD_HASH_KEY") for part in reversed(spec.split(",")))
    if any(len(secret) < 32 for secret in secrets_):
        raise ImproperlyConfigured("FIELD_HASH_KEY must be at least 32 bytes, in base64.")
    if len(secrets_) > len(_MARKS) + 1 or len(set(secrets_)) < len(secrets_):
        raise ImproperlyConfigured("FIELD_HASH_KEY holds a key twice, or too many of them.")
    return secrets_


def _decode(encoded: str, what: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"{what} is not base64.") from None
