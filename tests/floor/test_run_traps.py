"""The traps of tests/traps.py catch what they are for."""

import socket

import pytest
from _pytest.mark.expression import Expression
from django.conf import settings
from django.db.models.query import QuerySet
from django.template import Origin, Template, engines

from deploy.suite import ON_POSTGRES, ON_SQLITE, report
from portal.accounts.models import User
from tests import traps


def render(text: str, **context: object) -> str:
    origin = Origin(name=str(traps.ROOT / "templates" / "test.html"))
    engine = engines["django"].engine
    from django.template import Context

    return Template(text, origin=origin, engine=engine).render(Context(context))


@pytest.mark.parametrize(
    "text",
    [
        "{{ name }}",
        "{{ person.name }}",
        "{{ name|upper }}",
        "{% blocktranslate %}{{ name }}{% endblocktranslate %}",
        "{% blocktranslate with n=name %}{{ n }}{% endblocktranslate %}",
    ],
)
def test_a_template_that_prints_an_undefined_name_fails(text):
    with pytest.raises(traps.UndefinedTemplateVariable):
        render(text)


def test_a_template_may_say_that_a_name_may_be_missing():
    assert render("{% if name %}a{% endif %}{{ name|default:'b' }}{% for n in names %}c{% endfor %}") == "b"


def test_the_network_cannot_be_reached():
    with socket.socket() as outward, pytest.raises(traps.NetworkForbidden):
        outward.connect(("192.0.2.1", 80))


@pytest.fixture
def three_users(db: None) -> None:
    for name in "abc":
        User.objects.create(email=f"{name}@example.com", display_name=name)


def unordered() -> QuerySet[User]:
    return User.objects.order_by()


def test_rows_in_no_order_come_back_last_first(three_users):
    assert [user.display_name for user in unordered()] == ["c", "b", "a"]
    assert [user.display_name for user in unordered().iterator()] == ["c", "b", "a"]
    assert [user.display_name for user in unordered().order_by("display_name")] == ["a", "b", "c"]
    assert unordered().get(display_name="b").display_name == "b"


def test_rows_in_no_order_cannot_be_sliced(three_users):
    with pytest.raises(traps.UnorderedSlice):
        list(unordered()[:2])


def test_celery_is_never_eager():
    from portal.celery import app

    assert app.conf.task_always_eager is False
    assert settings.CELERY_BROKER_URL.startswith("redis+socket://")


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("marks", [set(), {"postgres"}, {"database"}, {"database", "commits"}])
def test_every_kind_of_test_runs_on_one_database_at_least(marks, is_slow):
    marks = marks | ({"slow"} if is_slow else set())
    chosen = [Expression.compile(words).evaluate(lambda name, **_: name in marks) for words in (ON_SQLITE, ON_POSTGRES)]
    assert chosen == [
        # those for PostgreSQL alone are left out of a run on SQLite by tests/conftest.py
        not is_slow or "commits" in marks or "database" not in marks,
        bool(marks & {"database", "postgres"}),
    ]
    assert any(chosen)


def test_a_run_that_a_signal_ended_is_no_green_one():
    assert report([("SQLite", 0, "all passed"), ("PostgreSQL", -9, "pytest gave no summary")]) > 0
    assert report([("SQLite", 0, "all passed"), ("PostgreSQL", 0, "all passed")]) == 0
