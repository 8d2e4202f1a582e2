"""What an applicant for an apartment fills in: the household, the kinds of unit they would like, the declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from housing.apartments.models import ApartmentRequest, RequestedType, UnitType
from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, lock_application
from portal.casework.services.keeping import keep_answers, refuse_closed

HOUSEHOLD, TYPES = "household", "unit_types"  # the sections
MOST_TYPES = 3


def detail_of(application: Application) -> ApartmentRequest:
    """The request of ``application``; an unsaved empty one where nothing was filled in yet."""
    found = ApartmentRequest.objects.filter(application=application).first()
    return found or ApartmentRequest(pk=application.pk, application=application)


def requested_types(application: Application) -> list[UnitType]:
    """The kinds of unit asked for, the one liked most first."""
    rows = RequestedType.objects.filter(request=application.pk).select_related("type")
    return [row.type for row in rows.order_by("position")]


def keep(
    application: Application, section: str, values: Mapping[str, Any], *, by: User, at: datetime
) -> ApartmentRequest:
    """Write ``values``, columns of the request; who is not married has no spouse's name, number and tier.

    Raises StepRefused.
    """
    if not values.get("has_spouse", True):
        values = {**values, "spouse_name": "", "spouse_number": "", "spouse_tier": ""}
    return keep_answers(application, section, values, detail_of=detail_of, by=by, at=at)


def choose_types(application: Application, types: Sequence[UnitType], *, by: User, at: datetime) -> None:
    """Keep the kinds of unit asked for, in the order of liking; the same again changes nothing. Raises StepRefused."""
    with transaction.atomic():
        row = lock_application(application.pk)
        if requested_types(row) == list(types):
            return
        refuse_closed(row, TYPES)
        if why := types_sentence(types, detail_of(row).household_size):
            raise StepRefused(why)
        detail = detail_of(row)
        detail.save()
        detail.types.all().delete()
        write_order(RequestedType(request=detail, type=it) for it in types)
        record(action=f"{TYPES}_saved", actor=by, target=row, at=at, fields=["types"])


def types_sentence(types: Sequence[UnitType], household_size: int | None) -> str:
    """The sentence that says what stands against these kinds of unit for so many people, or ""."""
    if not types:
        return _("请至少选一种房型。")
    if len(set(types)) != len(types):
        return _("同一种房型选了两次。请换一种，或者空着。")
    if household_size is None:
        return _("请先填写家庭情况：一起住几个人，决定可以选哪些房型。")
    unfit = next((it for it in types if not it.is_for(household_size)), None)
    if unfit is None:
        return ""
    values = {"type": unfit.title, "first": unfit.household_from, "last": unfit.household_to}
    return _("“%(type)s”适合 %(first)s 至 %(last)s 人居住，和您的家庭人数不符。请换一种。") % values


def write_order(rows: Any) -> None:
    """Store rows of kinds of unit (of a request, of an entrant) with their positions from 1."""
    made = list(rows)
    for position, row in enumerate(made, start=1):
        row.position = position
    if made:
        type(made[0]).objects.bulk_create(made)


def household_is_complete(application: Application) -> bool:
    """Whether the household is known, with the spouse where there is one."""
    detail = detail_of(application)
    answered = detail.household_size and detail.has_spouse is not None and detail.has_home is not None and detail.tier
    return bool(answered) and (detail.has_spouse is False or bool(detail.spouse_name and detail.spouse_tier))


def types_are_complete(application: Application) -> bool:
    """Whether kinds of unit are chosen that fit the household as it is now."""
    return not types_sentence(requested_types(application), detail_of(application).household_size)


def declaration_is_complete(application: Application) -> bool:
    """Whether truth is declared, and the public notice agreed to where there is one."""
    detail = detail_of(application)
    has_notice = application.policy_version.parsed.notice is not None
    return detail.is_declared_true and (detail.is_notice_agreed or not has_notice)
