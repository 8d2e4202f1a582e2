"""Drafting a version: beginning, editing by more than one person, importing, giving up."""

import json
from datetime import date

import pytest

from portal.audit.models import Entry
from portal.policy import drafting
from portal.policy.drafting import DraftChanged, DraftRefused
from portal.policy.editing.tree import NoSuchPart, find
from portal.policy.models import Policy, PolicyDraft
from portal.policy.parsing import Path
from portal.policy.schema import PolicyUnreadable, parse_document
from portal.policy.services import load_policy
from portal.policy.yaml_writing import write_yaml
from tests.factories import AT
from tests.policy.qualifying import PATHS, document, text_of
from tests.policy_admin.drafts import administrator, edit, make_policy_draft, published

TENFOLD = "\n".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9))
LAUGHS = f"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{TENFOLD}"

pytestmark = pytest.mark.django_db


def test_a_draft_says_what_its_version_says_under_the_next_label_from_tomorrow_on() -> None:
    version, by = published(), administrator()
    draft = drafting.begin_draft(version=version, by=by, at=AT)
    assert (draft.policy.code, draft.based_on, draft.state, draft.revision) == ("LS-2022", version, "open", 1)
    assert (draft.data["version"], draft.data["effective_from"]) == ("2", "2023-10-17")
    old = version.parsed.model_dump(mode="json")
    assert {name for name, value in draft.data.items() if old[name] != value} == {"version", "effective_from"}
    assert list(draft.edited_by.all()) == [by]
    assert Entry.objects.get(action="draft.begin").actor == by


@pytest.mark.parametrize(
    ("labels", "following"), [(["1"], "2"), (["1", "2"], "3"), (["2026-1"], "2026-1-2"), (["a", "7"], "8")]
)
def test_the_next_label_is_a_new_one(labels: list[str], following: str) -> None:
    for day, label in enumerate(labels, start=1):
        text = text_of("LS-2022").replace('version: "1"', f'version: "{label}"')
        version = load_policy(text.replace("effective_from: 2022-06-30", f"effective_from: 2022-07-0{day}"), at=AT)
    draft = drafting.begin_draft(version=version, by=administrator(), at=AT)
    assert draft.data["version"] == following


def test_a_saved_part_counts_the_revision_and_names_who_edited() -> None:
    first, second = administrator(), administrator()
    draft = make_policy_draft(first)
    edit(draft, ("amounts", 0), second, yuan="12000")
    draft.refresh_from_db()
    assert draft.revision == 2
    assert draft.document.amounts[0].amount_fen == 1_200_000
    assert set(draft.edited_by.all()) == {first, second}
    entry = Entry.objects.get(action="draft.save")
    assert (entry.actor, entry.fields, entry.digest) == (second, ["amounts/0"], draft.sha256)


def test_saving_what_is_there_already_changes_nothing() -> None:
    first, second = administrator(), administrator()
    draft = make_policy_draft(first)
    edit(draft, ("amounts", 0), second)
    draft.refresh_from_db()
    assert (draft.revision, list(draft.edited_by.all())) == (1, [first])


def test_a_change_on_an_old_revision_is_refused_and_changes_nothing() -> None:
    by = administrator()
    draft = make_policy_draft(by)
    edit(draft, ("amounts", 0), by, yuan="12000")
    with pytest.raises(DraftChanged, match="刚刚被别人改过"):
        drafting.save_part(
            draft=draft, path=(), value={"summary": {"zh": "新"}}, by=administrator(), at=AT, expected_revision=1
        )
    draft.refresh_from_db()
    assert (draft.revision, draft.document.amounts[0].amount_fen) == (2, 1_200_000)


