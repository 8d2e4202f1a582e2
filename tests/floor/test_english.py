"""Everything people read is there in English too: no Chinese outside what is marked ``lang="zh"``."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, ngettext, override
from django.utils.translation.template import templatize

from portal.accounts.models import Role, User
from portal.casework.models import Application
from portal.notifications.models import Letter
from portal.notifications.rendering import KINDS, render_letter
from subsidies.models import Roll
from tests.factories import make_application_in, make_draft, make_person, make_upload, make_user, move_clock, staff
from tests.floor.access_city import a_city
from tests.floor.test_notifications_letters import letter

CHINESE = re.compile(r"[\u3001-\u303f\u3400-\u9fff\uff01-\uff5e]")
SOURCES = ("portal", "applicants", "subsidies", "housing")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|%%|</?\w+>")
KEYWORDS = {
    "gettext": None, "gettext_lazy": None, "_": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
# A document's number is Chinese in every language; in a title nothing can be marked.
DOCUMENT_NUMBER = re.compile(r"[^\s]+〔\d{4}〕\s?\d+\s?号")
# Chinese that is not a sentence for people: what a bank or an archive file holds, what is typed, how figures read.
CHINESE_IN_CODE = {
    "applicants/cards/benefit_words.py", "applicants/cards/faces/faces.py", "applicants/cards/services/printing.py",
    "applicants/cards/views/list_file.py",
    "applicants/people/answers.py", "applicants/people/fields.py", "applicants/people/masking.py",
    "applicants/people/names.py", "housing/apartments/exports/contract.py",
    "housing/apartments/forms/stock.py", "housing/apartments/services/contract_texts.py",
    "housing/apartments/services/receiving.py", "housing/apartments/services/telling.py",
    "housing/apartments/verify_draw.py", "housing/apartments/views/contracts_desk.py",
    "housing/lodging/exports/settlement.py",
    "portal/casework/forms/facts.py", "portal/casework/services/advancing.py",
    "portal/ui/context_processors.py", "portal/ui/figures.py", "subsidies/amount_words.py",
    "portal/casework/list_rows.py", "portal/printing/paper.py",
    "subsidies/exports/columns.py", "subsidies/exports/roll_csv.py", "subsidies/exports/roll_pdf.py",
    "subsidies/services/filing.py",
    "subsidies/services/bank_files.py", "subsidies/services/bank_results.py", "subsidies/services/checking.py",
    "subsidies/services/evidence.py", "portal/settings.py", "portal/sms/templates.py",
}  # fmt: skip


# ── the catalogue ──────────────────────────────────────────────────────────────────────────────────────────────────


def catalogue(folder: str) -> Catalog:
    source = Path(settings.BASE_DIR, "locale", folder, "LC_MESSAGES", "django.po")
    return read_po(BytesIO(source.read_bytes()), locale=folder, abort_invalid=True)


def texts(message: Message) -> tuple[list[str], list[str]]:
    """The Chinese and the English of ``message``, singular and plural."""
    ids, strings = message.id, message.string
    return list(ids if isinstance(ids, tuple) else (ids,)), list(strings if isinstance(strings, tuple) else (strings,))


def sentences_of_templates() -> Iterator[tuple[str, str]]:
    """(context, sentence) of every template tag that translates; Django turns them into Python for us."""
    root = Path(settings.BASE_DIR, "templates")
    for path in sorted([*root.rglob("*.html"), *root.rglob("*.txt")]):
        code = "\n".join(line.strip() for line in templatize(path.read_text(encoding="utf-8")).splitlines())
        yield from extracted(code.encode())


def sentences_of_code() -> Iterator[tuple[str, str]]:
    """(context, sentence) of every call of gettext in our own Python."""
    for area in SOURCES:
        for path in sorted(Path(settings.BASE_DIR, area).rglob("*.py")):
            yield from extracted(path.read_bytes())


def extracted(code: bytes) -> Iterator[tuple[str, str]]:
    for _line, found, _comments, context in extract("python", BytesIO(code), keywords=KEYWORDS):
        yield context or "", found[0] if isinstance(found, tuple) else found


@pytest.mark.slow
def test_every_sentence_of_templates_and_code_is_in_the_catalogue():
    known = {(message.context or "", texts(message)[0][0]) for message in catalogue("en") if message.id}
    used = {(context, text) for context, text in [*sentences_of_templates(), *sentences_of_code()] if text}
    assert len(used) > 1000
    assert {pair for pair in used if CHINESE.search(pair[1])} - known == set()


@pytest.mark.slow
def test_no_chinese_in_the_code_goes_past_gettext():
    found = set()
    for area in SOURCES:
        for path in sorted(Path(settings.BASE_DIR, area).rglob("*.py")):
            name = str(path.relative_to(settings.BASE_DIR))
            if "/migrations/" not in name and not name.startswith("portal/demo/") and bare_chinese(path):
                found.add(name)
    assert found == CHINESE_IN_CODE


def bare_chinese(path: Path) -> list[str]:
    """The Chinese strings of a module that no call of gettext holds; docstrings are not for people."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KEYWORDS:
            known.update(ast.walk(node))
    texts_there = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [node.value for node in texts_there if node not in known and CHINESE.search(node.value)]


