"""Settings of the test suite: the demo portal on a folder and a database of its own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# A Celery worker that a test starts is handed its parent's folder; every other process makes its own.
_given = os.environ.get("TEST_VAR_DIR")
_folder = Path(_given or tempfile.mkdtemp(prefix="harbour-test-"))
if not _given:
    _maker = os.getpid()
    atexit.register(lambda: os.getpid() == _maker and shutil.rmtree(_folder, ignore_errors=True))

for _name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "FIELD_HASH_KEY", "AUDIT_SEAL_KEY", "AUDIT_HEADS",
              "CACHE_URL", "EMAIL_URL", "PORTAL_URL", "REGISTER_URL", "REGISTER_KEY",
              "REGISTERS", "REGISTER_TIMEOUT",
              "SMS_URL", "SMS_KEY", "SMS_SIGNATURE", "SMS_TEMPLATES", "SMS_TIMEOUT"):  # fmt: skip
    os.environ.pop(_name, None)
os.environ["DEMO"] = "1"
os.environ["VAR_DIR"] = str(_folder)
os.environ["CELERY_BROKER_URL"] = f"redis+socket://{_folder / 'valkey.sock'}"

from deploy.compile_translations import compile_translations  # noqa: E402
from portal.settings import *  # noqa: E402, F403
from portal.settings import BASE_DIR, DATABASES, STORAGES, TEMPLATES, VAR_DIR  # noqa: E402
from tests.traps import UndefinedVariable  # noqa: E402

_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in the product: threads and the worker process open it too.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"  # the worker's; the suite's own is locmem
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable()
(VAR_DIR / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing folder
compile_translations(BASE_DIR / "locale")  # before Django loads a catalogue, so that a single test finds the newest
