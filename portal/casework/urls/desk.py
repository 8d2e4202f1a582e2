"""Addresses of the desk, under /desk/."""

from django.urls import URLPattern, path

from portal.casework.views import desk, desk_acts, desk_file, desk_people, desk_registers, list_exports

urlpatterns: list[URLPattern] = [
    path("", desk.queue, name="desk"),
    path("find/", desk.find, name="desk_find"),
    path("people/", desk_people.people, name="desk_people"),
    path("people/clashes/", desk_people.clashes, name="desk_clashes"),
    path("people/<uuid:id>/", desk_people.person, name="desk_person"),
    path("lists/new/", list_exports.list_export_new, name="list_export_new"),
    path("lists/<uuid:id>/", list_exports.list_export, name="list_export"),
    path("lists/<uuid:id>/download/", list_exports.list_export_download, name="list_export_download"),
    path("files/<uuid:id>/", desk_file.desk_file, name="desk_file"),
    path("files/<uuid:id>/take/", desk.take, name="desk_take"),
    path("files/<uuid:id>/settle/", desk_acts.settle, name="desk_settle"),
    path("files/<uuid:id>/registers/", desk_registers.ask_registers_again, name="desk_ask_registers"),
    path("files/<uuid:id>/prove/", desk_acts.prove, name="desk_prove"),
    path("files/<uuid:id>/reveal/", desk_acts.reveal, name="desk_reveal"),
    path("files/<uuid:id>/steps/<slug:step>/", desk_acts.step, name="desk_step"),
]
