"""What needs a database or a process of its own: versions that cannot change, the stored calendar, the commands."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.audit.models import Entry
from portal.policy.models import CalendarDay, CalendarYear, Policy, PolicyVersion, VersionIsPublished, VersionTampered
from portal.policy.services import PolicyConflict, load_policy, stored_calendar, version_deciding, versions_in_force
from tests.policy.qualifying import FOLDER, document, text_of

AT = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = Path(__file__).parent / "examples" / "living-subsidy-LS-2022.csv"


def amended(code: str, version: str, effective_from: str, **changes: str) -> str:
    """The shipped document as another version."""
    text = text_of(code).replace('version: "1"', f'version: "{version}"')
    text = text.replace(f"effective_from: {document(code).effective_from}", f"effective_from: {effective_from}")
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


@pytest.fixture
def ls(db: None) -> PolicyVersion:
    return load_policy(text_of("LS-2022"), at=AT)


def test_a_loaded_policy_is_published_as_it_is_written(ls: PolicyVersion) -> None:
    stored = PolicyVersion.objects.select_related("policy").get()
    assert (stored.policy.code, stored.policy.programme, stored.label) == ("LS-2022", "living-subsidy", "1")
    assert (stored.effective_from, stored.effective_to, stored.published_at) == (date(2022, 6, 30), None, AT)
    assert stored.policy.title == "高校毕业生一次性生活补贴"
    assert stored.parsed == document("LS-2022")
    assert Entry.objects.get(action="policy.publish").digest == stored.sha256


def test_loading_twice_changes_nothing(ls: PolicyVersion) -> None:
    assert load_policy(text_of("LS-2022"), at=AT).pk == ls.pk
    assert (PolicyVersion.objects.count(), Entry.objects.filter(action="policy.publish").count()) == (1, 1)


def test_a_published_version_cannot_be_changed_or_removed(ls: PolicyVersion) -> None:
    ls.label = "2"
    for act in (
        ls.save,
        ls.delete,
        PolicyVersion.objects.filter(pk=ls.pk).delete,
        lambda: PolicyVersion.objects.filter(pk=ls.pk).update(label="2"),
        lambda: PolicyVersion.objects.bulk_update([ls], ["label"]),
    ):
        with pytest.raises(VersionIsPublished), transaction.atomic():
            act()
    assert PolicyVersion.objects.get().label == "1"


def test_a_draft_may_change_until_it_is_published(ls: PolicyVersion) -> None:
    draft = PolicyVersion(policy=ls.policy, label="2", effective_from=date(2025, 1, 1), document=ls.document)
    draft.save()
    draft.effective_from = date(2025, 2, 1)
    draft.save()
    draft.published_at = AT
    draft.save()
    with pytest.raises(VersionIsPublished):
        draft.save()


def test_a_text_changed_behind_the_portals_back_is_noticed(ls: PolicyVersion) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE policy_policyversion SET document = REPLACE(document, '10000', '90000')")
    with pytest.raises(VersionTampered):
        _ = PolicyVersion.objects.get().parsed


@pytest.mark.slow
def test_a_document_that_says_something_else_under_a_published_name_is_refused(ls: PolicyVersion) -> None:
    with pytest.raises(PolicyConflict, match="LS-2022 第 1 版已经发布"):
        load_policy(text_of("LS-2022").replace("yuan: 10000", "yuan: 12000"), at=AT)
    with pytest.raises(PolicyConflict, match="同一天只能有一个版本"):
        load_policy(amended("LS-2022", "2", "2022-06-30"), at=AT)
    with pytest.raises(PolicyConflict, match="已登记在项目 living-subsidy 之下"):
        load_policy(text_of("LS-2022").replace("programme: living-subsidy", "programme: lodging"), at=AT)


def test_exactly_one_version_of_a_policy_decides_on_a_date(ls: PolicyVersion) -> None:
    second = load_policy(amended("LS-2022", "2", "2024-01-01"), at=AT)
    assert version_deciding("LS-2022", date(2022, 6, 29)) is None
    assert version_deciding("LS-2022", date(2022, 6, 30)) == ls
    assert version_deciding("LS-2022", date(2023, 12, 31)) == ls
    assert version_deciding("LS-2022", date(2024, 1, 1)) == second
    assert version_deciding("YTE-2024", date(2024, 1, 1)) is None


def test_a_policy_that_has_ended_is_not_in_force(ls: PolicyVersion) -> None:
    ending = amended("LS-2022", "2", "2024-01-01").replace(
        "effective_from: 2024-01-01", "effective_from: 2024-01-01\neffective_to: 2024-06-30"
    )
    second = load_policy(ending, at=AT)
    assert version_deciding("LS-2022", date(2024, 6, 30)) == second
    assert version_deciding("LS-2022", date(2024, 7, 1)) is None


def test_several_policies_of_a_programme_may_be_in_force_at_once(ls: PolicyVersion) -> None:
    yte = load_policy(text_of("YTE-2024"), at=AT)
    assert versions_in_force("living-subsidy", date(2024, 2, 5)) == [ls]
    assert versions_in_force("living-subsidy", date(2024, 2, 6)) == [ls, yte]
    assert versions_in_force("lodging", date(2024, 2, 6)) == []


def test_a_draft_decides_nothing(ls: PolicyVersion) -> None:
    PolicyVersion(policy=ls.policy, label="2", effective_from=date(2023, 1, 1), document=ls.document).save()
    assert version_deciding("LS-2022", date(2024, 1, 1)) == ls


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"label": "1"}, "one_version_of_a_policy_per_label"),
        ({"effective_from": date(2022, 6, 30)}, "one_published_version_of_a_policy_begins_on_a_day"),
        ({"effective_to": date(2024, 12, 31)}, "policy_version_ends_on_or_after_its_first_day"),
    ],
)
def test_the_database_says_so_too(ls: PolicyVersion, changes: dict[str, object], name: str) -> None:
    values = {"label": "2", "effective_from": date(2025, 1, 1), "document": "{}", "published_at": AT, **changes}
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.create(policy=ls.policy, **values)
    assert name in {constraint.name for constraint in PolicyVersion._meta.constraints}


def test_the_stored_calendar_is_the_shipped_one_with_the_administrators_days_in_two_queries(db: None) -> None:
    CalendarYear.objects.create(year=2027)
    CalendarDay.objects.create(day=date(2027, 1, 1), is_working=False)
    CalendarDay.objects.create(day=date(2026, 3, 7), is_working=True)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        calendar = stored_calendar()
    assert len(queries) == 2
    assert calendar.is_working(date(2027, 1, 1)) is False
    assert calendar.is_working(date(2027, 1, 4)) is True
    assert calendar.is_working(date(2026, 3, 7)) is True
    assert calendar.is_working(date(2028, 1, 4)) is None


def test_load_policies_publishes_what_is_shipped_and_may_run_again(db: None) -> None:
    for _run in range(2):
        out = StringIO()
        call_command("load_policies", stdout=out)
        shipped = ["CARD-2023 1", "APT-2023 1", "LODGE-2023 1", "LS-2022 1", "YTE-2024 1"]
        assert out.getvalue().splitlines() == shipped
    assert Policy.objects.filter(programme="living-subsidy").count() == 2


@pytest.mark.slow
def test_assess_needs_no_database(tmp_path: Path) -> None:
    unreachable = {"DEMO": "1", "VAR_DIR": str(tmp_path), "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    done = subprocess.run(
        [sys.executable, "manage.py", "assess", FOLDER / "LS-2022.yaml", EXAMPLES],
        cwd=ROOT,
        env=os.environ | unreachable,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 31)
    assert done.stderr.strip() == "30 个案例，全部一致。"
    assert list(tmp_path.iterdir()) == []
