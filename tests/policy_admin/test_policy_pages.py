"""The pages over HTTP: drafting in forms, errors beside the field, importing, publishing by two, reading."""

import re
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import Role, User
from portal.policy import drafting
from portal.policy.editing.forms import PartForm
from portal.policy.editing.tree import find, read_path
from portal.policy.models import PolicyDraft, PolicyVersion
from portal.policy.schema import parse_document
from portal.policy.services import load_policy
from tests.factories import AT, make_staff, move_clock
from tests.policy.qualifying import PATHS, document, text_of
from tests.policy_admin.drafts import administrator, edit, make_policy_draft, nodes_of, published, untouched

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(db: None) -> None:
    move_clock(AT)


@pytest.fixture
def asker(db: None) -> User:
    return administrator()


@pytest.fixture
def draft(asker: User) -> PolicyDraft:
    return make_policy_draft(asker)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, name: str, *args: object, **query: str) -> str:
    response = client_of(user).get(reverse(name, args=args), query)
    assert response.status_code == 200, (name, args, response.status_code)
    return response.content.decode()


def post(user: User, name: str, *args: object, follow: bool = True, **values: object) -> tuple[int, str]:
    response = client_of(user).post(reverse(name, args=args), values, follow=follow)
    return response.status_code, response.content.decode()


def typed(draft: PolicyDraft, part: str, kind: str = "", **values: str) -> dict[str, object]:
    node = find(draft.data, read_path(part), kind)
    sent = untouched(PartForm(node, draft.data))
    return {**{name: sent.getlist(name) for name in sent}, "revision": str(draft.revision), **values}


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_shows_what_is_in_force_coming_past_and_drafted(draft: PolicyDraft, asker: User) -> None:
    for label, day in (("0", "2022-01-01"), ("9", "2030-01-01")):
        text = text_of("LS-2022").replace('version: "1"', f'version: "{label}"').replace("2022-06-30", day)
        load_policy(text, at=AT)
    text = re.sub(r"<[^>]+>|\s+", "", page(asker, "desk_policies"))
    assert "第2版草稿2023年10月17日起草中" in text
    assert "第9版2030年1月1日将要施行" in text
    assert "第1版2022年6月30日现行" in text
    assert "第0版2022年1月1日已不再施行" in text


