"""Talent apartments for the access table: an application that waits in a round with an offer, and one with a lease."""

from __future__ import annotations

from datetime import datetime

from applicants.people.models import Person
from housing.apartments.models import Entrant, Handover, Lease, RenewalRequest
from housing.apartments.services.breaching import report_violation
from housing.apartments.services.contracts import make_contract
from housing.apartments.services.handing_over import add_photo
from housing.apartments.services.leaving import give_notice
from housing.apartments.services.losing import report_loss
from housing.apartments.services.offering import accept_offer
from housing.apartments.services.reconsidering import ask_reconsideration
from portal.accounts.models import Role
from tests.apartments.counter_making import entered_at_counter
from tests.apartments.lease_making import make_text, operator_of
from tests.apartments.making import DAY, HOUR, make_approved, make_building, make_entrant, make_round, offer_to
from tests.apartments.renting import hand_over, make_running, on
from tests.apartments.round_making import DRAWS, prepare, unit_photo_of, walk_round
from tests.apartments.walking import give_tier, open_round
from tests.factories import make_paper, staff
from tests.lodging.sites_making import picture


def apartment_places(person: Person, now: datetime) -> dict[str, tuple]:
    """What stands in the addresses of apartments; ``person`` is the applicant and the tenant."""
    at, first = now - 2 * HOUR, now.date()
    of_rounds = stock_and_round_places(now)  # walks on to a day when the round below would be frozen: so it is first
    building = make_building(3)
    units = list(building.units.order_by("label"))
    housed = make_entrant(make_round(building, at=at), make_approved(person, at=at), at=at)
    offer = offer_to(housed, units[0], at=at, starts_on=first)
    lease = accept_offer(offer_id=offer.pk, by=person.user, at=now - HOUR)

    waiting = give_tier(make_approved(person, at=at), at=at)
    place = make_entrant(make_round(make_building(), at=at), waiting, at=at)
    offered = offer_to(place, at=at, starts_on=first)
    row = open_round(at=now)
    return {
        "own_apartment": (waiting.pk,),
        "own_apartment_enter": (waiting.pk, row.pk),
        "own_apartment_leave": (place.pk,),
        "own_offer": (offered.pk,),
        **dict.fromkeys(("api_apartment_entry", "api_apartment_offer", "api_apartment_lease"), (waiting.pk,)),
        **lease_places(lease, now - HOUR),
        **rent_places(lease),
        "own_round_reconsideration": (place.pk,),
        **of_rounds,
    }


def stock_and_round_places(now: datetime) -> dict[str, tuple]:
    """What stands in the addresses of the stock and of rounds: a unit with a photo, a draft, a result …"""
    building = make_building(2)
    unit = building.units.first()
    draft, walked = prepare(building), walk_round(make_building())
    entrant = Entrant.objects.get(round=walked)
    by = entrant.application.applicant.user
    asked = ask_reconsideration(entrant.pk, reason="层次写错了。", by=by, at=DRAWS + 2 * HOUR)
    frozen = walk_round(make_building(), "frozen")
    of_building = ("apartment_building", "desk_building", "desk_building_edit", "desk_unit_new")
    of_unit = (
        "apartment_unit",
        "desk_unit",
        *(f"desk_unit_{it}" for it in ("photos", "inventory", "closures", "retire")),
    )
    return {
        **dict.fromkeys(of_building, (building.pk,)),
        **dict.fromkeys(of_unit, (unit.pk,)),
        "apartment_photo": (unit_photo_of(unit, at=now).pk,),
        "apartment_round": (walked.number,),
        "apartment_round_file": (walked.number, "result"),
        "desk_round": (walked.pk,),
        "desk_round_annulment": (frozen.pk,),
        "desk_round_reconsideration": (asked.pk,),
        **dict.fromkeys(("desk_round_edit", "desk_round_act"), (draft.pk,)),
    }


def lease_places(lease: Lease, at: datetime) -> dict[str, tuple]:
    """A lease with its contract, which nobody has signed, and a hand-over that waits for the tenant."""
    text = make_text(at=at)
    make_contract(lease.pk, template=text, at=at)
    operator = operator_of(lease)
    handover = Handover.objects.create(
        lease=lease, direction="in", on=lease.starts_on, key_count=2, made_by=operator.user, member=operator, made_at=at
    )
    photo = add_photo(handover_id=handover.pk, upload=picture(), caption="客厅", member=operator, at=at)
    own = [f"own_lease{page}" for page in ("", "_contract", "_signed", "_sign")]
    at_work = [f"partner_{page}" for page in ("lease", "lease_contract", "lease_signed", "lease_sign", "handover")]
    desk = [f"desk_lease{page}" for page in ("", "_contract", "_signed")]
    return {
        **dict.fromkeys([*own, *at_work, *desk], (lease.pk,)),
        **dict.fromkeys(("own_handover", "partner_photos"), (lease.pk, "in")),
        **dict.fromkeys((f"{side}_handover_photo" for side in ("own", "partner", "desk")), (lease.pk, photo.pk)),
        **dict.fromkeys(("counter_apartment", "counter_apartment_print"), (entered_at_counter(at=at).pk,)),
        **dict.fromkeys(("desk_contract", "desk_contract_preview", "desk_contract_publish"), (text.pk,)),
    }


def rent_places(own: Lease) -> dict[str, tuple]:
    """What stands in the addresses of rent: the tenant's drafted lease, somebody's that runs, somebody's that is over.

    Of the one that runs everything is reported, and a renewal asked for.
    """
    lives, over = make_running(), make_running()
    by = over.person.user
    until = over.starts_on + 30 * DAY
    give_notice(lease_id=over.pk, until=until, expected_version=over.version, by=by, at=on(over.starts_on))
    hand_over(over, "out", day=until)
    paper = make_paper(over.person)
    over.handovers.update(paper=paper)
    at, clerk = on(lives.starts_on), staff(Role.CLERK)
    told = {"lease_id": lives.pk, "happened_on": lives.starts_on, "note": "看到了。", "by": clerk, "at": at}
    loss, breach = report_loss(kind="home", source="staff", **told), report_violation(kind=0, **told)
    renewal = RenewalRequest.objects.create(
        lease=lives, is_in_post=True, has_home=False, asked_by=lives.person.user, asked_at=at
    )
    pages = ("bills", "notice", "renewal", "loss_report")
    return {
        **dict.fromkeys((f"own_{page}" for page in pages), (own.pk,)),
        "own_statement": (own.pk, "pdf"),
        **dict.fromkeys((f"partner_{page}" for page in ("bills", "inspection", "violation", "loss")), (own.pk,)),
        **dict.fromkeys(("partner_statement", "desk_statement"), (own.pk, "pdf")),
        "desk_lease_paper": (over.pk, paper.pk),
        "desk_deposit": (over.pk,),
        "desk_renewal": (renewal.pk,),
        "desk_loss": (loss.pk,),
        "desk_violation": (breach.pk,),
        "desk_lease_report": (lives.pk, "violation"),
    }
