"""Statements of nights used."""

from django.urls import path

from housing.lodging.views import settlement_desk as desk
from housing.lodging.views import settlement_partner as partner

urlpatterns = [
    path("partner/lodging/settlements/", partner.partner_settlements, name="partner_settlements"),
    path("partner/lodging/settlements/<uuid:id>/", partner.partner_settlement, name="partner_settlement"),
    path(
        "partner/lodging/settlements/<uuid:id>/sign/", partner.partner_settlement_sign, name="partner_settlement_sign"
    ),
    path(
        "partner/lodging/settlements/<uuid:id>/file/", partner.partner_settlement_file, name="partner_settlement_file"
    ),
    path("desk/lodging/settlements/", desk.desk_settlements, name="desk_settlements"),
    path("desk/lodging/settlements/<uuid:id>/", desk.desk_settlement, name="desk_settlement"),
    path("desk/lodging/settlements/<uuid:id>/sign/", desk.desk_settlement_sign, name="desk_settlement_sign"),
    path("desk/lodging/settlements/<uuid:id>/back/", desk.desk_settlement_back, name="desk_settlement_back"),
    path("desk/lodging/settlements/<uuid:id>/file/", desk.desk_settlement_file, name="desk_settlement_file"),
]
