"""The workshop's own process: one job from standard input, its answer to standard output, then the end.

``papers_workshop`` starts it. Frames both ways: four bytes of length, JSON of that length, raw bytes to the end.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import suppress
from typing import Any

MEMORY = 1024 * 1024 * 1024  # bytes of address space
SECONDS = 20  # of processor time


def main() -> None:
    """Do the job; how it ended is in the answer's ``code`` ("" where all is well)."""
    given = sys.stdin.buffer.read()
    _bind()
    size = int.from_bytes(given[:4], "big")
    answer, data = _do(json.loads(given[4 : 4 + size]), given[4 + size :])
    head = json.dumps(answer).encode()
    sys.stdout.buffer.write(len(head).to_bytes(4, "big") + head + data)


def _bind() -> None:
    """No more memory, processor time or open files than a job needs, and not a byte into any file."""
    bounds = {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for what, most in bounds.items():
        with suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS; the other bounds stand
            resource.setrlimit(what, (most, most))


def _do(job: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    from applicants.people.refusals import Unfit

    try:
        match job.pop("do"):
            case "picture":
                from applicants.people.papers_pictures import made_anew

                if job["content_type"] == "image/heic":
                    _know_heif()
                return {"code": ""}, made_anew(data, **job)
            case "pdf":
                from applicants.people.papers_pdf import resaved

                written, pages = resaved(data, **job)
                return {"code": "", "pages": pages}, written
            case "page":
                from applicants.people.papers_pages import page_picture

                return {"code": ""}, page_picture(data, **job)
    except Unfit as unfit:
        return {"code": unfit.code, "values": unfit.values}, b""
    except (MemoryError, RecursionError):
        return {"code": "heavy"}, b""
    raise ValueError("no such job")


def _know_heif() -> None:
    """Pillow opens HEIF in this process only; nothing else of the portal can be handed one."""
    import pi_heif

    options: Any = pi_heif.options
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    options.DECODE_THREADS = 1
    pi_heif.register_heif_opener()


if __name__ == "__main__":
    main()
