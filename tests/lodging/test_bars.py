"""Bars: proposed by the rule, signed by a person, with a way back that somebody else decides."""

from datetime import date, timedelta

import pytest

from applicants.people.linking import link_people
from housing.lodging.models import Bar
from housing.lodging.services.applying import choose_bed
from housing.lodging.services.barring import (
    BarRefused,
    answer_reconsideration,
    ask_reconsideration,
    dismiss_bar,
    lift_bar,
    live_bar,
    may_answer,
    may_ask,
    sign_bar,
    visible_stays,
)
from housing.lodging.services.missing import times_missed
from portal.accounts.models import Role
from portal.casework.services.advancing import StepRefused, advance
from portal.notifications.models import Letter
from portal.notifications.rendering import render_letter
from tests.factories import make_person, make_staff, staff
from tests.lodging.making import (
    make_lodging_application_in,
    make_site,
    make_stay,
    prove_everything,
    start_lodging,
    wish,
)
from tests.lodging.staying import DAY, MIDNIGHT, letters_to, make_bar, make_booked

pytestmark = pytest.mark.django_db
MORNING = MIDNIGHT + timedelta(hours=9)  # of 10 March
REASON = "第二次没有入住，也没有取消。"


def a_signed_bar(stay=None):
    bar = make_bar(stay or make_booked(make_site()))
    return sign_bar(bar.pk, reason=REASON, by=staff(Role.FIRST_REVIEWER), at=MORNING)


# ── signing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_proposal_bars_nobody_until_a_person_signs_it():
    bar = make_bar(make_booked(make_site()))
    assert live_bar(bar.person, date(2026, 3, 10)) is None
    signed = sign_bar(bar.pk, reason=REASON, by=staff(Role.FIRST_REVIEWER), at=MORNING)
    assert (signed.from_on, signed.until_on) == (date(2026, 3, 10), date(2026, 6, 7))
    days = [date(2026, 3, 9), date(2026, 3, 10), date(2026, 6, 7), date(2026, 6, 8)]
    assert [live_bar(bar.person, on) for on in days] == [None, bar, bar, None]


def test_a_bar_holds_for_whoever_is_linked_with_the_person():
    bar = a_signed_bar()
    other = make_person()
    assert live_bar(other, date(2026, 3, 10)) is None
    link_people(person=bar.person, other=other, reason="同一本护照", by=staff(Role.CLERK), at=MORNING)
    assert live_bar(other, date(2026, 3, 10)) == bar


@pytest.mark.parametrize("act", [sign_bar, dismiss_bar])
def test_only_a_reviewer_of_the_town_decides_with_a_reason_and_once(act):
    bar = make_bar(make_booked(make_site()))
    elsewhere = make_staff(Role.APPROVER, town="lingxiu")
    for by in (staff(Role.CLERK), staff(Role.ADMINISTRATOR), staff(Role.AUDITOR), elsewhere):
        with pytest.raises(BarRefused, match="没有办理这一步的权限"):
            act(bar.pk, reason=REASON, by=by, at=MORNING)
    with pytest.raises(BarRefused, match="请写明理由"):
        act(bar.pk, reason="  ", by=staff(Role.APPROVER), at=MORNING)
    act(bar.pk, reason=REASON, by=staff(Role.APPROVER), at=MORNING)
    with pytest.raises(BarRefused, match="刚刚被别人办理过"):
        act(bar.pk, reason=REASON, by=staff(Role.FIRST_REVIEWER), at=MORNING)


def test_nobody_decides_about_themselves():
    stay = make_booked(make_site())
    bar = make_bar(stay)
    reviewer = make_staff(Role.APPROVER)
    type(bar.person).objects.filter(pk=bar.person_id).update(user=reviewer)
    with pytest.raises(BarRefused, match="没有办理这一步的权限"):
        dismiss_bar(bar.pk, reason=REASON, by=reviewer, at=MORNING)
    assert stay not in visible_stays(reviewer)


def test_the_letter_of_a_bar_names_the_reason_the_last_day_and_the_way_back():
    bar = a_signed_bar()
    letter = Letter.objects.get(recipient=bar.person.user, kind="stay_barred")
    text = "\n".join(render_letter(letter, "zh-hans").paragraphs)
    assert "从今天起 90 天，到 2026 年 6 月 7 日为止，您不能再申请免费住宿" in text
    assert f"理由：{REASON}" in text
    assert "申请复核，最晚 2026 年 3 月 31 日；由没有签署这项决定的人答复" in text
    assert "60 日内，向石狮市人民政府申请行政复议" in text


def test_a_miss_that_somebody_excused_counts_no_more():
    site = make_site(3)
    first, second = make_booked(site), make_booked(site)
    bar = make_bar(first)
    type(second).objects.filter(pk=second.pk).update(person=first.person)
    dismiss_bar(bar.pk, reason="住院", by=staff(Role.APPROVER), at=MORNING)
    assert live_bar(bar.person, MORNING.date()) is None
    later = make_bar(second)
    assert times_missed(later.stay) == 1
    assert letters_to(first) == ["stay_booked", "stay_missed", "stay_not_barred"]


def test_a_bar_is_lifted_before_its_time_with_a_reason():
    bar = a_signed_bar()
    lifted = lift_bar(bar.pk, reason="情况说明清楚", by=staff(Role.APPROVER), at=MORNING + DAY)
    assert (lifted.state, live_bar(bar.person, date(2026, 3, 11))) == ("lifted", None)
    with pytest.raises(BarRefused, match="刚刚被别人办理过"):
        lift_bar(bar.pk, reason="再一次", by=staff(Role.APPROVER), at=MORNING + DAY)
    assert letters_to(bar.stay)[-1] == "stay_bar_lifted"


