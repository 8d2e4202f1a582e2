"""What ``make run`` says before it runs."""

import gettext
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deploy.compile_translations import compile_translations
from deploy.serve import free_port, plays_gateway, plays_registers
from deploy.valkey import socket_path

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=given | variables, capture_output=True, text=True)


def test_a_port_in_use_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        started = run("deploy/run.py", PORT=str(port))
    assert started.returncode == 1
    assert started.stdout == ""
    assert started.stderr == (
        f"Port {port} is in use. Stop what uses it, or choose another: make run PORT={port + 1}\n"
    )


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_what_is_no_port_is_one_sentence(port):
    started = run("deploy/run.py", PORT=port)
    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr == f"PORT is {port!r}, which is not a port number. Choose one: make run PORT=8001\n"


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_venv_module_is_one_sentence_that_names_the_package(module):
    code = f"import sys; sys.path.insert(0, 'deploy'); sys.modules[{module!r}] = None; import bootstrap; bootstrap."
    started = run("-c", code + "check_python()")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr == (
        "This Python has no venv module. "
        f"Install it (Debian and Ubuntu: apt-get install python{version}-venv) and run again.\n"
    )


KEYS = {
    "SECRET_KEY": "a-secret-key-of-the-test-0123456789abcdefghijklmnopqrstuvwxyz",
    "FIELD_ENCRYPTION_KEYS": "test:aes:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "FIELD_HASH_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "AUDIT_SEAL_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


@pytest.mark.parametrize("missing", list(KEYS))
def test_without_demo_the_portal_refuses_to_start_without_a_secret(missing, tmp_path):
    given = {name: value for name, value in KEYS.items() if name != missing}
    started = run("-m", "deploy.prepare", DEMO="0", VAR_DIR=str(tmp_path / "var"), **given)
    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr == (
        f"{missing} is not set. Set it (see docs/configuration.md), or set DEMO=1 to try the portal.\n"
    )
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("name", list(KEYS))
def test_without_demo_the_portal_refuses_to_start_on_a_secret_of_the_demo(name, tmp_path):
    code = f"from portal.settings import *; print({name})"
    known = run("-c", code, DEMO="1").stdout.strip()
    started = run("-m", "deploy.prepare", DEMO="0", VAR_DIR=str(tmp_path / "var"), **{**KEYS, name: known})
    assert started.returncode == 1
    assert started.stderr.startswith(f"{name} is not set.")


REGISTERS = {"REGISTER_URL": "https://registers.example", "REGISTER_KEY": "a-key-of-the-test"}


def settings_with(**variables: str) -> subprocess.CompletedProcess[str]:
    code = "import django; django.setup(); from django.conf import settings; print(repr(settings.REGISTER_KEY))"
    return run("-c", code, DJANGO_SETTINGS_MODULE="portal.settings", DEMO="0", **KEYS, **variables)


@pytest.mark.slow
def test_registers_are_asked_with_a_key_of_their_own_or_not_at_all():
    assert settings_with().stdout == "''\n"
    assert settings_with(**REGISTERS).stdout == "'a-key-of-the-test'\n"
    known = run("-c", "from portal.settings import *; print(REGISTER_KEY)", DEMO="1").stdout.strip()
    for key in ("", known):
        refused = settings_with(**REGISTERS | {"REGISTER_KEY": key})
        assert (refused.returncode, "REGISTER_KEY is not set." in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"REGISTERS": "education,tax"}, "REGISTERS names tax, which is none of"),
        ({"REGISTER_URL": "http://registers.example"}, "REGISTER_URL must begin with https://"),
        ({"REGISTER_URL": "registers.example"}, "REGISTER_URL must begin with https://"),
        ({"REGISTER_TIMEOUT": "0"}, "REGISTER_TIMEOUT is a number of seconds"),
    ],
)
@pytest.mark.slow
def test_settings_of_the_registers_that_cannot_work_are_refused(variables, sentence):
    refused = settings_with(**REGISTERS | variables)
    assert (refused.returncode, sentence in refused.stderr) == (1, True)


