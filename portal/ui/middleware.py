"""What no page should have to think of."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

NUL = "\0"


class NoNulMiddleware:
    """Answer 400 to an address or cookie with a NUL character: nobody types one, and PostgreSQL cannot look for it.

    Form fields refuse it by themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request, or raise BadRequest."""
        texts = (request.path_info, request.META.get("QUERY_STRING", ""), *request.COOKIES.values())
        if "%00" in texts[1] or any(NUL in text for text in texts):
            raise BadRequest("NUL in the address or a cookie")
        return self.get_response(request)
