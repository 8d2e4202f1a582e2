"""People by their numbers: found, proven at the counter, linked, asked to correct; and numbers claimed twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from applicants.people.answers import born_on
from applicants.people.choices import NumberKind
from applicants.people.linking import link_people, links_of, unlink_people
from applicants.people.masking import desk_mask_number, mask_name
from applicants.people.models import Person
from applicants.people.refusals import Refused
from applicants.people.services import prove_number
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, User
from portal.casework.doors import desk_applications
from portal.casework.forms.people import LinkForm, NumberForm, UnlinkForm
from portal.casework.models import Application
from portal.casework.services.identifying import (
    ask_to_correct,
    asked_to_correct_at,
    forget_count,
    number_clashes,
    people_with_number,
    reveal_identity,
)
from portal.casework.states import State
from portal.ui.telling import told_beside

AT_THE_COUNTER = (Role.CLERK, Role.ADMINISTRATOR)
MOST_FILES = 20  # of one person
ACTS = ("reveal", "prove", "ask", "link", "unlink")


@bureau_only(*AT_THE_COUNTER)
@require_http_methods(["GET", "POST"])
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """Who claims a number; one person's page at once where it is only one."""
    form = NumberForm(request.POST or None)
    found: list[Person] | None = None
    if form.is_valid():
        found = [row for row in people_with_number(form.cleaned_data["number"]) if row.user_id != request.user.pk]
        if len(found) == 1:
            return redirect("desk_person", found[0].pk)
    rows = None if found is None else _shown(found, request.user)
    status = 422 if form.errors else 200
    return render(request, "desk/people.html", {"form": form, "people": rows}, status=status)


@bureau_only(*AT_THE_COUNTER)
@require_GET
@never_cache
def clashes(request: HttpRequest) -> HttpResponse:
    """Numbers that several people claim."""
    found = number_clashes()
    shown = iter(_shown([person for clash in found for person in clash.people], request.user))
    rows = [list(islice(shown, len(clash.people))) for clash in found]
    forget_count()
    return render(request, "desk/clashes.html", {"clashes": rows})


@bureau_only(*AT_THE_COUNTER)
@require_http_methods(["GET", "POST"])
@never_cache
def person(request: HttpRequest, id: UUID) -> HttpResponse:
    """One person: their number, their other papers, their applications, and what may be done at the counter."""
    row = Person.objects.select_related("user", "proven_by").filter(pk=id).exclude(user=request.user).first()
    if row is None or not row.number_hash:
        raise Http404
    if request.method == "GET":
        return _page(request, row)
    act = request.POST.get("act", "")
    if act not in ACTS:
        raise Http404
    at = clock.now()
    if act == "reveal":
        reveal_identity(person=row, by=request.user, at=at)
        return _page(request, row, is_revealed=True)
    if act == "link":
        return _link(request, row)
    if act == "unlink":
        return _unlink(request, row)
    try:
        if act == "ask":
            ask_to_correct(person=row, by=request.user, at=at)
            done = _("已发信请他核对号码。")
        else:
            prove_number(person=row, by=request.user, at=at, seen_hash=request.POST.get("seen", ""))
            done = _("证件号码已核实。")
    except Refused as refusal:
        return _page(request, row, refused=refusal.sentence, status=422)
    forget_count()
    messages.success(request, done)
    return redirect("desk_person", id)


def _link(request: HttpRequest, row: Person) -> HttpResponse:
    form = LinkForm(request.POST)
    if not form.is_valid() and set(form.errors) != {"other"}:
        return _page(request, row, linking=form, status=422)
    found = [it for it in people_with_number(form.cleaned_data["number"]) if it.pk != row.pk]
    form.offer([(str(it.pk), _one_line(it)) for it in found])
    other = next((it for it in found if len(found) == 1 or str(it.pk) == request.POST.get("other")), None)
    if other is None:
        told = ("other", _("有几位填写了这个号码，请选一位。")) if found else ("number", _("没有人填写过这个号码。"))
        form.add_error(*told)
        return _page(request, row, linking=form, choices=bool(found), status=422)
    try:
        link_people(person=row, other=other, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
    except Refused as refusal:
        form.add_error("number", refusal.sentence)
        return _page(request, row, linking=form, status=422)
    forget_count()
    messages.success(request, _("已关联。以后受理和批准时，两本证件按同一人核对。"))
    return redirect("desk_person", row.pk)


def _unlink(request: HttpRequest, row: Person) -> HttpResponse:
    link = next((it for it in links_of(row) if str(it.pk) == request.POST.get("link")), None)
    if link is None:
        messages.error(request, _("这个关联已经取消。"))
        return redirect("desk_person", row.pk)
    form = UnlinkForm(request.POST)
    if form.is_valid():
        with told_beside(form, "reason", Refused):
            unlink_people(link=link, reason=form.cleaned_data["reason"], by=request.user, at=clock.now())
            forget_count()
            messages.success(request, _("已取消关联。"))
            return redirect("desk_person", row.pk)
    return _page(request, row, unlinking=(link.pk, form), status=422)


def _page(
    request: HttpRequest,
    row: Person,
    *,
    is_revealed: bool = False,
    refused: str = "",
    linking: LinkForm | None = None,
    unlinking: tuple[UUID, UnlinkForm] | None = None,
    choices: bool = False,
    status: int = 200,
) -> HttpResponse:
    found = links_of(row)
    others = _shown([link.other if link.one_id == row.pk else link.one for link in found], request.user)
    links = []
    for link, other in zip(found, others, strict=True):
        form = unlinking[1] if unlinking and unlinking[0] == link.pk else UnlinkForm(auto_id=f"id_{link.pk.hex[:8]}_%s")
        links.append({"link": link, "other": other, "form": form})
    context = {
        "person": _shown([row], request.user, is_revealed=is_revealed)[0],
        "is_revealed": is_revealed,
        "may_prove": not row.is_proven and request.user.has_role(Role.CLERK),
        "links": links,
        "linking": linking or LinkForm(),
        "has_choices": choices,
        "refused": refused,
        "bad_forms": [form for form in (linking, unlinking[1] if unlinking else None) if form is not None],
    }
    return render(request, "desk/person.html", context, status=status)


def _shown(rows: Sequence[Person], user: User, *, is_revealed: bool = False) -> list[dict[str, Any]]:
    """What the page says of each person; name and number masked unless they are revealed."""
    files = defaultdict(list)
    for file in (
        Application.objects.filter(applicant__in=rows).exclude(state=State.DRAFT).order_by("-submitted_at", "-id")
    ):
        files[file.applicant_id].append(file)
    reachable = set(desk_applications(user).filter(applicant__in=rows).values_list("pk", flat=True))
    asked = asked_to_correct_at(row for row in rows if not row.is_proven)
    return [
        {
            "row": row,
            "name": row.legal_name if is_revealed else mask_name(row.legal_name),
            "number": row.number if is_revealed else desk_mask_number(row.number),
            "kind": NumberKind(row.number_kind).label,
            "born": born_on({"number": row.number, "birth_date": row.birth_date}) if is_revealed else None,
            "asked_at": asked.get(row.pk),
            "files": [{"file": file, "is_open": file.pk in reachable} for file in files[row.pk][:MOST_FILES]],
        }
        for row in rows
    ]


def _one_line(row: Person) -> str:
    sentence = (
        _("%(name)s，%(kind)s %(number)s，已核实") if row.is_proven else _("%(name)s，%(kind)s %(number)s，未核实")
    )
    return sentence % {
        "name": mask_name(row.legal_name),
        "kind": NumberKind(row.number_kind).label,
        "number": desk_mask_number(row.number),
    }
