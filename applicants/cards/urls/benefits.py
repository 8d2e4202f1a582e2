"""Pages of benefits: for everybody, for holders, for the bureau and for merchants."""

from django.urls import path

from applicants.cards.views import benefit_desk, benefit_holder, benefit_use

urlpatterns = [
    path("benefits/", benefit_holder.benefits, name="benefits"),
    path("card/benefits/", benefit_holder.card_benefits, name="card_benefits"),
    path("card/benefits/<uuid:id>/claim/", benefit_holder.card_benefit_claim, name="card_benefit_claim"),
    path("desk/benefits/", benefit_desk.desk_benefits, name="desk_benefits"),
    path("desk/benefits/new/", benefit_desk.desk_benefit_new, name="desk_benefit_new"),
    path("desk/benefits/policy/", benefit_desk.desk_benefits_take_in, name="desk_benefits_take_in"),
    path("desk/benefits/<uuid:id>/", benefit_desk.desk_benefit, name="desk_benefit"),
    path("desk/benefits/<uuid:id>/edit/", benefit_desk.desk_benefit_edit, name="desk_benefit_edit"),
    path("desk/benefits/<uuid:id>/switch/", benefit_desk.desk_benefit_switch, name="desk_benefit_switch"),
    path("desk/benefits/<uuid:id>/close/", benefit_desk.desk_benefit_close, name="desk_benefit_close"),
    path("partner/use/<uuid:check>/<uuid:id>/", benefit_use.benefit_use, name="benefit_use"),
    path("partner/used/<uuid:id>/", benefit_use.benefit_used, name="benefit_used"),
    path("partner/benefits/", benefit_use.partner_benefits, name="partner_benefits"),
    path("partner/benefits/download/", benefit_use.partner_benefits_download, name="partner_benefits_download"),
]
