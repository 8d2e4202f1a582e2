"""The frame, its two switches, and the pages about the portal itself."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from portal.ui import context_processors
from portal.ui.context_processors import Frame

PAGES = ["/help/", "/privacy/", "/accessibility/", "/contact/"]


@pytest.fixture
def person(db):
    return get_user_model().objects.create_user("lin@example.com", "harbour-Sea-77")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(("language", "lang", "other"), [("zh-hans", "zh-Hans", "English"), ("en", "en", "中文")])
def test_every_page_is_there_in_both_languages(client, db, address, language, lang, other):
    client.cookies["language"] = language

    page = client.get(address)

    assert page.status_code == 200
    assert f'<html lang="{lang}">' in page.text
    assert f"</svg>{other}</button>" in page.text


@pytest.mark.parametrize("address", [*PAGES, "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_no_page_has_style_or_script_of_its_own(client, db, address):
    page = client.get(address).text

    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page) == []
    assert page.count("<h1") == 1
    passkeys = 3 if address == "/accounts/login/" else 0  # the page that can be opened with one
    assert page.count("<script") == 2 + passkeys  # the portal's, and the one that forgets a card on this device


def test_the_language_is_kept_in_a_cookie_and_with_the_account(client, person):
    client.force_login(person)

    answer = client.post("/language/", {"language": "en", "next": "/help/?a=1"})

    assert (answer.status_code, answer["Location"]) == (302, "/help/?a=1")
    assert client.cookies["language"].value == "en"
    person.refresh_from_db()
    assert person.language == "en"


def test_a_language_we_do_not_speak_changes_nothing(client, db):
    answer = client.post("/language/", {"language": "fr", "next": "/help/"})

    assert answer.status_code == 302
    assert "language" not in answer.cookies


@pytest.mark.parametrize("switch", ["/language/", "/theme/"])
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_a_switch_never_leads_off_the_site(client, db, switch, target):
    assert client.post(switch, {"language": "en", "theme": "dark", "next": target})["Location"] == "/"


def test_a_page_that_answers_what_was_sent_is_sent_the_same_in_the_other_language(client, db):
    sent = {"language": "en", "next": "/screener/", "again": "", "degree": "bachelor"}

    assert (client.post("/language/", sent).status_code, client.post("/language/", sent)["Location"]) == (
        307,
        "/screener/",
    )
    assert client.post("/language/", sent | {"next": "https://evil.example/"}).status_code == 302


@pytest.mark.parametrize("switch", ["/language/", "/theme/"])
def test_a_switch_is_pressed_not_visited(client, db, switch):
    assert client.get(switch).status_code == 405


def test_a_switch_wants_a_token(db):
    assert Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"}).status_code == 403


def test_a_chosen_theme_is_on_the_page_until_the_system_decides_again(client, db):
    client.post("/theme/", {"theme": "dark", "next": "/help/"})
    assert '<html lang="zh-Hans" data-theme="dark">' in client.get("/help/").text

    client.post("/theme/", {"theme": "auto", "next": "/help/"})
    assert '<html lang="zh-Hans">' in client.get("/help/").text


def test_a_theme_that_does_not_exist_is_not_printed(client, db):
    client.cookies["theme"] = '"><b>'

    assert '<html lang="zh-Hans">' in client.get("/help/").text


def test_search_engines_leave_lists_of_people_alone(client):
    answer = client.get("/robots.txt")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "Disallow: /notices/" in answer.text.splitlines()


def test_unread_letters_are_counted_once_a_page_and_never_for_visitors(monkeypatch):
    asked = []
    monkeypatch.setattr(context_processors, "_count_unread", lambda user: asked.append(user) or 2)
    request = RequestFactory().get("/")
    request.user = get_user_model()(pk=1)

    frame = Frame(request)
    assert (frame.unread, frame.unread) == (2, 2)
    assert len(asked) == 1

    assert Frame(RequestFactory().get("/")).unread == 0
    assert len(asked) == 1


def test_the_switches_come_back_to_the_page_that_sent_the_form():
    request = RequestFactory().post("/x/", headers={"referer": "http://testserver/applications/1/"})
    elsewhere = RequestFactory().post("/x/", headers={"referer": "https://evil.example/"})

    assert Frame(request).here == "http://testserver/applications/1/"
    assert Frame(elsewhere).here == "/"
    assert Frame(RequestFactory().get("/notices/?page=2")).here == "/notices/?page=2"


@pytest.mark.parametrize("page", ["500.html", "400.html"])
def test_the_last_resort_pages_need_nothing(page):
    shown = render_to_string(page)

    assert "<h1>" in shown
    assert 'lang="en"' in shown


def test_a_page_that_is_not_there_says_so_kindly(client, db):
    page = client.get("/no/such/page/")

    assert page.status_code == 404
    assert "<h1>找不到这一页</h1>" in page.text
