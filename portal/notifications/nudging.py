"""Tells the worker that there is something to do, without ever making a page wait for the broker.

A nudge only makes things faster: whatever it names is also found by a sweep of the database. So it is tried once,
within half a second, and a failure is logged and forgotten; for a while after a failure nobody tries again.
"""

import logging
import time
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 0.2
ANSWER_SECONDS = 0.2
QUIET_SECONDS = 15
_quiet_until = 0.0


def nudge(task: str, **kwargs: str) -> None:
    """Nudge once the running transaction is committed (at once outside of one).

    ``task`` is a task's pinned name, ``kwargs`` are ids, never personal data.
    """
    transaction.on_commit(partial(publish_once, task, **kwargs), robust=True)


def publish_once(task: str, **kwargs: str) -> bool:
    """Publish a task by name: one attempt, no retry. Say whether the broker took it; never raise."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return False
    try:
        _publish(task, kwargs)
    except Exception as error:  # whatever is wrong with the broker, the page has done its work
        _quiet_until = time.monotonic() + QUIET_SECONDS
        logger.warning("The worker was not nudged for %s (%s); the sweep will find it.", task, type(error).__name__)
        return False
    return True


def _publish(task: str, kwargs: dict) -> None:
    options = dict(settings.CELERY_BROKER_TRANSPORT_OPTIONS) | {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "max_retries": 0,
        "connect_retries_timeout": CONNECT_SECONDS,
    }
    with (
        current_app.connection_for_write(
            url=settings.CELERY_BROKER_URL, transport_options=options, connect_timeout=CONNECT_SECONDS
        ) as connection,
        current_app.amqp.Producer(connection, auto_declare=False) as producer,
    ):
        current_app.send_task(task, kwargs=kwargs, producer=producer, retry=False, ignore_result=True)
