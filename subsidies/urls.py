"""Addresses of the money pages, under /desk/, and of the rolls for programs."""

from django.urls import path

from subsidies.api.staff import views as api
from subsidies.views import bank, cancelling, payables, rolls, settling

urlpatterns = [
    path("desk/payables/", payables.payables, name="payables"),
    path("desk/payables/collect/", payables.roll_collect, name="roll_collect"),
    path("desk/payables/collect-all/", payables.roll_collect_all, name="roll_collect_all"),
    path("desk/payables/<uuid:id>/account/", settling.payable_account, name="payable_account"),
    path("desk/payables/<uuid:id>/recheck/", settling.payable_recheck, name="payable_recheck"),
    path("desk/payables/<uuid:id>/cancel/", cancelling.payable_cancel, name="payable_cancel"),
    path("desk/rolls/", rolls.rolls, name="rolls"),
    path("desk/rolls/<slug:number>/", rolls.roll, name="roll"),
    path("desk/rolls/<slug:number>/issue/", rolls.roll_issue, name="roll_issue"),
    path("desk/rolls/<slug:number>/drop/", rolls.roll_drop, name="roll_drop"),
    path("desk/rolls/<slug:number>/download/", rolls.roll_download, name="roll_download"),
    path("desk/rolls/<slug:number>/bank/", bank.bank_result, name="bank_result"),
    path("desk/rolls/<slug:number>/bank/<uuid:id>/apply/", bank.bank_result_apply, name="bank_result_apply"),
    path("api/v1/rolls/", api.RollsView.as_view(), name="api_rolls"),
    path("api/v1/rolls/<slug:number>/", api.RollView.as_view(), name="api_roll"),
    path("api/v1/rolls/<slug:number>/lines/", api.RollLinesView.as_view(), name="api_roll_lines"),
]
