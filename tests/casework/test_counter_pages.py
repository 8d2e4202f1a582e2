"""The counter, page by page: somebody found or made, their application filled in, signed, sent; letters on paper."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from applicants.people.models import Person
from applicants.people.services import prove_number
from portal.audit.models import Entry
from portal.casework.models import Application
from portal.notifications.models import Letter
from tests import factories as make
from tests.browsing import signed_in
from tests.casework.at_counter import enter, fill, hand_in, identity, sent
from tests.casework.moving import MARK, take
from tests.factories import AT, ON

pytestmark = pytest.mark.django_db
COUNTER = "/desk/counter/"


@pytest.fixture(autouse=True)
def day():
    make.move_clock()
    make.load_policies()


def said(**changes):
    given = identity()
    words = {"number_kind": "resident_id", "number": given["number"], "legal_name": given["legal_name"]}
    return words | {"policy": "LS-2022", "is_seen": "on", "is_told": "on"} | changes


def text_of(response):
    return response.content.decode()


def test_somebody_new_is_entered_in_one_go_and_the_task_list_opens():
    client = signed_in(make.staff("clerk"))

    response = client.post(COUNTER, said())

    row = Application.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/applications/{row.pk}/tasks/")
    page = text_of(client.get(response.headers["Location"]))
    assert "柜台录入：吴**" in page
    assert "吴海生" not in page


def test_for_a_known_number_the_clerk_says_who_it_is_before_anything_is_begun():
    person = make.make_person()
    prove_number(person=person, by=make.staff("first_reviewer"), at=AT)
    client = signed_in(make.staff("clerk"))
    words = said(number=person.number, legal_name=person.legal_name)

    asked = client.post(COUNTER, words)

    page = text_of(asked)
    assert (asked.status_code, Application.objects.count()) == (200, 0)
    assert "这个号码已经有人填写过" in page
    assert "林**，居民身份证 3505**********" in page
    assert f'value="{person.pk}"' in page
    assert "都不是，作为新的一位录入" not in page
    assert client.post(COUNTER, words | {"person": str(person.pk)}).status_code == 302
    assert Application.objects.get().applicant == person


def test_a_claim_shows_its_account_and_may_be_left_aside():
    claim = make.make_person(make.make_user("lin@example.test"))
    client = signed_in(make.staff("clerk"))
    words = said(number=claim.number, legal_name=claim.legal_name)

    page = text_of(client.post(COUNTER, words))

    assert "账号 l***@example.test" in page
    assert "都不是，作为新的一位录入" in page
    assert client.post(COUNTER, words | {"person": "new"}).status_code == 302
    assert Application.objects.get().applicant != claim


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"number": ""}, "请填写证件号码。"),
        ({"number": "350581199903080"}, "18 位"),
        ({"number": "3\x005058"}, "18 位"),
        ({"number": "9" * 4000}, "最多 60 个字"),
        ({"number_kind": "library_card"}, "请从列出的选项里选一项。"),
        ({"legal_name": "<script>"}, "姓名"),
        ({"policy": "NO-1"}, "请从列出的选项里选一项。"),
        ({"is_seen": ""}, "要本人带证件原件到场，核对一致后勾选。"),
        ({"is_told": ""}, "请先请本人看个人信息处理告知，同意后勾选。"),
        ({"number_kind": "passport", "number": "E12345678"}, "请填写出生日期，和证件上的一样。"),
        ({"number_kind": "passport", "number": "E12345678", "birth_date": "2023-99-99"}, "请写完整的日期"),
        ({"household_place": "none"}, ""),
        ({"person": ["a", "b"]}, "请重新选择是哪一位。"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_begins_nothing(changes, sentence):
    client = signed_in(make.staff("clerk"))

    response = client.post(COUNTER, said(**changes))

    if not sentence:
        assert response.status_code == 302
        return
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert (Application.objects.count(), Person.objects.count()) == (0, 0)


def test_the_own_number_is_refused_with_the_reason():
    clerk = make.staff("clerk")
    own = make.make_person(clerk)
    words = said(number=own.number, legal_name=own.legal_name)

    response = signed_in(clerk).post(COUNTER, words | {"person": "new"})

    assert response.status_code == 422
    assert "不能为本人录入申请，请另一位同事办理。" in text_of(response)


def test_an_administrator_sees_the_letters_and_enters_nothing():
    client = signed_in(make.staff("administrator"))

    assert "录入申请由受理人员办理。" in text_of(client.get(COUNTER))
    assert client.post(COUNTER, said()).status_code == 404


@pytest.mark.slow
def test_a_clerk_goes_the_whole_way_on_the_applicants_own_pages():
    clerk = make.staff("clerk")
    client = signed_in(clerk)
    row = fill(enter(clerk), by=clerk, without=("signed_form",))
    at = f"/applications/{row.pk}/"

    printed = text_of(client.get(f"{COUNTER}{row.pk}/print/signed_form/"))
    for expected in ("吴海生", "闽南示例大学", "本人签名", "我声明"):
        assert expected in printed
    assert client.get(f"{at}answers/identity/").status_code == 200
    assert "本人签名的申请表" in text_of(client.get(f"{at}papers/"))
    scan = SimpleUploadedFile("签名.jpg", make.jpeg_bytes())
    assert client.post(f"{at}papers/", {"kind": "signed_form", "file": scan}).status_code == 302
    assert client.get(f"{at}check/").status_code == 200
    sent_to = client.post(f"{at}submit/", {"version": "0"})

    assert sent_to.headers["Location"] == f"{at}?sent"
    row = Application.objects.get()
    assert (row.state, row.submitted_by) == ("check", clerk)
    page = text_of(client.get(f"{at}?sent"))
    letter = Letter.objects.get()
    assert f"{COUNTER}letters/{letter.pk}/" in page
    assert "上传签名的请求书" in page


@pytest.mark.slow
def test_the_file_page_says_that_it_was_entered_at_the_counter():
    clerk = make.make_staff("clerk", name="蒋受")
    row = sent(clerk)
    client = signed_in(clerk)

    page = text_of(client.get(reverse("desk_file", args=[row.pk])))
    assert "<dt>柜台录入</dt><dd>蒋受</dd>" in page.replace('<span lang="zh">', "").replace("</span>", "")
    assert f'href="/applications/{row.pk}/"' in page
    line = text_of(client.get(reverse("desk_file", args=[row.pk]) + "?tab=timeline"))
    assert "蒋受在柜台代录" in line
    other = text_of(signed_in(make.staff("first_reviewer")).get(reverse("desk_file", args=[row.pk])))
    assert f'href="/applications/{row.pk}/"' not in other


def test_a_withdrawal_is_asked_for_on_paper_first():
    clerk = make.staff("clerk")
    row = sent(clerk)
    client = signed_in(clerk)
    version = {"version": str(row.version)}

    client.post(f"/applications/{row.pk}/withdraw/", version)
    assert Application.objects.get().state == "accept"
    assert "请先上传本人签名的请求书。" in text_of(client.get(f"/applications/{row.pk}/"))

    assert "撤回这件申请。" in text_of(client.get(f"{COUNTER}{row.pk}/print/signed_request/"))
    there = f"{COUNTER}{row.pk}/request/"
    assert client.post(there, {}).status_code == 422
    assert client.post(there, {"file": SimpleUploadedFile("x.jpg", b"no picture")}).status_code == 422
    make.move_clock(AT.replace(hour=15))
    assert client.post(there, {"file": make.make_upload()}).status_code == 302
    assert client.get(there).status_code == 200
    client.post(f"/applications/{row.pk}/withdraw/", version)
    assert Application.objects.get().state == "withdrawn"


@pytest.mark.slow
def test_a_correction_at_the_counter_asks_for_the_form_signed_anew():
    clerk = make.staff("clerk")
    row = sent(clerk)
    take(row, "return", "clerk", at=AT.replace(hour=12), note="请核对学校。", items=[MARK])
    make.move_clock(AT.replace(hour=15))
    client = signed_in(clerk)

    assert "本人签名的申请表" in text_of(client.get(f"/applications/{row.pk}/tasks/"))
    papers = text_of(client.get(f"/applications/{row.pk}/papers/"))
    assert papers.count("还没有换") + papers.count("还没换") == 1
    hand_in(row, "signed_form", by=clerk, at=AT.replace(hour=15))
    assert "已修改" not in text_of(client.get(f"/applications/{row.pk}/tasks/"))


def test_a_letter_on_paper_is_read_printed_and_noted():
    clerk = make.staff("clerk")
    row = sent(clerk)
    client, letter = signed_in(clerk), Letter.objects.get()
    there = f"{COUNTER}letters/{letter.pk}/"

    listed = text_of(client.get(f"{COUNTER}letters/"))
    assert row.reference in listed
    assert "吴**" in listed
    assert "吴海生" in text_of(client.get(there))
    assert Entry.objects.filter(action="letter.print", actor=clerk).count() == 1
    assert client.post(there, {"how": "pigeon", "on": ""}).status_code == 422
    assert client.post(there, {"how": "in_person", "on": ON.isoformat()}).status_code == 302
    assert "没有等着送达的信。" in text_of(client.get(f"{COUNTER}letters/"))
    assert "登记送达" not in text_of(client.get(there))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.slow
def test_every_page_of_the_counter_opens_in_both_languages(language):
    clerk = make.staff("clerk")
    draft, row = enter(clerk), sent(clerk)
    client = signed_in(clerk)
    client.cookies["language"] = language
    pages = [
        COUNTER,
        f"{COUNTER}letters/",
        f"{COUNTER}letters/{Letter.objects.get().pk}/",
        f"{COUNTER}{draft.pk}/print/signed_form/",
        f"{COUNTER}{row.pk}/print/signed_request/",
        f"{COUNTER}{row.pk}/request/",
        f"/applications/{draft.pk}/tasks/",
        f"/applications/{draft.pk}/discard/",
        f"/applications/{row.pk}/",
    ]

    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)
    assert client.get(f"{COUNTER}{row.pk}/print/library_card/").status_code == 404
    assert client.get(f"{COUNTER}{draft.pk}/print/signed_request/").status_code == 404
    assert client.get(f"{COUNTER}{draft.pk}/request/").status_code == 302


@pytest.mark.slow
def test_pages_of_a_counter_are_not_there_for_anybody_else():
    draft, row = enter(make.staff("clerk")), sent(make.staff("clerk"))
    visitors = [make.make_user(), make.make_staff("clerk", town="lingxiu"), make.staff("first_reviewer")]
    for user in visitors:
        client = signed_in(user)
        for page in (
            f"{COUNTER}{draft.pk}/print/signed_form/",
            f"{COUNTER}{row.pk}/request/",
            f"{COUNTER}letters/{Letter.objects.get().pk}/",
            f"/applications/{draft.pk}/tasks/",
            f"/applications/{draft.pk}/answers/identity/",
            f"/applications/{row.pk}/withdraw/",
        ):
            assert client.get(page).status_code == 404, page


def test_a_reconsideration_at_the_counter_is_asked_for_with_a_signed_request():
    clerk = make.staff("clerk")
    row = sent(clerk)
    take(row, "accept", "clerk", at=AT.replace(hour=12))
    take(row, "refuse", "first_reviewer", at=AT.replace(hour=13), clause="LS-4", note="登记里查不到。")
    client = signed_in(clerk)
    make.move_clock(AT.replace(hour=14))
    there, paper = f"/applications/{row.pk}/reconsideration/", f"{COUNTER}{row.pk}/request/"

    letter = Letter.objects.get(kind="refused")
    page = text_of(client.get(f"{COUNTER}letters/{letter.pk}/"))
    assert f'href="/applications/{row.pk}/decision/"' in page
    decision = text_of(client.get(f"/applications/{row.pk}/decision/"))
    assert "您可以带身份证件到福建省石狮市（示例地址）人才服务窗口申请复核" in decision
    assert client.get(there).headers["Location"] == paper
    assert "请先上传本人签名的请求书。" in text_of(client.get(paper))
    assert client.post(paper, {"file": make.make_upload()}).status_code == 302
    page = text_of(client.post(there, {"reason": "学校改过名。", "upload": "1", "file": make.make_upload("name.jpg")}))
    assert "name.jpg" in page
    assert page.count("复核材料") >= 2
    assert ">File<" not in page
    version = str(Application.objects.get().version)
    client.post(there, {"reason": "学校改过名。", "send": "1", "version": version})
    assert Application.objects.get().state == "reconsideration"
    assert Letter.objects.get(kind="reconsideration_received").recipient is None

    back = f"/applications/{row.pk}/reconsideration/withdraw/"
    assert client.get(back).headers["Location"] == paper  # the request above asked for something else