def test_the_list_costs_the_same_for_one_policy_and_for_six(asker: User) -> None:
    published("LS-2022")
    client = client_of(asker)
    client.get(reverse("desk_policies"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("desk_policies"))
    for code in PATHS:
        make_policy_draft(asker, code)
    with CaptureQueriesContext(connection) as six:
        assert client.get(reverse("desk_policies")).status_code == 200
    assert len(six) == len(one)


@pytest.mark.parametrize("code", PATHS)
def test_a_published_version_is_read_with_what_is_not_acted_on(code: str, asker: User) -> None:
    version = published(code)
    text = page(asker, "desk_policy", code, "1")
    assert version.sha256 in text
    assert "只作记录，程序还没有执行" in text
    assert "<li>资金总额</li>" in text
    for clause in document(code).clauses:
        assert clause.code in text
    exported = client_of(asker).get(reverse("desk_policy_yaml", args=[code, "1"]))
    assert exported["Content-Disposition"] == f'attachment; filename="{code}-1.yaml"'
    assert parse_document(exported.content.decode()) == document(code)


def test_marks_of_an_example_are_listed(asker: User) -> None:
    published("CARD-2023")
    text = page(asker, "desk_policy", "CARD-2023", "1")
    assert "没有出处，只是示例" in text
    assert "<li>条款 TC-1</li>" in text


# ── editing ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", PATHS)
@pytest.mark.slow
def test_every_part_of_every_shipped_document_opens(code: str, asker: User) -> None:
    draft = make_policy_draft(asker, code)
    client = client_of(asker)
    assert client.get(reverse("policy_draft", args=[draft.pk])).status_code == 200
    for node in nodes_of(draft.data):
        response = client.get(reverse("policy_draft_part", args=[draft.pk, node.address]))
        assert response.status_code == 200, node.address
        for shape in node.pages:
            if shape.form == "parts":
                address = f"{node.address}/{shape.name}/new" if node.path else f"{shape.name}/new"
                assert client.get(reverse("policy_draft_part", args=[draft.pk, address])).status_code == 200, address


def test_a_part_is_saved_and_its_list_shown_again(draft: PolicyDraft, asker: User) -> None:
    values = typed(draft, "amounts/0", yuan="12000")
    response = client_of(asker).post(reverse("policy_draft_part", args=[draft.pk, "amounts/0"]), values)
    assert (response.status_code, response["Location"]) == (302, f"/desk/policies/drafts/{draft.pk}/#part-amounts")
    text = page(asker, "policy_draft", draft.pk)
    assert "10,000" in text
    assert "<strong>12,000</strong>" in text


def test_an_error_stands_beside_its_field_and_what_was_typed_is_kept(draft: PolicyDraft, asker: User) -> None:
    part = "clauses/4/conditions/0"
    status, text = post(asker, "policy_draft_part", draft.pk, part, **typed(draft, part, months="1000"))
    assert status == 422
    assert '<a href="#id_months">不能大于 120</a>' in text
    assert re.search(r'id="id_months_error"[^>]*>.*?不能大于 120', text, re.DOTALL)
    assert 'value="1000"' in text
    draft.refresh_from_db()
    assert draft.revision == 1


def test_what_somebody_else_changed_meanwhile_is_told_and_what_was_typed_is_kept(
    draft: PolicyDraft, asker: User
) -> None:
    values = typed(draft, "amounts/0", yuan="12000", about="金额：不分学历")
    edit(draft, ("correction",), administrator(), times=2)
    status, text = post(asker, "policy_draft_part", draft.pk, "amounts/0", **values)
    assert status == 409
    assert "这份草稿刚刚被别人改过" in text
    assert 'value="12000"' in text
    assert 'name="revision" value="2"' in text  # saved again, it is meant
    draft.refresh_from_db()
    assert (draft.revision, draft.document.amounts[0].amount_fen) == (2, 1_000_000)


def test_a_part_that_moved_away_meanwhile_is_not_overwritten(draft: PolicyDraft, asker: User) -> None:
    values = typed(draft, "clauses/0", note_zh="新的说明", about="条款：LS-1")
    drafting.move_item(
        draft=draft, path=("clauses", 0), places=1, by=administrator(), at=AT, expected_revision=draft.revision
    )
    status, text = post(asker, "policy_draft_part", draft.pk, "clauses/0", **values)
    assert status == 409
    assert "这一部分已经不在原来的位置" in text
    assert "新的说明" in text
    assert 'name="revision" value="1"' in text  # cannot be saved from here


def test_a_clause_is_added_with_its_condition(draft: PolicyDraft, asker: User) -> None:
    clause = {
        "revision": "1", "code": "LS-9", "text_zh": "劳动合同满 2 年", "text_en": "", "note_zh": "", "note_en": "",
        "source_zh": "示例", "source_en": "", "illustrative": "on", "proven_by": "declared",
    }  # fmt: skip
    status, text = post(asker, "policy_draft_part", draft.pk, "clauses/new", **clause)
    place = len(document("LS-2022").clauses)
    assert status == 200
    assert f'action="/desk/policies/drafts/{draft.pk}/part/clauses/{place}/conditions/new/"' in text
    text = page(asker, "policy_draft", draft.pk)
    assert f'/part/clauses/{place}/#part-conditions">条款：LS-9 → 条件</a> <span>没有填写</span>' in text
    address = reverse("policy_draft_part", args=[draft.pk, f"clauses/{place}/conditions/new"]) + "?kind=contract_years"
    assert client_of(asker).post(address, {"revision": "2", "years": "2"}).status_code == 302
    draft.refresh_from_db()
    assert draft.document.clauses[-1].conditions[0].model_dump() == {"kind": "contract_years", "years": 2}


def test_a_condition_without_parameters_is_added(draft: PolicyDraft, asker: User) -> None:
    address = reverse("policy_draft_part", args=[draft.pk, "clauses/0/conditions/new"]) + "?kind=in_post"
    assert client_of(asker).get(address).status_code == 200
    assert client_of(asker).post(address, {"revision": "1"}).status_code == 302
    draft.refresh_from_db()
    assert draft.document.clauses[0].conditions[-1].kind == "in_post"


def test_groups_nest(draft: PolicyDraft, asker: User) -> None:
    client, base = client_of(asker), f"/desk/policies/drafts/{draft.pk}/part/clauses/0/conditions"
    place = len(document("LS-2022").clauses[0].conditions)
    for number, (path, kind) in enumerate(
        [("new", "any"), (f"{place}/of/new", "all"), (f"{place}/of/0/of/new", "in_post")], start=1
    ):
        response = client.post(f"{base}/{path}/?kind={kind}", {"revision": str(number)})
        assert response.status_code == 302, path
    draft.refresh_from_db()
    added = draft.document.clauses[0].conditions[-1]
    assert added.model_dump() == {"kind": "any", "of": ({"kind": "all", "of": ({"kind": "in_post"},)},)}


def test_parts_move_and_go_by_button(draft: PolicyDraft, asker: User) -> None:
    post(asker, "policy_draft_move", draft.pk, "papers/1", revision="1", to="up")
    draft.refresh_from_db()
    assert draft.document.papers[0].kind == document("LS-2022").papers[1].kind
    status, _text = post(asker, "policy_draft_remove", draft.pk, "papers/0", revision="2")
    draft.refresh_from_db()
    assert (status, len(draft.data["papers"])) == (200, len(document("LS-2022").papers) - 1)
    text = page(asker, "policy_draft", draft.pk)
    assert "引用的材料 diploma 不在材料清单中" in text
    assert "#id_papers" in text


def test_what_is_lost_is_said_before_a_part_is_taken_out(draft: PolicyDraft, asker: User) -> None:
    text = page(asker, "policy_draft_remove", draft.pk, "clauses/4")
    assert "要去掉“条款：LS-5”吗？" in text
    assert "在同一单位连续缴纳养老保险满 3 个月" in text
    assert client_of(asker).get(reverse("policy_draft_remove", args=[draft.pk, "basics"])).status_code == 404
    draft.refresh_from_db()
    assert (draft.revision, len(draft.data["clauses"])) == (1, 8)
    said = post(asker, "policy_draft_remove", draft.pk, "clauses/4", revision="1")[1]
    assert '“条款：<span class="th-ref">LS-5</span>”已去掉。' in said


def test_what_is_lost_is_said_before_a_draft_is_given_up(draft: PolicyDraft, asker: User) -> None:
    text = page(asker, "policy_draft_discard", draft.pk)
    assert "要放弃这份草稿吗？" in text
    assert "有 2 处不同" in text  # the label and the first day
    draft.refresh_from_db()
    assert draft.state == "open"
    listed = post(asker, "policy_draft_discard", draft.pk, revision="1")[1]
    assert "已放弃的草稿（1 份）" in listed
    assert reverse("policy_draft", args=[draft.pk]) in listed
    for name, args in (("policy_draft_discard", ()), ("policy_draft_remove", ("notice",))):
        assert client_of(asker).get(reverse(name, args=[draft.pk, *args])).status_code == 302


@pytest.mark.parametrize(
    ("name", "part", "values", "status"),
    [
        ("policy_draft_part", "nothing", {}, 404),
        ("policy_draft_part", "clauses/99", {}, 404),
        ("policy_draft_part", "clauses/0/conditions/new", {"kind": "height"}, 404),
        ("policy_draft_part", "basics", {}, 422),
        ("policy_draft_part", "basics", {"title_zh": "\0", "version": "\0"}, 422),
        ("policy_draft_part", "basics", {"title_zh": "长" * 100_000}, 422),
        ("policy_draft_part", "notice", {"columns": ["name", "name", "x"]}, 422),
        ("policy_draft_move", "papers/0", {"to": "sideways"}, 404),
        ("policy_draft_move", "papers/0", {"to": "up", "revision": "x"}, 302),
        ("policy_draft_move", "basics", {"to": "up", "revision": "1"}, 302),
        ("policy_draft_remove", "basics", {"revision": "1"}, 302),
        ("policy_draft_remove", "correction", {"revision": "9" * 50}, 302),
    ],
)
@pytest.mark.slow
def test_odd_input_is_answered_and_changes_nothing(
    draft: PolicyDraft, asker: User, name: str, part: str, values: dict[str, object], status: int
) -> None:
    assert post(asker, name, draft.pk, part, follow=False, **values)[0] == status
    draft.refresh_from_db()
    assert draft.revision == 1


# ── importing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_export_is_imported_again(draft: PolicyDraft, asker: User) -> None:
    edit(draft, ("amounts", 0), asker, yuan="12000")
    exported = client_of(asker).get(reverse("policy_draft_yaml", args=[draft.pk])).content
    edit(draft, ("amounts", 0), asker, yuan="13000")
    upload = SimpleUploadedFile("LS.yaml", exported)
    status, text = post(asker, "policy_draft_import", draft.pk, file=upload, revision="3")
    assert (status, "已导入。" in text) == (200, True)
    draft.refresh_from_db()
    assert draft.document.amounts[0].amount_fen == 1_200_000


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "请选择文件，或者粘贴内容。"),
        ({"text": "code: [A"}, "行读不懂"),
        ({"text": "code: A"}, "version：没有填写"),
        ({"text": "\0"}, "不允许是用空字符"),
        ({"file": ("a.yaml", b"\xff\xfe\x00")}, "不是 UTF-8 编码"),
        ({"file": ("a.yaml", b"a" * 1_048_577)}, "文件太大，最大 1 MB。"),
        ({"file": ("a.yaml", b"\x89PNG")}, "不是 UTF-8 编码"),
    ],
)
def test_what_cannot_be_imported_is_told(asker: User, values: dict[str, object], sentence: str) -> None:
    published()
    sent = {name: SimpleUploadedFile(*it) if isinstance(it, tuple) else it for name, it in values.items()}
    status, text = post(asker, "desk_policy_import", **sent)
    assert status == 422
    assert sentence in text
    assert PolicyDraft.objects.count() == 0


