"""Hands a hostile file to a process of its own: whatever it does there, the portal goes on."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings

from applicants.people.refusals import Unfit

SECONDS = 30  # until a job is ended, and until one that waits for a place gives up
_places = BoundedSemaphore(2)  # jobs at once in this process
logger = logging.getLogger(__name__)


def do_in_workshop(what: str, data: bytes, **job: Any) -> tuple[dict[str, Any], bytes]:
    """Have a job done (``papers_child`` lists them). Raises Unfit: its own code, ``heavy`` where the process died.

    The process is bound in memory, time and files, and is given no secret of the portal's environment.
    """
    head = json.dumps({"do": what, **job}).encode()
    if not _places.acquire(timeout=SECONDS):
        raise Unfit("busy")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "applicants.people.papers_child"],
            input=len(head).to_bytes(4, "big") + head + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            cwd=settings.BASE_DIR,
            env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
            | {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"},
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise Unfit("heavy") from None
    except subprocess.CalledProcessError as ended:  # out of memory, out of time, or a decoder that fell over
        logger.warning("A paper's process (%s) ended with %s.", what, ended.returncode)
        raise Unfit("heavy") from None
    finally:
        _places.release()
    size = int.from_bytes(done.stdout[:4], "big")
    answer: dict[str, Any] = json.loads(done.stdout[4 : 4 + size])
    if answer["code"]:
        raise Unfit(answer["code"], **answer.get("values", {}))
    return answer, done.stdout[4 + size :]
