"""A Redis that sign-in can do without: what counts attempts must not be what keeps everybody out."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import RedisError

LOG = logging.getLogger(__name__)
TIMEOUT = 1  # seconds; a page asks several times
REST = 10  # seconds without asking, so that a Redis that hangs costs one timeout and not one at every page


class SparableRedisCache(RedisCache):
    """Django's Redis cache that answers like an empty one while its server does not answer at all."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        timeouts = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
        super().__init__(server, {**params, "OPTIONS": {**timeouts, **params.get("OPTIONS", {})}})
        self._class = _SparableClient

    def get_or_fail(self, key: str) -> Any:
        """The stored value or None. Raises RedisError where the server does not answer: for who wants to know."""
        return RedisCacheClient.get(self._cache, self.make_and_validate_key(key), None)


class _SparableClient(RedisCacheClient):
    # Of the whole process: every thread has a client of its own, and all have the same server.
    rests_until = 0.0
    is_down = False

    def _ask(self, question: Callable[..., Any], *words: Any, otherwise: Any) -> Any:
        here = _SparableClient
        if here.is_down and monotonic() < here.rests_until:
            return otherwise
        try:
            answer = question(*words)
        except (RedisError, OSError) as error:
            if not here.is_down:  # its kind only: the words of the error may name the key
                LOG.error("The cache does not answer (%s). Attempts to sign in are not counted.", type(error).__name__)
            here.is_down, here.rests_until = True, monotonic() + REST
            return otherwise
        if here.is_down:
            here.is_down = False
            LOG.warning("The cache answers again.")
        return answer

    def add(self, *words: Any) -> bool:
        return self._ask(super().add, *words, otherwise=True)

    def get(self, key: str, default: Any) -> Any:
        return self._ask(super().get, key, default, otherwise=default)

    def set(self, *words: Any) -> None:
        self._ask(super().set, *words, otherwise=None)

    def touch(self, *words: Any) -> bool:
        return self._ask(super().touch, *words, otherwise=False)

    def delete(self, *words: Any) -> bool:
        return self._ask(super().delete, *words, otherwise=False)

    def get_many(self, *words: Any) -> dict[str, Any]:
        return self._ask(super().get_many, *words, otherwise={})

    def has_key(self, *words: Any) -> bool:
        return self._ask(super().has_key, *words, otherwise=False)

    def incr(self, key: str, delta: int) -> int:
        answer = self._ask(super().incr, key, delta, otherwise=None)
        if answer is None:
            raise ValueError("The cache does not answer.")  # as for a key that is not there
        return answer

    def set_many(self, *words: Any) -> None:
        self._ask(super().set_many, *words, otherwise=None)

    def delete_many(self, *words: Any) -> None:
        self._ask(super().delete_many, *words, otherwise=None)

    def clear(self) -> bool:
        return self._ask(super().clear, otherwise=False)
