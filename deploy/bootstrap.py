"""Makes ``.venv`` and fills it from a hash-locked list. Standard library only: it runs before anything is installed."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)


def check_python() -> None:
    """Exit with one sentence where this Python cannot make a virtual environment."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 or newer is needed, and this is Python {version}. Set PYTHON=/path/to/a/newer/python3.")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        sys.exit(
            f"This Python has no venv module. Install it (Debian and Ubuntu: apt-get install python{version}-venv) "
            "and run again."
        )


def prepare(lock: Path) -> None:
    """Make the virtual environment where there is none, and install the lock where it changed since the last time."""
    check_python()
    if not _works(PYTHON):
        print("Making .venv …", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        if subprocess.run([sys.executable, "-m", "venv", str(VENV)]).returncode:
            sys.exit("The virtual environment could not be made; the reason is above.")
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = VENV / f"installed-{lock.name}.sha256"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing {lock.name} (a minute or two, once) …", flush=True)
    stamp.unlink(missing_ok=True)
    install = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    done = subprocess.run([*install, "--requirement", str(lock)], capture_output=True, text=True)
    if done.returncode:
        said = (done.stdout + done.stderr).splitlines()[-20:]
        sys.exit("\n".join([*said, f"pip could not install {lock.name}; its own words are above."]))
    stamp.write_text(digest)


def _works(python: Path) -> bool:
    """Whether this interpreter starts and is new enough (a moved folder or an upgraded system breaks one)."""
    if not python.exists():
        return False
    question = f"import sys, pip; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([str(python), "-c", question], capture_output=True).returncode == 0


def become(*arguments: str) -> None:
    """Go on as the virtual environment's Python, in this process."""
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), *arguments])


if __name__ == "__main__":
    prepare(ROOT / sys.argv[1])
