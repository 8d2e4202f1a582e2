"""What no browser sends by itself is answered like anything else that cannot be read: never with a fault of ours."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.casework.models import Application
from portal.ui.asking import number_in
from tests.browsing import signed_in
from tests.factories import make_application_in, make_user, move_clock, staff

DIGITS = "9" * 5000  # more than Python turns into a number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("999999999", 999_999_999),
        ("1000000000", None),
        (DIGITS, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("３", None),
        ("²", None),
    ],
)
def test_a_number_has_at_most_nine_plain_digits(text, number):
    assert number_in(text) == number


@pytest.mark.django_db
@pytest.mark.parametrize("version", [DIGITS, "", "x", "³"])
@pytest.mark.slow
def test_a_version_that_cannot_be_read_fits_no_file(version):
    move_clock()
    row = make_application_in("accept")
    owner = signed_in(row.applicant.user)
    assert owner.post(reverse("application_withdraw", args=[row.pk]), {"version": version}).status_code == 302
    clerk = signed_in(staff("clerk"))
    page = clerk.post(reverse("desk_take", args=[row.pk]), {"version": version}).content.decode()
    assert "这件申请刚刚被别人办理过。" in page
    assert Application.objects.get(pk=row.pk).state == "accept"


@pytest.mark.django_db
def test_a_correction_of_a_version_that_cannot_be_read_is_not_sent():
    move_clock()
    row = make_application_in("correction")
    owner = signed_in(row.applicant.user)
    assert owner.post(reverse("application_submit", args=[row.pk]), {"version": DIGITS}).status_code == 302
    assert Application.objects.get(pk=row.pk).state == "correction"


@pytest.mark.django_db
@pytest.mark.parametrize(("number", "status"), [(DIGITS, 404), ("9" * 30, 404), ("x", 404), ("999999999", 302)])
def test_a_list_of_a_version_that_is_not_there_is_not_collected(number, status):
    client = signed_in(staff("administrator"))
    assert client.post(reverse("desk_notice_collect"), {"policy_version": number}).status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("auditor", "/desk/entries/?action=%00"),
        ("auditor", "/desk/entries/?target=a%00"),
        ("finance", "/desk/rolls/?after=%00"),
        ("finance", "/desk/rolls/%00/"),
        ("administrator", "/desk/notices/%00/"),
        ("administrator", "/admin/accounts/rolegrant/?town=%00"),
    ],
)
def test_an_address_with_a_nul_character_cannot_be_read(role, address):
    user = staff(role)
    user.is_staff = user.is_superuser = role == "administrator"
    user.save()
    response = signed_in(user).get(address)
    assert response.status_code == 400
    assert "这个请求看不懂" in response.content.decode()
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_cookie_with_a_nul_character_cannot_be_read():
    client = Client()
    client.cookies["sessionid"] = "\0" * 32
    assert client.get("/").status_code == 400


@pytest.mark.django_db
def test_a_percent_sign_before_two_noughts_is_no_nul():
    assert signed_in(make_user()).get("/messages/?x=%2500").status_code == 200
