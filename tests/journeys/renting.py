"""What happens around a lease: signing, moving in, paying, renewing, moving out; and the time that passes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import SimpleNamespace

from django.contrib.sessions.backends.db import SessionStore

from housing.apartments import tasks
from housing.apartments.models import Lease
from portal import clock
from tests.factories import SHANGHAI, move_clock
from tests.journeys.visitor import Visitor
from tests.partners.making import PIN
from tests.traps import age_sign_in

SWEEPS = (tasks.sweep_rounds, tasks.sweep_offers, tasks.sweep_contracts, tasks.sweep_signatures, tasks.sweep_terms,
          tasks.sweep_bills, tasks.sweep_arrears)  # fmt: skip


# ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def passes(*moment: int) -> None:
    """It is then, and what runs by itself has run."""
    move_clock(datetime(*moment, tzinfo=SHANGHAI))
    sweep()


def sweep() -> None:
    """What runs by itself runs."""
    for task in SWEEPS:
        task()


# ── the contract ───────────────────────────────────────────────────────────────────────────────────────────────────


def sign(tenant: Visitor, lease: Lease, *, is_asked_again: bool = False) -> None:
    """Read it, sign it; who signed in a while ago first says again who they are."""
    tenant.go("own_lease", lease.pk)
    tenant.sees("请签合同")
    tenant.follow("看合同，签约")
    tenant.tick("我已看过全文，同意签署")
    tenant.look("contract")
    if is_asked_again:
        let_sign_in_age(tenant)
    tenant.press("签署合同")
    if is_asked_again:
        tenant.sees_heading("确认是您本人")
        tenant.look("confirm")
        tenant.fill("密码", "harbour-2023")
        tenant.press("确认")
    tenant.sees("您已签好合同。")
    tenant.sees("您已签好，等公寓签")


def let_sign_in_age(tenant: Visitor) -> None:
    """The tenant signed in eleven minutes ago."""
    key = next(it["value"] for it in tenant.page.context.cookies() if it["name"] == "sessionid")
    age_sign_in(SimpleNamespace(session=SessionStore(key)), 11)


def sign_for_the_landlord(operator: Visitor, lease: Lease) -> None:
    """The operator finds it among what waits, and types the PIN again to sign."""
    open_lease(operator, lease)
    operator.follow("看合同，签约")
    operator.is_at("partner_lease_sign", lease.pk)
    operator.tick("我已看过全文，同意签署")
    operator.look("partner-contract")
    operator.press("签署合同")
    operator.sees("已代表出租方签好合同。")
    operator.look("partner-signed")


def open_lease(operator: Visitor, lease: Lease) -> None:
    """Take up the device after a while, and open a lease from the list."""
    move_clock(clock.now() + timedelta(minutes=30))
    operator.go("partner_apartments")
    operator.is_at("partner_pin")
    operator.fill("PIN", PIN)
    operator.press("继续")
    operator.is_at("partner_apartments")
    operator.look("partner-leases")
    operator.page.locator(f'main a[href*="{lease.pk}"]').click()
    operator.is_at("partner_lease", lease.pk)


# ── living there ───────────────────────────────────────────────────────────────────────────────────────────────────


def pay(finance: Visitor, tenant: Visitor, lease: Lease, yuan: str) -> None:
    """The tenant reads what is due; what came in is entered at the desk; nothing is due any more."""
    reads_what_is_due(tenant, lease)
    today = f"{clock.now():%Y-%m-%d}"
    finance.go("desk_payments")
    finance.fill("租约编号", lease.number)
    finance.fill("银行流水号", f"N{today}")
    finance.fill("金额（元）", yuan)
    finance.fill("入账日", today)
    finance.press("payment|登记")
    finance.sees("已登记，记在租约 %(number)s。", number=lease.number)
    finance.look("payments")
    tenant.page.reload()
    tenant.sees("现在不用付款")


def pay_by_the_banks_list(finance: Visitor, tenant: Visitor, lease: Lease, yuan: str) -> None:
    """As ``pay``, by the file that the bank sends: one with a lease that is none, then the right one, twice."""
    reads_what_is_due(tenant, lease)
    head, day = "流水号,入账日,金额,租约编号", f"{clock.now():%Y%m%d}"
    finance.go("desk_payments")
    finance.follow("导入银行来账")
    upload(finance, f'{head}\r\nK{day},{day},"{yuan}",{lease.number}0\r\n')
    finance.sees("没有这个编号的租约。")
    finance.look("import-slip")
    content = f'{head}\r\nK{day},{day},"{yuan}",{lease.number}\r\n'
    for turn in range(2):
        upload(finance, content)
        if not turn:
            finance.sees("试读，还没有导入")
            finance.look("import-dry-run")
            finance.press("导入这些来账")
            finance.sees("来账已导入，已按最早到期的账单分配。")
            finance.look("imported")
            finance.follow("导入银行来账")
    finance.sees("%(name)s %(when)s 导入。")
    assert lease.payments.filter(bank_reference=f"K{day}").count() == 1
    tenant.page.reload()
    tenant.sees("现在不用付款")


def reads_what_is_due(tenant: Visitor, lease: Lease) -> None:
    """A thousand yuan: the deposit is half of 2,000 for a month, and so is the rent."""
    tenant.go("own_bills", lease.pk)
    tenant.sees("还要付 %(owed)s", owed=tenant.yuan(100_000))
    tenant.look("bills")


def upload(finance: Visitor, content: str) -> None:
    """Send a list of rents in and see what it would do."""
    file = {"name": "rents.csv", "mimeType": "text/csv", "buffer": content.encode("gb18030")}
    finance.page.locator("input[type=file]").set_input_files(file)
    finance.press("上传并试读")


def move_in(operator: Visitor, tenant: Visitor, lease: Lease) -> None:
    """Keys, meters and every item written down on the spot, and signed on the tenant's phone."""
    open_lease(operator, lease)
    operator.follow("登记交房")
    operator.fill("钥匙和门卡", "2")
    operator.fill("水表读数", "12.5")
    check_items(operator)
    operator.look("partner-handover")
    operator.press("登记，请租户签字")
    operator.sees("已登记。请租户在自己的手机上核对、签字。")
    sign_the_list(tenant, lease, "keys-in")
    tenant.sees("已签收，欢迎入住。")
    tenant.look("moved-in")