SMS = {"SMS_URL": "https://sms.example", "SMS_KEY": "a-key-of-the-test"}


@pytest.mark.slow
def test_messages_are_signed_with_a_key_of_their_own_or_not_sent_at_all():
    known = run("-c", "from portal.settings import *; print(SMS_KEY)", DEMO="1").stdout.strip()
    assert settings_with(**SMS).returncode == 0
    for variables, sentence in (
        ({"SMS_KEY": ""}, "SMS_KEY is not set."),
        ({"SMS_KEY": known}, "SMS_KEY is not set."),
        ({"SMS_URL": "http://sms.example"}, "SMS_URL must begin with https://"),
        ({"SMS_TIMEOUT": "0"}, "SMS_TIMEOUT is a number of seconds"),
    ):
        refused = settings_with(**SMS | variables)
        assert (refused.returncode, sentence in refused.stderr) == (1, True)


def test_the_demo_plays_the_gateway_where_it_has_none():
    environment = {"DEMO": "1", "PORT": "8000"}
    assert plays_gateway(environment)
    assert not plays_gateway(environment | {"DEMO": "0"})
    assert not plays_gateway(environment | {"SMS_URL": "https://sms.example"})


def test_the_demo_plays_the_registers_a_thousand_ports_above_or_where_there_is_room():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) not in (port, 0)
    assert free_port(port) == port
    assert 0 < free_port(66_535) < 65_536
    environment = {"DEMO": "1", "PORT": str(port)}
    assert plays_registers(environment)
    assert not plays_registers(environment | {"DEMO": "0"})
    assert not plays_registers(environment | {"REGISTER_URL": "https://registers.example"})


def test_a_second_portal_on_the_same_folder_is_one_sentence(tmp_path):
    code = "import pathlib, sys; from deploy.serve import claim; var = pathlib.Path(sys.argv[1])"
    started = run("-c", f"{code}; kept = claim(var); claim(var)", str(tmp_path))
    assert started.returncode == 1
    assert started.stderr == (
        f"A portal already runs from {tmp_path}. Stop it, or give this one a folder of its own: VAR_DIR=/some/folder\n"
    )


def test_the_broker_listens_in_its_folder_or_in_a_short_private_one(monkeypatch, request):
    temporary = Path(tempfile.mkdtemp(prefix="harbour-test-"))
    request.addfinalizer(lambda: shutil.rmtree(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert socket_path(temporary / "valkey") == temporary / "valkey" / "valkey.sock"
    long = temporary / ("a" * 60) / ("b" * 60)
    short = socket_path(long)
    assert len(str(short)) < 104
    assert short.parent.stat().st_mode & 0o777 == 0o700
    assert socket_path(long) == short
    assert socket_path(long / "c") != short


def test_translations_are_compiled_without_gettext_and_only_when_they_changed(tmp_path):
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "申请"\nmsgstr "Application"\n\n#, fuzzy\nmsgid "草稿"\nmsgstr "Draught"\n\n'
        'msgid "%(n)s 份"\nmsgid_plural "%(n)s 份"\nmsgstr[0] "%(n)s paper"\nmsgstr[1] "%(n)s papers"\n'
    )
    assert compile_translations(tmp_path) == 1
    with (folder / "django.mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)
    assert catalogue.gettext("申请") == "Application"
    assert catalogue.gettext("草稿") == "草稿"
    assert catalogue.ngettext("%(n)s 份", "%(n)s 份", 2) == "%(n)s papers"
    assert compile_translations(tmp_path) == 0


def test_a_translation_that_cannot_be_read_is_named(tmp_path):
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text("申请 = Application\n")
    with pytest.raises(ValueError, match=r"en/LC_MESSAGES/django\.po cannot be read"):
        compile_translations(tmp_path)
