"""Lists of applications to take along (台账): masked, unmasked with a reason, in one go or in the background."""

import tracemalloc
from datetime import timedelta
from functools import partial
from io import BytesIO
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from portal.audit.models import Entry
from portal.casework.models import Application, ListExport, Submission
from portal.casework.services import exporting
from portal.casework.services.exporting import (
    ExportRefused,
    ask_for_list,
    download_list,
    expire_lists,
    filter_digest,
    run_batch,
    run_list_export,
)
from portal.casework.services.finding import QueueFilter
from portal.casework.tasks import sweep_lists
from tests import factories as make
from tests.browsing import signed_in

pytestmark = pytest.mark.django_db
ALL = QueueFilter("all")
AT = make.AT
NEW = "/desk/lists/new/"
COPIED = (
    "programme", "policy_version", "state", "state_at", "town", "created_at", "submitted_at", "submitted_on", "due_on",
)  # fmt: skip


def rows_of(content: bytes) -> list[tuple]:
    return list(openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True))


def a_file(**identity) -> Application:
    given = {"legal_name": "欧阳晓航", "number": "350581200003020018", "phone": "13800006810"} | identity
    return make.make_application_in("first_review", person=make.make_person(identity=given))


def copies(row: Application, count: int) -> None:
    """More files like ``row``, set down at once."""
    rows, submissions = [], []
    answers = row.submissions.get().answers
    for number in range(count):
        person = make.person_of(user=make.make_user())
        rows.append(
            Application(
                reference=f"LS-2023-{800000 + number:06d}",
                applicant=person,
                name_masked="王**",
                **{name: getattr(row, name) for name in COPIED},
            )
        )
        submissions.append(
            Submission(application=rows[-1], number=1, at=AT, by=person.user, answers=answers, digest="0" * 64)
        )
    Application.objects.bulk_create(rows)
    Submission.objects.bulk_create(submissions)


def asked(by, **changes):
    return ask_for_list(**{"by": by, "wanted": ALL, "is_unmasked": False, "reason": "", "at": AT} | changes)


@pytest.fixture
def three_at_once(monkeypatch):
    """A list of more than three is a long one."""
    monkeypatch.setattr(exporting, "MOST_AT_ONCE", 3)


def long_list(by, count=7) -> ListExport:
    copies(a_file(), count)
    export, content = asked(by)
    assert content == b""
    return export


def finish(export: ListExport, size: int = 3) -> ListExport:
    while run_batch(export_id=export.pk, at=AT, at_real=timezone.now(), size=size):
        pass
    export.refresh_from_db()
    return export


# ── the list ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_short_list_is_handed_over_masked():
    row = a_file()
    export, content = asked(make.staff("auditor"))
    head, first = rows_of(content)
    assert head == (
        "申请编号", "政策版本", "姓名", "证件号", "手机", "学历", "用人单位", "镇街", "申请日期", "状态",
        "核对结论", "金额（元）", "承办", "最后期限",
    )  # fmt: skip
    assert first[:9] == (
        row.reference, "LS-2022 1", "欧阳**", "3505**********0018", "138****6810", "本科",
        "石狮潮汐数据服务有限公司", "凤里街道", "2023-10-16",
    )  # fmt: skip
    assert (first[9], first[10], first[11]) == ("初审", "待定", None)
    assert (export.state, export.name) == ("handed", "")
    entry = Entry.objects.get(action="list.export")
    assert (entry.digest, entry.note) == (filter_digest(ALL), "1 masked")


def test_unmasked_is_for_administrators_with_a_reason():
    a_file()
    admin = make.staff("administrator")
    for by, reason, sentence in (
        (make.staff("auditor"), "核对", "只有管理员能下载不遮盖的名单。"),
        (admin, "", "请写明为什么需要不遮盖的名单。"),
    ):
        with pytest.raises(ExportRefused, match=sentence):
            asked(by, is_unmasked=True, reason=reason)
    export, content = asked(admin, is_unmasked=True, reason="省厅抽查")
    assert rows_of(content)[1][2:5] == ("欧阳晓航", "350581200003020018", "13800006810")
    assert ListExport.objects.get(pk=export.pk).reason == "省厅抽查"
    assert Entry.objects.get(action="list.export").note == "1 unmasked"


