"""An application for a talent card by API: its own sections, from the start to the withdrawal."""

import pytest
from django.urls import reverse

from applicants.cards.models import CardApplication
from portal.casework.models import Application
from tests import factories as make
from tests.api.calling import Caller, errors_of, problem_of
from tests.cards.making import load_card_policy, make_card_application_in, make_card_draft, picture_bytes

pytestmark = pytest.mark.django_db
L4 = {
    "tier": "L4",
    "title": "泉州市第四层次人才",
    "issued_by": "泉州市人才工作领导小组办公室",
    "recognised_on": "2023-05-18",
}


@pytest.fixture(autouse=True)
def _october_2023(db):
    load_card_policy()
    make.move_clock()


def picture(me, pk, data=None, **cut):
    file = make.make_upload("me.jpg", picture_bytes((1200, 900)) if data is None else data)
    return me.client.post(reverse("api_portrait", args=[pk]), {"file": file, **cut}, headers=me.headers)


@pytest.mark.slow
def test_start_fill_in_hand_in_submit_and_withdraw():
    me = Caller(make.make_person().user)
    body = {"programme": "talent-card", "policy": "CARD-2023", "is_privacy_read": True}
    begun = me.send("post", "api_applications", body=body)
    pk = begun.json()["id"]
    left = ["recognitions", "contract", "portrait", "papers", "declaration"]
    assert (begun.status_code, [it["name"] for it in begun.json()["parts"] if not it["is_done"]]) == (201, left)

    added = me.send("post", "api_recognitions", pk, body=L4)
    assert (added.status_code, added.json()["has_recognitions"]) == (201, True)
    assert me.get("api_recognitions", pk).json()["recognitions"] == [
        L4 | {"id": added.json()["recognitions"][0]["id"], "document_number": "", "expires_on": None}
    ]
    contract = {"is_contract_open_ended": False, "contract_ends_on": "2026-06-30"}
    answers = me.send("patch", "api_answers", pk, body={"contract": contract}).json()
    assert (answers["contract"], answers["account"]) == (contract, None)
    cut = picture(me, pk, left=200, top=0, width=700)
    assert (cut.status_code, cut.json()["width"], cut.json()["cut_width"]) == (200, 358, 700)
    for kind in ("id_card", "diploma", "recognition", "contract_or_licence", "insurance_record"):
        me.client.post(reverse("api_shelf", args=[pk]), {"kind": kind, "file": make.make_upload()}, headers=me.headers)
    me.send("patch", "api_answers", pk, body={"declaration": {"is_declared_true": True}})

    sent = me.send("post", "api_submit", pk, body={"version": 0}, Idempotency_Key="one")
    assert (sent.status_code, sent.json()["state"], sent.json()["reference"]) == (200, "check", "TC-2023-000001")
    assert sent.json()["answers"]["recognitions"]["recognitions"][0]["title"] == L4["title"]
    assert problem_of(me.send("post", "api_recognitions", pk, body=L4 | {"tier": "L1"}))[0] == 409
    assert problem_of(picture(me, pk))[0] == 409
    version = {"version": sent.json()["version"]}
    assert me.send("post", "api_withdraw", pk, body=version).json()["state"] == "withdrawn"
    assert Application.objects.get().state == "withdrawn"


def test_none_is_an_answer_and_a_claim_can_be_taken_back():
    draft = make_card_draft(tiers=["L4"])
    me, claimed = Caller(draft.applicant.user, "zh-hans"), draft.applicant.recognitions.get()
    assert problem_of(me.send("post", "api_recognitions_none", draft.pk))[2] == "请先删去已填的人才认定。"
    gone = [me.send("delete", "api_recognition", draft.pk, claimed.pk).status_code for _time in range(2)]
    assert (gone, me.get("api_recognitions", draft.pk).json()) == (
        [204, 404],
        {"has_recognitions": None, "recognitions": []},
    )
    assert me.send("post", "api_recognitions_none", draft.pk).json()["has_recognitions"] is False


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["tier", "title", "issued_by", "recognised_on"]),
        (L4 | {"tier": "PHD"}, ["tier"]),
        (L4 | {"tier": ["L4"]}, ["tier"]),
        (L4 | {"title": "x" * 81}, ["title"]),
        (L4 | {"recognised_on": "2024-01-01"}, ["recognised_on"]),
        (L4 | {"expires_on": "2023-01-01"}, ["expires_on"]),
        (L4 | {"star_sign": "lion"}, [""]),
    ],
)
def test_what_cannot_be_right_is_named(body, fields):
    draft = make_card_draft()
    me = Caller(draft.applicant.user)
    assert list(errors_of(me.send("post", "api_recognitions", draft.pk, body=body))) == fields


@pytest.mark.parametrize(
    ("data", "cut", "fields"),
    [
        (b"", {}, ["file"]),
        (b"no picture", {}, ["file"]),
        (None, {"left": 1}, [""]),
        (None, {"left": 900, "top": 0, "width": 700}, ["file"]),
        (None, {"left": -1, "top": 0, "width": "x"}, ["left", "width"]),
    ],
)
def test_a_picture_that_makes_no_portrait_is_refused(data, cut, fields):
    draft = make_card_draft()
    before = CardApplication.objects.get().portrait_id
    errors = errors_of(picture(Caller(draft.applicant.user), draft.pk, data, **cut))
    assert (list(errors), CardApplication.objects.get().portrait_id) == (fields, before)


@pytest.mark.slow
def test_somebody_else_s_and_another_programme_s_application_are_not_there():
    draft, mine = make_card_draft(), make.make_draft()
    for caller, pk in ((Caller(make.make_user()), draft.pk), (Caller(mine.applicant.user), mine.pk)):
        assert problem_of(caller.get("api_recognitions", pk))[0] == 404
        assert problem_of(caller.send("post", "api_recognitions", pk, body=L4))[0] == 404
        assert problem_of(picture(caller, pk))[0] == 404


@pytest.mark.slow
def test_the_file_of_a_card_tells_its_own_sections():
    row = make_card_application_in("first_review", tiers=["L5"])
    answer = Caller(make.staff("first_reviewer"), "zh-hans").get("api_file", row.pk)
    sections = {section["label"]: section["rows"] for section in answer.json()["sections"]}
    assert sections["人才认定"] == [
        {
            "label": "第 1 项",
            "value": "第五层次人才：泉州市L5人才；泉州市人才工作领导小组；2023 年 5 月 1 日认定",
            "doubt": "",
        }
    ]
    assert sections["合同期限"] == [{"label": "合同终止日期", "value": "没有终止日期", "doubt": ""}]
    assert "account" not in row.submissions.get().answers
