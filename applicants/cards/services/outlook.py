"""What an approved application for a card has given, as the applicant's pages tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from applicants.cards.kinds import kind_title
from applicants.cards.models import Card, CardState
from portal.casework.models import Application
from portal.casework.programmes import Issued, Outlook
from portal.ui.figures import day_text


def card_outlook(applications: Iterable[Application], on: date) -> Mapping[UUID, Outlook]:
    """The newest card that each application gave, in one query for any number."""
    rows = Card.objects.filter(application__in=applications).select_related("application").order_by("issued_at", "id")
    return {card.application_id: Outlook(issued=_issued(card), is_renewable=card.is_renewable_on(on)) for card in rows}


def _issued(card: Card) -> Issued:
    kind, last, is_over = kind_title(card), card.number[-4:], card.state == CardState.ENDED
    how = card.get_ended_as_display() if is_over else card.get_state_display()
    label, text = {
        CardState.ACTIVE: (
            _("已批准，您的%(kind)s可以用了") % {"kind": kind},
            _("有效期至 %(day)s，手机出示即可。") % {"day": day_text(card.valid_to)},
        ),
        CardState.SUSPENDED: (_("卡暂停使用"), _("%(kind)s暂停使用，原因见寄给您的信。") % {"kind": kind}),
        CardState.HELD: (_("已批准，正在制卡"), _("您的姓名里有印不出的字，工作人员处理好就发卡。")),
        CardState.ENDED: (
            _("卡已失效"),
            _("%(kind)s（尾号 %(last)s）已失效：%(how)s。") % {"kind": kind, "last": last, "how": how},
        ),
    }[CardState(card.state)]
    return Issued(
        label,
        text,
        is_over=is_over,
        href="" if is_over else reverse("card"),
        act="" if is_over else _("看我的优才卡"),
        desk_href=reverse("card_file", args=[card.pk]),
        desk_act=_("尾号 %(last)s，%(how)s") % {"last": last, "how": how},
    )
