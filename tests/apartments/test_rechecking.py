"""What registers say against a tenant: a task for a person, with its evidence; and the re-check of a renewal."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from applicants.people.services import prove_number
from applicants.registers.models import RegisterAnswer
from housing.apartments.models import Lease, LossReport
from housing.apartments.services.losing import decide_loss, report_loss
from housing.apartments.services.rechecking import ask_about_tenants, weigh_answers
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.renewing import ask_for_renewal, decide_renewal
from portal.accounts.models import Role
from portal.audit.models import Entry
from portal.casework.models import Application, Assessment
from portal.policy.facts import Facts, Provenance
from tests.apartments.making import FIRST
from tests.apartments.renting import make_running, on
from tests.apartments.walking import give_tier
from tests.browsing import signed_in, text_of
from tests.casework.register_answers import answer
from tests.factories import move_clock, staff

pytestmark = pytest.mark.django_db
DECIDED = {"in_post": "yes", "employer_place": "350581", "is_dispatched": "no", "married": "no", "homes": "-",
           "spouse_homes": "-", "children_homes": "-"}  # fmt: skip
BOUGHT, NONE = {"homes": "350581@2026-05-20"}, {"homes": "-"}
JUNE, ASKING = date(2026, 6, 2), date(2027, 1, 4)
MONTH = timedelta(days=31)


@pytest.fixture
def lease() -> Lease:
    """Lived in since April, on an approval that rests on papers about post and homes; the number is proven."""
    made = make_running()
    give_tier(made.application)
    assessment = Assessment.objects.get()
    assessment.facts = Facts.of(FIRST, DECIDED, Provenance.PAPER, "paper:home_record").as_json()
    assessment.save(update_fields=["facts"])
    prove_number(person=made.person, by=staff(Role.CLERK), at=on(FIRST))
    return Lease.objects.get(pk=made.pk)


def told(lease: Lease, register: str, values: dict[str, str] | None, day: date = JUNE) -> list[tuple[str, str]]:
    """The register answers, and the portal takes it in; gives kind and state of all that was reported."""
    answer(lease.person, register, values, at=on(day, 2))
    weigh_answers(Application.objects.get(pk=lease.application_id), on(day, 2))
    return list(LossReport.objects.order_by("reported_at", "kind").values_list("kind", "finding"))


def page(role: str, name: str, pk: object) -> str:
    """The words of a page of the desk."""
    return text_of(signed_in(role).get(reverse(name, args=[pk])))


def decide(row: LossReport, *, is_lost: bool, day: date = JUNE) -> None:
    decide_loss(report_id=row.pk, is_lost=is_lost, reason="已核实", by=staff(Role.APPROVER), at=on(day))


def test_tenants_are_asked_about_by_night_once_in_thirty_days(lease, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    assert [ask_about_tenants(at=on(JUNE, hour)) for hour in (14, 2, 3)] == [0, 1, 0]
    waiting = RegisterAnswer.objects.waiting().filter(asked_for=lease.application_id)
    assert set(waiting.values_list("register", flat=True)) == {"insurance", "business", "marriage", "property"}


def test_a_home_that_the_register_shows_makes_one_task_and_changes_nothing_by_itself(lease):
    assert told(lease, "property", BOUGHT) == [("home", "open")]
    assert told(lease, "property", BOUGHT, JUNE + MONTH) == [("home", "open")]
    row = LossReport.objects.get()
    assert (row.source, row.reported_by, [it["clause"] for it in row.evidence]) == ("register", None, ["TA-5"])
    assert Lease.objects.get().state == "running"
    decide(row, is_lost=True, day=JUNE + MONTH)
    assert (Lease.objects.get().ending, told(lease, "property", NONE, JUNE + 2 * MONTH)) == (
        "status_lost", [("home", "confirmed")],
    )  # fmt: skip
    assert Lease.objects.get().state == "ending"


def test_a_post_that_was_left_is_told_beside_a_home_and_is_not_doubled_by_what_staff_reported(lease):
    said = {"kind": "home", "source": "staff", "happened_on": FIRST, "note": "邻居说的"}
    report_loss(lease_id=lease.pk, **said, by=staff(Role.CLERK), at=on(FIRST))
    told(lease, "property", BOUGHT)
    assert told(lease, "insurance", {"in_post": "no"}) == [("home", "open"), ("post", "open")]
    assert LossReport.objects.get(kind="home").evidence[0]["clause"] == "TA-5"


def test_silence_homes_elsewhere_and_a_number_not_proven_raise_nothing(lease):
    assert told(lease, "property", None) == []
    assert told(lease, "property", {"homes": "350200@2020-01-01"}) == []
    assert told(lease, "insurance", {"in_post": "yes"}) == []
    type(lease.person).objects.update(proven_at=None, proven_by=None)
    assert told(lease, "property", BOUGHT) == []


def test_what_an_officer_has_dismissed_is_raised_again_only_for_new_words(lease):
    told(lease, "property", BOUGHT)
    decide(LossReport.objects.get(), is_lost=False)
    told(lease, "marriage", {"married": "no"}, JUNE + MONTH)
    assert told(lease, "property", BOUGHT, JUNE + MONTH) == [("home", "dismissed")]
    both = {"homes": "350581@2026-05-20;350581@2026-08-01"}
    assert told(lease, "property", both, date(2026, 9, 1)) == [("home", "dismissed"), ("home", "open")]


def test_a_register_that_takes_its_word_back_closes_its_own_task_and_silence_does_not(lease):
    told(lease, "property", BOUGHT)
    later = JUNE + timedelta(days=40)  # the answer about homes is no longer valid
    assert told(lease, "marriage", {"married": "no"}, later) == [("home", "open")]
    assert told(lease, "property", NONE, later) == [("home", "lifted")]
    row = LossReport.objects.get()
    assert Entry.objects.filter(action="loss.take_back", target_id=str(row.pk)).count() == 1
    with pytest.raises(LeaseRefused):
        decide(row, is_lost=True, day=later)
    assert "登记已更正" in page(Role.APPROVER, "desk_loss", row.pk)


def test_the_books_keep_what_a_register_said_and_that_only_a_register_takes_it_back(lease):
    made = {"lease": lease, "kind": "home", "reported_at": on(JUNE)}
    with pytest.raises(IntegrityError, match="what_a_register_reports_it_shows"), transaction.atomic():
        LossReport.objects.create(source="register", **made)
    with pytest.raises(IntegrityError, match="a_loss_of_status_is_decided"), transaction.atomic():
        LossReport.objects.create(source="tenant", finding="lifted", decided_at=on(JUNE), **made)


def test_the_officer_reads_the_evidence_in_words(lease):
    told(lease, "property", BOUGHT)
    shown = page(Role.APPROVER, "desk_loss", LossReport.objects.get().pk)
    for words in ("登记系统", "TA-5", "不动产登记", "2026 年 6 月 2 日", "不符合"):
        assert words in shown


# ── renewal ───────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(lease: Lease, *, is_in_post: bool = True):
    return ask_for_renewal(
        lease_id=lease.pk, is_in_post=is_in_post, has_home=False, note="", by=lease.person.user, at=on(ASKING)
    )


def granted(row, *, in_spite: bool = False):
    return decide_renewal(request_id=row.pk, is_granted=True, is_extended=False, reason="已复核", in_spite=in_spite,
                          by=staff(Role.APPROVER), at=on(ASKING, 15))  # fmt: skip


def test_asking_for_a_renewal_asks_the_registers_and_the_page_shows_who_has_not_answered(lease, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    row = asked(lease)
    assert RegisterAnswer.objects.waiting().filter(asked_for=lease.application_id).count() == 4
    move_clock(on(ASKING, 12))
    shown = page(Role.APPROVER, "desk_renewal", row.pk)
    for words in ("还没有答复", "不动产登记", "TA-3", "TA-5", "待证实", "本人填写"):
        assert words in shown
    assert "TA-2" not in shown  # when one graduated is not asked twice


def test_a_renewal_against_an_unmet_clause_takes_a_tick_which_the_page_keeps(lease):
    row = asked(lease)
    told(lease, "property", BOUGHT, ASKING)
    move_clock(on(ASKING, 15))
    with pytest.raises(LeaseRefused, match="有条款不符合"):
        granted(row)
    assert "我仍然同意续租" in page(Role.APPROVER, "desk_renewal", row.pk)
    granted(row, in_spite=True)
    assert Entry.objects.get(action="renewal.decide").note == "confirmed TA-5"
    decide(LossReport.objects.get(), is_lost=False, day=ASKING)
    assert told(lease, "property", BOUGHT, ASKING + MONTH) == [("home", "dismissed")]
    assert "决定人知道有条款不符合，仍然同意。" in page(Role.APPROVER, "desk_renewal", row.pk)


def test_what_was_granted_in_spite_is_no_new_task(lease):
    answer(lease.person, "property", BOUGHT, at=on(ASKING, 2))
    granted(asked(lease), in_spite=True)
    assert told(lease, "property", BOUGHT, ASKING + MONTH) == []
    assert told(lease, "insurance", {"in_post": "no"}, ASKING + MONTH) == [("post", "open")]


def test_a_renewal_that_nothing_speaks_against_needs_no_tick(lease):
    answer(lease.person, "property", NONE | {"children_homes": "-"}, at=on(ASKING, 2))
    answer(lease.person, "insurance", {"in_post": "yes"}, at=on(ASKING, 2))
    row = granted(asked(lease))
    assert {it["clause"]: it["answer"] for it in row.evidence} == {"TA-3": "met", "TA-5": "met"}
