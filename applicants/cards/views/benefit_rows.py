"""Benefits as the pages show them."""

from __future__ import annotations

from datetime import date
from typing import Any

from applicants.cards.benefit_words import price_text, quota_text
from applicants.cards.models import Benefit
from applicants.cards.services.catalogue import terms_on


def kind_titles(day: date) -> dict[str, str]:
    """The kinds of card by name, as the policy of that day calls them."""
    terms = terms_on(day)
    return {kind.kind: str(kind.title) for kind in terms.kinds} if terms else {}


def benefit_row(benefit: Benefit) -> dict[str, Any]:
    """One benefit in words, whoever looks."""
    return {
        "benefit": benefit,
        "price": price_text(benefit),
        "quotas": [quota_text(window, most) for window, most in benefit.quotas],
    }
