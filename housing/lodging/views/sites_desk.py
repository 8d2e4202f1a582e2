"""The desk's list of sites: what the public sees of each, what a night costs, who has which bed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applicants.people.refusals import Refused
from housing.lodging.forms.sites import NewSiteForm, PhotoForm, RateForm, SiteForm
from housing.lodging.models import BedClosure, Site, SitePhoto
from housing.lodging.nights import Nights, night_of
from housing.lodging.services import photos, sites
from housing.lodging.services.barring import visible_stays
from housing.lodging.services.calendar import Month, beds_by_night
from housing.lodging.services.showing import free_by_night, without_a_site
from housing.months import MONTHS_BACK
from housing.stock import ChangedMeanwhile
from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role
from portal.casework.doors import DESK_ROLES
from portal.ui.telling import form_page, told_beside

PAGE = 200  # sites of a city, by far


def site_or_404(id: UUID) -> Site:
    """The site, open or not."""
    return get_object_or_404(Site.objects.select_related("place__partner"), pk=id)


@require_safe
@bureau_only(*DESK_ROLES)
def desk_sites(request: HttpRequest) -> HttpResponse:
    """Every site with its beds, and how many are free tonight; first the guests whose site takes nobody any longer."""
    beds = Count("rooms__beds", filter=Q(rooms__beds__retired_at=None))
    rows = Site.objects.select_related("place__partner").annotate(beds=beds)
    found = list(rows.order_by("-is_open", "place__town", "place__name_zh", "pk")[:PAGE])
    free = free_by_night(found, Nights(night_of(clock.now()), 1))
    context = {
        "rows": [{"site": site, "free": free[site][0][1]} for site in found],
        "stranded": without_a_site(visible_stays(request.user)),
        "may_change": request.user.has_role(Role.ADMINISTRATOR),
    }
    return render(request, "lodging/sites/desk_list.html", context)


@require_safe
@bureau_only(*DESK_ROLES)
def desk_site(request: HttpRequest, id: UUID) -> HttpResponse:
    """One site: what is known of it, its rates, rooms and beds, closures that are not over, photos."""
    site, tonight = site_or_404(id), night_of(clock.now())
    closures = BedClosure.objects.filter(bed__room__site=site, ended_at=None, until_on__gte=tonight)
    context = {
        "site": site,
        "rates": site.rates.all(),
        "rooms": site.rooms.prefetch_related("beds"),
        "closures": closures.select_related("bed__room", "made_by").order_by("from_on", "bed__room__label", "id"),
        "photos": site.photos.all(),
        "may_change": request.user.has_role(Role.ADMINISTRATOR),
    }
    return render(request, "lodging/sites/desk_one.html", context)


@require_safe
@bureau_only(*DESK_ROLES)
def desk_site_calendar(request: HttpRequest, id: UUID) -> HttpResponse:
    """Every bed of the site on every night of a month."""
    site, today = site_or_404(id), clock.today()
    month = Month.asked(request.GET.get("month", ""), today, back=MONTHS_BACK)
    rows = beds_by_night(site, month)
    stays = {night.stay_id for row in rows for night in row.nights if night and night.stay_id}
    context = {
        "site": site,
        "month": month,
        "rows": rows,
        "tonight": night_of(clock.now()),
        "reached": set(visible_stays(request.user).filter(pk__in=stays).values_list("pk", flat=True)),
        "neighbours": [other for other in (month.moved(-1), month.moved(1)) if other.within(today, back=MONTHS_BACK)],
    }
    return render(request, "lodging/sites/desk_calendar.html", context)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_site_new(request: HttpRequest) -> HttpResponse:
    """Make a site of a partner's place."""
    form = NewSiteForm(request.POST if request.method == "POST" else None, today=clock.today())
    if form.is_valid():
        place = form.cleaned_data["place"]
        with told_beside(form, "place", Refused):
            site = sites.add_site(place=place, values=form.values, by=request.user, at=clock.now())
            messages.success(request, _("已添加。接着添加房间和床位，再开放预订。"))
            return redirect("desk_site", site.pk)
    return form_page(request, "lodging/sites/desk_form.html", form)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_site_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change what is known of a site, open or close it."""
    site = site_or_404(id)
    form = SiteForm(request.POST if request.method == "POST" else None, initial=SiteForm.initial_from(site))
    if form.is_valid():
        expected = form.cleaned_data["version"] or 0
        try:
            sites.change_site(site=site, values=form.values, expected_version=expected, by=request.user, at=clock.now())
        except ChangedMeanwhile as refusal:
            form.add_error("kind", refusal.sentence)
        except Refused as refusal:
            blamed = ("kind", "is_open", "has_same_sex_rooms")
            form.add_error(next((name for name in blamed if name in form.changed_data), None), refusal.sentence)
        else:
            messages.success(request, _("已保存。"))
            return redirect("desk_site", site.pk)
    return form_page(request, "lodging/sites/desk_form.html", form, site=site)


@bureau_only(Role.ADMINISTRATOR)
@confirmed_recently
@require_http_methods(["GET", "POST"])
def desk_site_rate(request: HttpRequest, id: UUID) -> HttpResponse:
    """Set what a night costs from an evening on."""
    site = site_or_404(id)
    form = RateForm(request.POST if request.method == "POST" else None, initial={"from_on": clock.today()})
    if form.is_valid():
        asked = {"from_on": form.cleaned_data["from_on"], "night_fen": form.cleaned_data["night"]}
        with told_beside(form, "from_on", Refused):
            sites.set_rate(site=site, **asked, by=request.user, at=clock.now())
            messages.success(request, _("已定价。"))
            return redirect("desk_site", site.pk)
    return form_page(request, "lodging/sites/desk_rate.html", form, site=site)


@bureau_only(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def desk_site_photo_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Add a photo."""
    site, is_post = site_or_404(id), request.method == "POST"
    form = PhotoForm(request.POST if is_post else None, request.FILES if is_post else None)
    if form.is_valid():
        data = form.cleaned_data
        captions = {name: data[name] for name in ("caption_zh", "caption_en")}
        with told_beside(form, "picture", Refused):
            photos.add_photo(site=site, upload=data["picture"], **captions, by=request.user, at=clock.now())
            messages.success(request, _("照片已添加。"))
            return redirect("desk_site", site.pk)
    return form_page(request, "lodging/sites/desk_photo.html", form, site=site)


@bureau_only(Role.ADMINISTRATOR)
@require_POST
def desk_site_photo(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a photo earlier, or take it away."""
    photo = get_object_or_404(SitePhoto, pk=id)
    if request.POST.get("act") == "remove":
        photos.remove_photo(photo_id=photo.pk, by=request.user, at=clock.now())
        messages.success(request, _("照片已删除。"))
    else:
        photos.move_up(photo_id=photo.pk, by=request.user, at=clock.now())
    return redirect("desk_site", photo.site_id)
