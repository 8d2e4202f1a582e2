"""A talent card from the privacy notice to the card, page by page, as the applicant and the bureau walk it."""

import re

import pytest

from applicants.cards.models import Card, Recognition
from applicants.cards.services.applying import detail_of
from portal.casework.models import Application
from portal.casework.services.checking import check_submission
from portal.notifications.models import Letter
from tests import factories as make
from tests.browsing import address, locks, signed_in
from tests.cards.making import load_card_policy, make_card_application_in, make_card_draft, picture_bytes
from tests.casework.moving import now

pytestmark = pytest.mark.django_db
RECOGNITION = {
    "act": "add",
    "tier": "L4",
    "title": "泉州市第四层次人才",
    "issued_by": "泉州市人才工作领导小组办公室",
    "document_number": "示例〔2023〕11 号",
    "recognised_on": "2023-05-18",
}
MONTHS = {
    "employer": "石狮潮汐数据服务有限公司",
    "insured_1_from": "2023-07",
    "insured_1_to": "2023-09",
    "insured_1_employer": "present",
}


@pytest.fixture(autouse=True)
def _october_2023():
    make.move_clock()
    load_card_policy()


def step(role, row, name, **data):
    answer = signed_in(make.staff(role)).post(address("desk_step", row, name), {"version": now(row).version, **data})
    assert answer.status_code == 302, re.findall(r"invalid-feedback.*?</p>|<li>.*?</li>", answer.content.decode())[:5]
    return now(row)


def settle(row, clause, kind, **values):
    data = {f"{clause}-{name}": value for name, value in values.items()}
    data |= {f"{clause}-paper": str(row.shelf.get(kind=kind).pk), "clause": clause, "version": now(row).version}
    answer = signed_in(make.staff("first_reviewer")).post(address("desk_settle", row), data)
    assert answer.status_code == 302


def upload(client, row, kind):
    answer = client.post(address("application_papers", row), {"kind": kind, "file": make.make_upload()})
    assert answer.status_code == 302


@pytest.mark.slow
def test_from_the_privacy_notice_to_the_card():
    person = make.make_person()
    client = signed_in(person.user)

    client.post("/apply/talent-card/privacy/")
    client.post("/apply/talent-card/", {"policy": "CARD-2023"})
    row = Application.objects.get(applicant=person)
    assert client.post(address("card_recognitions", row), RECOGNITION).status_code == 302
    contract = {"is_contract_open_ended": "no", "contract_ends_on": "2026-06-30"}
    answer = client.post(address("application_section", row, "contract"), contract)
    assert answer.headers["Location"] == address("card_portrait", row)
    client.post(address("card_portrait", row), {"file": make.make_upload("me.jpg", picture_bytes((1200, 900)))})
    cut = {"cut": "1", "left": "200", "top": "0", "width": "700"}
    answer = client.post(address("card_portrait", row), cut)
    assert answer.headers["Location"] == address("application_papers", row)
    for kind in ("id_card", "diploma", "recognition", "contract_or_licence", "insurance_record"):
        upload(client, row, kind)
    client.post(address("application_section", row, "declaration"), {"is_declared_true": "on"})
    page = client.get(address("application_check", row)).content.decode()
    portrait = detail_of(row).portrait
    said = ("泉州市第四层次人才", "示例〔2023〕11 号", "2026 年 6 月 30 日", address("portrait_image", portrait))
    assert [words for words in said if words not in page] == []
    assert client.post(address("application_submit", row), {"version": "0"}).status_code == 302

    row = now(row)
    assert (row.state, row.reference) == ("check", "TC-2023-000001")
    assert sorted(row.submissions.get().answers) == [
        "contract", "declaration", "education", "employment", "identity", "portrait", "recognitions",
    ]  # fmt: skip
    check_submission(submission_id=row.submissions.get().pk, at=make.AT)
    seen = {"seen": now(row).applicant.number_hash, "paper": str(row.shelf.get(kind="id_card").pk)}
    signed_in(make.staff("clerk")).post(address("desk_prove", row), seen)
    assert step("clerk", row, "accept").state == "first_review"

    settle(row, "TC-1", "recognition", recognitions=["L4"])
    settle(row, "TC-2", "contract_or_licence", employer_place="350581", employer_status="active")
    settle(row, "TC-3", "contract_or_licence", in_post="yes")
    settle(row, "TC-4", "insurance_record", **MONTHS)
    page = signed_in(make.staff("first_reviewer")).get(address("desk_file", row)).content.decode()
    assert locks(page) == []
    assert "批准后给：<strong>银卡、有效 5 年、第四层次人才</strong>" in page
    assert step("first_reviewer", row, "pass_first").state == "final_approval"
    assert step("approver", row, "approve").state == "approved"

    card = Card.objects.get(application=row)
    assert (card.kind, card.tier, str(card.valid_to), card.portrait) == ("silver", "L4", "2026-06-30", portrait)
    assert sorted(Letter.objects.filter(recipient=person.user).values_list("kind", flat=True)) == [
        "accepted", "approved", "card_issued", "receipt",
    ]  # fmt: skip
    page = signed_in(make.staff("approver")).get(address("desk_file", row)).content.decode()
    assert f'<a href="{address("card_file", card)}">尾号 {card.number[-4:]}，有效</a>' in page


