"""The manager's pages and the bureau's."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import Role, User
from portal.audit.models import Entry
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from portal.partners.choices import MemberRole, MemberState
from portal.partners.models import EnrolmentLink, Partner, PartnerMember, PartnerPlace
from tests.factories import make_credit_code, make_staff, make_user, move_clock, staff
from tests.partners.making import (
    MORNING,
    PIN,
    a_hotel,
    enrolled,
    later,
    make_manager,
    make_operator,
    make_partner,
    make_place,
    signed_in,
    token_in_letter,
)

pytestmark = pytest.mark.django_db
HOSTILE = ["", "x" * 5000, "\0", "<script>", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "9" * 30]


@pytest.fixture
def desk() -> Client:
    """An administrator's browser."""
    move_clock(MORNING)
    browser = Client()
    browser.force_login(staff(Role.ADMINISTRATOR))
    return browser


FORM = {
    "kind": "hotel",
    "name_zh": "石狮海港酒店",
    "name_en": "Seaport Hotel",
    "credit_code": make_credit_code(77),
    "contact_name": "施海平",
    "contact_phone": "138 0000 6820",
    "active_from": "2026-01-01",
    "active_to": "",
}


def fields_of(action: str) -> list[list[str]]:
    return [entry.fields for entry in Entry.objects.filter(action=action).order_by("recorded_at")]


# ── the bureau ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_administrator_adds_changes_closes_and_reopens(desk):
    assert desk.post(reverse("desk_partner_new")).status_code == 422
    assert desk.post(reverse("desk_partner_new"), FORM).status_code == 302
    partner = Partner.objects.get()
    assert (partner.name_zh, partner.contact_phone, partner.active_to) == ("石狮海港酒店", "13800006820", None)
    edit = reverse("desk_partner_edit", args=[partner.pk])
    assert desk.post(edit, FORM | {"name_en": "", "version": "1"}).status_code == 302
    assert fields_of("partner.change") == [["name_en"]]
    assert desk.post(edit, FORM | {"version": "1"}).status_code == 422  # somebody has changed it since
    close = reverse("desk_partner_close", args=[partner.pk])
    assert desk.post(close, {"reason": ""}).status_code == 422
    assert desk.post(close, {"reason": "合同到期"}).status_code == 302
    partner.refresh_from_db()
    assert (partner.closed_by, partner.close_reason) == (staff(Role.ADMINISTRATOR), "合同到期")
    assert desk.get(close).status_code == 404
    desk.post(reverse("desk_partner_reopen", args=[partner.pk]))
    partner.refresh_from_db()
    assert partner.is_open_on(MORNING.date()) is True


def test_a_credit_code_is_checked_and_belongs_to_one(desk):
    wrong = FORM | {"credit_code": FORM["credit_code"][:-1] + ("1" if FORM["credit_code"][-1] != "1" else "2")}
    assert desk.post(reverse("desk_partner_new"), wrong).status_code == 422
    assert desk.post(reverse("desk_partner_new"), FORM).status_code == 302
    again = desk.post(reverse("desk_partner_new"), FORM)
    assert again.status_code == 422
    assert "这个统一社会信用代码已经登记过。" in again.content.decode()


def test_a_contract_does_not_end_before_it_begins(desk):
    assert desk.post(reverse("desk_partner_new"), FORM | {"active_to": "2025-12-31"}).status_code == 422


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_that_is_typed_breaks_a_form(desk, value):
    partner = make_partner()
    for name in ("desk_partner_new", "desk_partner_edit", "desk_partner_close", "desk_place_new", "desk_manager_new"):
        args = [] if name == "desk_partner_new" else [partner.pk]
        body = {key: [value, value] for key in [*FORM, "version", "reason", "address", "town", "name", "email"]}
        assert desk.post(reverse(name, args=args), body).status_code in (302, 422)
    query = {"kind": value, "standing": value, "q": value}
    assert desk.get(reverse("desk_partners"), query).status_code == (400 if value == "\0" else 200)


