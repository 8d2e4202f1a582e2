"""Somebody without an account: what waits for their hand, and a clerk who takes in what they have signed on paper.

The services are those that everybody's own pages call; they get the paper with the clerk, and check both
(``changing.speaks_for``). A paper that leads to nothing is not kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils import timezone

from applicants.people.models import Paper
from applicants.people.papers import accept_paper, remove_paper
from applicants.people.refusals import Refused
from housing.apartments.models import (
    STANDING,
    Entrant,
    Handover,
    Lease,
    LeaseSignature,
    LeaseState,
    Offer,
    OfferState,
    Round,
)
from housing.apartments.services.entering import is_used_up, rounds_to_enter
from housing.apartments.services.leasing import WITH
from housing.apartments.services.leaving import first_day_to_leave
from housing.apartments.services.renewing import why_not
from portal.accounts.models import User
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.policy.terms import PaperLimits

KIND = "signed_lease"  # of the papers
Done = TypeVar("Done")


@dataclass(frozen=True)
class Waiting:
    """What the applicant may do next, one of them: sign a list or a contract, answer an offer, enter a round.

    Or what they came for: to leave a round, give notice, ask for a renewal.
    """

    handover: Handover | None = None
    contract_of: Lease | None = None
    offer: Offer | None = None
    rounds: tuple[Round, ...] = ()
    leaves: Entrant | None = None
    notice_of: Lease | None = None
    renewal_of: Lease | None = None


def what_may_be_asked(application: Application, *, at: datetime) -> dict[str, Waiting]:
    """What the applicant may come for without being asked, by its name: leave, notice, renewal."""
    on, found = timezone.localdate(at), {}
    if entrant := Entrant.objects.filter(application=application, state__in=STANDING).select_related("round").first():
        found["leave"] = Waiting(leaves=entrant)
    running = Lease.objects.filter(application=application, state=LeaseState.RUNNING)
    if lease := running.select_related(*WITH).first():
        if first_day_to_leave(lease, on=on) <= lease.ends_on:
            found["notice"] = Waiting(notice_of=lease)
        if not why_not(lease, on=on):
            found["renewal"] = Waiting(renewal_of=lease)
    return found


def what_waits(application: Application, *, at: datetime) -> Waiting:
    """The first thing that waits for the applicant's hand."""
    leases = Lease.objects.filter(application=application)
    lists = Handover.objects.filter(lease__in=leases, signed_at=None).prefetch_related("lines", "photos")
    if row := lists.select_related("lease__unit__building__place", "member").order_by("made_at").first():
        return Waiting(handover=row)
    unsigned = leases.filter(state=LeaseState.DRAFTED, contract__isnull=False).select_related(*WITH, "contract")
    if lease := unsigned.exclude(signatures__side=LeaseSignature.Side.TENANT).first():
        return Waiting(contract_of=lease)
    offers = Offer.objects.filter(entrant__application=application, state=OfferState.OPEN, expires_at__gt=at)
    related = ("type", "unit__building__place", "round", "entrant__application__applicant",
               "entrant__round__policy_version")  # fmt: skip
    if offer := offers.select_related(*related).first():
        return Waiting(offer=offer)
    if is_used_up(application) or Entrant.objects.filter(application=application, state__in=STANDING).exists():
        return Waiting()
    return Waiting(rounds=tuple(rounds_to_enter(application, at=at)))


def take_in(
    act: Callable[[Paper], Done], *, application: Application, upload: UploadedFile[Any], by: User, at: datetime
) -> Done:
    """Keep the scan of what the applicant signed by hand, and do ``act`` with it: one of the services.

    Raises PaperRefused, and what ``act`` raises: then the scan is not kept.
    """
    limits = PaperLimits()
    paper = accept_paper(person=application.applicant, kind=KIND, upload=upload, limits=limits, by=by, at=at)
    try:
        return act(paper)
    except (Refused, StepRefused):
        remove_paper(paper=paper, by=by, at=at)
        raise


def papers_of(lease: Lease) -> QuerySet[Paper]:
    """What the tenant signed by hand on the way to the lease and for it, in the order in which it was taken in."""
    rows = (lease.signatures, lease.handovers, lease.events, lease.renewal_requests)
    found = {paper for of in rows for paper in of.values_list("paper", flat=True)}
    if lease.offer_id:
        found.update(*Offer.objects.filter(pk=lease.offer_id).values_list("paper", "entrant__paper"))
    return Paper.objects.filter(pk__in=found - {None}).order_by("uploaded_at", "id")