def test_a_name_like_a_formula_stays_text():
    row = make.make_application_in("first_review", person=make.make_person(employment={"employer_name": "=1+1"}))
    sheet = openpyxl.load_workbook(BytesIO(asked(make.staff("auditor"))[1])).active
    assert (sheet["A2"].value, sheet["G2"].value, sheet["G2"].data_type) == (row.reference, "=1+1", "s")


def test_filters_and_scope_narrow_the_list():
    a_file()
    with pytest.raises(ExportRefused, match="没有符合这些条件的件。"):
        asked(make.staff("auditor"), wanted=QueueFilter("all", town="baogai"))
    with pytest.raises(ExportRefused, match="没有符合这些条件的件。"):
        asked(make.make_staff("first_reviewer", town="baogai"))


# ── in the background ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_long_list_is_made_in_batches_and_kept_sealed(three_at_once):
    by = make.staff("auditor")
    export = finish(long_list(by))
    assert (export.state, export.done, export.total, export.parts) == ("done", 8, 8, [])
    content = b"".join(download_list(export=export, by=by, at=AT))
    references = [row[0] for row in rows_of(content)[1:]]
    assert (len(references), references) == (8, sorted(set(references)))
    with default_storage.open(export.name) as stored:
        assert stored.read(3) == b"v1:"
    assert not default_storage.exists(f"lists/{export.pk.hex}")
    actions = Entry.objects.filter(action__startswith="list.").order_by("recorded_at").values_list("action", flat=True)
    assert list(actions) == ["list.ask", "list.finish", "list.export"]


@pytest.mark.slow
def test_a_killed_worker_costs_a_batch_and_no_row_comes_twice(three_at_once):
    export = long_list(make.staff("auditor"))
    run_batch(export_id=export.pk, at=AT, at_real=timezone.now(), size=3)
    exporting.write_sealed(f"lists/{export.pk.hex}/{uuid4().hex}.part.sealed", b"[]")  # written, not taken in
    export = finish(export)
    content = b"".join(download_list(export=export, by=export.asked_by, at=AT))
    assert len({row[0] for row in rows_of(content)[1:]}) == len(rows_of(content)) - 1 == 8
    assert not default_storage.exists(f"lists/{export.pk.hex}")


@pytest.mark.slow
def test_a_list_goes_on_where_its_worker_was_killed_and_stays_masked(three_at_once, monkeypatch):
    make.move_clock()
    by, real, written = make.staff("auditor"), exporting.write_sealed, []
    export = long_list(by)
    monkeypatch.setattr(exporting, "run_batch", partial(run_batch, size=3))

    def power_cut_at_the_second(name, content):
        written.append(name)
        real(name, content)
        if len(written) == 2:
            raise SystemExit

    monkeypatch.setattr(exporting, "write_sealed", power_cut_at_the_second)
    with pytest.raises(SystemExit):
        sweep_lists()
    page = signed_in(by).get(reverse("list_export", args=[export.pk])).content.decode()
    assert ("data-wait-seconds" in page, "3/8 件" in page) == (True, True)
    sweep_lists()  # it was heard of a moment ago
    assert len(written) == 2
    ListExport.objects.update(heartbeat=timezone.now() - timedelta(seconds=31))
    sweep_lists()
    export.refresh_from_db()
    assert (export.state, export.done, len(written)) == ("done", 8, 4)
    rows = rows_of(b"".join(download_list(export=export, by=by, at=AT)))[1:]
    assert len({row[0] for row in rows}) == len(rows) == 8
    assert {row[2:5] for row in rows} == {
        ("欧阳**", "3505**********0018", "138****6810"), ("王**", "3505**********0018", "138****6810"),
    }  # fmt: skip