def test_the_list_is_narrowed(desk):
    for name, kind in (("石狮海港酒店", "hotel"), ("石狮书港", "merchant")):
        make_partner(name_zh=name, kind=kind)
    gone = make_partner(name_zh="石狮旧港酒店")
    desk.post(reverse("desk_partner_close", args=[gone.pk]), {"reason": "合同到期"})

    def names(**query: str) -> list[str]:
        page = desk.get(reverse("desk_partners"), query).content.decode()
        return sorted(re.findall(r'<a href="/desk/partners/[0-9a-f-]{36}/">([^<]+)</a>', page))

    assert names() == ["石狮书港", "石狮海港酒店"]
    assert names(standing="over") == ["石狮旧港酒店"]
    assert names(standing="all", kind="hotel") == ["石狮旧港酒店", "石狮海港酒店"]
    assert names(q="书港") == ["石狮书港"]
    assert names(q=gone.credit_code, standing="all") == ["石狮旧港酒店"]
    assert names(q="%") == []


def test_the_list_costs_the_same_for_one_and_for_many(desk):
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            desk.get(reverse("desk_partners"))
        return len(seen)

    make_place(make_partner())
    before = cost()
    for _partner in range(6):
        make_operator(make_manager(make_partner()))
    assert cost() == before


def test_places_are_added_changed_and_no_longer_used(desk):
    partner = make_partner()
    body = {"name_zh": "狮城店", "address": "狮城大道 88 号", "town": "fengli"}
    new = reverse("desk_place_new", args=[partner.pk])
    assert desk.post(new, body).status_code == 302
    assert desk.post(new, body).status_code == 422  # one name once
    assert desk.post(new, body | {"name_zh": "二店", "town": "nowhere"}).status_code == 422
    place = PartnerPlace.objects.get()
    desk.post(reverse("desk_place", args=[place.pk]), body | {"is_closed": "on"})
    place.refresh_from_db()
    assert place.closed_at is not None
    assert fields_of("partner.change_place") == [["closed_at"]]


def test_a_manager_is_invited_by_letter_sets_a_password_and_signs_in(desk):
    partner = make_partner()
    desk.post(reverse("desk_manager_new", args=[partner.pk]), {"name": "施海平", "email": "Shi@Example.test"})
    member = PartnerMember.objects.get()
    assert (member.state, member.user.email, member.user.has_usable_password()) == (
        "invited",
        "shi@example.test",
        False,
    )
    rendered = render_letter(Letter.objects.get(recipient=member.user))
    address = "/partner/invited/" + token_in_letter(member) + "/"
    assert address in "\n".join(rendered.paragraphs)
    visitor = Client()
    assert visitor.get(address).status_code == 200
    assert visitor.post(address, {"password": "short"}).status_code == 422
    assert visitor.post(address, {"password": "a quiet harbour 9"}).status_code == 302
    assert (
        visitor.post(
            reverse("account_login"), {"login": "shi@example.test", "password": "a quiet harbour 9"}
        ).status_code
        == 302
    )
    assert visitor.get(reverse("after_sign_in")).headers["Location"] == "/partner/team/"
    assert visitor.get("/partner/team/").status_code == 200
    assert Client().get(address).status_code == 404


def test_an_account_that_has_a_password_keeps_it_and_accepts_itself(desk):
    partner, user = make_partner(), make_user()
    desk.post(reverse("desk_manager_new", args=[partner.pk]), {"name": "施海平", "email": user.email})
    address = "/partner/invited/" + token_in_letter(PartnerMember.objects.get()) + "/"
    visitor, stranger, own = Client(), Client(), Client()
    assert visitor.post(address, {"password": "a quiet harbour 9"}).headers["Location"].startswith("/accounts/login/")
    stranger.force_login(make_user())
    assert stranger.post(address).status_code == 200  # told to sign out first
    assert PartnerMember.objects.get().state == MemberState.INVITED
    own.force_login(user)
    assert own.post(address).headers["Location"] == "/partner/team/"
    assert PartnerMember.objects.get().state == MemberState.ACTIVE
    assert User.objects.get(pk=user.pk).check_password("harbour-2023") is True


def test_people_of_the_bureau_and_members_elsewhere_are_not_invited(desk):
    manager = make_manager(make_partner())
    other = make_partner()
    for email in (make_staff(Role.CLERK).email, manager.user.email):
        answer = desk.post(reverse("desk_manager_new", args=[other.pk]), {"name": "某人", "email": email})
        assert answer.status_code == 422
    assert other.members.count() == 0


