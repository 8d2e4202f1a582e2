"""Submitting an application beside a bare form: open the last page and post it, as a browser does.

    DEMO=1 .venv/bin/python -m benchmarks.submit [applications]

On PostgreSQL: the one that DATABASE_URL names, or a server of its own. Both go through the same test client, settings
and middleware, signed in as the same kind of person; the bare form is a ModelForm view that shows one field and inserts
one row. They take turns. Prints the time of each and their ratio.
"""

import os
import subprocess
import sys
import time
from statistics import median
from typing import Any

APPLICATIONS = 100
PATH = "/bare/"


def bare_form(path: str) -> Any:
    """The address of a view that inserts one row and redirects, as Django's tutorial has it."""
    from django import forms
    from django.shortcuts import redirect, render
    from django.urls import path as address

    from portal.casework.models import ReferenceCounter

    class Bare(forms.ModelForm):
        class Meta:
            model = ReferenceCounter
            fields = ("prefix", "year", "last")

    def view(request: Any) -> Any:
        form = Bare(request.POST or None)
        if form.is_valid():
            form.save()
            return redirect(PATH)
        return render(request, "bare.html", {"form": form})

    return address(path.lstrip("/"), view)


def main(count: int) -> int:
    """Prepare, take turns, print."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.template import engines
    from django.test import Client
    from django.test.utils import override_settings

    from portal import urls
    from portal.casework.models import Application
    from tests.factories import make_draft, make_user

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    urls.urlpatterns.append(bare_form(PATH))
    loaders = engines["django"].engine
    loaders.loaders = [
        ("django.template.loaders.locmem.Loader", {"bare.html": "<form method=post>{% csrf_token %}{{ form }}</form>"}),
        *loaders.loaders,
    ]
    taken: dict[str, list[float]] = {"submit": [], "bare": []}
    try:
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # needs no collected files
        given = {"ALLOWED_HOSTS": [*settings.ALLOWED_HOSTS, "testserver"]}
        with override_settings(**given, STORAGES={**settings.STORAGES, "staticfiles": plain}):
            drafts = [make_draft() for _number in range(count + 1)]
            other = Client()
            other.force_login(make_user())
            for number, draft in enumerate(drafts):
                client = Client()
                client.force_login(draft.applicant.user)
                start = time.perf_counter()
                client.get(f"/applications/{draft.pk}/check/")
                client.post(f"/applications/{draft.pk}/submit/")
                middle = time.perf_counter()
                other.get(PATH)
                other.post(PATH, {"prefix": f"bare{number}", "year": 2026, "last": 1})
                end = time.perf_counter()
                if number:  # the first fills caches
                    taken["submit"].append(middle - start)
                    taken["bare"].append(end - middle)
        sent = Application.objects.exclude(state="draft").count()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    submit, bare = median(taken["submit"]), median(taken["bare"])
    sys.stdout.write(
        f"{sent - 1} applications on {connection.vendor}: page and submit {submit * 1000:.1f} ms, "
        f"bare form {bare * 1000:.1f} ms (medians), ratio {submit / bare:.1f}\n"
    )
    return int(sent != count + 1)


if __name__ == "__main__":
    words = sys.argv[1:]
    if "DATABASE_URL" not in os.environ:
        from deploy.suite import environment, postgres

        with postgres() as url:
            sys.exit(subprocess.call([sys.executable, "-m", "benchmarks.submit", *words], env=environment(url)))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    sys.exit(main(int(words[0]) if words else APPLICATIONS))