def test_a_new_policy_is_begun_from_a_pasted_text(asker: User) -> None:
    status, _text = post(asker, "desk_policy_import", text=text_of("SI-2022"))
    assert (status, PolicyDraft.objects.get().policy.code) == (200, "SI-2022")
    assert "还没有发布过版本" in page(asker, "policy_draft", PolicyDraft.objects.get().pk)


# ── publishing ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_draft_is_begun_asked_for_and_published_by_two(asker: User) -> None:
    second = administrator()
    published()
    assert post(asker, "policy_draft_new", "LS-2022", "1")[0] == 200
    draft = PolicyDraft.objects.get()
    assert "请另一位管理员发布" in page(asker, "policy_draft", draft.pk)
    post(asker, "policy_draft_ask", draft.pk, revision="1", note="按新文件")
    assert "申请发布的人不能自己发布" in page(asker, "policy_draft", draft.pk)
    assert "发布这一版" not in page(asker, "policy_draft", draft.pk)
    text = page(second, "policy_draft", draft.pk)
    assert "按新文件" in text
    assert "发布这一版" in text
    assert "申请发布的人不能自己发布" in post(asker, "policy_draft_publish", draft.pk, revision="2")[1]
    assert "已发布。" in post(second, "policy_draft_publish", draft.pk, revision="2")[1]
    version = PolicyVersion.objects.get(label="2")
    assert (version.asked_by, version.published_by) == (asker, second)
    text = page(asker, "desk_policy", "LS-2022", "2")
    assert asker.display_name in text
    assert second.display_name in text


