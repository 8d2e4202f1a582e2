"""Settings of worker and scheduler in a drill: the suite's own, with real mail and a broker that may be stopped."""

import os
from datetime import timedelta

from tests.settings import *  # noqa: F403
from tests.settings import VAR_DIR

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["DRILL_MAIL_PORT"])
SMS_URL = os.environ["DRILL_SMS_URL"]
CELERY_BROKER_URL = os.environ["CELERY_BROKER_URL"] = os.environ["DRILL_BROKER_URL"]  # Celery reads both
AUDIT_HEADS = [str(VAR_DIR / "drill" / "heads")]
if os.environ.get("DRILL") != "whole":  # the product's schedule in a hurry
    from tests.settings import CELERY_BEAT_SCHEDULE

    # Of what comes each minute or more often, a turn each second, for three: a slow machine keeps up with that.
    for _entry in CELERY_BEAT_SCHEDULE.values():
        _pause = timedelta(seconds=1 if _entry["schedule"] <= timedelta(minutes=1) else 10)
        _entry["schedule"], _entry["options"] = _pause, {"expires": 3 * _pause.total_seconds()}