def check_items(operator: Visitor) -> None:
    """Every item is there and whole."""
    for control in operator.page.locator("select[name^=condition_]").all():
        control.select_option("good")


def sign_the_list(tenant: Visitor, lease: Lease, name: str) -> None:
    """Look the list through and sign it."""
    tenant.go("own_lease", lease.pk)
    tenant.sees("请核对清单并签字")
    tenant.follow("看清单，签字")
    tenant.tick("清单和实际一样，我签字")
    tenant.look(name)
    tenant.press("签字")


def renew(tenant: Visitor, approver: Visitor, lease: Lease) -> None:
    """Asked for three months before the end, and granted."""
    tenant.go("own_lease", lease.pk)
    tenant.follow("续租")
    tenant.pick("您现在还在石狮的单位工作吗？", "是")
    tenant.pick("您或家人在石狮有住房了吗？", "否")
    tenant.look("renewal")
    tenant.press("申请续租")
    tenant.sees("申请已收到")
    approver.go("desk_renewals")
    approver.look("desk-renewals")
    approver.follow(lease.number)
    approver.pick("决定", "同意续租")
    approver.fill("理由", "单位、住房、欠费都已复核。")
    approver.look("desk-renewal")
    approver.press("verb|决定")
    approver.sees("已决定，信已发给本人。")
    tenant.page.reload()
    tenant.sees("续租已同意")
    tenant.look("renewal-granted")
    sweep()


# ── leaving ────────────────────────────────────────────────────────────────────────────────────────────────────────


def give_notice(tenant: Visitor, lease: Lease) -> None:
    """First too soon, then for the end of June."""
    tenant.go("own_lease", lease.pk)
    tenant.follow("退租")
    tenant.fill("最后一天", "2027-05-15")
    tenant.tick("我要退租，知道登记以后不能撤回")
    tenant.press("登记退租")
    tenant.sees("退租要提前 %(days)s 天提出，最早可以选 %(first)s。")
    tenant.look("notice-slip")
    tenant.fill("最后一天", "2027-06-30")
    tenant.press("登记退租")
    tenant.sees("退租已登记。请和公寓约时间验房。")
    tenant.look("notice-given")


def move_out(operator: Visitor, tenant: Visitor, lease: Lease) -> None:
    """A chair is broken; both look at it, and the tenant signs."""
    open_lease(operator, lease)
    operator.follow("登记验房")
    operator.fill("钥匙和门卡", "2")
    check_items(operator)
    chair = operator.page.get_by_role("group", name=re.compile("椅子|Chair"))
    chair.locator("select").select_option("damaged")
    operator.fill("说明", "断了一条腿", chair)
    operator.fill("扣款（元）", "120", chair)
    operator.look("partner-inspection")
    operator.press("登记验房")
    operator.sees("已登记。请租户在自己的手机上核对、签字。")
    sign_the_list(tenant, lease, "keys-out")
    tenant.sees("已签字，退房办好了。")
    tenant.look("moved-out")
    sweep()


def settle(approver: Visitor, lease: Lease) -> None:
    """The chair is taken off the deposit; the rest goes back."""
    approver.go("desk_deposits")
    approver.follow(lease.number)
    approver.sees_exactly("断了一条腿")
    approver.look("deposit")
    approver.press("核对无误，结算")
    approver.sees("退款已转给财务，等汇总发放。")
    approver.look("deposit-settled")