def test_a_draft_is_sent_back_with_its_reason(draft: PolicyDraft, asker: User) -> None:
    second = administrator()
    post(asker, "policy_draft_ask", draft.pk, revision="1")
    status, text = post(second, "policy_draft_send_back", draft.pk, revision="2", reason="")
    assert (status, "请填写“退回的原因”" in text) == (422, True)
    post(second, "policy_draft_send_back", draft.pk, revision="2", reason="金额写错了")
    assert "金额写错了" in page(asker, "policy_draft", draft.pk)


def test_a_day_that_has_passed_has_to_be_ticked(draft: PolicyDraft, asker: User) -> None:
    edit(draft, (), asker, effective_from="2023-10-01")
    text = page(asker, "policy_draft", draft.pk)
    assert "施行日期已经过去，确实要往前施行" in text
    assert "施行日期已经过去" in post(asker, "policy_draft_ask", draft.pk, revision="2")[1]
    assert "已请其他管理员核对发布" in post(asker, "policy_draft_ask", draft.pk, revision="2", is_backdated="on")[1]


def test_where_nobody_else_could_publish_the_page_says_so(draft: PolicyDraft, asker: User) -> None:
    sentence = "现在没有别的全市管理员可以发布"
    assert sentence in page(asker, "policy_draft", draft.pk)
    administrator(town="fengli")
    assert sentence in page(asker, "policy_draft", draft.pk)
    administrator()
    assert sentence not in page(asker, "policy_draft", draft.pk)


