"""What the portal's own log lines leave out."""

import io
import logging

import pytest
from django.test import Client, RequestFactory

from portal.logs import LineFormatter


@pytest.fixture
def lines():
    """What Django's loggers write, by the handler of the settings."""
    handler = logging.getLogger("django").handlers[0]
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/partner/enrol/", "/partner/invited/"])
def test_a_link_that_no_longer_works_is_logged_without_its_secret(lines, address):
    assert Client().get(f"{address}kppHYsa55X8U-FeAZt_Ntlb3/").status_code == 404
    assert lines.getvalue().endswith(f"WARNING django.request Not Found: {address}…/\n")


def test_the_secret_is_left_out_of_a_traceback_too():
    try:
        raise ValueError("/partner/invited/kppHYsa55X8U/ and /accounts/password/reset/key/3-abc/")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "At %s", ("/partner/enrol/a",), None)
        record.exc_info = (ValueError, error, None)
    line = LineFormatter().format(record)
    assert line == "At /partner/enrol/…\nValueError: /partner/invited/…/ and /accounts/password/reset/key/…/"


def test_other_addresses_stay_as_they_are():
    path = RequestFactory().get("/partner/team/").path
    record = logging.LogRecord("x", logging.INFO, "", 1, "Not Found: %s", (path,), None)
    assert LineFormatter().format(record) == "Not Found: /partner/team/"
