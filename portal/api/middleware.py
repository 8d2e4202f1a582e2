"""What the API answers before a view is reached, or when one fails: problems too, never a page."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation

from portal.accounts.middleware import API_PATH, api_language, lacks_second_factor
from portal.api.problems import MEDIA_TYPE, SecondFactorMissing, problem

DOCS = "api_docs"


class ApiMiddleware:
    """Turn error pages under /api/ into problems, and the redirect to a second factor into a refusal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request; pages elsewhere pass untouched."""
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if not request.path_info.startswith(API_PATH) or not is_page or response.status_code < HTTPStatus.BAD_REQUEST:
            return response
        with translation.override(getattr(request, "LANGUAGE_CODE", None) or api_language(request)):
            return _answer(response.status_code, **problem(response.status_code))

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Hold the bureau's second factor; the page with the documentation leads to its set-up like any other page."""
        match = request.resolver_match
        if match is None or not request.path_info.startswith(API_PATH) or match.url_name == DOCS:
            return None
        if not lacks_second_factor(request):
            return None
        missing = SecondFactorMissing()
        return _answer(403, **problem(403, kind=missing.default_code, detail=str(missing.detail)))


def _answer(code: int, **body: object) -> HttpResponse:
    words = {"ensure_ascii": False}
    headers = {"Cache-Control": "no-store", "Content-Language": str(translation.get_language())}
    return JsonResponse(body, status=code, content_type=MEDIA_TYPE, json_dumps_params=words, headers=headers)
