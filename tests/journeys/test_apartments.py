"""A talent apartment: a couple wins a round by lot, signs, moves in, pays, renews, and moves out with its deposit."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from housing.apartments.models import Building, DepositSettlement, Lease, LeaseAdult, Round, UnitDay
from housing.apartments.services.entering import enter_round
from portal.casework.models import Application
from portal.notifications.models import Letter
from portal.partners.choices import MemberRole
from tests.apartments.lease_making import furnish, make_text
from tests.apartments.making import make_approved, make_building, make_type
from tests.apartments.walking import give_tier, make_apartment_application_in
from tests.factories import SHANGHAI, make_number, move_clock
from tests.journeys import people
from tests.journeys.conftest import MONDAY
from tests.journeys.renting import (
    give_notice,
    move_in,
    move_out,
    passes,
    pay,
    pay_by_the_banks_list,
    renew,
    settle,
    sign,
    sign_for_the_landlord,
    sweep,
)
from tests.journeys.test_lodging import phone_of_the_site
from tests.journeys.visitor import Visitor
from tests.partners.making import make_manager, make_operator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TITLE, VALUE = "2026 年第一批", "2026 年 3 月 23 日上证综合指数收盘点位"


@pytest.mark.parametrize(
    ("language", "width"), [("zh-hans", 390), ("en", 1280)], ids=["chinese-on-a-phone", "english-on-a-desktop"]
)
def test_a_couple_wins_a_home_lives_in_it_for_more_than_a_year_and_leaves(
    visit: Callable[..., Visitor], language: str, width: int
) -> None:
    staff = {"language": language, "width": 1280}
    make_text(at=MONDAY)
    building = make_building()
    furnish(building.units.get())
    couple = make_apartment_application_in("approved", spouse_number=make_number())

    passes(2026, 3, 16, 9)
    admin = people.sign_in_staff(visit(**staff), "admin")
    round = prepare_and_open(admin, building)
    tenant = people.sign_in(visit(width=width, language=language), couple.applicant.user.email)
    enter(tenant, couple)
    somebody_alone_enters(round)
    draw(admin, round)
    accept(tenant, couple)
    lease = Lease.objects.get()

    member = make_operator(make_manager(building.place.partner), building.place, role=MemberRole.APARTMENT_OPERATOR)
    operator = phone_of_the_site(visit(width=390, language=language), member)
    for reader in (tenant, operator):  # the contract names them in English too
        reader.typed += (couple.applicant.legal_name, building.name, building.place.address)
    sign(tenant, lease, is_asked_again=True)
    sign_for_the_landlord(operator, lease)
    tenant.go("own_lease", lease.pk)
    tenant.sees("合同已签好")
    tenant.look("signed")

    sweep()
    finance = people.sign_in_staff(visit(**staff), "finance")
    pay(finance, tenant, lease, "1,000.00")  # the deposit: half of 2,000 yuan, one month
    passes(2026, 5, 1, 10)
    move_in(operator, tenant, lease)
    sweep()
    bring = pay if width < 600 else pay_by_the_banks_list
    bring(finance, tenant, lease, "12,000.00")  # the rent of the whole year
    passes(2027, 2, 1, 10)

    approver = people.sign_in_staff(visit(**staff), "approver")
    renew(tenant, approver, lease)
    renewal = Lease.objects.get(previous=lease)
    sign(tenant, renewal)
    sign_for_the_landlord(operator, renewal)
    tenant.go("own_lease", renewal.pk)
    tenant.sees("等起租")  # and nothing about handing over
    tenant.sees("接着原来的租期住，不用再交房。")
    passes(2027, 5, 1, 10)
    tenant.go("own_lease", renewal.pk)
    tenant.sees("lease|租住中")
    assert set(LeaseAdult.objects.values_list("lease", flat=True)) == {renewal.pk}  # both of them, with the one lease
    assert LeaseAdult.objects.count() == 2
    pay(finance, tenant, renewal, "2,000.00")  # May, and June ahead

    give_notice(tenant, renewal)
    passes(2027, 6, 30, 10)
    move_out(operator, tenant, renewal)
    settle(approver, renewal)
    tenant.go("own_bills", renewal.pk)
    kept = {"damage": tenant.yuan(12_000), "arrears": tenant.yuan(0)}
    tenant.sees("退还 %(refund)s；扣损坏赔偿 %(damage)s、欠费 %(arrears)s。", refund=tenant.yuan(88_000), **kept)
    tenant.look("settled")

    assert list(Lease.objects.order_by("starts_on").values_list("state", "ending", "ends_on")) == [
        ("ended", "renewed", date(2027, 4, 30)),
        ("ended", "notice", date(2027, 6, 30)),
    ]
    assert (LeaseAdult.objects.count(), UnitDay.objects.filter(on__gt=date(2027, 6, 30)).count()) == (0, 0)
    payable = DepositSettlement.objects.get().payable
    assert (payable.net_fen, payable.person, payable.kind) == (88_000, couple.applicant, "refund")
    assert "arrears_reminder" not in letters_of(couple)
    assert tenant.untranslated == {}  # nor anybody else: it is one for all


# ── the round ──────────────────────────────────────────────────────────────────────────────────────────────────────


def prepare_and_open(admin: Visitor, building: Building) -> Round:
    """A round of the one unit, open from ten o'clock until Friday, drawn on Tuesday."""
    admin.go("desk_round_new")
    admin.fill("名称", TITLE)
    admin.pick("怎么排位", "round|先按层次，同层次摇号")
    admin.fill("开始报名", "2026-03-16T10:00")
    admin.fill("锁定名单", "2026-03-20T17:00")
    admin.fill("排位或者摇号", "2026-03-24T10:00")
    admin.fill("起租日", "2026-05-01")
    admin.fill("公开数值", VALUE)
    admin.fill("公开数值什么时候产生", "2026-03-23T15:00")
    admin.page.get_by_role("checkbox", name=building.name).check()
    admin.look("round-form")
    admin.press("保存草稿")
    admin.sees("已保存为草稿，公众看不到。核对以后再公布。")
    admin.press("公布批次")
    admin.sees("批次已公布。")
    admin.look("round-open")
    return Round.objects.get()


