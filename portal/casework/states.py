"""The states of an application: what staff call them, what the applicant reads, and which of them are open."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where an application is. Stage states carry the name of their stage in the policy's route."""

    DRAFT = "draft", _("草稿")
    CHECK = "check", _("自动核对")
    ACCEPT = "accept", _("受理")
    FIRST_REVIEW = "first_review", _("初审")
    SECOND_REVIEW = "second_review", _("复审")
    PUBLIC_NOTICE = "public_notice", _("公示")
    FINAL_APPROVAL = "final_approval", _("审定")
    CORRECTION = "correction", _("补正")
    OBJECTION = "objection", _("公示异议处理")
    RECONSIDERATION = "reconsideration", _("复核")
    APPROVED = "approved", _("批准")
    REFUSED = "refused", _("不予批准")
    WITHDRAWN = "withdrawn", _("已撤回")
    LAPSED = "lapsed", _("逾期终止")


STAGES = (
    State.CHECK,
    State.ACCEPT,
    State.FIRST_REVIEW,
    State.SECOND_REVIEW,
    State.PUBLIC_NOTICE,
    State.FINAL_APPROVAL,
)
ENDED = (State.APPROVED, State.REFUSED, State.WITHDRAWN, State.LAPSED)
OPEN = tuple(state for state in State if state not in ENDED)

PUBLIC_LABELS = {
    State.DRAFT: _("草稿，还没提交"),
    State.CHECK: _("已提交，正在核对"),
    State.ACCEPT: _("已提交，等待受理"),
    State.FIRST_REVIEW: _("已受理，审核中"),
    State.SECOND_REVIEW: _("审核中"),
    State.PUBLIC_NOTICE: _("公示中"),
    State.FINAL_APPROVAL: _("等待审定"),
    State.CORRECTION: _("需要您补正"),
    State.OBJECTION: _("公示有异议，正在核实"),
    State.RECONSIDERATION: _("复核中"),
    State.APPROVED: _("已批准"),
    State.REFUSED: _("不予批准"),
    State.WITHDRAWN: _("已撤回"),
    State.LAPSED: _("逾期没有补正，已终止"),
}


def public_label(state: str) -> str:
    """What the applicant reads for ``state``, in the active language."""
    return str(PUBLIC_LABELS[State(state)])
