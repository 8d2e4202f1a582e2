"""Addresses of offers, contracts and hand-overs."""

from django.urls import path

from housing.apartments.views import contracts_desk, counter, lease_desk, lease_own, lease_partner, offers_desk

_OWN, _PARTNER, _DESK = "my/lease/<uuid:id>/", "partner/apartments/<uuid:id>/", "desk/apartments/leases/<uuid:id>/"
_TEXT = "desk/apartments/contracts/<uuid:id>/"

urlpatterns = [
    path(_OWN, lease_own.own_lease, name="own_lease"),
    path(f"{_OWN}contract/", lease_own.own_lease_contract, name="own_lease_contract"),
    path(f"{_OWN}contract/signed/", lease_own.own_lease_signed, name="own_lease_signed"),
    path(f"{_OWN}sign/", lease_own.own_lease_sign, name="own_lease_sign"),
    path(f"{_OWN}handover/<str:direction>/", lease_own.own_handover, name="own_handover"),
    path(f"{_OWN}photos/<uuid:photo>/", lease_own.own_handover_photo, name="own_handover_photo"),
    path("partner/apartments/", lease_partner.partner_apartments, name="partner_apartments"),
    path(_PARTNER, lease_partner.partner_lease, name="partner_lease"),
    path(f"{_PARTNER}contract/", lease_partner.partner_lease_contract, name="partner_lease_contract"),
    path(f"{_PARTNER}contract/signed/", lease_partner.partner_lease_signed, name="partner_lease_signed"),
    path(f"{_PARTNER}sign/", lease_partner.partner_lease_sign, name="partner_lease_sign"),
    path(f"{_PARTNER}handover/", lease_partner.partner_handover, name="partner_handover"),
    path(f"{_PARTNER}handover/<str:direction>/photos/", lease_partner.partner_photos, name="partner_photos"),
    path(f"{_PARTNER}photos/<uuid:photo>/", lease_partner.partner_handover_photo, name="partner_handover_photo"),
    path("desk/apartments/offers/", offers_desk.desk_offers, name="desk_offers"),
    path("desk/apartments/leases/", lease_desk.desk_leases, name="desk_leases"),
    path(_DESK, lease_desk.desk_lease, name="desk_lease"),
    path(f"{_DESK}contract/", lease_desk.desk_lease_contract, name="desk_lease_contract"),
    path(f"{_DESK}contract/signed/", lease_desk.desk_lease_signed, name="desk_lease_signed"),
    path(f"{_DESK}photos/<uuid:photo>/", lease_desk.desk_handover_photo, name="desk_handover_photo"),
    path(f"{_DESK}papers/<uuid:paper>/", lease_desk.desk_lease_paper, name="desk_lease_paper"),
    path("desk/apartments/counter/<uuid:id>/", counter.counter_apartment, name="counter_apartment"),
    path("desk/apartments/counter/<uuid:id>/print/", counter.counter_apartment_print, name="counter_apartment_print"),
    path("desk/apartments/contracts/", contracts_desk.desk_contracts, name="desk_contracts"),
    path(_TEXT, contracts_desk.desk_contract, name="desk_contract"),
    path(f"{_TEXT}preview/", contracts_desk.desk_contract_preview, name="desk_contract_preview"),
    path(f"{_TEXT}publish/", contracts_desk.desk_contract_publish, name="desk_contract_publish"),
]
