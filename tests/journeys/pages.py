"""Every page of the portal, from the table of who may open what: a new page cannot be left out of a walk over all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from portal.accounts.models import User
from portal.casework.models import Application, NoticeLine
from portal.notifications.models import Letter
from tests.factories import AT_2024, MASTER_2024, make_application_in, make_person
from tests.floor.access_city import a_city
from tests.floor.access_table import ROWS, VISITORS
from tests.journeys.mid_flow import browsers_in_the_middle

# Rows of the table that answer with a file or bare words: nothing that a browser lays out.
OF_A_LEASE = ("lease_contract", "lease_signed", "statement", "handover_photo")
FILES = {
    *(f"{whose}_{file}" for whose in ("own", "partner", "desk") for file in OF_A_LEASE),
    "desk_lease_paper",
    "card_face",
    "card_picture",
    "apartment_photo",
    "apartment_round_file",
    "draw_verifier",
    "lodging_photo",
    "desk_contract_preview",
    "robots",
    "healthz",
    "decision_pdf",
    "receipt_pdf",
    "paper",
    "desk_policy_yaml",
    "policy_draft_yaml",
    "card_codes",
    "card_manifest",
    "card_worker",
    "signing_keys",
}
# The same pages to somebody else, or turned to another part.
TURNED = (
    ("owner", "home", ""),
    ("owner", "programme", ""),
    ("owner", "notice", ""),
    ("owner", "letters", ""),
    ("finance", "home", ""),
    ("first", "desk", ""),
    ("admin", "desk", "?view=all"),
    ("admin", "desk_notices", ""),
    ("approver", "desk_notice", ""),
    ("finance", "payables", ""),
    ("auditor", "payables", ""),
    ("finance", "rolls", ""),
    ("finance", "roll", ""),
    ("finance", "bank_result", ""),
    ("first", "desk_file", ""),
    ("auditor", "desk_file", "?tab=answers"),
    ("first", "desk_file", "?tab=changes"),
    ("first", "desk_file", "?tab=earlier"),
    ("first", "desk_file", "?tab=timeline"),
    ("auditor", "policy_draft", ""),
)
# Forms that are sent with nothing filled in.
EMPTIED = (
    ("nobody", "account_login"),
    ("nobody", "account_signup"),
    ("nobody", "screener"),
    ("owner", "application_section"),
    ("owner", "account_change"),
    ("owner", "account_email"),
    ("other", "objection_new"),
    ("clerk", "desk_people"),
    ("clerk", "desk_cards"),
    ("clerk", "desk_objection_new"),
    ("first", "desk_step"),
    ("admin", "policy_draft_part"),
    ("admin", "list_export_new"),
)
STATES = ("check", "correction", "lapsed", "refused", "withdrawn")


@dataclass(frozen=True)
class Stop:
    """One page of the walk."""

    visitor: str
    address: str
    status: int = 200
    is_emptied: bool = False  # its form is sent with nothing filled in: the page with its errors


def all_stops() -> tuple[dict[str, Client], list[Stop]]:
    """Builds a city; gives the browsers of those who walk there, and every page once per visitor."""
    users, places, _bodies = a_city()
    stops = [Stop(VISITORS[codes.index("200")], to(name, places)) for name, codes in pages_of_the_table()]
    stops += [Stop(visitor, to(name, places), is_emptied=True) for visitor, name in EMPTIED]
    stops += [Stop(visitor, "/nothing-here/", 404) for visitor in ("nobody", "clerk")]
    stops += [Stop("nobody", "/?a=%00", 400)]
    for visitor in ("nobody", "owner", "admin"):
        client = signed_in_just_now(users[visitor])
        seen = {stop.address for stop in stops if stop.visitor != "nobody"}
        others = [address for address in addresses_of_allauth() if address not in seen]
        stops += [Stop(visitor, address) for address in others if shows_a_page(client, address)]
    for name, row in applications_at_every_stage():
        users[name] = row.applicant.user
        stops.append(Stop(name, reverse("application", args=(row.pk,))))
    names = {user: name for name, user in users.items() if user}
    letters = Letter.objects.filter(recipient__in=list(names)).order_by("kind", "created_at").distinct("kind")
    stops += [Stop(names[letter.recipient], reverse("letter", args=(letter.pk,))) for letter in letters]
    browsers = {name: signed_in_just_now(user) for name, user in users.items()}
    return browsers, list(dict.fromkeys(stops))


def stops_in_the_middle() -> tuple[dict[str, Client], list[Stop]]:
    """The pages of codes and PINs under way, with the browsers that are there; a code is good for a few minutes."""
    found = list(browsers_in_the_middle())
    stops = [Stop(name, address) for name, _browser, addresses in found for address in addresses]
    return {name: browser for name, browser, _addresses in found}, stops


def pages_of_the_table() -> Iterator[tuple[str, list[str]]]:
    """Name and answers of every row that shows somebody a page."""
    for method, name, *codes in ROWS:
        is_file = name.partition("/")[0] in FILES or (name.startswith("api_") and name != "api_docs")
        if method == "GET" and "200" in codes and not is_file:
            yield name, codes


def to(name: str, places: dict[str, tuple]) -> str:
    """The address of a row of the table."""
    return reverse(name.partition("/")[0], args=places.get(name, ()))


def applications_at_every_stage() -> Iterator[tuple[str, Application]]:
    """One of each stage that the table's city lacks, and who stands on its public notice."""
    yield "public_notice", NoticeLine.objects.filter(is_live=True).first().application
    for state in STATES:
        yield state, make_application_in(state, person=make_person(at=AT_2024, **MASTER_2024), policy="YTE-2024")


# ── the library's own pages of signing in ──────────────────────────────────────────────────────────────────────────


def addresses_of_allauth() -> list[str]:
    """Every address of allauth that needs no argument."""
    found = []
    for name in names_of_allauth(get_resolver()):
        try:
            found.append(reverse(name))
        except NoReverseMatch:  # it needs an argument: a link of a letter
            continue
    return found


def names_of_allauth(resolver: URLResolver) -> Iterator[str]:
    """The names of allauth's pages below ``resolver``."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from names_of_allauth(entry)
        elif isinstance(entry, URLPattern) and entry.callback.__module__.startswith("allauth.") and entry.name:
            yield entry.name


def signed_in_just_now(user: User | None) -> Client:
    """A browser of ``user``, who has just given the password and, where there is one, the second factor."""
    client = Client()
    if user:
        client.force_login(user)
        session = client.session
        methods = [{"method": "password", "at": time.time()}, {"method": "mfa", "at": time.time(), "type": "totp"}]
        session["account_authentication_methods"] = methods
        session.save()
    return client


def shows_a_page(client: Client, address: str) -> bool:
    """Whether ``address`` answers this visitor with a page."""
    response = client.get(address)
    return response.status_code == 200 and response["Content-Type"].startswith("text/html")
