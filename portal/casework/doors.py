"""The only way in: what a user may see, and an application opened for one of its audiences."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404

from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.casework.models import Application
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


def own_applications(user: User) -> QuerySet[Application]:
    """The applications of the person behind ``user``, newest first."""
    return Application.objects.filter(applicant__user=user).order_by("-created_at", "-id")


def desk_applications(user: User) -> QuerySet[Application]:
    """What the roles of ``user`` reach (programme and town); neither drafts nor the own file."""
    reach = Application.objects.filter(scope_q(user, DESK_ROLES))
    return reach.exclude(state=State.DRAFT).exclude(applicant__user=user)


def visible_to(user: User) -> QuerySet[Application]:
    """Everything ``user`` may see in any role."""
    return Application.objects.filter(Q(applicant__user=user) | (scope_q(user, DESK_ROLES) & ~Q(state=State.DRAFT)))


def _open(queryset: QuerySet[Application], pk: UUID) -> Application:
    row = queryset.select_related("applicant", "policy_version__policy", "assignee").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def open_own(user: User, pk: UUID) -> Application:
    """The applicant's own application. Raises Http404: "not yours" looks like "not there"."""
    return _open(own_applications(user), pk)


def open_visible(user: User, pk: UUID) -> Application:
    """An application that ``user`` may see, as its applicant or on the desk. Raises Http404."""
    return _open(visible_to(user), pk)


def open_file(user: User, pk: UUID) -> Application:
    """A file on the desk of ``user``. Raises Http404: "not yours" looks like "not there"."""
    return _open(desk_applications(user), pk)
