"""The version of a file that a page showed, which its buttons send back."""

from django.http import HttpRequest

from portal.ui.asking import number_in

NO_VERSION = -1


def version_sent(request: HttpRequest) -> int:
    """The version of the file that the page showed; one that cannot be read fits no file."""
    version = number_in(request.POST.get("version", ""))
    return NO_VERSION if version is None else version
