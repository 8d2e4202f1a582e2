"""Talent Harbour: the front door, and the floor every programme stands on."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
