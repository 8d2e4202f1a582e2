"""Objections to a public notice, and the desk's side of notices."""

from django.urls import path

from portal.casework.views import notices_desk, notices_objections

urlpatterns = [
    path("notices/<slug:number>/<int:line>/objection/", notices_objections.objection_new, name="objection_new"),
    path("notices/<slug:number>/<int:line>/objection/sent/", notices_objections.objection_sent, name="objection_sent"),
    path("desk/notices/", notices_desk.desk_notices, name="desk_notices"),
    path("desk/notices/collect/", notices_desk.desk_notice_collect, name="desk_notice_collect"),
    path("desk/notices/<slug:number>/", notices_desk.desk_notice, name="desk_notice"),
    path("desk/notices/<slug:number>/release/", notices_desk.desk_notice_release, name="desk_notice_release"),
    path(
        "desk/notices/<slug:number>/<int:line>/objection/",
        notices_objections.desk_objection_new,
        name="desk_objection_new",
    ),
    path("desk/objections/<uuid:id>/", notices_objections.desk_objection, name="desk_objection"),
    path("desk/objections/<uuid:id>/letter/", notices_objections.desk_objection_letter, name="desk_objection_letter"),
    path("desk/objections/<uuid:id>/told/", notices_objections.desk_objection_told, name="desk_objection_told"),
]