@pytest.mark.slow
def test_a_tier_that_is_not_proven_holds_the_file_though_every_clause_is_met():
    row = make_card_application_in("first_review", tiers=["L4"])
    settle(row, "TC-1", "diploma", education="bachelor", study_mode="full_time", overseas_certified="domestic")
    settle(row, "TC-2", "contract_or_licence", employer_place="350581", employer_status="active")
    settle(row, "TC-3", "contract_or_licence", in_post="yes")
    settle(row, "TC-4", "insurance_record", **MONTHS)
    page = signed_in(make.staff("first_reviewer")).get(address("desk_file", row)).content.decode()
    assert locks(page) == ["条款都符合，但层次还没有定：请对照材料认定学历和人才认定。"]
    assert "批准后给" not in page


@pytest.mark.slow
def test_a_correction_of_the_card_s_own_sections_opens_them_and_shows_what_changed():
    row = make_card_application_in("accept", tiers=["PR"])
    marks = {
        "reason": "照片和合同要改。",
        "field-portrait-portrait": "on",
        "field-contract-contract_ends_on-note": "合同写的是 2025 年。",
    }
    row = step("clerk", row, "return", **marks)
    letter = Letter.objects.get(recipient=row.applicant.user, kind="correction_needed")
    assert [item["label"]["zh"] for item in letter.context["items"]] == ["合同终止日期", "证件照"]
    client = signed_in(row.applicant.user)
    assert client.get(address("card_recognitions", row)).headers["Location"] == address("application_tasks", row)
    page = client.get(address("application_section", row, "contract")).content.decode()
    assert ("请改：合同写的是 2025 年。" in page, page.count('name="is_contract_open_ended"')) == (True, 2)
    contract = {"is_contract_open_ended": "no", "contract_ends_on": "2025-06-30"}
    client.post(address("application_section", row, "contract"), contract)
    client.post(address("card_portrait", row), {"file": make.make_upload("me.png", picture_bytes((500, 700), "PNG"))})
    client.post(address("application_submit", row), {"version": now(row).version})
    row = now(row)
    check_submission(submission_id=row.submissions.order_by("number").last().pk, at=make.AT)
    page = signed_in(make.staff("clerk")).get(address("desk_file", row), {"tab": "changes"}).content.decode()
    cells = [re.sub(r"<.*?>|\s", "", cell) for cell in re.findall(r"<t[dh][^>]*>.*?</t[dh]>", page, re.S)]
    assert cells[3:] == ["合同终止日期", "没有终止日期", "2025年6月30日", "证件照", "旧的一份", "新传的一份"]


