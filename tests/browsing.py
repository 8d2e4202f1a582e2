"""Browsers of people, and what a page says."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.casework.models import Application
from tests.factories import staff


def signed_in(who: User | str) -> Client:
    """A browser of ``who``; a role stands for the person who holds it."""
    client = Client()
    client.force_login(staff(who) if isinstance(who, str) else who)
    return client


def page(client: Client, name: str, /, *args: object, status: int = 200, **query: object) -> str:
    """What the page ``name`` says, which answers with ``status``."""
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status, (name, answer.status_code)
    return answer.content.decode(errors="replace")


def send(client: Client, name: str, /, *args: object, **form: object) -> Any:
    """The answer to a form of the page ``name``."""
    return client.post(reverse(name, args=args), form)


def text_of(response: Any) -> str:
    """The words of a page, without its tags, one space between them."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def address(name: str, row: Application, *more: str) -> str:
    """The page ``name`` of an application."""
    return reverse(name, args=[row.pk, *more])


def locks(page: str) -> list[str]:
    """What stands in the way of the next step, as the desk's page says it."""
    return [re.sub(r"<.*?>", "", it).strip() for it in re.findall(r'<span id="lock-.*?</span>', page, re.S)]