def test_parts_are_added_moved_and_removed() -> None:
    by = administrator()
    draft = make_policy_draft(by)
    clause = {**draft.data["clauses"][0], "code": "LS-9"}
    path = drafting.add_item(draft=draft, path=("clauses",), value=clause, by=by, at=AT, expected_revision=1)
    assert path == ("clauses", len(document("LS-2022").clauses))
    drafting.move_item(draft=draft, path=path, places=-1, by=by, at=AT, expected_revision=2)
    draft.refresh_from_db()
    assert draft.document.clauses[-2].code == "LS-9"
    drafting.remove_item(draft=draft, path=(*path[:-1], path[-1] - 1), by=by, at=AT, expected_revision=3)  # type: ignore[operator]
    draft.refresh_from_db()
    assert draft.document.clauses == document("LS-2022").clauses
    acts = Entry.objects.filter(action__startswith="draft.").order_by("recorded_at").values_list("action", flat=True)
    assert list(acts) == ["draft.begin", "draft.add", "draft.move", "draft.remove"]


def test_instalments_are_counted_anew_when_one_moves() -> None:
    by = administrator()
    draft = make_policy_draft(by, "YTE-2024")
    drafting.move_item(draft=draft, path=("instalments", 0), places=1, by=by, at=AT, expected_revision=1)
    draft.refresh_from_db()
    assert [part.get("years_after_application") for part in draft.data["instalments"]] == [2, 0]
    edit(draft, ("instalments", 1), by, years_after_application=3)
    draft.refresh_from_db()
    assert [part.number for part in draft.document.instalments] == [1, 2]


@pytest.mark.parametrize("path", [("correction",), (), ("notice", "objection")])
def test_what_a_document_needs_cannot_be_taken_out(path: Path) -> None:
    by = administrator()
    draft = make_policy_draft(by)
    with pytest.raises(DraftRefused, match="不能去掉"):
        drafting.remove_item(draft=draft, path=path, by=by, at=AT, expected_revision=1)


def test_a_part_that_may_be_missing_is_taken_out_and_put_back() -> None:
    by = administrator()
    draft = make_policy_draft(by)
    notice = draft.data["notice"]
    drafting.remove_item(draft=draft, path=("notice",), by=by, at=AT, expected_revision=1)
    draft.refresh_from_db()
    with pytest.raises(PolicyUnreadable) as caught:
        _ = draft.document
    assert [problem.path for problem in caught.value.problems] == [("notice",)]
    drafting.save_part(draft=draft, path=("notice",), value=notice, by=by, at=AT, expected_revision=2)
    draft.refresh_from_db()
    assert draft.document.notice == document("LS-2022").notice


def test_a_path_that_is_not_there_changes_nothing() -> None:
    by = administrator()
    draft = make_policy_draft(by)
    with pytest.raises(NoSuchPart):
        drafting.save_part(draft=draft, path=("clauses", 99), value={}, by=by, at=AT, expected_revision=1)
    with pytest.raises(NoSuchPart):
        drafting.add_item(draft=draft, path=("code",), value={}, by=by, at=AT, expected_revision=1)
    assert PolicyDraft.objects.get().revision == 1


# ── who ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scope", [{"town": "fengli"}, {"programme": "lodging"}])
def test_only_an_administrator_of_the_whole_city_and_the_programme_drafts(scope: dict[str, str]) -> None:
    elsewhere = administrator(**scope)
    with pytest.raises(DraftRefused, match="只有负责全市这个项目的管理员"):
        drafting.begin_draft(version=published(), by=elsewhere, at=AT)
    draft = make_policy_draft(administrator(programme="living-subsidy"))
    for act in (drafting.discard, drafting.ask_to_publish, drafting.take_back, drafting.publish_draft):
        with pytest.raises(DraftRefused, match="只有负责全市这个项目的管理员"):
            act(draft=draft, by=elsewhere, at=AT, expected_revision=1)  # type: ignore[operator]
    with pytest.raises(DraftRefused, match="只有负责全市这个项目的管理员"):
        edit(draft, ("amounts", 0), elsewhere, yuan="1")
    with pytest.raises(DraftRefused, match="只有负责全市这个项目的管理员"):
        drafting.begin_draft_from_yaml(text=text_of("LS-2022"), by=elsewhere, at=AT)


