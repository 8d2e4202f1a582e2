"""The applicant's own pages."""

from django.urls import path

from portal.casework.views import (
    applicant_after,
    applicant_check,
    applicant_decision,
    applicant_papers,
    applicant_reconsideration,
    applicant_sections,
    applicant_start,
    applicant_tasks,
    applicant_timeline,
    entitlements,
    letter_pdfs,
    recovery_link,
)

urlpatterns = [
    path("apply/<slug:programme_code>/privacy/", applicant_start.privacy_notice, name="privacy_notice"),
    path("apply/<slug:programme_code>/", applicant_start.application_start, name="application_start"),
    path("entitlements/", entitlements.entitlements, name="entitlements"),
    path("applications/", applicant_timeline.applications, name="applications"),
    path("applications/<uuid:id>/", applicant_timeline.application, name="application"),
    path("applications/<uuid:id>/tasks/", applicant_tasks.application_tasks, name="application_tasks"),
    path("applications/<uuid:id>/discard/", applicant_tasks.application_discard, name="application_discard"),
    path("applications/<uuid:id>/papers/", applicant_papers.application_papers, name="application_papers"),
    path("applications/<uuid:id>/check/", applicant_check.application_check, name="application_check"),
    path("applications/<uuid:id>/submit/", applicant_check.application_submit, name="application_submit"),
    path("applications/<uuid:id>/withdraw/", applicant_after.application_withdraw, name="application_withdraw"),
    path(
        "applications/<uuid:id>/reconsideration/",
        applicant_reconsideration.reconsideration_new,
        name="reconsideration_new",
    ),
    path(
        "applications/<uuid:id>/reconsideration/withdraw/",
        applicant_reconsideration.reconsideration_withdraw,
        name="reconsideration_withdraw",
    ),
    path("applications/<uuid:id>/decision/", applicant_decision.decision, name="decision"),
    path("applications/<uuid:id>/decision/pdf/", letter_pdfs.decision_pdf, name="decision_pdf"),
    path("applications/<uuid:id>/receipt/", letter_pdfs.receipt_pdf, name="receipt_pdf"),
    path("applications/<uuid:id>/account/", applicant_after.account_change, name="account_change"),
    path("applications/<uuid:id>/evidence/", applicant_after.application_evidence, name="application_evidence"),
    path(
        "applications/<uuid:id>/answers/<slug:section>/",
        applicant_sections.application_section,
        name="application_section",
    ),
    path("accounts/recovery/link/", recovery_link.recovery_link, name="recovery_link"),
    path("papers/<uuid:id>/", applicant_papers.paper, name="paper"),
]
