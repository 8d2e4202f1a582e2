"""How requests and replies between the portal and others are signed: hex HMAC-SHA256 with the key both sides hold."""

import hashlib
import hmac

TIME, SIGNATURE = "X-Portal-Time", "X-Portal-Signature"


def sign_request(key: str, time: str, path: str, body: bytes) -> str:
    """The signature of a request (always a POST): over its time header, its path and its body."""
    return _sign(key, b"request", time.encode(), path.encode(), body)


def sign_reply(key: str, path: str, body: bytes) -> str:
    """The signature of a reply: over the path that was asked and its body, which names the request."""
    return _sign(key, b"reply", path.encode(), body)


def is_signature(expected: str, given: str) -> bool:
    """Whether a signature given is the expected one, in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode())


def _sign(key: str, *parts: bytes) -> str:
    return hmac.new(key.encode(), b"\n".join(parts), hashlib.sha256).hexdigest()