def test_simulations_of_exactly_this_text_are_shown(
    draft: PolicyDraft, asker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {draft.sha256: [{"href": "/there/", "when": "昨天", "text": "3 件会改变"}]}
    monkeypatch.setattr(drafting, "simulations_of", lambda sha256: known.get(sha256, []))
    assert '<a href="/there/">昨天</a> 3 件会改变' in page(asker, "policy_draft", draft.pk)
    edit(draft, ("amounts", 0), asker, yuan="12000")
    assert "/there/" not in page(asker, "policy_draft", draft.pk)


# ── doors ──────────────────────────────────────────────────────────────────────────────────────────────────────────

READ = ("policy_draft", "policy_draft_changes", "policy_draft_yaml")
ACTS = tuple(f"policy_draft_{act}" for act in ("discard", "ask", "take_back", "send_back", "publish"))


def test_an_auditor_reads_everything_and_changes_nothing(draft: PolicyDraft) -> None:
    auditor = make_staff(Role.AUDITOR)
    for name in READ:
        assert client_of(auditor).get(reverse(name, args=[draft.pk])).status_code == 200
    assert "修改" not in page(auditor, "policy_draft", draft.pk).split('id="main"')[1]
    assert "起草新版" not in page(auditor, "desk_policies")
    for name in ACTS:
        assert post(auditor, name, draft.pk, revision="1")[0] == 404
    for name in ("policy_draft_part", "policy_draft_move", "policy_draft_remove"):
        assert post(auditor, name, draft.pk, "papers/0", revision="1")[0] == 404
    assert post(auditor, "policy_draft_new", "LS-2022", "1")[0] == 404


@pytest.mark.parametrize("scope", [{"town": "fengli"}, {"programme": "lodging"}])
def test_an_administrator_of_a_town_or_another_programme_changes_nothing(
    draft: PolicyDraft, scope: dict[str, str]
) -> None:
    elsewhere = administrator(**scope)
    expected = 200 if "town" in scope else 404
    assert client_of(elsewhere).get(reverse("policy_draft", args=[draft.pk])).status_code == expected
    assert client_of(elsewhere).get(reverse("desk_policy", args=["LS-2022", "1"])).status_code == expected
    for name in ACTS:
        assert post(elsewhere, name, draft.pk, revision="1")[0] == 404
    assert client_of(elsewhere).get(reverse("policy_draft_part", args=[draft.pk, "basics"])).status_code == 404
    assert client_of(elsewhere).get(reverse("policy_draft_import", args=[draft.pk])).status_code == 404
    assert post(elsewhere, "policy_draft_new", "LS-2022", "1")[0] == 404
    draft.refresh_from_db()
    assert draft.revision == 1


def test_what_is_not_there_is_not_found(asker: User) -> None:
    client = client_of(asker)
    assert client.get(reverse("policy_draft", args=[uuid4()])).status_code == 404
    assert client.get("/desk/policies/LS-2022/77/").status_code == 404
    assert client.get("/desk/policies/ls-2022/1/").status_code == 404


def test_a_draft_that_is_closed_is_not_edited(draft: PolicyDraft, asker: User) -> None:
    post(asker, "policy_draft_discard", draft.pk, revision="1")
    for name, args in (("policy_draft_part", (draft.pk, "basics")), ("policy_draft_import", (draft.pk,))):
        assert client_of(asker).get(reverse(name, args=args)).status_code == 302
    assert "已放弃" in page(asker, "policy_draft", draft.pk)