def test_a_discarded_draft_stays_readable_and_is_not_changed() -> None:
    by = administrator()
    draft = make_policy_draft(by)
    drafting.discard(draft=draft, by=by, at=AT, expected_revision=1)
    draft.refresh_from_db()
    assert draft.state == "discarded"
    with pytest.raises(DraftRefused, match="已经放弃"):
        edit(draft, ("amounts", 0), by, yuan="1")


# ── YAML ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", PATHS)
def test_what_is_exported_is_imported_as_an_equal_document(code: str) -> None:
    policy = document(code)
    assert parse_document(write_yaml(policy.model_dump(mode="json", exclude_defaults=True))) == policy
    assert parse_document(write_yaml(policy.model_dump(mode="json"))) == policy


def test_an_import_takes_the_place_of_everything() -> None:
    by = administrator()
    draft = make_policy_draft(by)
    text = text_of("LS-2022").replace('version: "1"', 'version: "7"')
    drafting.import_yaml(draft=draft, text=text, by=by, at=AT, expected_revision=1)
    draft.refresh_from_db()
    assert (draft.document.version, draft.document.effective_from) == ("7", date(2022, 6, 30))
    assert draft.document.clauses == document("LS-2022").clauses


@pytest.mark.parametrize(
    "text",
    [
        "", "- a", "code: A", "code: [", "1: 2", "\0", 'code: "a\\0b"', "a: &a [*a]", "&a a: *a",
        "[" * 5000, "{" * 5000, "a: " + "[" * 45 + "]" * 45,
        LAUGHS,
        "a: &a {b: c}\nd:\n  <<: *a\n", "!!python/object/apply:os.system [ls]", "code: 2026-13-99", "x: " + "9" * 5000,
        "a: *nowhere", "--- a\n--- b", "code: " + "长" * 400_000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_not_stored(text: str) -> None:
    by = administrator()
    draft = make_policy_draft(by)
    for act in (
        lambda: drafting.import_yaml(draft=draft, text=text, by=by, at=AT, expected_revision=1),
        lambda: drafting.begin_draft_from_yaml(text=text, by=by, at=AT),
    ):
        with pytest.raises(PolicyUnreadable) as caught:
            act()
        assert all(caught.value.sentences)
    assert PolicyDraft.objects.get().revision == 1


def test_a_document_of_another_policy_is_not_imported() -> None:
    by = administrator()
    draft = make_policy_draft(by)
    with pytest.raises(DraftRefused, match="这份文件写的是 YTE-2024，这里起草的是 LS-2022"):
        drafting.import_yaml(draft=draft, text=text_of("YTE-2024"), by=by, at=AT, expected_revision=1)


def test_a_policy_that_is_new_is_begun_from_yaml() -> None:
    draft = drafting.begin_draft_from_yaml(text=text_of("SI-2022"), by=administrator(), at=AT)
    assert (draft.policy.code, draft.based_on) == ("SI-2022", None)
    assert Policy.objects.get(code="SI-2022").versions.count() == 0
    assert draft.document == document("SI-2022")


def test_a_policy_does_not_change_its_programme_by_an_import() -> None:
    published()
    text = text_of("LS-2022").replace("programme: living-subsidy", "programme: lodging")
    with pytest.raises(DraftRefused, match="政策 LS-2022 已登记在项目 living-subsidy 之下"):
        drafting.begin_draft_from_yaml(text=text, by=administrator(), at=AT)


def test_equal_drafts_have_equal_digests_however_they_came_to_be() -> None:
    by = administrator()
    draft = make_policy_draft(by)
    other = drafting.begin_draft_from_yaml(text=write_yaml(draft.data), by=by, at=AT)
    assert other.sha256 == draft.sha256
    assert json.dumps(other.data, sort_keys=True) == json.dumps(draft.data, sort_keys=True)
    assert find(other.data, ()).value == draft.data
