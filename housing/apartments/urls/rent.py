"""Addresses of bills, renewals and exits."""

from django.urls import path

from housing.apartments.views import deciding_desk, rent_desk, rent_own, rent_partner

_OWN, _PARTNER, _DESK = "my/lease/<uuid:id>/", "partner/apartments/<uuid:id>/", "desk/apartments/"

urlpatterns = [
    path(f"{_OWN}bills/", rent_own.own_bills, name="own_bills"),
    path(f"{_OWN}statement.<slug:kind>", rent_own.own_statement, name="own_statement"),
    path(f"{_OWN}notice/", rent_own.own_notice, name="own_notice"),
    path(f"{_OWN}renewal/", rent_own.own_renewal, name="own_renewal"),
    path(f"{_OWN}change/", rent_own.own_loss_report, name="own_loss_report"),
    path(f"{_PARTNER}bills/", rent_partner.partner_bills, name="partner_bills"),
    path(f"{_PARTNER}statement.<slug:kind>", rent_partner.partner_statement, name="partner_statement"),
    path(f"{_PARTNER}inspection/", rent_partner.partner_inspection, name="partner_inspection"),
    path(f"{_PARTNER}violation/", rent_partner.partner_violation, name="partner_violation"),
    path(f"{_PARTNER}change/", rent_partner.partner_loss, name="partner_loss"),
    path(f"{_DESK}leases/<uuid:id>/statement.<slug:kind>", rent_desk.desk_statement, name="desk_statement"),
    path(f"{_DESK}bills/", rent_desk.desk_bills, name="desk_bills"),
    path(f"{_DESK}payments/", rent_desk.desk_payments, name="desk_payments"),
    path(f"{_DESK}payments/import/", rent_desk.desk_payment_import, name="desk_payment_import"),
    path(f"{_DESK}payments/enter/", rent_desk.desk_payment_enter, name="desk_payment_enter"),
    path(f"{_DESK}arrears/", rent_desk.desk_arrears, name="desk_arrears"),
    path(f"{_DESK}deposits/", rent_desk.desk_deposits, name="desk_deposits"),
    path(f"{_DESK}deposits/<uuid:id>/", rent_desk.desk_deposit, name="desk_deposit"),
    path(f"{_DESK}renewals/", deciding_desk.desk_tasks, {"rail": "renewals"}, name="desk_renewals"),
    path(f"{_DESK}renewals/<uuid:id>/", deciding_desk.desk_renewal, name="desk_renewal"),
    path(f"{_DESK}losses/", deciding_desk.desk_tasks, {"rail": "losses"}, name="desk_losses"),
    path(f"{_DESK}losses/<uuid:id>/", deciding_desk.desk_loss, name="desk_loss"),
    path(f"{_DESK}violations/", deciding_desk.desk_tasks, {"rail": "violations"}, name="desk_violations"),
    path(f"{_DESK}violations/<uuid:id>/", deciding_desk.desk_violation, name="desk_violation"),
    path(f"{_DESK}leases/<uuid:id>/report/<slug:kind>/", deciding_desk.desk_lease_report, name="desk_lease_report"),
]
