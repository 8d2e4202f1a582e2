"""Audit entries: born whole, never changed, read by those who may."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import Role, RoleGrant, User
from portal.audit.models import EntriesAreKept, Entry
from portal.audit.sealing import seal_entries
from portal.audit.services import record

AT = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)


@pytest.fixture
def actor(db):
    return User.objects.create_user("actor@example.org", display_name="周以宁")


def entry(actor=None, action="application.accept", target=("application", "1"), **more) -> Entry:
    return record(action=action, actor=actor, target=target, at=AT, **more)


# ── recording ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_says_who_did_what_to_which_row_and_when(actor):
    before = timezone.now()
    made = record(action="user.change", actor=actor, target=actor, at=AT, fields=["language"], digest="ab", note="x-1")
    found = Entry.objects.get(pk=made.pk)
    assert (found.actor, found.action, found.at) == (actor, "user.change", AT)
    assert (found.target_type, found.target_id) == ("accounts.user", str(actor.pk))
    assert (found.fields, found.digest, found.note) == (["language"], "ab", "x-1")
    assert before <= found.recorded_at <= timezone.now()
    assert (found.sequence, found.link) == (None, "")


def test_the_system_acts_too(db):
    assert entry(target=("roll", "2026-01")).actor is None


@pytest.mark.parametrize("note", ["学历不符", "a" * 101, "line\nbreak"])
def test_people_s_own_words_are_no_note(db, note):
    with pytest.raises(ValueError, match="short code"):
        entry(note=note)
    assert not Entry.objects.exists()


def test_an_entry_goes_when_its_act_is_undone(db):
    with pytest.raises(RuntimeError), transaction.atomic():
        entry()
        raise RuntimeError
    assert not Entry.objects.exists()


# ── append-only ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.save(),
        lambda made: Entry.objects.get(pk=made.pk).save(update_fields=["note"]),
        lambda made: made.delete(),
        lambda made: Entry.objects.all().delete(),
        lambda made: Entry.objects.filter(pk=made.pk).update(note="other"),
        lambda made: Entry.objects.filter(pk=made.pk).update(sequence=1, link="ab"),
        lambda made: Entry.objects.bulk_create([made], update_conflicts=True, update_fields=["note"]),
        lambda made: Entry.objects.bulk_update([made], ["note"]),
        lambda made: Entry._base_manager.filter(pk=made.pk).delete(),
    ],
)
def test_an_entry_can_be_neither_changed_nor_deleted(db, change):
    made = entry(note="first")
    with pytest.raises(EntriesAreKept), transaction.atomic():
        change(made)
    assert list(Entry.objects.values_list("note", "sequence")) == [("first", None)]


def test_an_account_named_in_an_entry_stays(actor):
    entry(actor)
    with pytest.raises(models.ProtectedError):
        actor.delete()


# ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────


def signed_in(client, role: str) -> User:
    user = User.objects.create_user(f"{role}@example.org")
    RoleGrant.objects.create(user=user, role=role)
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.CLERK, 404),
        (Role.FIRST_REVIEWER, 404),
        (Role.SECOND_REVIEWER, 404),
        (Role.APPROVER, 404),
        (Role.FINANCE, 404),
        (Role.ADMINISTRATOR, 200),
        (Role.AUDITOR, 200),
    ],
)
def test_auditors_and_administrators_read_the_entries(client, db, role, status):
    signed_in(client, role)
    assert client.get(reverse("entries")).status_code == status


def shown(page) -> list[str]:
    return [row.target_id for row in page.context["rows"]]


def test_entries_come_newest_first_and_page_on_from_the_last_one_shown(client, db):
    signed_in(client, Role.AUDITOR)
    moment = timezone.now()
    # Three share each moment, so the page's edge falls between entries of one moment.
    Entry.objects.bulk_create(
        Entry(
            id=uuid.UUID(int=number),
            recorded_at=moment + timedelta(seconds=number // 3),
            at=AT,
            action="a",
            target_type="t",
            target_id=str(number),
        )
        for number in range(120)
    )
    page = client.get(reverse("entries"))
    assert shown(page) == [str(number) for number in range(119, 69, -1)]
    page = client.get(reverse("entries") + page.context["following"])
    assert shown(page) == [str(number) for number in range(69, 19, -1)]
    page = client.get(reverse("entries") + page.context["following"])
    assert shown(page) == [str(number) for number in range(19, -1, -1)]
    assert page.context["following"] == ""


def test_entries_are_narrowed_by_action_and_target(client, actor):
    signed_in(client, Role.AUDITOR)
    entry(actor, action="a", target=("application", "1"))
    entry(actor, action="b", target=("application", "1"))
    entry(actor, action="a", target=("application", "2"))
    assert sorted(shown(client.get(reverse("entries"), {"action": "a"}))) == ["1", "2"]
    assert shown(client.get(reverse("entries"), {"action": "b", "target": "1"})) == ["1"]
    assert shown(client.get(reverse("entries"), {"target": "3"})) == []


def test_the_page_says_what_is_sealed_and_up_to_where(client, actor, settings, tmp_path):
    settings.AUDIT_HEADS = [str(tmp_path / "heads")]
    signed_in(client, Role.AUDITOR)
    page = client.get(reverse("entries"))
    assert (page.context["head"], "还没有封存的记录。" in page.content.decode()) == (None, True)
    entry(actor, target=("application", "1"))
    seal_entries(at_real=datetime(2026, 11, 16, 1, 30, 5, tzinfo=UTC))
    entry(actor, target=("application", "2"))
    link = Entry.objects.get(sequence=1).link[:16]
    page = client.get(reverse("entries")).content.decode()
    assert f"操作记录已封存至第 1 号（{link}，2026 年 11 月 16 日 09:30）。" in page
    assert (page.count("等待封存"), page.count('<td class="th-num">1</td>')) == (1, 1)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "_",
        "2026-01-01_x",
        "2026-01-01T00:00:00_00000000-0000-0000-0000-000000000001",
        "0001-01-01T00:00:00+14:00_00000000-0000-0000-0000-000000000001",
        "9999-12-31T23:59:59-12:00_00000000-0000-0000-0000-000000000001",
    ],
)
def test_a_made_up_place_in_the_list_is_not_there(client, db, cursor):
    signed_in(client, Role.AUDITOR)
    assert client.get(reverse("entries"), {"before": cursor}).status_code == 404


def test_the_page_costs_the_same_for_one_entry_and_for_fifty(client, actor):
    signed_in(client, Role.AUDITOR)
    entry(actor)
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("entries"))
    for number in range(60):
        entry(User.objects.create_user(f"{number}@example.org"))
    with CaptureQueriesContext(connection) as fifty:
        client.get(reverse("entries"))
    assert len(fifty) == len(one)


# ── what the admin records ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def staff(client, db):
    staff = signed_in(client, Role.ADMINISTRATOR)
    staff.is_staff = staff.is_superuser = True
    staff.save()
    return staff


def test_granting_and_taking_away_a_role_is_recorded(client, staff, actor):
    client.post(
        reverse("admin:accounts_rolegrant_add"),
        {"user": actor.pk, "role": "clerk", "programme": "", "town": "hubin"},
    )
    grant = RoleGrant.objects.get(user=actor)
    client.post(reverse("admin:accounts_rolegrant_delete", args=[grant.pk]), {"post": "yes"})
    assert list(Entry.objects.order_by("recorded_at").values_list("actor", "action", "target_id", "note")) == [
        (staff.pk, "rolegrant.add", str(grant.pk), f"user:{actor.pk} clerk - hubin"),
        (staff.pk, "rolegrant.delete", str(grant.pk), f"user:{actor.pk} clerk - hubin"),
    ]
    assert not RoleGrant.objects.filter(user=actor).exists()


def test_a_changed_account_is_recorded_by_the_names_of_its_fields(client, staff, actor):
    url = reverse("admin:accounts_user_change", args=[actor.pk])
    form = {"email": actor.email, "display_name": "周以安", "language": "en", "is_active": "on", "is_staff": "on"}
    assert client.post(url, form).status_code == 302
    made = Entry.objects.get()
    assert (made.action, made.target_id, made.fields) == (
        "user.change",
        str(actor.pk),
        ["display_name", "language", "is_staff"],
    )
    actor.refresh_from_db()
    assert actor.display_name == "周以安"


def test_a_second_factor_taken_away_is_recorded(client, staff, actor):
    TOTP.activate(actor, "JBSWY3DPEHPK3PXP")
    client.post(
        reverse("admin:accounts_user_changelist"), {"action": "reset_second_factor", "_selected_action": [actor.pk]}
    )
    assert not Authenticator.objects.filter(user=actor).exists()
    made = Entry.objects.get()
    assert (made.actor, made.action, made.target_id) == (staff, "user.reset_second_factor", str(actor.pk))


def test_accounts_are_switched_off_and_not_deleted(client, staff, actor):
    assert client.post(reverse("admin:accounts_user_delete", args=[actor.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=actor.pk).exists()


def test_an_account_is_added_without_a_password(client, staff):
    form = {"email": "New@example.org", "display_name": "许知行", "usable_password": "false"}
    assert client.post(reverse("admin:accounts_user_add"), form).status_code == 302
    new = User.objects.get(email="new@example.org")
    assert not new.has_usable_password()
    assert Entry.objects.get().action == "user.add"
