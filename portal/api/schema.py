"""The OpenAPI description: what drf-spectacular reads from the views, with every problem a call may be answered."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from portal.api.problems import MEDIA_TYPE, TITLES, ProblemSerializer


class SessionScheme(OpenApiAuthenticationExtension):
    """The session of the pages."""

    target_class = "portal.api.doors.Session"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """The cookie; whoever writes sends the CSRF token as well."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class Schema(AutoSchema):
    """One operation. A view says its ``audience`` and, in ``refusals``, what it answers beyond what all calls may."""

    def get_tags(self) -> list[str]:
        """The audience, as a heading."""
        return [str(self.view.audience)]

    def get_description(self) -> str:
        """Docstrings are for programmers of the portal."""
        return ""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """The operation with every text in the active language."""
        return _spoken(super().get_operation(*args, **kwargs))

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        found = super()._get_response_bodies(direction)
        for code in sorted(self._problems()):
            answer = self._get_response_for_code(ProblemSerializer, str(code), [MEDIA_TYPE], direction)
            found[str(code)] = answer | {"description": str(TITLES[code])}
        return found

    def _problems(self) -> set[int]:
        codes = {400, 403, 405, 406, *self.view.refusals} - ({409} if self.method == "GET" else set())
        if self.view.permission_classes:
            codes.add(401)
        if "{" in self.path:
            codes.add(404)
        if self._get_request_body():
            codes |= {413, 415, 422}
        if self.view.throttle_classes:
            codes.add(429)
        return codes


def _spoken(value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dict):
        return {name: _spoken(inner) for name, inner in value.items()}
    return [_spoken(inner) for inner in value] if isinstance(value, list) else value


@lru_cache(maxsize=8)
def document(language: str) -> dict[str, Any]:
    """The whole description in ``language``; made once a process, since only a new release changes it."""
    with translation.override(language):
        described: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
        described["info"] |= {
            "title": _("人才港湾接口"),
            "description": _("和网页同一套规则：能看什么、能办什么、怎么遮盖，都和网页一样。金额一律以分为单位。"),
        }
        return described
