"""What the frame around every page needs to know."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from portal import clock
from portal.city import city
from portal.sms import gateway

THEMES = ("light", "dark")
OTHER_LANGUAGE = {"zh-hans": ("en", "English"), "en": ("zh-hans", "中文")}

# Which item of the navigation a page belongs to, by the beginning of its URL name; the longest match wins.
SECTIONS = {
    "home": "home",
    "programme": "programmes",
    "application": "applications",
    "privacy_notice": "applications",
    "decision": "applications",
    "card": "applications",
    "account_change": "applications",
    "account_change_password": "account",
    "account_email": "account",
    "account_phone": "account",
    "mfa": "account",
    "device": "account",
    "notice": "notices",
    "objection_new": "notices",
    "letter": "letters",
    "help": "help",
    "desk": "desk",
    "counter": "desk",
    "desk_delegation": "desk_delegations",
    "desk_notice": "desk_notices",
    "desk_objection": "desk_notices",
    "roll": "rolls",
    "bank_result": "rolls",
    "payable": "payables",
    "entries": "entries",
    "desk_polic": "desk_policies",
    "policy_": "desk_policies",
    "simulation": "desk_policies",
    "desk_partner": "desk_partners",
    "desk_place": "desk_partners",
    "desk_card": "desk_cards",
    "card_file": "desk_cards",
    "card_doubts": "desk_cards",
    "card_tiers": "desk_cards",
    "print_batch": "desk_cards",
    "desk_benefit": "desk_benefits",
    "desk_manager": "desk_partners",
    "desk_settlement": "desk_settlements",
    "desk_site": "desk_sites",
    "desk_bar": "desk_sites",
    "desk_stay": "desk_sites",
    "desk_building": "desk_apartments",
    "desk_unit": "desk_apartments",
    "desk_round": "desk_apartments",
    "desk_offer": "desk_apartments",
    "desk_lease": "desk_apartments",
    "desk_contract": "desk_apartments",
    "desk_bill": "desk_apartments",
    "desk_payment": "desk_apartments",
    "desk_arrears": "desk_apartments",
    "desk_renewal": "desk_apartments",
    "desk_deposit": "desk_apartments",
    "desk_loss": "desk_apartments",
    "desk_violation": "desk_apartments",
}

_count_unread: Callable[[Any], int] | None = None


def count_unread_letters_with(count: Callable[[Any], int]) -> None:
    """Called once by the app that keeps the letters, which stands above this one: ``count(user) -> int``, one query."""
    global _count_unread
    _count_unread = count


class Frame:
    """Lazy: a page that does not show the frame (a letter, a file) asks nothing of the database."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.is_demo: bool = settings.DEMO
        self.offers_sms = gateway.is_offered()

    @cached_property
    def lang(self) -> str:
        return "en" if get_language() == "en" else "zh-Hans"

    @cached_property
    def other_language(self) -> dict[str, str]:
        code, name = OTHER_LANGUAGE["en" if get_language() == "en" else "zh-hans"]
        return {"code": code, "name": name, "lang": "en" if code == "en" else "zh-Hans"}

    @cached_property
    def theme(self) -> str:
        chosen = self._request.COOKIES.get("theme", "")
        return chosen if chosen in THEMES else ""

    @cached_property
    def section(self) -> str:
        match = self._request.resolver_match
        name = (match.url_name if match else None) or ""
        fitting = [start for start in SECTIONS if name.startswith(start)]
        return SECTIONS[max(fitting, key=len)] if fitting else ""

    @cached_property
    def acting_for(self) -> Any:
        """The application that a clerk works on for somebody at the counter; None on all other pages."""
        return getattr(self._request, "acting_for", None)

    @cached_property
    def here(self) -> str:
        """Where the language and theme buttons come back to: this page, or the page whose form led here."""
        if self._request.method in ("GET", "HEAD"):
            return self._request.get_full_path()
        referrer = self._request.headers.get("referer", "")
        if url_has_allowed_host_and_scheme(referrer, {self._request.get_host()}, self._request.is_secure()):
            return referrer
        return "/"

    @cached_property
    def unread(self) -> int:
        user = getattr(self._request, "user", None)
        if _count_unread is None or user is None or not user.is_authenticated:
            return 0
        return _count_unread(user)

    @cached_property
    def business_time(self) -> datetime:
        return clock.now()


def frame(request: HttpRequest) -> dict[str, Any]:
    """``frame`` (see Frame) and ``city`` (name, office, hotline) for every template."""
    return {"frame": Frame(request), "city": city()}
