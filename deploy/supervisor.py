"""Keeps the parts of the portal running, and ends them in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_WAIT = 30.0  # seconds between two attempts to start a part that keeps dying
LONGEST_START = 120.0  # seconds that a part has for becoming ready: a busy machine is slow
HEALTHY_AFTER = 60.0  # seconds after which a part that dies is started again without delay
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In the child: have Linux end it should the supervisor be killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Part:
    """One program that has to run; ``leave_group`` keeps Ctrl-C from reaching it before the others are done."""

    name: str
    command: list[str]
    leave_group: bool = False
    is_ready: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    next_try_at: float = 0.0
    deaths: int = 0
    helpers: set[int] = field(default_factory=set)


class Supervisor:
    """Starts the parts in order, starts again what dies, and on ``stop`` ends them in the opposite order."""

    def __init__(self, parts: list[Part], environment: dict[str, str], folder: Path, patience: float = 40.0) -> None:
        self.parts = parts
        self.environment = environment
        self.folder = folder
        self.patience = patience
        self.is_stopping = False

    def start(self) -> None:
        """Start every part. Raises RuntimeError where one does not become ready."""
        for part in self.parts:
            self._launch(part)
            self.wait_for(part)

    def wait_for(self, part: Part) -> None:
        """Wait until a part is ready. Raises RuntimeError where it ends, or is not within two minutes."""
        deadline = time.monotonic() + LONGEST_START
        while not part.is_ready():
            if self.is_stopping:
                return
            if part.process is None or part.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{part.name} did not start; the reason is above or in {self.folder}.")
            time.sleep(0.05)

    def watch(self, pause: float = 0.5) -> None:
        """Start again what dies, until ``ask_to_stop``."""
        while not self.is_stopping:
            for part in self.parts:
                self._revive(part)
            time.sleep(pause)

    def ask_to_stop(self, *_: object) -> None:
        """Signal handler: leave ``watch`` (and ``start``) soon."""
        self.is_stopping = True

    def stop(self) -> None:
        """End the parts: the group in front together, then those behind it, each given ``patience`` seconds."""
        front = [part for part in self.parts if not part.leave_group]
        behind = [part for part in reversed(self.parts) if part.leave_group]
        for group in (front, *([part] for part in behind)):
            for part in group:
                part.helpers = descendants(part.process.pid) if part.process else set()
                if part.process and part.process.poll() is None:
                    part.process.terminate()
            deadline = time.monotonic() + self.patience
            for part in group:
                self._await_end(part, deadline)

    def _launch(self, part: Part) -> None:
        part.started_at = time.monotonic()
        part.process = subprocess.Popen(
            part.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            process_group=0 if part.leave_group else None,
            preexec_fn=die_with_parent,
        )

    def _revive(self, part: Part) -> None:
        if part.process is not None:
            code = part.process.poll()
            if code is None:
                return
            now = time.monotonic()
            part.deaths = 1 if now - part.started_at > HEALTHY_AFTER else part.deaths + 1
            wait = min(2.0 ** (part.deaths - 1) - 1, LONGEST_WAIT)
            part.next_try_at, part.process = now + wait, None
            print(f"{part.name} ended ({_reason(code)}); starting it again in {wait:.0f} s.", flush=True)
        if time.monotonic() >= part.next_try_at and not self.is_stopping:
            self._launch(part)

    def _await_end(self, part: Part, deadline: float) -> None:
        if part.process is None:
            return
        while part.process.poll() is None and time.monotonic() < deadline:
            try:
                part.process.wait(timeout=2.0)
            except subprocess.TimeoutExpired:
                self._ask_again(part, deadline)
        if part.process.poll() is None:
            print(f"{part.name} did not end in {self.patience:.0f} s and was killed.", flush=True)
            part.process.kill()
            part.process.wait()
        for pid in part.helpers:  # a killed parent leaves its own workers behind
            if Path(f"/proc/{pid}").exists() and parent_of(pid) in (1, os.getpid()):
                os.kill(pid, signal.SIGKILL)

    def _ask_again(self, part: Part, deadline: float) -> None:
        """A part that was only starting may have lost the signal, and so may a process of its own that it waits for."""
        assert part.process is not None
        is_late = deadline - time.monotonic() < self.patience * 3 / 4
        for pid in {part.process.pid, *(descendants(part.process.pid) if is_late else ())}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def parent_of(pid: int) -> int:
    """The parent of a process by Linux's /proc; 0 where it is gone or /proc is not there."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def descendants(pid: int) -> set[int]:
    """The processes below one of ours (empty where there is no /proc)."""
    parents = {int(entry.name): parent_of(int(entry.name)) for entry in Path("/proc").glob("[0-9]*")}
    found: set[int] = set()
    level = {pid}
    while level:
        level = {child for child, parent in parents.items() if parent in level} - found
        found |= level
    return found
