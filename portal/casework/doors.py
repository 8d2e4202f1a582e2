"""The only way in: what a user may see, and an application opened for one of its audiences."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.casework.acting import why_somebody_else
from portal.casework.models import Application, Recusal
from portal.casework.states import State

# Who works with files. Finance sees payables and rolls, not files.
DESK_ROLES = (
    Role.CLERK,
    Role.FIRST_REVIEWER,
    Role.SECOND_REVIEWER,
    Role.APPROVER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
)


def within(user: User, roles: tuple[Role, ...]) -> Q:
    """The applications that ``roles`` of the user reach, without those they keep away from."""
    return scope_q(user, roles) & ~Q(pk__in=kept_from(user))


def kept_from(user: User) -> QuerySet[Recusal, UUID]:
    """The ids of the applications that ``user`` keeps away from, to filter with."""
    live = Recusal.objects.filter(person=user, withdrawn_at__isnull=True)
    return live.order_by().values_list("application", flat=True)


def live_recusal(application_id: UUID, user: User) -> Recusal | None:
    """The recusal that keeps ``user`` away from an application, if there is one."""
    found = Recusal.objects.select_related("made_by", "application")
    return found.filter(application=application_id, person=user, withdrawn_at__isnull=True).first()


def why_barred(application: Application, user: User) -> str | None:
    """Why ``user`` may have no hand in this file, whatever roles they hold: it is their own, they keep away,
    or what they did to it makes it somebody else's turn. A sentence, or None. Two queries.
    """
    if user.pk == application.applicant.user_id:
        return _("不能办理本人的申请。")
    if live_recusal(application.pk, user):
        return _("您已回避这件申请，不能办理。")
    return why_somebody_else(application, user)


def own_applications(user: User) -> QuerySet[Application]:
    """The applications of the person behind ``user``, newest first."""
    return Application.objects.filter(applicant__user=user).order_by("-created_at", "-id")


def desk_applications(user: User) -> QuerySet[Application]:
    """What the roles of ``user`` reach (programme and town); no drafts, not the own file, none they keep away from."""
    reach = Application.objects.filter(within(user, DESK_ROLES))
    return reach.exclude(state=State.DRAFT).exclude(applicant__user=user)


def _at_the_counter(user: User) -> Q:
    return within(user, (Role.CLERK,)) & Q(entered_by__isnull=False) & ~Q(applicant__user=user)


def counter_applications(user: User) -> QuerySet[Application]:
    """What was entered at the counter, drafts too, in the reach of ``user`` as a clerk; never the own."""
    return Application.objects.filter(_at_the_counter(user))


def speaks_for_applicant(user: User, application: Application) -> bool:
    """Whether ``user`` is a clerk who may act for the person, with a paper signed by hand: entered at the counter."""
    return (
        application.entered_by_id is not None
        and user.may_act_as(Role.CLERK, application.programme, application.town)
        and user.pk != application.applicant.user_id
        and live_recusal(application.pk, user) is None
    )


def visible_to(user: User) -> QuerySet[Application]:
    """Everything ``user`` may see in any role."""
    own = Q(applicant__user=user) | _at_the_counter(user)
    return Application.objects.filter(own | (within(user, DESK_ROLES) & ~Q(state=State.DRAFT)))


def _open(queryset: QuerySet[Application], pk: UUID) -> Application:
    row = queryset.select_related("applicant", "policy_version__policy", "assignee").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def open_own(user: User, pk: UUID, *, programme: str | None = None) -> Application:
    """The applicant's own application, of one programme where it is named. Raises Http404: as if not there."""
    rows = own_applications(user)
    return _open(rows.filter(programme=programme) if programme else rows, pk)


def open_acting(user: User, pk: UUID) -> Application:
    """The own application, or one that a clerk works on for somebody at the counter. Raises Http404."""
    return _open(Application.objects.filter(Q(applicant__user=user) | _at_the_counter(user)), pk)


def open_visible(user: User, pk: UUID) -> Application:
    """An application that ``user`` may see, as its applicant or on the desk. Raises Http404."""
    return _open(visible_to(user), pk)


def open_file(user: User, pk: UUID) -> Application:
    """A file on the desk of ``user``. Raises Http404: "not yours" looks like "not there"."""
    return _open(desk_applications(user), pk)
