"""/healthz tells whoever is on duty what works."""

import time


def test_pages_work_without_a_broker_and_it_is_only_reported(client, db, settings):
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/valkey.sock"
    client.get("/robots.txt")  # the first page of a process reads every module of pages
    began = time.monotonic()
    answer = client.get("/healthz")
    assert time.monotonic() - began < 5
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "cache": "ok", "broker": "unavailable"}


def test_all_is_well_with_a_broker(client, db, broker):
    assert client.get("/healthz").json() == {"database": "ok", "cache": "ok", "broker": "ok"}


def test_its_answer_is_never_kept(client, db, broker):
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]


def test_a_database_that_does_not_answer_is_503(client, transactional_db, broker, settings):
    from django.db import connection

    given = connection.settings_dict
    away = {"NAME": "/nowhere/at/all" if connection.vendor == "sqlite" else "no_such_database"}
    if pool := given["OPTIONS"].get("pool"):
        away["OPTIONS"] = given["OPTIONS"] | {"pool": pool | {"timeout": 1}}

    def begin_with(settings_dict: dict) -> None:
        connection.close()
        if connection.vendor == "postgresql":
            connection.close_pool()
        connection.settings_dict = settings_dict

    begin_with(given | away)
    try:
        answer = client.get("/healthz")
    finally:
        begin_with(given)
    assert answer.status_code == 503
    assert answer.json() == {"database": "unavailable", "cache": "unavailable", "broker": "ok"}
