"""What the worker and the scheduler run. Task names are pinned, so lower floors can be named without an import."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # also for the web server's threads, which do not see the app of the thread that made it
