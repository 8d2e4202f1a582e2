"""The language of a page, what caches may keep of it, and the second factor of the bureau."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.accounts.sessions import is_over, note_activity

LANGUAGE_CODES = {code for code, _name in settings.LANGUAGES}
# Pages a person of the bureau may see on the way to a second factor: sign-in's own, and the switches of every page.
SECOND_FACTOR_FREE_NAMES = {"healthz", "set_language", "set_theme"}
SECOND_FACTOR_FREE_ROUTE = "accounts/"
API_PATH = "/api/"


class LanguageMiddleware:
    """Choose the language: the visitor's cookie, else the account's, else Chinese.

    What the browser asks for is not used: the portal is Chinese first. A program has no switch to press, so under
    /api/ its Accept-Language counts before the account's language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request in its language."""
        language = self._language(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        asked = ["Accept-Language"] if request.path_info.startswith(API_PATH) else []
        patch_vary_headers(response, ["Cookie", *asked])
        return response

    def _language(self, request: HttpRequest) -> str:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen in LANGUAGE_CODES:
            return chosen
        asked = request.headers.get("Accept-Language", "").strip()
        if request.path_info.startswith(API_PATH) and asked not in ("", "*"):
            return api_language(request)
        return request.user.language if _is_signed_in(request) else settings.LANGUAGE_CODE


def api_language(request: HttpRequest) -> str:
    """The language that a program asks for by cookie or Accept-Language; Chinese where it asks for none of ours."""
    return translation.get_language_from_request(request)


class PersonalPagesMiddleware:
    """Let no cache, of a browser or on the way, keep what somebody who is signed in was shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request; what a page says of caches itself stands."""
        response = self.get_response(request)
        if "Cache-Control" not in response.headers and _is_signed_in(request):
            response.headers["Cache-Control"] = "no-store, private"
        return response


def _is_signed_in(request: HttpRequest) -> bool:
    # Without a session cookie nobody came signed in, and no session need be touched to know it.
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


class SessionLimitsMiddleware:
    """End the session of somebody who has been away for too long; whatever they ask for, they ask for as a visitor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request, for who is still signed in."""
        if _is_signed_in(request):
            if is_over(request):
                logout(request)
                if not request.path_info.startswith(API_PATH):
                    messages.info(request, _("您有一段时间没有操作，为了安全已经退出。请重新登录。"))
            else:
                note_activity(request)
        return self.get_response(request)


class SecondFactorMiddleware:
    """Send whoever holds a role (or may enter the Django admin) and has no TOTP to set one up, whatever they want."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; the work is in process_view, where the page is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        """Redirect to the second factor's set-up, or let pass."""
        match = request.resolver_match
        if match.url_name in SECOND_FACTOR_FREE_NAMES or match.route.startswith(SECOND_FACTOR_FREE_ROUTE):
            return None
        return redirect("mfa_activate_totp") if lacks_second_factor(request) else None


def lacks_second_factor(request: HttpRequest) -> bool:
    """Say whether the caller needs a second factor and has none."""
    user = request.user
    return user.is_authenticated and user.needs_second_factor and not has_second_factor(user)


def has_second_factor(user: User) -> bool:
    """Say whether the user has set up TOTP."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