def enter(tenant: Visitor, application: Application) -> None:
    """On the phone, an hour after it opened."""
    passes(2026, 3, 16, 11)
    tenant.go("own_apartment", application.pk)
    tenant.sees("有批次正在报名，选一个参加。")
    tenant.look("rounds")
    tenant.follow("enter a round|报名")
    tenant.sees("夫妻双方算一户，只能报一次")
    tenant.look("enter")
    tenant.press("enter a round|报名")
    tenant.sees("已报名。名单锁定以后，结果会写信告诉您。")
    tenant.look("entered")


def somebody_alone_enters(round: Round) -> None:
    """A bachelor, whom the lot cannot put before a master."""
    alone = give_tier(make_approved(), "BSC")
    at = datetime(2026, 3, 17, 9, tzinfo=SHANGHAI)
    enter_round(round_id=round.pk, application_id=alone.pk, types=[make_type()], by=alone.applicant.user, at=at)


def draw(admin: Visitor, round: Round) -> None:
    """Frozen on Friday; drawn and published on Tuesday before a witness."""
    move_clock(datetime(2026, 3, 20, 17, 0, tzinfo=SHANGHAI))
    admin.go("desk_round", round.pk)
    admin.press("act|锁定名单", admin.unfold("act|锁定名单"))
    admin.sees("名单已锁定。")
    admin.look("round-frozen")
    passes(2026, 3, 24, 10)
    admin.page.reload()
    part = admin.unfold("登记见证人")
    admin.fill("姓名", "王见", part)
    admin.fill("身份", "市公证处公证员", part)
    admin.tick("本人同意公开姓名和身份", part)
    admin.press("登记见证人", part)
    admin.sees("已登记。")
    part = admin.unfold("开始排位")
    admin.fill("公开数值", "4012.33", part)
    admin.tick("已经和见证人一起对照来源核对。摇号只能进行一次", part)
    admin.look("round-to-draw")
    admin.press("开始排位", part)
    admin.sees("排位完成。核对以后请公布结果。")
    admin.press("公布结果", admin.unfold("公布结果"))
    admin.sees("结果已公布。")
    admin.look("round-published")
    admin.leave()
    sweep()


def accept(tenant: Visitor, application: Application) -> None:
    """The first on the ranking is asked, and says yes."""
    tenant.go("own_apartment", application.pk)
    tenant.sees("有房源，等您答复")
    tenant.look("offered")
    tenant.follow("看房源，答复")
    tenant.look("offer")
    tenant.press("接受，准备签约")
    tenant.sees("选好了。合同做好以后写信给您，请按时签约。")
    tenant.look("accepted")
    sweep()


def letters_of(application: Application) -> list[str]:
    """What was written to the applicant, the oldest first."""
    rows = Letter.objects.filter(recipient=application.applicant.user).order_by("created_at", "id")
    return list(rows.values_list("kind", flat=True))