def test_every_message_has_its_english_and_none_is_a_guess():
    messages = [message for message in catalogue("en") if message.id]
    assert [message.id for message in messages if message.fuzzy or not all(texts(message)[1])] == []


def test_the_english_is_without_chinese_characters():
    english = [text for message in catalogue("en") if message.id for text in texts(message)[1]]
    assert [text for text in english if CHINESE.search(text)] == []


@pytest.mark.parametrize("folder", ["en", "zh_Hans"])
def test_placeholders_are_the_same_on_both_sides(folder):
    differing = []
    for message in catalogue(folder):
        ids, strings = texts(message)
        for number, string in enumerate(strings if message.id else ()):
            source = ids[min(number, len(ids) - 1)]
            if sorted(PLACEHOLDER.findall(source)) != sorted(PLACEHOLDER.findall(string)):
                differing.append((source, string))
    assert differing == []


def test_singular_and_plural_are_both_english():
    with override("en"):
        shown = [ngettext("约 %(days)s 个工作日", "约 %(days)s 个工作日", n) % {"days": n} for n in (1, 5)]
    assert shown == ["About 1 working day", "About 5 working days"]


def test_the_compiled_catalogues_load():
    with override("en"):
        assert gettext("我的申请") == "My applications"
    with override("zh-hans"):
        assert gettext("我的申请") == "我的申请"
        assert gettext("This password is too common.") == "这个密码太常见，容易被猜到。请换一个。"


