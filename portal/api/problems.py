"""Errors as problem details (RFC 9457): type, title, status, detail, and what is wrong with each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import ceil
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.forms import BaseForm
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: gettext_lazy("请求读不懂"),
    401: gettext_lazy("还没有登录"),
    403: gettext_lazy("不允许这样做"),
    404: gettext_lazy("没有找到"),
    405: gettext_lazy("这个地址不能这样调用"),
    406: gettext_lazy("不能用所要的格式回答"),
    409: gettext_lazy("现在不能这样办理"),
    413: gettext_lazy("发来的内容太大"),
    415: gettext_lazy("发来的内容格式不对"),
    422: gettext_lazy("有需要改正的地方"),
    429: gettext_lazy("请求太多"),
    500: gettext_lazy("网站出了问题"),
}
DETAILS = {
    400: gettext_lazy("请求的内容不完整，或者格式不对。"),
    401: gettext_lazy("请先登录，再带着登录的会话调用。"),
    403: gettext_lazy("没有这样做的权限，或者请求没有带有效的 CSRF 令牌。"),
    404: gettext_lazy("没有这个地址，或者您看不到这里的内容。"),
    405: gettext_lazy("回答的 Allow 一栏写明可以用的方法。"),
    406: gettext_lazy("这里只能用文档写明的格式回答。"),
    413: gettext_lazy("请分成几次发送，或者缩小以后再发。"),
    415: gettext_lazy("请用文档写明的内容类型发送。"),
    422: gettext_lazy("请按 errors 里的说明改正后再发。"),
    500: gettext_lazy("问题在我们这边，请过一会儿再试。"),
}


class Refused(exceptions.APIException):
    """What a service refused, with its sentence."""

    status_code = 409
    default_code = "refused"


class Invalid(exceptions.ValidationError):
    """Answers that were refused: by field, a list of sentences."""

    status_code = 422

    @classmethod
    def of(cls, form: BaseForm) -> Invalid:
        """What a form found wrong."""
        return cls({name: list(sentences) for name, sentences in form.errors.items()})


class KeyMissing(exceptions.APIException):
    """A call that has to carry an Idempotency-Key came without a usable one."""

    status_code = 400
    default_code = "key-missing"
    default_detail = gettext_lazy("请带上 Idempotency-Key：每次提交用一个新的、不超过 200 个字符的键。")


class KeyTaken(exceptions.APIException):
    """An Idempotency-Key came again with something else."""

    status_code = 422
    default_code = "key-taken"
    default_detail = gettext_lazy("这个 Idempotency-Key 已经用在内容不同的请求上。请换一个新的键。")


class SecondFactorMissing(exceptions.PermissionDenied):
    """A person of the bureau without a second factor."""

    default_code = "second-factor"
    default_detail = gettext_lazy("工作人员要先设置两步验证，才能使用接口。")


@contextmanager
def told_as_refused(*refusals: type[Exception]) -> Iterator[None]:
    """Answer with the sentence of a service's refusal."""
    try:
        yield
    except refusals as refusal:
        raise Refused(str(refusal)) from refusal


OF_OUR_OWN = (Refused, KeyMissing, KeyTaken, SecondFactorMissing)


class FieldErrorSerializer(serializers.Serializer):
    """What is wrong with one field; ``field`` is a path with dots, empty for the whole."""

    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """Problem details, RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True, required=False)


def problem(status: int, *, kind: str = "", detail: str = "", errors: list[dict[str, str]] | None = None) -> dict:
    """The body of a problem in the active language. ``kind`` names its paragraph in the documentation."""
    body: dict[str, Any] = {
        "type": f"/api/docs/#{kind}" if kind else "about:blank",
        "title": str(TITLES.get(status, TITLES[400 if status < 500 else 500])),
        "status": status,
        "detail": detail or str(DETAILS.get(status, DETAILS[400 if status < 500 else 500])),
    }
    return body | ({"errors": errors} if errors else {})


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None for what is a fault of ours: that is logged and answered by the middleware."""
    if isinstance(error, RequestDataTooBig):
        return Response(problem(413), status=413, content_type=MEDIA_TYPE)
    if isinstance(error, SuspiciousOperation | BadRequest):
        return Response(problem(400), status=400, content_type=MEDIA_TYPE)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.status_code = 422
        response.data = problem(422, kind="invalid", errors=list(_flat(error.detail, "")))
    elif isinstance(error, exceptions.Throttled):
        response.data = problem(429, kind="throttled", detail=_too_many(error.wait))
    elif isinstance(error, OF_OUR_OWN):
        response.data = problem(response.status_code, kind=error.default_code, detail=str(error.detail))
    else:
        response.data = problem(response.status_code)
    response.content_type = MEDIA_TYPE
    return response


def _too_many(wait: float | None) -> str:
    if wait is None:
        return _("请过一会儿再试。")
    seconds = max(ceil(wait), 1)
    return ngettext("请过 %(seconds)s 秒再试。", "请过 %(seconds)s 秒再试。", seconds) % {"seconds": seconds}


def _flat(detail: Any, path: str) -> Iterator[dict[str, str]]:
    """One row per sentence; keys of the caller's own never come back, only names of ours."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name in ("non_field_errors", "__all__") else str(name)
            yield from _flat(inner, ".".join(part for part in (path, own) if part))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            is_nested = isinstance(inner, Mapping | list)
            yield from _flat(inner, f"{path}.{number}" if is_nested else path)
    else:
        yield {"field": path, "detail": str(detail)}
