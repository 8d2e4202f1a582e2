"""Addresses of the partners' pages: /desk/partners/ for the bureau, /partner/ for the partners' own people."""

from django.urls import path

from portal.partners.views import account, desk, device, invitation, team

urlpatterns = [
    path("desk/partners/", desk.desk_partners, name="desk_partners"),
    path("desk/partners/new/", desk.desk_partner_new, name="desk_partner_new"),
    path("desk/partners/<uuid:id>/", desk.desk_partner, name="desk_partner"),
    path("desk/partners/<uuid:id>/edit/", desk.desk_partner_edit, name="desk_partner_edit"),
    path("desk/partners/<uuid:id>/close/", desk.desk_partner_close, name="desk_partner_close"),
    path("desk/partners/<uuid:id>/reopen/", desk.desk_partner_reopen, name="desk_partner_reopen"),
    path("desk/partners/<uuid:id>/place/", desk.desk_place_new, name="desk_place_new"),
    path("desk/partners/<uuid:id>/manager/", desk.desk_manager_new, name="desk_manager_new"),
    path("desk/partners/places/<uuid:id>/", desk.desk_place, name="desk_place"),
    path("desk/partners/managers/<uuid:id>/", desk.desk_manager, name="desk_manager"),
    path("desk/partners/accounts/<uuid:id>/", account.desk_partner_account, name="desk_partner_account"),
    path("partner/account/", account.partner_account, name="partner_account"),
    path("partner/", device.partner, name="partner"),
    path("partner/how/", device.partner_how, name="partner_how"),
    path("partner/pin/", device.partner_pin, name="partner_pin"),
    path("partner/pin/change/", device.partner_pin_change, name="partner_pin_change"),
    path("partner/put-away/", device.partner_put_away, name="partner_put_away"),
    path("partner/enrol/<str:token>/", device.partner_enrol, name="partner_enrol"),
    path("partner/invited/<str:token>/", invitation.partner_invited, name="partner_invited"),
    path("partner/team/", team.partner_team, name="partner_team"),
    path("partner/team/new/", team.partner_member_new, name="partner_member_new"),
    path("partner/team/<uuid:id>/", team.partner_member, name="partner_member"),
    path("partner/team/<uuid:id>/edit/", team.partner_member_edit, name="partner_member_edit"),
    path("partner/team/<uuid:id>/link/", team.partner_member_link, name="partner_member_link"),
    path("partner/team/<uuid:id>/leave/", team.partner_member_leave, name="partner_member_leave"),
    path("partner/devices/<uuid:id>/", team.partner_device, name="partner_device"),
]
