"""What a load balancer or a person on duty asks: does the portal work?"""

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import KombuError


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers, else 503. Pages work without cache and broker: those are only reported."""
    database = _database_answers()
    report = {
        "database": _word(database),
        "cache": _word(database and _cache_answers()),
        "broker": _word(_broker_answers()),
    }
    return JsonResponse(report, status=200 if database else 503)


def _word(is_well: bool) -> str:
    return "ok" if is_well else "unavailable"


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError:
        return False


def _cache_answers() -> bool:
    try:
        getattr(cache, "get_or_fail", cache.get)("healthz")
    except Exception:  # each cache has errors of its own
        return False
    return True


def _broker_answers() -> bool:
    options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=0.5, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, timeout=0.5, interval_start=0, interval_step=0)
    except (TimeoutError, OSError, KombuError):
        return False
    return True
