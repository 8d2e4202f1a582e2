"""Publishing by two: who drafted, edited or asked does not publish; what is published was asked for, word for word."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import User
from portal.audit.models import Entry
from portal.casework.models import Application
from portal.notifications.models import Letter
from portal.policy import drafting
from portal.policy.drafting import DraftChanged, DraftRefused
from portal.policy.models import PolicyDraft, PolicyVersion, VersionIsPublished
from portal.policy.services import load_policy, version_deciding
from tests.factories import AT, make_application_in, make_draft, make_person
from tests.policy.qualifying import text_of
from tests.policy_admin.drafts import administrator, edit, make_policy_draft

Race = Callable[[int, Callable[[int], object]], list[object]]


@pytest.fixture
def asker(db: None) -> User:
    return administrator()


@pytest.fixture
def second(db: None) -> User:
    return administrator()


@pytest.fixture
def asked(asker: User, second: User) -> PolicyDraft:
    """A draft with 12,000 yuan instead of 10,000 that is asked for."""
    draft = make_policy_draft(asker)
    edit(draft, ("amounts", 0), asker, yuan="12000")
    return ask(draft, asker)


def ask(draft: PolicyDraft, by: User, at: datetime = AT, *, is_backdated: bool = False) -> PolicyDraft:
    draft.refresh_from_db()
    drafting.ask_to_publish(
        draft=draft, by=by, at=at, expected_revision=draft.revision, note="按新文件", is_backdated=is_backdated
    )
    draft.refresh_from_db()
    return draft


def publish(draft: PolicyDraft, by: User, at: datetime = AT, *, is_backdated: bool = False) -> PolicyVersion:
    draft.refresh_from_db()
    return drafting.publish_draft(
        draft=draft, by=by, at=at, expected_revision=draft.revision, is_backdated=is_backdated
    )


def test_a_second_administrator_publishes_what_was_asked_for(asked: PolicyDraft, asker: User, second: User) -> None:
    version = publish(asked, second)
    asked.refresh_from_db()
    assert (asked.state, asked.version) == ("published", version)
    assert (version.label, version.asked_by, version.published_by, version.published_at) == ("2", asker, second, AT)
    assert version.parsed.amounts[0].amount_fen == 1_200_000
    assert version.parsed == asked.document
    assert version_deciding("LS-2022", AT.date()) != version
    assert version_deciding("LS-2022", AT.date() + timedelta(days=1)) == version
    assert Entry.objects.get(action="draft.publish").actor == second
    assert [it.actor for it in Entry.objects.filter(action="policy.publish", digest=version.sha256)] == [second]


def test_nobody_publishes_what_they_asked_for(asked: PolicyDraft, asker: User) -> None:
    with pytest.raises(DraftRefused, match="申请发布的人不能自己发布"):
        publish(asked, asker)


def test_nobody_publishes_what_they_drafted_or_edited(asker: User, second: User) -> None:
    draft, editor = make_policy_draft(asker), administrator()
    edit(draft, ("amounts", 0), editor, yuan="12000")
    ask(draft, second)
    for person in (asker, editor):
        with pytest.raises(DraftRefused, match="起草或改过这份草稿的人不能发布"):
            publish(draft, person)
        with pytest.raises(DraftRefused, match="起草或改过这份草稿的人不能发布"):
            drafting.send_back(draft=draft, by=person, at=AT, expected_revision=draft.revision, reason="不对")
    assert publish(draft, administrator()).published_by not in (asker, editor, second)


def test_the_database_does_not_let_one_person_ask_and_publish(asked: PolicyDraft, asker: User, second: User) -> None:
    version = publish(asked, second)
    copy = {"policy": version.policy, "label": "9", "effective_from": "2030-01-01", "document": version.document}
    for people in ({"asked_by": asker, "published_by": asker}, {"asked_by": asker}, {"published_by": asker}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PolicyVersion.objects.create(**copy, **people, published_at=AT)


def test_a_change_takes_the_ask_back(asked: PolicyDraft, asker: User, second: User) -> None:
    edit(asked, ("amounts", 0), asker, yuan="13000")
    asked.refresh_from_db()
    assert (asked.state, asked.asked_by, asked.asked_sha256) == ("open", None, "")
    with pytest.raises(DraftRefused, match="还没有人申请发布"):
        publish(asked, second)


def test_a_text_that_is_not_the_one_asked_for_is_not_published(asked: PolicyDraft, second: User) -> None:
    data = asked.data
    data["amounts"][0]["yuan"] = "99999"
    PolicyDraft.objects.filter(pk=asked.pk).update(data=data)  # behind the portal's back
    with pytest.raises(DraftRefused, match="和申请发布时不一致"):
        publish(asked, second)


def test_what_was_published_is_not_changed_any_more(asked: PolicyDraft, asker: User, second: User) -> None:
    version = publish(asked, second)
    version.label = "3"
    for act in (version.save, version.delete, lambda: edit(asked, ("amounts", 0), asker, yuan="1")):
        with pytest.raises((VersionIsPublished, DraftRefused)):
            act()
    with pytest.raises(DraftRefused, match="已经发布"):
        publish(asked, administrator())
    assert PolicyVersion.objects.get(label="2").parsed.amounts[0].amount_fen == 1_200_000


def test_an_unfinished_draft_is_not_asked_for(asker: User) -> None:
    draft = make_policy_draft(asker)
    drafting.remove_item(draft=draft, path=("notice",), by=asker, at=AT, expected_revision=1)
    with pytest.raises(DraftRefused, match="还有需要修改的地方"):
        ask(draft, asker)


def test_a_day_that_has_passed_is_meant_or_refused_by_both(asker: User, second: User) -> None:
    draft = make_policy_draft(asker)
    edit(draft, (), asker, effective_from="2023-10-15")
    with pytest.raises(DraftRefused, match="施行日期已经过去"):
        ask(draft, asker)
    ask(draft, asker, is_backdated=True)
    with pytest.raises(DraftRefused, match="施行日期已经过去"):
        publish(draft, second)
    assert publish(draft, second, is_backdated=True).label == "2"


def test_today_has_not_passed(asker: User, second: User) -> None:
    draft = make_policy_draft(asker)
    edit(draft, (), asker, effective_from="2023-10-16")
    ask(draft, asker)
    assert publish(draft, second).label == "2"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": "1"}, "LS-2022 第 1 版已经发布"),
        ({"effective_from": "2022-06-30"}, "同一天只能有一个版本"),
    ],
)
def test_what_does_not_fit_what_is_published_is_told(asker: User, changes: dict[str, str], sentence: str) -> None:
    draft = make_policy_draft(asker)
    edit(draft, (), asker, **changes)
    with pytest.raises(DraftRefused, match=sentence):
        ask(draft, asker, is_backdated=True)


def test_what_was_published_since_the_ask_is_seen(asked: PolicyDraft, second: User) -> None:
    text = text_of("LS-2022").replace('version: "1"', 'version: "2"').replace("2022-06-30", "2024-01-01")
    load_policy(text, at=AT)
    with pytest.raises(DraftRefused, match="LS-2022 第 2 版已经发布"):
        publish(asked, second)
    asked.refresh_from_db()
    assert asked.state == "asked"


def test_a_draft_of_a_new_policy_is_published(asker: User, second: User) -> None:
    draft = drafting.begin_draft_from_yaml(text=text_of("SI-2022"), by=asker, at=AT)
    ask(draft, asker, is_backdated=True)
    assert publish(draft, second, is_backdated=True).policy.code == "SI-2022"


def test_who_asked_takes_it_back(asked: PolicyDraft, asker: User, second: User) -> None:
    drafting.take_back(draft=asked, by=asker, at=AT, expected_revision=asked.revision)
    with pytest.raises(DraftRefused, match="还没有人申请发布"):
        publish(asked, second)


def test_it_is_sent_back_with_a_reason_that_stays_until_the_next_ask(
    asked: PolicyDraft, asker: User, second: User
) -> None:
    with pytest.raises(DraftRefused, match="请写明退回的原因"):
        drafting.send_back(draft=asked, by=second, at=AT, expected_revision=asked.revision, reason=" ")
    drafting.send_back(draft=asked, by=second, at=AT, expected_revision=asked.revision, reason="金额写错了")
    asked.refresh_from_db()
    assert (asked.state, asked.return_reason) == ("open", "金额写错了")
    ask(asked, asker)
    assert asked.return_reason == ""


def test_a_page_that_is_out_of_date_publishes_nothing(asked: PolicyDraft, second: User) -> None:
    with pytest.raises(DraftChanged):
        drafting.publish_draft(draft=asked, by=second, at=AT, expected_revision=asked.revision - 1)


# ── letters ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_asking_tells_those_who_may_publish_and_nobody_else(asker: User) -> None:
    may = {administrator().pk, administrator(programme="living-subsidy").pk}
    administrator(town="fengli")
    administrator(programme="lodging")
    editor, gone = administrator(), administrator()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    draft = make_policy_draft(asker)
    edit(draft, ("amounts", 0), editor, yuan="12000")
    ask(draft, asker)
    letters = Letter.objects.filter(kind="policy_asked")
    assert {letter.recipient_id for letter in letters} == may
    assert {letter.reference for letter in letters} == {"LS-2022 2"}
    assert letters[0].context["note"] == "按新文件"


def test_who_asked_is_told_how_it_ended(asked: PolicyDraft, asker: User, second: User) -> None:
    drafting.send_back(draft=asked, by=second, at=AT, expected_revision=asked.revision, reason="金额写错了")
    ask(asked, asker)
    publish(asked, second)
    letters = Letter.objects.filter(kind="policy_answered", recipient=asker)
    assert {(it.context["is_published"], it.context["reason"]) for it in letters} == {(False, "金额写错了"), (True, "")}
    assert Letter.objects.filter(kind="policy_asked", recipient=second).count() == 2


# ── applications in flight ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_application_in_flight_keeps_its_version(asker: User, second: User) -> None:
    row = make_application_in("first_review")
    first = row.policy_version
    draft = make_policy_draft(asker, at=row.state_at)
    edit(draft, ("amounts", 0), asker, yuan="12000")
    ask(draft, asker, row.state_at)
    version = publish(draft, second, row.state_at)
    row = Application.objects.get(pk=row.pk)
    assert (row.policy_version, row.policy_version.parsed.amounts[0].amount_fen) == (first, 1_000_000)
    assert row.policy_version != version
    tomorrow = row.state_at + timedelta(days=1)
    assert version_deciding("LS-2022", tomorrow.date()) == version
    later = make_draft(make_person(), at=tomorrow)
    assert later.policy_version == version


# ── races ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres
def test_two_who_publish_at_once_make_one_version(race: Race, transactional_db: None) -> None:
    asker, seconds = administrator(), [administrator(), administrator()]
    draft = ask(make_policy_draft(asker), asker)

    def act(number: int) -> object:
        return drafting.publish_draft(draft=draft, by=seconds[number], at=AT, expected_revision=draft.revision)

    outcomes = race(2, act)
    assert sorted(type(it).__name__ for it in outcomes) == ["DraftRefused", "PolicyVersion"]
    assert PolicyVersion.objects.filter(label="2").count() == 1


@pytest.mark.postgres
def test_two_drafts_of_one_label_published_at_once_make_one_version(race: Race, transactional_db: None) -> None:
    asker, second = administrator(), administrator()
    drafts = [ask(make_policy_draft(asker), asker) for _number in range(2)]

    def act(number: int) -> object:
        return drafting.publish_draft(draft=drafts[number], by=second, at=AT, expected_revision=drafts[number].revision)

    outcomes = race(2, act)
    assert sorted(type(it).__name__ for it in outcomes) == ["DraftRefused", "PolicyVersion"]


@pytest.mark.postgres
def test_two_who_edit_at_once_do_not_overwrite_each_other(race: Race, transactional_db: None) -> None:
    people = [administrator(), administrator()]
    draft = make_policy_draft(people[0])

    def act(number: int) -> object:
        value = {**draft.data["amounts"][0], "yuan": f"1{number + 1}000"}
        return drafting.save_part(
            draft=draft, path=("amounts", 0), value=value, by=people[number], at=AT, expected_revision=1
        )

    outcomes = race(2, act)
    assert sorted(type(it).__name__ for it in outcomes) == ["DraftChanged", "PolicyDraft"]
    assert PolicyDraft.objects.get().revision == 2
