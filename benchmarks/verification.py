"""How much a verification costs: the page an outlet's phone opens, beside a view of one SELECT and one INSERT.

    DEMO=1 .venv/bin/python -m benchmarks.verification [requests per thread and round]

On PostgreSQL: the one that DATABASE_URL names, or a server of its own. Both go through the same test client, settings
and middleware, on an enrolled device's cookie, and rounds take turns. Each verification is of another card, so each is
a new check, committed; the bare view finds a card by its opaque id and stores a row of the same table. Prints the
throughput of each and the ratio.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from statistics import median
from typing import Any

LEAST = 0.6
THREADS = 4
ROUNDS = 10  # of each kind
REQUESTS = 40
QUIET = 35  # a round begins before this second of a minute, so that no code runs out in it
SHISHI = "350581"


def bare(path: str) -> Any:
    """The address of a view that finds one row and stores another, and says no more than that."""
    from django.http import HttpResponse
    from django.urls import path as address
    from django.utils import timezone

    from applicants.cards.models import Card, CardCheck

    def view(request: Any, opaque_id: str, place: Any, member: Any) -> Any:
        card = Card.objects.get(opaque_id=opaque_id)
        at = timezone.now()
        CardCheck.objects.create(card=card, place_id=place, member_id=member, minute=at, result="used", at=at)
        return HttpResponse("ok")

    return address(f"{path}/<str:opaque_id>/<uuid:place>/<uuid:member>/", view)


def store_cards(count: int) -> list[Any]:
    """So many live cards of as many people, under one policy."""
    from django.utils import timezone

    from applicants.cards.models import Card, Portrait
    from benchmarks.crowd import office, store_approved
    from portal.casework.models import Application
    from portal.policy.services import load_policy
    from tests.factories import ROOT, make_paper

    document = (ROOT / "applicants/cards/policy/CARD-2023.yaml").read_text(encoding="utf-8")
    roles = ("clerk", "first_reviewer", "second_reviewer", "approver")
    store_approved(count, version=load_policy(document, at=timezone.now()), staff=office(*roles))
    rows = list(Application.objects.select_related("applicant").order_by("pk"))
    person, now = rows[0].applicant, timezone.now()
    portrait = Portrait.objects.create(
        person=person, source=make_paper(person), left=0, top=0, cut_width=358, width=358, height=441, size=1,
        sha256="0" * 64, stored_as="none", made_at=now,
    )  # fmt: skip
    today = timezone.localdate()
    return Card.objects.bulk_create(
        Card(
            opaque_id=f"benchmark{number:013d}", person=row.applicant, number_hash=row.applicant.number_hash,
            application=row, number=f"83{SHISHI}{number:07d}", prefix="83", serial=number, kind="green", tier="BSC",
            portrait=portrait, state="active", valid_from=today, valid_to=today + timedelta(days=90), issued_at=now,
            state_at=now,
        )
        for number, row in enumerate(rows)
    )  # fmt: skip


def timed(calls: Sequence[Callable[[], None]]) -> float:
    """Seconds that the calls take in threads that start together."""
    from django.db import connections

    failed: list[BaseException] = []

    def one(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - start
    if failed:
        raise failed[0]
    return taken


def main(requests: int) -> int:
    """Prepare, take turns, print, and answer 1 where verification is too slow."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection, connections
    from django.test import Client
    from django.test.utils import override_settings
    from django.urls import reverse
    from django.utils import timezone

    from portal import urls

    urls.urlpatterns.append(bare("bare"))
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        from applicants.cards.models import CardCheck
        from applicants.cards.services.codes import codes_of
        from portal.partners.doors import COOKIE
        from tests.cards.benefits_making import a_merchant
        from tests.partners.making import enrolled

        cards = iter(store_cards(THREADS * requests * (ROUNDS + 1)))
        _manager, verifier = a_merchant()
        place = verifier.places.get()
        _device, token = enrolled(verifier, at=timezone.now())

        def addresses(kind: str) -> list[list[str]]:
            if kind == "bare":
                one = f"/bare/{'benchmark' + '0' * 13}/{place.pk}/{verifier.pk}/"
                return [[one] * requests for _thread in range(THREADS)]
            at = timezone.now()
            codes = [codes_of(next(cards), at=at, count=1)[0].token for _request in range(THREADS * requests)]
            return [[reverse("verify_code", args=[code]) for code in codes[n::THREADS]] for n in range(THREADS)]

        def calls(kind: str) -> list[Callable[[], None]]:
            def visit(targets: list[str]) -> None:
                client = Client()
                client.cookies[COOKIE] = token
                for target in targets:
                    response = client.get(target)
                    if response.status_code != 200:
                        raise RuntimeError(f"{target} answered {response.status_code}")

            return [lambda targets=targets: visit(targets) for targets in addresses(kind)]

        taken: dict[str, list[float]] = {"verification": [], "bare": []}
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # needs no collected files
        # Only a demo's clock is asked of the database.
        given = {"DEMO": False, "ALLOWED_HOSTS": ["testserver"], "STORAGES": settings.STORAGES | {"staticfiles": plain}}
        with override_settings(**given):
            for kind in ("verification", "bare") * (ROUNDS + 1):
                while timezone.now().second > QUIET:
                    time.sleep(1)
                taken[kind].append(timed(calls(kind)))
        stored = CardCheck.objects.filter(result="valid").count()
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(name, verbosity=0)
    rounds = {kind: seconds[1:] for kind, seconds in taken.items()}  # the first ones warm up
    checks, simple = (THREADS * requests * ROUNDS / sum(rounds[kind]) for kind in ("verification", "bare"))
    # Neighbouring rounds meet the same moods of the machine; the median leaves out the worst of them.
    ratio = median(b / a for a, b in zip(rounds["verification"], rounds["bare"], strict=True))
    sys.stdout.write(
        f"{THREADS} threads on {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}: {checks:.0f} verifications"
        f" a second ({stored} checks stored), {simple:.0f} of the bare view; ratio of neighbouring rounds {ratio:.2f}"
        f" (at least {LEAST})\n"
    )
    return int(ratio < LEAST)


if __name__ == "__main__":
    words = sys.argv[1:]
    if "DATABASE_URL" not in os.environ:
        from deploy.suite import environment, postgres

        with postgres() as url:
            sys.exit(subprocess.call([sys.executable, "-m", "benchmarks.verification", *words], env=environment(url)))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.exit(main(int(words[0]) if words else REQUESTS))