def test_a_new_invitation_takes_the_place_of_the_older_and_lasts_three_days(desk):
    partner = make_partner()
    desk.post(reverse("desk_manager_new", args=[partner.pk]), {"name": "施海平", "email": "shi@example.test"})
    member = PartnerMember.objects.get()
    older = token_in_letter(member)
    later(minutes=1)
    desk.post(reverse("desk_manager", args=[member.pk]), {"act": "again"})
    newer = token_in_letter(member)
    assert Client().get(f"/partner/invited/{older}/").status_code == 404
    assert Client().get(f"/partner/invited/{newer}/").status_code == 200
    later(hours=72, minutes=2)
    assert Client().get(f"/partner/invited/{newer}/").status_code == 404


def test_a_manager_who_is_removed_is_out_at_once(desk):
    manager, _operator = a_hotel()
    browser = signed_in(manager)
    desk.post(reverse("desk_manager", args=[manager.pk]), {"act": "leave"})
    assert browser.get("/partner/team/").status_code == 404


def test_contacts_are_sealed(desk):
    partner = make_partner()
    stored = Partner.objects.values_list("contact_name", "contact_phone").get(pk=partner.pk)
    assert [word for word in stored if "施海平" in word or "13800006820" in word] == []


# ── the manager ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_manager_adds_somebody_and_makes_a_link_that_is_shown_once():
    manager, _operator = a_hotel()
    browser, place = signed_in(manager), manager.partner.places.get()
    body = {"name": "黄前台", "role": "site_operator", "places": [str(place.pk)]}
    assert browser.post("/partner/team/new/", body).status_code == 302
    member = PartnerMember.objects.get(display_name="黄前台")
    page = browser.post(reverse("partner_member_link", args=[member.pk])).content.decode()
    address = re.search(r"/partner/enrol/[\w-]{43}/", page)[0]
    assert "data:image/svg+xml" in page
    assert address not in browser.get(reverse("partner_member", args=[member.pk])).content.decode()
    assert Client().post(address, {"pin": PIN, "again": PIN}).status_code == 302
    member.refresh_from_db()
    assert member.state == MemberState.ACTIVE


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "manager"},
        {"role": "apartment_operator"},
        {"role": ["site_operator", "x"]},
        {"places": []},
        {"places": ["x"]},
        {"places": ["7b3f3f1c-8a52-4d0e-9a60-3f1f6a1f0b11"]},
        {"name": ""},
        {"name": "\0"},
        {"name": "长" * 31},
    ],
)
def test_a_member_that_does_not_fit_is_refused_beside_the_field(changes):
    manager, _operator = a_hotel()
    place = manager.partner.places.get()
    body = {"name": "黄前台", "role": "site_operator", "places": [str(place.pk)]} | changes
    assert signed_in(manager).post("/partner/team/new/", body).status_code == 422


def test_a_place_of_another_partner_is_no_choice():
    manager, _operator = a_hotel()
    elsewhere = make_place(make_partner(), "别家店")
    body = {"name": "黄前台", "role": "site_operator", "places": [str(elsewhere.pk)]}
    assert signed_in(manager).post("/partner/team/new/", body).status_code == 422


def test_a_member_is_changed_and_lets_go():
    manager, operator = a_hotel()
    enrolled(operator)
    browser, place = signed_in(manager), manager.partner.places.get()
    body = {"name": "陈经理", "role": "card_verifier", "places": [str(place.pk)]}
    browser.post(reverse("partner_member_edit", args=[operator.pk]), body)
    operator.refresh_from_db()
    assert (operator.display_name, operator.role) == ("陈经理", MemberRole.CARD_VERIFIER)
    assert User.objects.get(pk=operator.user_id).display_name == "陈经理"
    assert fields_of("partner.change_member") == [["display_name", "role"]]
    leave = reverse("partner_member_leave", args=[operator.pk])
    assert browser.get(leave).status_code == 200
    assert browser.post(leave).status_code == 302
    assert browser.post(leave).status_code == 404
    assert operator.devices.filter(revoked_at=None).count() == 0
    assert EnrolmentLink.objects.filter(used_at=None).count() == 0


def test_the_team_costs_the_same_for_one_and_for_many():
    manager, _operator = a_hotel()
    browser, place = signed_in(manager), manager.partner.places.get()

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get("/partner/team/")
        return len(seen)

    before = cost()
    for number in range(5):
        enrolled(make_operator(manager, place, name=f"前台{number}"))
    assert cost() == before
