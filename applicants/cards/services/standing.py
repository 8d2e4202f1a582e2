"""The cards of one human, under whatever papers, and which was held on a day: a fact that other programmes read."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from applicants.cards.models import Card, CardEvent, CardState
from applicants.people.linking import known_as
from applicants.people.models import Person


def cards_known_as(person: Person) -> QuerySet[Card]:
    """The cards of ``person``, of whoever is linked with them, and of whoever had the number they have now."""
    everyone = known_as(person)
    return Card.objects.filter(Q(person__in=everyone.ids) | Q(number_hash__in=everyone.hashes))


def tier_on(person: Person, on: date) -> str:
    """The tier of the card that was valid on ``on``, at its end (design rule: a day ends at 24:00); "" for none.

    Of the person, or of whoever is linked with them. What happened to the card afterwards changes nothing. One query
    where nobody is linked.
    """
    day_over = timezone.make_aware(datetime.combine(on + timedelta(days=1), time.min))
    newest = CardEvent.objects.filter(card=OuterRef("pk"), at__lt=day_over).order_by("-version")
    cards = Card.objects.filter(person__in=known_as(person).ids, valid_from__lte=on, valid_to__gte=on)
    stood = cards.annotate(stood=Subquery(newest.values("to_state")[:1])).filter(stood=CardState.ACTIVE)
    return stood.order_by("-issued_at").values_list("tier", flat=True).first() or ""
