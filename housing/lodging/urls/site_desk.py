"""The desk's pages about sites, rooms and beds."""

from django.urls import path

from housing.lodging.views import beds_desk, sites_desk

urlpatterns = [
    path("desk/lodging/sites/", sites_desk.desk_sites, name="desk_sites"),
    path("desk/lodging/sites/new/", sites_desk.desk_site_new, name="desk_site_new"),
    path("desk/lodging/sites/<uuid:id>/", sites_desk.desk_site, name="desk_site"),
    path("desk/lodging/sites/<uuid:id>/calendar/", sites_desk.desk_site_calendar, name="desk_site_calendar"),
    path("desk/lodging/sites/<uuid:id>/edit/", sites_desk.desk_site_edit, name="desk_site_edit"),
    path("desk/lodging/sites/<uuid:id>/rate/", sites_desk.desk_site_rate, name="desk_site_rate"),
    path("desk/lodging/sites/<uuid:id>/photo/", sites_desk.desk_site_photo_new, name="desk_site_photo_new"),
    path("desk/lodging/sites/<uuid:id>/room/", beds_desk.desk_site_room_new, name="desk_site_room_new"),
    path("desk/lodging/sites/photos/<uuid:id>/", sites_desk.desk_site_photo, name="desk_site_photo"),
    path("desk/lodging/sites/rooms/<uuid:id>/", beds_desk.desk_site_room, name="desk_site_room"),
    path("desk/lodging/sites/beds/<uuid:id>/", beds_desk.desk_site_bed, name="desk_site_bed"),
    path("desk/lodging/sites/beds/<uuid:id>/close/", beds_desk.desk_site_bed_close, name="desk_site_bed_close"),
    path("desk/lodging/sites/beds/<uuid:id>/retire/", beds_desk.desk_site_bed_retire, name="desk_site_bed_retire"),
    path("desk/lodging/sites/closures/<uuid:id>/", beds_desk.desk_site_closure, name="desk_site_closure"),
]
