"""The verifier's pages: give a benefit after a valid check, take it back, and the merchant's month."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applicants.cards.forms.benefits import UndoForm
from applicants.cards.models import Benefit, CardCheck
from applicants.cards.services.benefit_month import month_of, uses_in, uses_seen_by, write_month
from applicants.cards.services.using import BenefitRefused, may_undo, undo_use, use_benefit
from applicants.people.masking import mask_name
from portal import clock
from portal.casework.views.list_exports import XLSX
from portal.partners.choices import MemberRole
from portal.partners.doors import partner_only
from portal.ui.asking import older_than, place_of
from portal.ui.telling import form_page, told_beside

PAGE = 50
MONTH_ROLES = (MemberRole.MANAGER, MemberRole.CARD_VERIFIER)


@require_POST
@partner_only(MemberRole.CARD_VERIFIER)
def benefit_use(request: HttpRequest, check: UUID, id: UUID) -> HttpResponse:
    """Give a benefit on a check; a second click leads to the same use."""
    try:
        use = use_benefit(benefit_id=id, check_id=check, member=request.partner_member, at=clock.now())
    except (CardCheck.DoesNotExist, Benefit.DoesNotExist):
        raise Http404 from None
    except BenefitRefused as refusal:
        return render(request, "cards/benefits/refused.html", {"sentence": refusal.sentence}, status=422)
    return redirect("benefit_used", use.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@partner_only(MemberRole.CARD_VERIFIER)
def benefit_used(request: HttpRequest, id: UUID) -> HttpResponse:
    """What was given just now; its verifier may take it back for a few minutes."""
    member, at = request.partner_member, clock.now()
    found = uses_seen_by(member).select_related("benefit", "place", "person", "member")
    use = found.filter(pk=id, member=member).first()
    if use is None:
        raise Http404
    form = UndoForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, "reason", BenefitRefused):
            undo_use(use_id=use.pk, member=member, reason=form.cleaned_data["reason"], at=at)
            return redirect("benefit_used", use.pk)
    name = mask_name(use.person.legal_name)
    return form_page(request, "cards/benefits/used.html", form, use=use, name=name, may_undo=may_undo(use, at=at))


@require_safe
@partner_only(*MONTH_ROLES)
def partner_benefits(request: HttpRequest) -> HttpResponse:
    """A month of uses at the places of whoever looks: figures, a plot of its days, and each use with masked names."""
    first_day = _month(request.GET.get("month", ""))
    member = request.partner_member
    month = month_of(member, first_day)
    found = uses_in(member, first_day).select_related("benefit", "place", "person", "member")
    if request.GET.get("before"):
        found = older_than(found, request.GET["before"], "used_at")
    uses = list(found.order_by("-used_at", "-id")[: PAGE + 1])
    following = ""
    if len(uses) > PAGE:
        uses.pop()
        following = "?" + urlencode({"month": f"{first_day:%Y-%m}", "before": place_of(uses[-1], "used_at")})
    this_month = clock.today().replace(day=1)
    context = {
        "member": member,
        "month": month,
        "this_month": f"{first_day:%Y-%m}",
        "earlier": _neighbour(first_day, -1),
        "later": _neighbour(first_day, 1) if first_day < this_month else "",
        "bars": _bars(month.by_day),
        "most": max(month.by_day),
        "rows": [{"use": use, "name": mask_name(use.person.legal_name)} for use in uses],
        "following": following,
    }
    return render(request, "cards/benefits/month.html", context)


@require_POST
@partner_only(*MONTH_ROLES)
def partner_benefits_download(request: HttpRequest) -> HttpResponse:
    """The month as a spreadsheet."""
    first_day = _month(request.POST.get("month", ""))
    content = write_month(request.partner_member, first_day, at=clock.now())
    name = f"benefits-{first_day:%Y-%m}.xlsx"
    headers = {"Content-Type": XLSX, "Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, headers=headers | {"Cache-Control": "private, no-store"})


def _month(text: str) -> date:
    """The first day of the month in ``text`` (2026-03); this month where there is none that was or is."""
    this = clock.today().replace(day=1)
    try:
        wanted = date.fromisoformat(f"{text}-01") if len(text) == len("2026-03") else this
    except ValueError:
        return this
    return wanted if date(2000, 1, 1) <= wanted <= this else this


def _neighbour(first_day: date, step: int) -> str:
    number = first_day.year * 12 + first_day.month - 1 + step
    return f"{number // 12}-{number % 12 + 1:02}"


def _bars(by_day: tuple[int, ...]) -> list[dict[str, object]]:
    """Columns of a plot 100 units high; the width is the days'."""
    most = max(by_day) or 1
    return [
        {"x": number * 10 + 1, "y": 100 - 100 * count // most, "height": 100 * count // most, "day": number + 1}
        for number, count in enumerate(by_day)
    ]
