"""Addresses of the desk, under /desk/."""

from django.urls import URLPattern, path

from portal.casework.views import (
    counter,
    counter_letters,
    delegations,
    desk,
    desk_acts,
    desk_file,
    desk_people,
    desk_registers,
    list_exports,
    recusals,
)

urlpatterns: list[URLPattern] = [
    path("", desk.queue, name="desk"),
    path("find/", desk.find, name="desk_find"),
    path("people/", desk_people.people, name="desk_people"),
    path("people/clashes/", desk_people.clashes, name="desk_clashes"),
    path("people/<uuid:id>/", desk_people.person, name="desk_person"),
    path("delegations/", delegations.delegations, name="desk_delegations"),
    path("delegations/new/", delegations.delegation_new, name="desk_delegation_new"),
    path("delegations/<uuid:id>/end/", delegations.delegation_end, name="desk_delegation_end"),
    path("recusals/<uuid:id>/withdraw/", recusals.recusal_withdraw, name="desk_recusal_withdraw"),
    path("counter/", counter.counter, name="counter"),
    path("counter/letters/", counter_letters.counter_letters, name="counter_letters"),
    path("counter/letters/<uuid:id>/", counter_letters.counter_letter, name="counter_letter"),
    path("counter/<uuid:id>/print/<slug:kind>/", counter.counter_print, name="counter_print"),
    path("counter/<uuid:id>/request/", counter.counter_request, name="counter_request"),
    path("lists/new/", list_exports.list_export_new, name="list_export_new"),
    path("lists/<uuid:id>/", list_exports.list_export, name="list_export"),
    path("lists/<uuid:id>/download/", list_exports.list_export_download, name="list_export_download"),
    path("files/<uuid:id>/", desk_file.desk_file, name="desk_file"),
    path("files/<uuid:id>/take/", desk.take, name="desk_take"),
    path("files/<uuid:id>/recusal/", recusals.recusal_new, name="desk_recusal_new"),
    path("files/<uuid:id>/settle/", desk_acts.settle, name="desk_settle"),
    path("files/<uuid:id>/registers/", desk_registers.ask_registers_again, name="desk_ask_registers"),
    path("files/<uuid:id>/prove/", desk_acts.prove, name="desk_prove"),
    path("files/<uuid:id>/reveal/", desk_acts.reveal, name="desk_reveal"),
    path("files/<uuid:id>/steps/<slug:step>/", desk_acts.step, name="desk_step"),
]
