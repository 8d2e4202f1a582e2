"""The lines of the log."""

import logging
import re

# Addresses that let in whoever knows them: a partner's links, a guest's code, and those of sign-in that go by mail.
_SECRET = re.compile(
    r"(/partner/(?:enrol|invited|lodging/arrive)/|/accounts/(?:password/reset/key|confirm-email)/)[^/\s?\"']+", re.I
)


class LineFormatter(logging.Formatter):
    """A line, with what is secret in an address left out, wherever in the line or its traceback the address stands."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return _SECRET.sub(r"\1…", super().format(record))
