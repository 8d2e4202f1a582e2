"""Prepared query sets: the same rows as Django's own, from SQL that was written once."""

from datetime import timedelta

import pytest
from django.db.models import F

from portal.accounts.models import RoleGrant, User
from portal.prepared import Prepared
from tests.factories import AT, make_user

pytestmark = pytest.mark.django_db


def grants(email: str, after: object) -> object:
    rows = RoleGrant.objects.select_related("user").filter(user__email=email, user__date_joined__gt=after)
    return rows.annotate(whose=F("user__email")).order_by("role")


FIELDS = (User._meta.get_field("email"), User._meta.get_field("date_joined"))


def test_the_rows_are_those_of_the_query_set_with_what_was_joined_and_counted():
    ask = Prepared(grants, *FIELDS)
    for number in range(3):
        user = make_user(f"p{number}@example.test", date_joined=AT)
        for role in ("clerk", "auditor"):
            RoleGrant.objects.create(user=user, role=role)
    for number in range(3):
        email = f"p{number}@example.test"
        prepared, plain = ask(email, AT - timedelta(days=1)), list(grants(email, AT - timedelta(days=1)))
        assert prepared == plain
        assert [(row.role, row.user, row.whose, row.user.date_joined) for row in prepared] == [
            (row.role, row.user, row.whose, row.user.date_joined) for row in plain
        ]
    assert (ask("nobody@example.test", AT), ask("p0@example.test", AT)) == ([], [])


def test_one_call_is_one_query(django_assert_num_queries):
    ask = Prepared(grants, *FIELDS)
    make_user("p0@example.test")
    for _time in range(2):
        with django_assert_num_queries(1):
            ask("p0@example.test", AT)


def test_a_query_set_that_leaves_a_value_out_is_refused():
    ask = Prepared(lambda email, after: grants(email, AT), *FIELDS)
    with pytest.raises(TypeError, match="does not ask for each value"):
        ask("p0@example.test", AT)