def test_a_bar_stands_against_applications_of_its_days_whenever_the_guest_would_arrive():
    """As its letter says: from 10 March to 7 June, no application."""
    bar, site = a_signed_bar(), make_site()
    draft = start_lodging(bar.person, at=MORNING)
    asked = {"by": bar.person.user}
    last = MORNING.replace(month=6, day=7)
    for at in (MORNING, last):
        first = at.date() + timedelta(days=20)
        with pytest.raises(StepRefused, match="到 2026 年 6 月 7 日 为止，您不能再申请免费住宿"):
            choose_bed(draft, wish(site, first=first), at=at, **asked)
    free = last + DAY
    assert choose_bed(draft, wish(site, first=free.date() + timedelta(days=20)), at=free, **asked).state == "held"


def test_a_bar_does_not_stand_against_what_was_applied_for_before():
    row = make_lodging_application_in("final_approval", make_site(2))
    prove_everything(row, at=MIDNIGHT - 6 * DAY)
    bar = a_signed_bar()
    Bar.objects.filter(pk=bar.pk).update(person=row.applicant, from_on=date(2026, 3, 3), until_on=date(2026, 5, 31))
    row.refresh_from_db()
    at = MIDNIGHT - 6 * DAY
    moved = advance(row, "approve", actor=staff(Role.APPROVER), at=at, expected_version=row.version)
    assert moved.state == "approved"


# ── reconsidering ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_barred_asks_once_and_in_time():
    bar = a_signed_bar()
    last = date(2026, 3, 31)
    in_time = MORNING + timedelta(days=(last - MORNING.date()).days)
    assert (may_ask(bar, at=in_time), may_ask(bar, at=in_time + DAY)) == (True, False)
    with pytest.raises(BarRefused, match="没有办理这一步的权限"):
        ask_reconsideration(bar.pk, reason="我来了", by=staff(Role.CLERK), at=in_time)
    with pytest.raises(BarRefused, match="请写明您的理由"):
        ask_reconsideration(bar.pk, reason=" ", by=bar.person.user, at=in_time)
    ask_reconsideration(bar.pk, reason="我来了，前台没有登记。", by=bar.person.user, at=in_time)
    with pytest.raises(BarRefused, match="现在不能申请复核"):
        ask_reconsideration(bar.pk, reason="再问一次", by=bar.person.user, at=in_time)
    with pytest.raises(BarRefused, match="本人已申请复核"):
        lift_bar(bar.pk, reason="算了", by=staff(Role.APPROVER), at=in_time)


def test_nobody_asks_about_a_proposal():
    bar = make_bar(make_booked(make_site()))
    with pytest.raises(BarRefused, match="现在不能申请复核"):
        ask_reconsideration(bar.pk, reason="我来了", by=bar.person.user, at=MORNING)


def test_a_reconsideration_is_answered_by_an_administrator_who_has_not_signed():
    bar = a_signed_bar()
    signer = bar.decided_by
    signer.role_grants.create(role=Role.ADMINISTRATOR)
    ask_reconsideration(bar.pk, reason="我来了", by=bar.person.user, at=MORNING + timedelta(hours=1))
    given = {"is_upheld": True, "answer": "监控看到他来了。", "at": MORNING + DAY}
    for by in (type(signer).objects.get(pk=signer.pk), staff(Role.APPROVER), staff(Role.CLERK)):
        assert not may_answer(bar, by)
        with pytest.raises(BarRefused, match="没有签署这项限制的管理员"):
            answer_reconsideration(bar.pk, by=by, **given)
    answered = answer_reconsideration(bar.pk, by=staff(Role.ADMINISTRATOR), **given)
    assert (answered.state, answered.lift_reason) == ("lifted", "监控看到他来了。")
    assert live_bar(bar.person, date(2026, 3, 12)) is None
    assert letters_to(bar.stay)[-2:] == ["bar_reconsideration_received", "stay_bar_lifted"]


def test_a_reconsideration_that_is_dismissed_leaves_the_bar_as_it_is():
    bar = a_signed_bar()
    ask_reconsideration(bar.pk, reason="我来了", by=bar.person.user, at=MORNING)
    given = {"is_upheld": False, "by": staff(Role.ADMINISTRATOR), "at": MORNING + DAY}
    with pytest.raises(BarRefused, match="请写明理由"):
        answer_reconsideration(bar.pk, answer=" ", **given)
    answer_reconsideration(bar.pk, answer="没有新的证据。", **given)
    assert live_bar(bar.person, date(2026, 3, 12)) == bar
    with pytest.raises(BarRefused, match="没有待答复的复核"):
        answer_reconsideration(bar.pk, answer="再答一次", **given)
    assert letters_to(bar.stay)[-1] == "bar_reconsideration_dismissed"


# ── who sees what ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_desk_sees_the_stays_of_its_towns_and_no_drafts():
    stay, _draft = make_booked(make_site()), make_stay(make_site())
    seen = {
        "city": set(visible_stays(staff(Role.CLERK))),
        "its town": set(visible_stays(make_staff(Role.CLERK, town="fengli"))),
        "another": set(visible_stays(make_staff(Role.CLERK, town="lingxiu"))),
        "another programme": set(visible_stays(make_staff(Role.CLERK, programme="card"))),
        "finance": set(visible_stays(staff(Role.FINANCE))),
        "nobody": set(visible_stays(make_person().user)),
    }
    nothing = set()
    assert seen == {
        "city": {stay},
        "its town": {stay},
        "another": nothing,
        "another programme": nothing,
        "finance": nothing,
        "nobody": nothing,
    }
    assert Bar.objects.count() == 0
