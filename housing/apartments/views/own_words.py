"""How a place in a round is told to its holder."""

from __future__ import annotations

from django.utils.translation import gettext as _

from housing.apartments.models import Entrant, EntrantState, RoundState

KINDS = {
    EntrantState.ENTERED: "wait",
    EntrantState.RANKED: "wait",
    EntrantState.OFFERED: "urgent",
    EntrantState.HOUSED: "ok",
}


VOID = (RoundState.ANNULLED, RoundState.SUPERSEDED)


def place_tag(place: Entrant) -> dict[str, str]:
    """The state as a tag; before the result is public nobody is more than entered."""
    state = EntrantState(place.state)
    if state == EntrantState.RANKED and not place.public_rank:
        state = EntrantState.ENTERED
    return {"text": str(state.label), "kind": KINDS.get(state, "plain")}


def place_text(place: Entrant) -> str:
    """One sentence: what happens next."""
    if place.round.state in VOID and place.state not in (EntrantState.HOUSED, EntrantState.LEFT):
        return _("这个批次作废，或者结果撤销了。重新进行的批次开始报名时，我们写信告诉您，要不要参加由您决定。")
    if place.state in (EntrantState.ENTERED, EntrantState.RANKED) and not place.public_rank:
        if place.round.state == RoundState.OPEN:
            return _("名单锁定以前，您可以退出，也可以退出以后重新报名。")
        return _("名单已经锁定，结果公布以后写信告诉您。")
    if place.state == EntrantState.RANKED:
        return _("轮到您时，我们写信告诉您，并为您留着房源。")
    if place.state == EntrantState.OFFERED:
        return _("有房源留给您，请按时答复。")
    if place.state == EntrantState.PASSED_OUT:
        return _("放弃的次数已经用完，这个批次不再为您留房。可以报名下一个批次。")
    if place.state == EntrantState.UNSERVED:
        return _("这个批次结束了，没有轮到您。可以报名下一个批次。")
    return ""