# ── pages ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Walker(HTMLParser):
    """Collects every text and attribute people read or hear that holds Chinese outside ``lang="zh"``."""

    VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "use"})
    READ = frozenset({"alt", "title", "placeholder", "aria-label", "data-label", "content"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.languages: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        language = values.get("lang") or (self.languages[-1] if self.languages else "")
        if not language.startswith("zh"):
            read = [value for name, value in attrs if name in self.READ and value]
            read += [values["value"] or ""] if tag == "input" and values.get("type") == "submit" else []
            self.found += [value for value in read if CHINESE.search(value)]
        if tag not in self.VOID:
            self.languages.append(language)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.languages.pop()

    def handle_data(self, data: str) -> None:
        if self.lasttag == "title":
            data = DOCUMENT_NUMBER.sub("", data)
        if CHINESE.search(data) and not self.languages[-1].startswith("zh"):
            self.found.append(data.strip())


def chinese_in(html: str) -> list[str]:
    walker = Walker()
    walker.feed(html)
    return walker.found


def english(user: User | None = None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def read(user: User | None, name: str, *args: object, query: str = "", **posted: object) -> list[str]:
    """The Chinese of one page; also says when the page was not there to be read."""
    address = reverse(name, args=args) + query
    client = english(user)
    response = client.post(address, posted) if posted else client.get(address)
    if response.status_code not in (200, 422):
        return [f"{name} answered {response.status_code}"]
    return [f"{name}{query}: {text}" for text in chinese_in(response.content.decode())]


def test_the_walker_sees_chinese_and_leaves_what_is_marked():
    page = '<html lang="en"><p>One<br>甲 <b lang="zh">乙<i>丙</i></b><img alt="丁"> two</p></html>'
    assert chinese_in(page) == ["甲", "丁"]


def test_what_people_wrote_is_marked_on_english_pages_only():
    template = Template("{{ text|zh }}")
    context = Context({"text": "Document 泉人社文〔2022〕164号 & <林晓航>"})
    with override("en"):
        marked = '<span lang="zh">泉人社文〔2022〕164号</span> &amp; &lt;<span lang="zh">林晓航</span>&gt;'
        assert template.render(context) == f"Document {marked}"
    with override("zh-hans"):
        assert template.render(context) == "Document 泉人社文〔2022〕164号 &amp; &lt;林晓航&gt;"


PUBLIC = ("home", "programmes", "notices", "help", "privacy", "accessibility", "contact")
SIGN_IN = ("account_login", "account_signup", "account_reset_password")
OWN = ("account_email", "account_change_password", "mfa_index", "account_logout", "letters")


@pytest.mark.django_db
@pytest.mark.slow
def test_public_pages_are_english():
    noticed = make_application_in("public_notice")
    move_clock(noticed.state_at)
    found = [text for name in (*PUBLIC, *SIGN_IN, "demo") for text in read(None, name)]
    for code in ("living-subsidy", "talent-card", "lodging", "apartment"):
        found += read(None, "programme", code)
    nowhere = english().get("/nowhere/")
    assert (nowhere.status_code, chinese_in(nowhere.content.decode())) == (404, [])
    assert english().get(reverse("home")).content.decode().count('<html lang="en"') == 1
    assert found == []


@pytest.mark.django_db
def test_pages_of_an_account_are_english():
    person = make_user(language="en")
    found = [text for name in OWN for text in read(person, name)]
    found += read(staff(Role.CLERK), "mfa_index")
    found += read(None, "account_login", login="nobody@example.test", password="wrong-2023")
    found += read(None, "account_signup", email="no address", password1="1234")
    assert found == []


@pytest.mark.django_db
@pytest.mark.slow
def test_pages_of_every_desk_role_are_english():
    users, places, bodies = a_city()
    User.objects.update(display_name="蒋敏")
    found = []
    for name in ("notice", "programme"):
        found += read(None, name, *places[name])
    for name in ("home", "applications", "letters", "privacy_notice", "letter", "objection_new"):
        found += read(users["owner"], name, *places.get(name, ()))
    found += read(users["other"], "objection_sent", *places["objection_sent"])
    found += draft_pages(users["owner"], Application.objects.get(pk=places["application_tasks"][0]))
    for who in ("clerk", "first", "second", "approver", "admin", "auditor"):
        for name in ("desk", "desk_notices", "desk_notice", "desk_file"):
            found += read(users[who], name, *places.get(name, ()))
    for view in ("todo", "mine", "free", "overdue", "all", "ended"):
        found += read(users["admin"], "desk", query=f"?view={view}")
    for view in ("ready", "review", "waiting", "on_a_roll", "paid", "rejected", "all"):
        found += read(users["finance"], "payables", query=f"?view={view}")
    found += read(
        users["finance"], "bank_result", *places["bank_result"], query=f"?file={places['bank_result_apply'][1]}"
    )
    for tab in ("review", "answers", "changes", "earlier", "progress"):
        found += read(users["first"], "desk_file", *places["desk_file"], query=f"?tab={tab}")
    for step in ("refuse", "pass_first", "return"):
        found += read(users["first"], "desk_step", places["desk_file"][0], step)
    for who, name in (
        ("clerk", "desk_take"), ("clerk", "desk_objection_new"), ("admin", "desk_objection"), ("admin", "entries"),
        ("first", "payable_account"), ("first", "payable_recheck"), ("finance", "payables"), ("finance", "rolls"),
        ("finance", "roll"), ("auditor", "roll"), ("finance", "bank_result"), ("first", "payables"),
    ):  # fmt: skip
        found += read(users[who], name, *places.get(name, ()))
    for roll in Roll.objects.order_by("pk"):
        found += read(users["finance"], "roll", roll.number)
    found += read(users["first"], "desk_reveal", *places["desk_file"], reveal="1")
    found += read(users["elsewhere"], "desk_find", **bodies["desk_find"])
    found += read(users["first"], "desk_step", *places["desk_step"], clause="")
    found += read(users["admin"], "desk_objection", *places["desk_objection"], decision="")
    assert found == []


def draft_pages(person: User, draft: Application) -> list[str]:
    found = [
        text
        for part in ("tasks", "papers", "check", "discard")
        for text in read(person, f"application_{part}", draft.pk)
    ]
    for section in ("identity", "education", "employment", "account", "declaration"):
        found += read(person, "application_section", draft.pk, section)
        found += read(person, "application_section", draft.pk, section, nothing="")
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("policy", ["LS-2022", "YTE-2024"])
@pytest.mark.slow
def test_pages_of_a_draft_are_english(policy):
    draft = make_draft(policy=policy)
    move_clock(draft.created_at)
    assert draft_pages(draft.applicant.user, draft) == []


STATES = (
    "check", "accept", "correction", "first_review", "second_review", "public_notice", "objection", "final_approval",
    "approved", "refused", "reconsideration", "withdrawn", "lapsed",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("state", STATES)
@pytest.mark.slow
def test_pages_of_an_application_are_english_in_every_state(state):
    row = make_application_in(state)
    move_clock(row.state_at)
    person = row.applicant.user
    found = [text for name in ("home", "applications", "letters") for text in read(person, name)]
    found += read(person, "application", row.pk)
    if state in ("accept", "public_notice"):
        found += read(person, "application_withdraw", row.pk)
    if state in ("approved", "refused"):
        found += read(person, "decision", row.pk)
    if state == "refused":
        found += read(person, "reconsideration_new", row.pk)
        found += read(person, "reconsideration_new", row.pk, reason="")
        found += read(person, "reconsideration_new", row.pk, reason="x")
    if state == "reconsideration":
        found += read(person, "reconsideration_withdraw", row.pk)
        found += read(staff(Role.ADMINISTRATOR), "desk_step", row.pk, "uphold_reconsideration")
        found += read(staff(Role.ADMINISTRATOR), "desk_step", row.pk, "dismiss_reconsideration")
    if state == "approved":
        found += read(person, "account_change", row.pk)
        found += read(person, "account_change", row.pk, holder="")
    if state == "correction":
        for name in ("application_tasks", "application_check"):
            found += read(person, name, row.pk)
        found += read(person, "application_section", row.pk, "education")
        found += read(person, "application_section", row.pk, "education", diploma_number="x")
    for sent in Letter.objects.filter(recipient=person).order_by("created_at"):
        found += read(person, "letter", sent.pk)
    found += read(staff(Role.FIRST_REVIEWER), "desk_file", row.pk)
    assert found == []


# ── letters and sentences ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_letters_are_english(kind):
    """Names and what somebody wrote stay as they are; nothing else is Chinese."""
    written = {"毕业证书看不清。", "请重新拍照", "已核实，信息属实。", "金额按新文件调整。"}
    written |= {"林晚舟", "管一川", "苏一舟", "曾启明", "泉州市第四层次人才"}
    rendered = render_letter(letter(make_user(language="en"), kind))
    text = "\n".join([rendered.subject, *rendered.paragraphs])
    for words in written:
        text = text.replace(words, "")
    assert CHINESE.findall(text) == []


@pytest.mark.django_db
def test_mistakes_are_explained_in_english():
    draft = make_draft(make_person())
    move_clock(draft.created_at)
    address = reverse("application_section", args=[draft.pk, "identity"])
    bad = {"legal_name": "林2", "number": "35058120010308", "phone": "12345", "household_code": ""}
    page = english(draft.applicant.user).post(address, bad).content.decode()
    assert "There are 5 things to fix" in page
    assert "A name has no digits in it. Please enter it as on the identity paper." in page
    sentence = "The number of this paper (identity card) has 18 characters; you entered 14."
    assert f"{sentence} Please copy it again from the identity card." in page
    assert "A mobile number has 11 digits and begins with 13 to 19. Enter it again." in page
    assert "Choose where your household is registered." in page


@pytest.mark.django_db
def test_a_paper_that_is_no_picture_is_refused_in_english():
    draft = make_draft(make_person())
    move_clock(draft.created_at)
    upload = make_upload("note.jpg", b"no picture at all")
    address = reverse("application_papers", args=[draft.pk])
    page = english(draft.applicant.user).post(address, {"kind": "diploma", "file": upload}).content.decode()
    sentence = "This file cannot be used. We take only JPEG, PNG, HEIC, WebP, PDF. Convert it"
    assert sentence in page