def test_a_list_is_deleted_after_seven_days(three_at_once):
    by = make.staff("auditor")
    export = finish(long_list(by))
    assert expire_lists(at=AT + timedelta(days=7) - timedelta(seconds=1)) == 0
    with pytest.raises(ExportRefused):
        download_list(export=export, by=by, at=AT + timedelta(days=7))
    assert expire_lists(at=AT + timedelta(days=7)) == 1
    export.refresh_from_db()
    assert (export.state, default_storage.exists(export.name)) == ("expired", False)


@pytest.mark.slow
def test_what_breaks_three_times_is_given_up(three_at_once):
    export = long_list(make.staff("auditor"))
    run_batch(export_id=export.pk, at=AT, at_real=timezone.now(), size=3)
    export.refresh_from_db()
    default_storage.delete(export.parts[0])
    for _turn in range(3):
        run_list_export(export_id=export.pk, at=AT, at_real=timezone.now())
    export.refresh_from_db()
    assert (export.state, default_storage.exists(f"lists/{export.pk.hex}")) == ("failed", False)


@pytest.mark.slow
def test_a_list_five_times_as_long_takes_no_more_memory(monkeypatch):
    row = a_file()
    copies(row, 1000)
    files = exporting.listed_files(make.staff("auditor"), ALL, is_unmasked=False, at=AT)

    def peak(count: int) -> int:
        last = files[count - 1].reference
        tracemalloc.start()
        for _row in exporting._rows_of(files.filter(reference__lte=last), is_unmasked=False):
            pass
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    monkeypatch.setattr(exporting, "BATCH", 100)
    peak(10)
    assert peak(1000) < 1.5 * peak(200)


# ── pages ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_queue_leads_to_its_list_and_a_short_one_downloads():
    make.move_clock()
    a_file()
    client = signed_in(make.staff("first_reviewer"))
    assert f'href="{NEW}?view=all&amp;town=fengli"' in client.get("/desk/?view=all&town=fengli").content.decode()
    page = client.get(NEW + "?view=all&town=fengli").content.decode()
    assert ("现在有 1 件符合这些条件" in page, "凤里街道" in page, "不遮盖" in page) == (True, True, False)
    answer = client.post(NEW + "?view=all&town=fengli", {"masking": "masked"})
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert "no-store" in answer["Cache-Control"]
    assert len(rows_of(answer.content)) == 2


def test_the_page_asks_for_the_reason_beside_the_field():
    make.move_clock()
    a_file()
    admin = signed_in(make.staff("administrator"))
    answer = admin.post(NEW, {"masking": "unmasked", "reason": " "})
    assert answer.status_code == 422
    assert "请写明为什么需要不遮盖的名单。" in answer.content.decode()
    for body in ({}, {"masking": "x" * 5000}, {"masking": ["masked", "unmasked"]}, {"masking": "unmasked"}):
        assert admin.post(NEW, body).status_code == 422
    reviewer = signed_in(make.staff("first_reviewer"))
    assert reviewer.post(NEW, {"masking": "unmasked", "reason": "要"}).status_code == 422


@pytest.mark.slow
def test_progress_shows_without_a_script_and_only_to_who_asked(three_at_once):
    make.move_clock()
    by = make.staff("auditor")
    copies(a_file(), 7)
    client = signed_in(by)
    started = client.post(NEW, {"masking": "masked"})
    export = ListExport.objects.get()
    assert (started.status_code, started["Location"]) == (303, reverse("list_export", args=[export.pk]))
    page = client.get(started["Location"]).content.decode()
    assert ("data-wait-seconds" in page, "0/8 件" in page) == (True, True)
    download = reverse("list_export_download", args=[export.pk])
    assert client.post(download)["Location"] == started["Location"]
    finish(export)
    page = client.get(started["Location"]).content.decode()
    assert ("data-wait-seconds" in page, "共 8 件" in page) == (False, True)
    assert len(rows_of(b"".join(client.post(download)))) == 9
    other = signed_in(make.make_staff("auditor"))
    assert (other.get(started["Location"]).status_code, other.post(download).status_code) == (404, 404)
