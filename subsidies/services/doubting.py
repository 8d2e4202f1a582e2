"""Before money is paid, registers are asked once more: still in post, alive, nothing granted elsewhere meanwhile.

Cases 10 and 24 of policy-facts section 9. A register only raises a doubt; a person settles it or cancels the payable.
A register that does not answer raises none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from applicants.people.answers import answers_of
from applicants.people.models import Person
from applicants.registers.catalogue import registers_for
from applicants.registers.models import RegisterAnswer
from applicants.registers.services import is_connected
from portal.audit.services import record
from portal.casework.letters import tell_applicant
from portal.casework.models import Application, Assessment
from portal.casework.programmes import grants_of
from portal.casework.services.asking import ask_registers
from portal.casework.services.evidence import told_by_registers
from portal.city import city
from portal.policy.assessing import assess
from portal.policy.facts import Absence, Fact, Facts, read_value
from portal.policy.services import stored_calendar
from subsidies.living import CODE, living_subsidies_of
from subsidies.models import Payable, RollLine
from subsidies.services.checking import is_sent, open_doubt, with_evidence

logger = logging.getLogger(__name__)

ASKED = ("in_post", "prior_grants", "deceased_on")
AHEAD = timedelta(days=7)  # a payable is asked about when it can be collected within a week
FRESH = timedelta(days=7)  # and again when the last answers are older than this
BATCH = 200


def ask_before_paying(*, at: datetime) -> int:
    """Note which registers are to be asked about whoever is to be paid within a week. Returns about how many people.

    Only about a number that is proven: another might be anybody's. Who has been asked about lately, or waits for an
    answer, is left alone.
    """
    if not any(map(is_connected, registers_for(ASKED))):
        return 0
    asked = RegisterAnswer.objects.filter(asked_for=OuterRef("application"))
    lines = RollLine.objects.filter(payable=OuterRef("pk"), is_live=True)
    due = Payable.objects.filter(
        ~Exists(asked.filter(requested_at__gt=at - FRESH)),
        ~Exists(asked.waiting()),
        ~Exists(lines),
        application__isnull=False,
        person__proven_at__isnull=False,
        cancelled_at__isnull=True,
        approved_at__lte=at - FRESH,  # until then the answers of the check are fresh enough
        due_on__lte=timezone.localdate(at) + AHEAD,
    )
    ids = list(dict.fromkeys(due.order_by("due_on", "id").values_list("application", flat=True)[:BATCH]))
    for row in Application.objects.select_related("applicant", "policy_version__policy").filter(pk__in=ids):
        try:
            ask_registers(row, at=at, facts=ASKED, afresh=True)
        except Exception as error:  # one damaged file must not hold up the others, nor put its words in a log
            logger.error("Registers could not be asked about application %s (%s).", row.pk, type(error).__name__)
    return len(ids)


def weigh_answers(application: Application, at: datetime) -> None:
    """Raise or lift the doubt on what is still to be paid for ``application``, from what registers say now.

    A doubt that is raised is told to the applicant once, with the way to clear it. One that stands is lifted by another
    answer or settled by a reviewer, not by silence. Nothing is weighed while the number is not proven: what registers
    say may be about somebody else.
    """
    if not application.applicant.is_proven:
        return
    told = _told_since(application, at)
    doubt = _doubt_about(application, told)
    with transaction.atomic():
        rows = Payable.objects.filter(application=application, cancelled_at__isnull=True)
        list(rows.select_for_update().order_by("pk").values_list("pk"))
        for payable in with_evidence(rows).order_by("number"):
            if is_sent(payable) or payable.doubt == doubt:
                continue
            if open_doubt(payable) and payable.doubt not in told and doubt != "deceased_on":
                continue
            payable.doubt, payable.doubted_at = doubt, at if doubt else None
            payable.doubt_settled_at = payable.doubt_settled_by = payable.doubt_paper = None
            payable.save(update_fields=["doubt", "doubted_at", "doubt_settled_at", "doubt_settled_by", "doubt_paper"])
            record(action="payable.doubt", actor=None, target=payable, at=at, fields=["doubt"], note=doubt)
            if doubt and doubt != "deceased_on":
                tell_applicant(
                    application, "payment_doubted", key=f"{payable.pk}:{doubt}:{at:%Y%m%d}", at=at, doubt=doubt
                )


def _doubt_about(application: Application, told: Mapping[str, Fact]) -> str:
    """The first fact by which a register turns a clause that was met into one that is not; "" for none."""
    assessment = Assessment.objects.filter(application=application).order_by("number").last()
    if assessment is None:
        return ""
    if "deceased_on" in told and isinstance(told["deceased_on"].value, date):
        return "deceased_on"
    document, calendar = application.policy_version.parsed, stored_calendar()
    decided = Facts.from_json(assessment.facts)
    before = assess(document, decided, calendar)
    for name in ASKED:
        if name in told and name in document.reads:
            after = assess(document, Facts(decided.on, {**decided.known, name: told[name]}), calendar)
            if set(after.clauses("unmet")) - set(before.clauses("unmet")):
                return name
    return ""


def _told_since(application: Application, at: datetime) -> Mapping[str, Fact]:
    """What registers say now, by fact. What this portal granted is no grant from elsewhere."""
    person: Person = application.applicant
    known = told_by_registers(application, answers_of(person), at=at)
    told = {name: replace(fact, value=read_value(name, fact.value)) for name, (fact, _since) in known.items()}
    if isinstance(grants := told["prior_grants"].value if "prior_grants" in told else None, tuple):
        own = {(it.scheme, it.area) for it in grants_of(person)}
        if living_subsidies_of(person).exists():  # a register may know it by the programme alone
            own.add((CODE, city().code))
        others = tuple(grant for grant in grants if (grant.scheme, grant.area) not in own)
        told["prior_grants"] = replace(told["prior_grants"], value=others or Absence.NONE)
    return told
