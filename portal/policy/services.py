"""Publishing policy documents, finding the version that decides, and the calendar of the day."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.services import record
from portal.policy.calendar import Calendar, shipped_calendar
from portal.policy.models import CalendarDay, CalendarYear, Policy, PolicyVersion, PolicyVersionQuerySet
from portal.policy.schema import PolicyDocument, parse_document


class PolicyConflict(Exception):
    """A document that does not fit what is published; the message is a sentence for whoever loads it."""


def load_policy(text: str, *, at: datetime) -> PolicyVersion:
    """Publish the document written in ``text``; one that is published already is given back unchanged.

    Raises:
        PolicyUnreadable: the text is not a policy document.
        PolicyConflict: it says something else than a published version of that name or day.
    """
    document = parse_document(text)
    same = PolicyVersion.objects.published().filter(policy__code=document.code, label=document.version).first()
    if same is not None and same.parsed == document:
        return same
    return publish_document(document, at=at)


def publish_document(
    document: PolicyDocument, *, at: datetime, asked_by: User | None = None, published_by: User | None = None
) -> PolicyVersion:
    """Publish ``document`` as a new version: both persons are named, or neither where it comes from a file.

    Raises:
        PolicyConflict: it does not fit what is published.
    """
    title = {"title_zh": document.title.zh, "title_en": document.title.en}
    with transaction.atomic():
        Policy.objects.get_or_create(code=document.code, defaults={"programme": document.programme, **title})
        policy = Policy.objects.select_for_update().get(code=document.code)
        refuse_conflict(policy, document)
        version = PolicyVersion(
            policy=policy,
            label=document.version,
            effective_from=document.effective_from,
            effective_to=document.effective_to,
            document=document.model_dump_json(),
            published_at=at,
            asked_by=asked_by,
            published_by=published_by,
        )
        version.save()
        newest = max(policy.versions.published(), key=lambda it: it.effective_from)
        if newest == version and (policy.title_zh, policy.title_en) != (document.title.zh, document.title.en):
            policy.title_zh, policy.title_en = document.title.zh, document.title.en
            policy.save()
        record(action="policy.publish", actor=published_by, target=version, at=at, digest=version.sha256)
    return version


def refuse_conflict(policy: Policy, document: PolicyDocument) -> None:
    """Refuse a document that does not fit what is published of ``policy``.

    Raises:
        PolicyConflict: another programme, or a version of that name or first day.
    """
    if policy.programme != document.programme:
        raise PolicyConflict(
            _("政策 %(code)s 已登记在项目 %(programme)s 之下") % {"code": document.code, "programme": policy.programme}
        )
    for version in policy.versions.published():
        _refuse_same_place(version, document)


def versions_in_force(programme: str, on: date) -> list[PolicyVersion]:
    """For every policy of ``programme`` the one version that decides on ``on``, in the order of the policies' codes."""
    return _deciding(PolicyVersion.objects.filter(policy__programme=programme), on)


def all_versions_in_force(on: date) -> list[PolicyVersion]:
    """For every policy of every programme the one version that decides on ``on``. Costs one query."""
    return _deciding(PolicyVersion.objects.all(), on)


def version_deciding(policy_code: str, on: date) -> PolicyVersion | None:
    """The version of that policy that decides on ``on``; ``None`` where it is not in force on that day."""
    found = _deciding(PolicyVersion.objects.filter(policy__code=policy_code), on)
    return found[0] if found else None


def stored_calendar() -> Calendar:
    """The shipped calendar with the administrators' years and days on top. Costs two queries."""
    years = frozenset(CalendarYear.objects.order_by().values_list("year", flat=True))
    days = dict(CalendarDay.objects.order_by().values_list("day", "is_working"))
    return shipped_calendar().extended(years, days)


def _deciding(versions: PolicyVersionQuerySet, on: date) -> list[PolicyVersion]:
    """The version that began last decides; where that one has ended, none does."""
    begun = versions.published().filter(effective_from__lte=on).select_related("policy")
    newest: dict[str, PolicyVersion] = {}
    for version in begun.order_by("policy__code", "effective_from"):
        newest[version.policy.code] = version
    return [it for it in newest.values() if it.effective_to is None or it.effective_to >= on]


def _refuse_same_place(version: PolicyVersion, document: PolicyDocument) -> None:
    values = {"code": document.code, "label": version.label, "day": version.effective_from}
    if version.label == document.version:
        raise PolicyConflict(_("%(code)s 第 %(label)s 版已经发布，内容不能改；需要调整时，请另立新版") % values)
    if version.effective_from == document.effective_from:
        raise PolicyConflict(_("%(code)s 第 %(label)s 版也自 %(day)s 起施行，同一天只能有一个版本") % values)
