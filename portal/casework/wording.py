"""How a role grant reads: role, programme and town, in both languages."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.accounts.models import RoleGrant
from portal.casework.programmes import all_programmes
from portal.city import city


def grant_text(grant: RoleGrant) -> str:
    """``初审 · 一次性生活补贴 · 灵秀镇``, in the active language."""
    titles = {item.code: str(item.title) for item in all_programmes()}
    programme = titles.get(grant.programme, grant.programme) if grant.programme else _("全部项目")
    town = city().town(grant.town)
    return " · ".join([str(grant.get_role_display()), programme, town.name if town else _("全市")])


def grant_words(grant: RoleGrant) -> dict[str, str]:
    """The same for a letter, which is read in its recipient's language."""
    words = {}
    for code, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            words[code] = grant_text(grant)
    return words