@pytest.mark.slow
def test_the_desk_reads_the_card_s_own_sections_and_the_api_the_same(client):
    row = make_card_application_in("first_review", tiers=["L5", "PR"])
    page = signed_in(make.staff("first_reviewer")).get(address("desk_file", row), {"tab": "answers"}).content.decode()
    said = ("第五层次人才：泉州市L5人才", "实用型人才：泉州市PR人才", "2023 年 5 月 1 日认定", "没有终止日期", "已上传")
    assert [words for words in said if words not in page] == []
    assert address("portrait_image", detail_of(row).portrait) in page


def test_the_same_recognition_twice_is_one_and_nine_are_too_many():
    draft = make_card_draft(tiers=["L4"])
    client = signed_in(draft.applicant.user)
    for _time in range(2):
        client.post(address("card_recognitions", draft), RECOGNITION)
    assert Recognition.objects.count() == 2
    for number in range(6):
        client.post(address("card_recognitions", draft), RECOGNITION | {"title": f"人才 {number}"})
    answer = client.post(address("card_recognitions", draft), RECOGNITION | {"title": "人才"})
    assert (Recognition.objects.count(), "最多填 8 项人才认定。" in answer.content.decode()) == (8, True)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"tier": "PHD"}, "请从列出的选项里选一项。"),
        ({"tier": ""}, "请选择认定的层次。"),
        ({"title": " "}, "请填写认定名称。"),
        ({"title": "长" * 81}, "最多 80 个字"),
        ({"recognised_on": "2024-01-01"}, "认定日期不能在今天以后。"),
        ({"recognised_on": "none"}, ""),
        ({"expires_on": "2023-05-17"}, "有效期不能早于认定日期。"),
    ],
)
@pytest.mark.slow
def test_a_recognition_that_cannot_be_right_is_said_beside_the_field(given, sentence):
    draft = make_card_draft()
    answer = signed_in(draft.applicant.user).post(address("card_recognitions", draft), RECOGNITION | given)
    assert (Recognition.objects.count(), sentence in answer.content.decode()) == (0, True)


def test_what_is_claimed_can_be_taken_back_and_none_is_an_answer():
    draft = make_card_draft(tiers=["L4"])
    client, page = signed_in(draft.applicant.user), address("card_recognitions", draft)
    assert "请先删去已填的人才认定。" in client.post(page, {"act": "none"}, follow=True).content.decode()
    client.post(page, {"act": "remove", "recognition": str(Recognition.objects.get().pk)})
    assert detail_of(draft).has_recognitions is None
    client.post(page, {"act": "none"})
    assert detail_of(draft).has_recognitions is False
    assert client.post(page, {"act": "remove", "recognition": "nonsense"}).status_code == 404


def test_somebody_else_s_pages_and_portrait_are_not_there():
    draft = make_card_draft()
    client = signed_in(make.make_user())
    addresses = [address("card_recognitions", draft), address("card_portrait", draft)]
    addresses.append(address("portrait_image", detail_of(draft).portrait))
    assert [client.get(there).status_code for there in addresses] == [404, 404, 404]


@pytest.mark.slow
def test_a_card_that_has_ended_may_be_applied_for_again():
    row = make_card_application_in("approved")
    client = signed_in(row.applicant.user)
    offered = [client.get("/applications/").context["offers"][0]["granted"]]
    card = Card.objects.get(application=row)
    from applicants.cards.services.changing import change_card

    change_card(card.pk, "return", by=row.applicant.user, at=make.AT)
    offered.append(client.get("/applications/").context["offers"][0]["granted"])
    assert offered == [row, None]
    page = client.get(address("application", row)).content.decode()
    assert f"绿卡（尾号 {card.number[-4:]}）已失效：本人退回。" in page
