"""Hotels with a rate, guests who were there, and a partner's account, for the tests of settlements."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from housing.lodging.models import Site, SiteKind, SiteRate, Stay
from housing.lodging.services.changing import change_stay
from portal.accounts.models import Role
from portal.partners.models import PartnerAccount, PartnerMember
from portal.partners.services.accounts import give_account, settle_account
from tests.factories import SHANGHAI, staff
from tests.lodging.making import make_site, make_stay
from tests.partners.making import make_manager, make_operator

FEN = 12_800
MARCH = date(2026, 3, 1)
APRIL = datetime(2026, 4, 1, 9, 0, tzinfo=SHANGHAI)
NUMBER = "6217001870001234567"


def make_hotel(*rooms: int, fen: int = FEN, from_on: date = date(2026, 1, 1)) -> tuple[Site, PartnerMember]:
    """A contracted hotel that gets ``fen`` a night, and its partner's manager."""
    site = make_site(*(rooms or (2, 2)), kind=SiteKind.HOTEL)
    SiteRate.objects.create(
        site=site, from_on=from_on, night_fen=fen, set_by=staff(Role.ADMINISTRATOR), set_at=APRIL - timedelta(days=90)
    )
    return site, make_manager(site.place.partner)


def arrived(site: Site, operator: PartnerMember, **asked: object) -> Stay:
    """Somebody who came on the first evening of the stay asked for."""
    stay = make_stay(site, **asked)
    at = datetime.combine(stay.first_on, datetime.min.time(), SHANGHAI).replace(hour=19)
    change_stay(stay.pk, "book", by=None, at=at)
    return change_stay(stay.pk, "check_in", by=operator.user, member=operator, at=at)


def reception(site: Site, manager: PartnerMember) -> PartnerMember:
    """Somebody at the hotel's reception."""
    return make_operator(manager, site.place)


def give(manager: PartnerMember, *, number: str = NUMBER, at: datetime = APRIL) -> PartnerAccount:
    """The manager gives the hotel's account; nobody has looked at it."""
    values = {"number": number, "bank_name": "石狮农商银行", "branch_code": ""}
    return give_account(member=manager, values=values, at=at)


def settle(account: PartnerAccount, *, at: datetime = APRIL) -> PartnerAccount:
    """An administrator compares it with the contract."""
    return settle_account(account_id=account.pk, note="2026 年合同第 3 页", by=staff(Role.ADMINISTRATOR), at=at)
