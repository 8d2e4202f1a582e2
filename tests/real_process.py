"""A simulator that ships with the portal, in a process of its own, with the signed switch that all of them have."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import urllib3

from deploy.supervisor import die_with_parent
from deploy.valkey import stop
from portal.wire.signing import SIGNATURE, TIME, sign_request

ROOT = Path(__file__).resolve().parent.parent


class Simulator:
    """A running simulator: its address and its switch; ``key`` signs."""

    def __init__(self, folder: Path, key: str, *words: str) -> None:
        self.key = key
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "VAR_DIR": str(folder), "DEMO": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, f"{words[0]} did not start: {line!r}"
        self.url = found.group()

    def control(self, values: dict[str, Any], key: str = "") -> int:
        """The status of a signed change."""
        body, moment = json.dumps(values).encode(), datetime.now(UTC).isoformat()
        headers = {TIME: moment, SIGNATURE: sign_request(key or self.key, moment, "/control", body)}
        return urllib3.request("POST", f"{self.url}/control", body=body, headers=headers).status

    def end(self) -> None:
        """Stop the process."""
        stop(self.process)
        self.process.stdout.close()
