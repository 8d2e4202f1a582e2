"""Brings the portal's folder and database up to date, in one process: what changed is done, what did not is not."""

import hashlib
import os
import sys
from io import StringIO
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, get_commands
from django.db import OperationalError

from deploy.compile_translations import compile_translations


def prepare() -> None:
    """Migrate, compile the translations, collect the static files, load the policies and, in a demo, the city."""
    for folder in (settings.VAR_DIR, settings.MEDIA_ROOT):
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    compile_translations(settings.BASE_DIR / "locale")
    _collect_static()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    known = get_commands()
    if "load_policies" in known:
        call_command("load_policies", stdout=StringIO())
    if settings.DEMO and "seed_demo" in known and os.environ.get("DEMO_CITY", "1") != "0":
        call_command("seed_demo", if_empty=True)


def _collect_static() -> None:
    """Collect and compress the static files where one of them, or what compresses them, changed."""
    seen = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            seen.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text() == seen.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(seen.hexdigest())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        django.setup()
        prepare()
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))
    except OperationalError as problem:
        sys.exit(f"The database cannot be used: {problem}".strip())
    except KeyboardInterrupt:
        sys.exit(130)
