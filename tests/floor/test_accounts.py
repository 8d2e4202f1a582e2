"""Users, their roles, and what their roles reach."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q

from portal.accounts.models import Role, RoleGrant, User
from portal.accounts.scopes import scope_q
from portal.city import city, town_choices


@pytest.fixture
def user(db):
    return User.objects.create_user("Person@Example.ORG ", "a long password")


def grant(user: User, role: str, programme: str = "", town: str = "") -> None:
    RoleGrant.objects.create(user=user, role=role, programme=programme, town=town)
    user.refresh_from_db()


# ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_address_is_kept_in_one_spelling_and_found_in_any(user):
    assert user.email == "person@example.org"
    assert User.objects.get_by_natural_key(" PERSON@example.org") == user


def test_one_address_is_one_account(user):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("PERSON@example.org")


def test_the_database_keeps_no_capital_letters_in_an_address(db):
    with pytest.raises(IntegrityError, match="email_is_lower_case"), transaction.atomic():
        User.objects.bulk_create([User(email="Person@example.org")])


def test_an_account_names_nobody_in_logs(user):
    user.display_name = "林晚舟"
    assert str(user) == f"user {user.pk}"


def test_an_account_without_a_password_cannot_be_signed_in_to(db):
    assert not User.objects.create_user("new@example.org").has_usable_password()


# ── grants ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_without_a_grant_is_not_of_the_bureau(user):
    assert not user.is_bureau
    assert not user.needs_second_factor
    assert not user.has_role()
    assert not user.may_act_as(Role.CLERK, "living-subsidy", "hubin")


def test_grants_are_read_once(user, django_assert_num_queries):
    grant(user, Role.CLERK)
    with django_assert_num_queries(1):
        assert user.is_bureau
        assert user.has_role(Role.CLERK, Role.FINANCE)
        assert not user.has_role(Role.FINANCE)


@pytest.mark.parametrize(
    ("programme", "town", "reaches"),
    [
        ("living-subsidy", "hubin", True),
        ("living-subsidy", "fengli", False),
        ("talent-card", "hubin", False),
        ("living-subsidy", "", False),
    ],
)
def test_a_role_is_held_for_its_programme_and_town(user, programme, town, reaches):
    grant(user, Role.CLERK, "living-subsidy", "hubin")
    assert user.may_act_as(Role.CLERK, programme, town) is reaches
    assert not user.may_act_as(Role.APPROVER, programme, town)


def test_a_role_for_everything_reaches_everything(user):
    grant(user, Role.APPROVER)
    assert user.may_act_as(Role.APPROVER, "apartment", "")
    assert user.may_act_as(Role.APPROVER, "living-subsidy", "yongning")


def test_an_account_switched_off_holds_no_role(user):
    grant(user, Role.ADMINISTRATOR)
    user.is_active = False
    user.save()
    user.refresh_from_db()
    assert not user.is_bureau
    assert scope_q(user) == Q(pk__in=[])


def test_a_role_is_granted_once(user):
    grant(user, Role.CLERK, "living-subsidy", "hubin")
    grant(user, Role.CLERK, "living-subsidy", "fengli")
    with pytest.raises(IntegrityError), transaction.atomic():
        grant(user, Role.CLERK, "living-subsidy", "hubin")


def test_an_unknown_role_cannot_be_granted(user):
    with pytest.raises(IntegrityError, match="a_granted_role_is_a_known_role"), transaction.atomic():
        grant(user, "mayor")


# ── scopes ─────────────────────────────────────────────────────────────────────────────────────────────────────────
# Grants have the two columns that scope_q asks for, so a table of them stands in for files here.

FILES = {
    ("living-subsidy", "hubin"),
    ("living-subsidy", "fengli"),
    ("living-subsidy", ""),
    ("talent-card", "hubin"),
    ("talent-card", "yongning"),
}
ALL = FILES


@pytest.fixture
def files(db):
    keeper = User.objects.create_user("files@example.org")
    RoleGrant.objects.bulk_create(
        RoleGrant(user=keeper, role=Role.CLERK, programme=programme, town=town) for programme, town in FILES
    )
    return RoleGrant.objects.filter(user=keeper).order_by("pk")


@pytest.mark.parametrize(
    ("grants", "roles", "reached"),
    [
        ([], None, set()),
        ([("clerk", "", "")], None, ALL),
        ([("auditor", "", "")], None, ALL),
        ([("administrator", "", "")], None, ALL),
        ([("clerk", "", "")], ["clerk", "approver"], ALL),
        ([("clerk", "", "")], ["approver"], set()),
        ([("clerk", "", "")], [], set()),
        ([("clerk", "talent-card", "")], None, {("talent-card", "hubin"), ("talent-card", "yongning")}),
        ([("clerk", "", "hubin")], None, {("living-subsidy", "hubin"), ("talent-card", "hubin")}),
        ([("clerk", "living-subsidy", "hubin")], None, {("living-subsidy", "hubin")}),
        (
            [("clerk", "living-subsidy", "hubin"), ("approver", "talent-card", "yongning")],
            None,
            {("living-subsidy", "hubin"), ("talent-card", "yongning")},
        ),
        (
            [("clerk", "living-subsidy", "hubin"), ("approver", "talent-card", "yongning")],
            ["approver"],
            {("talent-card", "yongning")},
        ),
        ([("clerk", "living-subsidy", "hubin"), ("finance", "", "")], None, ALL),
        ([("clerk", "apartment", "")], None, set()),
    ],
)
def test_a_scope_is_what_the_grants_reach(user, files, grants, roles, reached):
    for role, programme, town in grants:
        grant(user, role, programme, town)
    found = files.filter(scope_q(user, roles))
    assert sorted((row.programme, row.town) for row in found) == sorted(reached)


# ── the city ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_city_has_its_two_subdistricts_and_seven_towns(settings):
    assert [town.name_zh for town in city().towns] == [
        "湖滨街道", "凤里街道", "灵秀镇", "宝盖镇", "蚶江镇", "祥芝镇", "鸿山镇", "锦尚镇", "永宁镇",
    ]  # fmt: skip
    assert (city().code, city().office, city().review_days) == ("350581", "石狮市人力资源和社会保障局", 60)
    assert str(city().review_body) == "石狮市人民政府"


def test_town_names_are_chosen_when_they_are_shown():
    from django.utils.translation import override

    choices = town_choices()
    with override("en"):
        assert str(choices[0][1]) == "Hubin Subdistrict"
    with override("zh-hans"):
        assert str(choices[0][1]) == "湖滨街道"
