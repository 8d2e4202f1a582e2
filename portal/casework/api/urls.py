"""Addresses of the API under /api/v1/, by audience."""

from django.urls import path

from portal.casework.api.applicant import applications, papers, profile
from portal.casework.api.public import views as public
from portal.casework.api.staff import views as staff

urlpatterns = [
    path("programmes/", public.ProgrammesView.as_view(), name="api_programmes"),
    path("policies/", public.PoliciesView.as_view(), name="api_policies"),
    path("policies/<slug:code>/", public.PolicyView.as_view(), name="api_policy"),
    path("eligibility/", public.EligibilityView.as_view(), name="api_eligibility"),
    path("profile/", profile.ProfileView.as_view(), name="api_profile"),
    path("papers/", papers.PapersView.as_view(), name="api_papers"),
    path("papers/<uuid:id>/content/", papers.PaperContentView.as_view(), name="api_paper_content"),
    path("applications/", applications.ApplicationsView.as_view(), name="api_applications"),
    path("applications/<uuid:id>/", applications.ApplicationView.as_view(), name="api_application"),
    path("applications/<uuid:id>/answers/", profile.AnswersView.as_view(), name="api_answers"),
    path("applications/<uuid:id>/papers/", papers.ShelfView.as_view(), name="api_shelf"),
    path("applications/<uuid:id>/papers/<uuid:shelved>/", papers.ShelvedView.as_view(), name="api_shelved"),
    path("applications/<uuid:id>/submit/", applications.SubmitView.as_view(), name="api_submit"),
    path("applications/<uuid:id>/withdraw/", applications.WithdrawView.as_view(), name="api_withdraw"),
    path("desk/files/", staff.QueueView.as_view(), name="api_queue"),
    path("desk/files/<uuid:id>/", staff.FileView.as_view(), name="api_file"),
]
