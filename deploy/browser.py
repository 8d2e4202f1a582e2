"""The headless browser of the journeys: found on the machine, or installed where that is possible."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
FLAGS = [
    "--no-sandbox",  # the suite may run as root, and shows Chromium no page but its own
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WHAT_TO_INSTALL = (
    "The browser tests need Chromium and Chinese fonts. Install them "
    "(Debian and Ubuntu: apt-get install chromium fonts-noto-cjk) and run again."
)


def find_chromium() -> Path:
    """The browser on this machine (CHROMIUM names another). Raises RuntimeError with what to install."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        if name and (found := shutil.which(name)):
            return Path(found)
    raise RuntimeError(WHAT_TO_INSTALL)


def has_chinese_font() -> bool:
    """Whether a font that holds Chinese is installed."""
    if listing := shutil.which("fc-list"):
        return bool(subprocess.run([listing, ":lang=zh-cn"], capture_output=True, text=True).stdout.strip())
    return any("cjk" in path.name.lower() for folder in FONT_FOLDERS for path in Path(folder).rglob("*.[ot]t[fc]"))


def missing_packages() -> list[str]:
    """Debian's names of what is missing here."""
    missing = [] if any(shutil.which(name) for name in (os.environ.get("CHROMIUM") or "-", *NAMES)) else ["chromium"]
    return missing if has_chinese_font() else [*missing, "fonts-noto-cjk"]


def ensure_browser() -> None:
    """Install what is missing where this process may; else exit with the sentence that says what to install."""
    missing = missing_packages()
    if not missing:
        return
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        sys.exit(WHAT_TO_INSTALL)
    print(f"Installing {' and '.join(missing)} for the browser tests (once on this machine) …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *missing]):
        done = subprocess.run([apt, *arguments], env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{done.stdout[-1500:]}{done.stderr[-1500:]}\n{WHAT_TO_INSTALL}")
