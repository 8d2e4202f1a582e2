"""The pages of benefits: everybody's list, the holder's, the verifier's, a merchant's month, the bureau's catalogue."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from applicants.cards.models import Benefit, BenefitClaim, BenefitUse
from applicants.cards.services.using import claim_benefit, undo_use
from portal.audit.models import Entry
from tests.cards.benefits_making import a_card, a_merchant, benefit_values, make_benefit, make_check, on, use_now
from tests.factories import make_user, move_clock, staff
from tests.partners.making import MORNING, make_operator, make_place, phone_of, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def world():
    """A card, a verifier with a phone, on the morning of 2 March 2026."""
    move_clock(MORNING)
    card = a_card()
    manager, verifier = a_merchant()
    return card, manager, verifier


def browser_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


# ── everybody ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everybody_reads_what_is_given_today_and_nothing_else(client, world):
    _card, _manager, verifier = world
    make_benefit(verifier, per_year=4, gives="percent", percent_off=20)
    make_benefit(verifier, title_zh="还没开始", begins_on=date(2026, 3, 3))
    make_benefit(verifier, title_zh="已经结束", ends_on=date(2026, 3, 1))
    off = make_benefit(verifier, title_zh="暂停了")
    Benefit.objects.filter(pk=off.pk).update(state="off")
    page = client.get(reverse("benefits")).content.decode()
    shown = [
        word in page for word in ("景区免费入园", "8 折", "每年 4 次", "东门", "金卡", "还没开始", "已经结束", "暂停了")
    ]
    assert shown == [True] * 5 + [False] * 3


# ── the holder ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_holder_sees_what_is_left_and_what_was_used(world):
    card, _manager, verifier = world
    benefit = make_benefit(verifier, per_day=1, per_year=4)
    use_now(benefit, card, verifier)
    page = browser_of(card.person.user).get(reverse("card_benefits")).content.decode()
    assert [word in page for word in ("今天还有 0 次", "今年还有 3 次", "每天 1 次", "黄金海岸景区")] == [True] * 4
    assert "领取" not in page


def test_the_holder_claims_once_however_often_they_press(world):
    card, _manager, verifier = world
    benefit, holder = make_benefit(verifier, claim_days=7, per_year=4), browser_of(card.person.user)
    for _time in range(2):
        page = holder.post(reverse("card_benefit_claim", args=[benefit.pk]), follow=True).content.decode()
    assert ("已领取，3 月 8 日当天还能用" in page, BenefitClaim.objects.count()) == (True, 1)


def test_who_has_no_card_is_told_where_to_begin(world):
    _card, _manager, verifier = world
    benefit, stranger = make_benefit(verifier, claim_days=7), browser_of(make_user())
    assert "您现在没有有效的优才卡" in stranger.get(reverse("card_benefits")).content.decode()
    page = stranger.post(reverse("card_benefit_claim", args=[benefit.pk]), follow=True).content.decode()
    assert ("您的卡现在不能领取这项礼遇。" in page, BenefitClaim.objects.count()) == (True, 0)


def test_somebody_else_never_sees_these_uses(world):
    card, _manager, verifier = world
    use_now(make_benefit(verifier), card, verifier)
    assert (
        "东门"
        not in browser_of(a_card().person.user).get(reverse("card_benefits")).content.decode().partition("使用记录")[2]
    )


def test_the_holders_page_asks_as_often_with_ten_benefits_as_with_one(world):
    card, _manager, verifier = world
    holder, counts = browser_of(card.person.user), []
    for number in range(10):
        benefit = make_benefit(verifier, title_zh=f"礼遇 {number}", per_day=2, per_year=9)
        use_now(benefit, card, verifier)
        if number in (0, 9):
            holder.get(reverse("card_benefits"))
            with CaptureQueriesContext(connection) as asked:
                holder.get(reverse("card_benefits"))
            counts.append(len(asked))
    assert counts[0] == counts[1]


# ── the verifier ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_verifier_uses_a_benefit_and_takes_it_back(world):
    card, _manager, verifier = world
    benefit, phone, check = make_benefit(verifier, per_year=1), phone_of(verifier), make_check(card, verifier)
    address = reverse("benefit_use", args=[check.pk, benefit.pk])
    first, second = phone.post(address), phone.post(address)
    use = BenefitUse.objects.get()
    assert (first.status_code, second.url) == (302, reverse("benefit_used", args=[use.pk]))
    page = phone.get(first.url).content.decode()
    assert ("林**" in page, "林晓航" in page, "撤回这一次" in page) == (True, False, True)
    assert phone.post(first.url, {"reason": ""}).status_code == 422
    assert "不计入次数" in phone.post(first.url, {"reason": "点错了"}, follow=True).content.decode()


def test_what_is_spent_is_said_kindly_and_costs_nothing(world):
    card, _manager, verifier = world
    benefit, phone = make_benefit(verifier, per_day=1), phone_of(verifier)
    use_now(benefit, card, verifier)
    answer = phone.post(reverse("benefit_use", args=[make_check(card, verifier).pk, benefit.pk]))
    assert (answer.status_code, "今天的 1 次已经用完，明天再来。" in answer.content.decode()) == (422, True)
    assert BenefitUse.objects.count() == 1


def test_who_is_no_verifier_there_finds_nothing(world):
    card, manager, verifier = world
    benefit, check = make_benefit(verifier), make_check(card, verifier)
    use = use_now(benefit, card, verifier)
    stranger = phone_of(a_merchant("书港书店")[1])
    colleague = phone_of(make_operator(manager, make_place(manager.partner, "西门"), role="card_verifier", name="小陈"))
    for visitor in (stranger, colleague, signed_in(manager), browser_of(card.person.user)):
        assert visitor.post(reverse("benefit_use", args=[check.pk, benefit.pk])).status_code == 404
        assert visitor.get(reverse("benefit_used", args=[use.pk])).status_code == 404
    assert Client().post(reverse("benefit_use", args=[check.pk, benefit.pk])).url == reverse("partner_how")


def test_the_answer_of_a_check_offers_what_may_be_used(world):
    card, _manager, verifier = world
    make_benefit(verifier, title_zh="免费入园", per_year=4), make_benefit(verifier, title_zh="先领再用", claim_days=1)
    make_benefit(verifier, title_zh="金卡专享", kinds=["gold"])
    phone, check = phone_of(verifier), make_check(card, verifier)
    page = phone.get(reverse("card_check", args=[check.pk])).content.decode()
    shown = [word in page for word in ("使用：免费入园", "今年还有 4 次", "要先领取", "使用：先领再用", "金卡专享")]
    assert shown == [True, True, True, False, False]


# ── the merchant's month ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_month_counts_what_stands_by_day_and_by_benefit(world):
    card, manager, verifier = world
    entry, books = make_benefit(verifier), make_benefit(verifier, title_zh="购书优惠")
    for time in ("2026-02-28 23:59", "2026-03-01 00:00", "2026-03-01 12:00", "2026-03-02 08:00"):
        use_now(entry, card, verifier, at=on(time))
    undone = use_now(books, card, verifier)
    undo_use(use_id=undone.pk, member=verifier, reason="点错了", at=MORNING)
    for visitor in (signed_in(manager), phone_of(verifier)):
        response = visitor.get(reverse("partner_benefits"))
        month = response.context["month"]
        assert (month.by_day[:3], month.total, month.undone) == ((2, 1, 0), 3, 1)
        assert [(benefit.title_zh, count) for benefit, count in month.by_benefit] == [("景区免费入园", 3)]
        assert "林晓航" not in response.content.decode()
        before = visitor.get(reverse("partner_benefits"), {"month": "2026-02"}).context["month"]
        assert (len(before.by_day), before.by_day[27], before.total) == (28, 1, 1)


@pytest.mark.parametrize("month", ["", "2026-13", "2099-01", "0000-00", "x" * 900, "２０２６-03"])
def test_a_month_that_is_none_is_this_month(world, month):
    assert signed_in(world[1]).get(reverse("partner_benefits"), {"month": month}).context["this_month"] == "2026-03"


def test_a_verifier_sees_their_own_places_and_the_manager_all_of_the_partner(world):
    card, manager, verifier = world
    west = make_operator(manager, make_place(manager.partner, "西门"), role="card_verifier", name="小陈")
    other_manager, other = a_merchant("书港书店")
    benefit = make_benefit(places=[*verifier.places.all(), *west.places.all(), *other.places.all()])
    use_now(benefit, card, verifier), use_now(benefit, card, west), use_now(benefit, card, west)
    visitors = (phone_of(verifier), phone_of(west), signed_in(manager), phone_of(other), signed_in(other_manager))
    totals = [visitor.get(reverse("partner_benefits")).context["month"].total for visitor in visitors]
    assert totals == [1, 2, 3, 0, 0]


def test_the_month_as_a_spreadsheet_has_masked_names_only_and_is_noted(world):
    card, manager, verifier = world
    use_now(make_benefit(verifier), card, verifier)
    response = signed_in(manager).post(reverse("partner_benefits_download"), {"month": "2026-03"})
    sheet = load_workbook(BytesIO(response.content)).active
    assert [[cell.value or "" for cell in row] for row in sheet.iter_rows()] == [
        ["时间", "礼遇", "地点", "持卡人", "验卡员", "情况"],
        ["2026-03-02 09:00", "景区免费入园", "东门", "林**", "小林", ""],
    ]
    assert Entry.objects.get(action="benefit.download_month").actor == manager.user


def test_the_month_asks_as_often_for_fifty_uses_as_for_one(world):
    card, manager, verifier = world
    benefit, browser, counts = make_benefit(verifier), signed_in(manager), []
    for number in range(30):
        use_now(benefit, card, verifier)
        if number in (0, 29):
            browser.get(reverse("partner_benefits"))
            with CaptureQueriesContext(connection) as asked:
                browser.get(reverse("partner_benefits"))
            counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_month_goes_on_on_the_next_page(world, monkeypatch):
    card, manager, verifier = world
    monkeypatch.setattr("applicants.cards.views.benefit_use.PAGE", 2)
    benefit = make_benefit(verifier)
    for minute in range(3):
        use_now(benefit, card, verifier, at=MORNING + timedelta(minutes=minute))
    browser = signed_in(manager)
    first = browser.get(reverse("partner_benefits"))
    second = browser.get(reverse("partner_benefits") + first.context["following"])
    assert [len(page.context["rows"]) for page in (first, second)] == [2, 1]


# ── the bureau's catalogue ─────────────────────────────────────────────────────────────────────────────────────────


def posted(places=(), **changes):
    """What the form sends."""
    values = {name: value for name, value in benefit_values(**changes).items() if value not in (None, "")}
    return values | {"begins_on": "2026-03-02", "places": [str(place.pk) for place in places]}


def test_the_administrator_adds_changes_and_closes_a_benefit(world):
    _card, _manager, verifier = world
    admin, places = browser_of(staff("administrator")), list(verifier.places.all())
    admin.post(reverse("desk_benefit_new"), posted(places, per_year=4, gives="price", price="19.90"))
    benefit = Benefit.objects.get()
    assert (benefit.state, benefit.price_fen, benefit.per_year, list(benefit.places.all())) == ("off", 1990, 4, places)
    admin.post(reverse("desk_benefit_switch", args=[benefit.pk]), {"act": "on"})
    admin.post(reverse("desk_benefit_edit", args=[benefit.pk]), posted(places, per_year=6, version="2"))
    answer = admin.post(reverse("desk_benefit_close", args=[benefit.pk]), {"reason": " "})
    assert answer.status_code == 422
    admin.post(reverse("desk_benefit_close", args=[benefit.pk]), {"reason": "合作到期。"})
    benefit.refresh_from_db()
    kinds = list(benefit.changes.order_by("version").values_list("kind", flat=True))
    assert (benefit.state, kinds) == ("closed", ["add", "on", "change", "close"])
    page = admin.get(reverse("desk_benefit", args=[benefit.pk])).content.decode()
    assert ["每年几次" in page, "合作到期。" in page, "优惠价（元）" in page] == [True] * 3
    assert admin.get(reverse("desk_benefit_edit", args=[benefit.pk])).status_code == 404
    assert Entry.objects.filter(action__startswith="benefit.").count() == 4


def test_a_benefit_changed_meanwhile_is_not_overwritten(world):
    benefit, admin = make_benefit(world[2]), browser_of(staff("administrator"))
    answer = admin.post(reverse("desk_benefit_edit", args=[benefit.pk]), posted(version="1", per_year=9))
    benefit.refresh_from_db()
    assert (answer.status_code, "有人刚刚改过" in answer.content.decode(), benefit.per_year) == (422, True, None)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title_zh": ""}, "title_zh", "请填写名称。"),
        ({"kinds": []}, "kinds", "请选择卡种。"),
        ({"kinds": ["platinum"]}, "kinds", "请从列出的选项里选一项。"),
        ({"gives": "percent"}, "percent_off", "请填写减百分之几。"),
        ({"gives": "percent", "percent_off": "100"}, "percent_off", "请写 1 到 99 的整数。"),
        ({"gives": "price"}, "price", "请填写优惠价。"),
        ({"gives": "price", "price": "NaN"}, "price", "请写金额，例如 30 或 19.90。"),
        ({"gives": "price", "price": "1e9"}, "price", "请写金额，例如 30 或 19.90。"),
        ({"gives": "price", "price": "-1"}, "price", "请写金额，例如 30 或 19.90。"),
        ({"per_day": "0"}, "per_day", "请写 1 到 999 的整数。"),
        ({"per_day": "9" * 5000}, "per_day", "请写 1 到 999 的整数。"),
        ({"per_day": "two"}, "per_day", "请写 1 到 999 的整数。"),
        ({"per_day": "3", "per_year": "2"}, "per_year", "不能比更短的时间里可用的次数还少。"),
        ({"begins_on": "2026-02-30"}, "begins_on", "请写完整的日期，年、月、日都要有，例如 2023-06-20。"),
        ({"ends_on": "2026-03-01"}, "ends_on", "结束不能早于开始。"),
        ({"places": ["0b3412b8-9b47-4d25-a91a-ffafb68fc305"]}, "places", "请从列出的选项里选一项。"),
    ],
)
def test_a_form_that_is_wrong_says_where_and_keeps_what_was_typed(world, changes, field, sentence):
    admin = browser_of(staff("administrator"))
    answer = admin.post(reverse("desk_benefit_new"), posted() | {"note_zh": "每次 2 小时"} | changes)
    assert (answer.status_code, answer.context["form"].errors.get(field)) == (422, [sentence])
    assert ("每次 2 小时" in answer.content.decode(), Benefit.objects.count()) == (True, 0)


def test_the_policys_catalogue_is_taken_in_once_and_off(world):
    admin = browser_of(staff("administrator"))
    assert "景区免费入园、公共停车场免费停车" in admin.get(reverse("desk_benefits")).content.decode()
    for _time in range(2):
        admin.post(reverse("desk_benefits_take_in"))
    scenic = Benefit.objects.get(policy_code="scenic")
    assert (scenic.per_year, scenic.claim_days, scenic.state, Benefit.objects.count()) == (4, 7, "off", 6)
    school = Benefit.objects.get(policy_code="school_window")
    assert (school.in_all, school.quotas, school.kinds) == (1, [("ever", 1)], ["gold", "silver"])


def test_the_auditor_reads_the_catalogue_and_changes_nothing(world):
    benefit, auditor = make_benefit(world[2]), browser_of(staff("auditor"))
    pages = [auditor.get(reverse("desk_benefits")), auditor.get(reverse("desk_benefit", args=[benefit.pk]))]
    assert [page.status_code for page in pages] == [200, 200]
    assert ["btn-primary" in page.content.decode() for page in pages] == [False, False]


def test_the_list_asks_as_often_for_ten_benefits_as_for_one(world):
    admin, counts = browser_of(staff("administrator")), []
    for number in range(10):
        make_benefit(world[2], title_zh=f"礼遇 {number}")
        if number in (0, 9):
            admin.get(reverse("desk_benefits"))
            with CaptureQueriesContext(connection) as asked:
                admin.get(reverse("desk_benefits"))
            counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_claim_outlives_a_change_of_the_benefit(world):
    card, _manager, verifier = world
    benefit = make_benefit(verifier, claim_days=7)
    claim = claim_benefit(benefit_id=benefit.pk, person=card.person, at=MORNING)
    Benefit.objects.filter(pk=benefit.pk).update(claim_days=1)
    assert use_now(benefit, card, verifier, at=MORNING + timedelta(days=6)).claim == claim


def test_in_its_window_the_holder_is_shown_the_way_to_another_card(world):
    card, _manager, _verifier = world
    page = reverse("card_benefits")
    shown = []
    for day in ("2026-08-15", "2026-08-16", "2026-09-15", "2026-09-16"):
        move_clock(on(day))
        shown.append("可以续办了" in browser_of(card.person.user).get(page).content.decode())
    assert shown == [False, True, True, False]


def test_a_place_that_is_closed_is_shown_to_nobody(client, world):
    _card, _manager, verifier = world
    make_benefit(verifier)
    verifier.places.update(closed_at=MORNING)
    assert "东门" not in client.get(reverse("benefits")).content.decode()
