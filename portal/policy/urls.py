"""Addresses of the policies' pages, under /desk/policies/."""

from django.urls import path, re_path

from portal.policy.views import deciding, drafts, importing, parts, policies

DRAFT = "desk/policies/drafts/<uuid:id>/"
VERSION = r"^desk/policies/(?P<code>[A-Z0-9]+(?:-[A-Z0-9]+)*)/(?P<label>\w[\w.\-]{0,19})/"  # codes are in capitals

urlpatterns = [
    path("desk/policies/", policies.desk_policies, name="desk_policies"),
    path("desk/policies/import/", importing.desk_policy_import, name="desk_policy_import"),
    path(DRAFT, drafts.policy_draft, name="policy_draft"),
    path(DRAFT + "changes/", drafts.policy_draft_changes, name="policy_draft_changes"),
    path(DRAFT + "yaml/", drafts.policy_draft_yaml, name="policy_draft_yaml"),
    path(DRAFT + "import/", importing.policy_draft_import, name="policy_draft_import"),
    path(DRAFT + "part/<path:part>/", parts.policy_draft_part, name="policy_draft_part"),
    path(DRAFT + "remove/<path:part>/", parts.policy_draft_remove, name="policy_draft_remove"),
    path(DRAFT + "move/<path:part>/", parts.policy_draft_move, name="policy_draft_move"),
    path(DRAFT + "discard/", deciding.policy_draft_discard, name="policy_draft_discard"),
    path(DRAFT + "ask/", deciding.policy_draft_ask, name="policy_draft_ask"),
    path(DRAFT + "take-back/", deciding.policy_draft_take_back, name="policy_draft_take_back"),
    path(DRAFT + "send-back/", deciding.policy_draft_send_back, name="policy_draft_send_back"),
    path(DRAFT + "publish/", deciding.policy_draft_publish, name="policy_draft_publish"),
    re_path(VERSION + "$", policies.desk_policy, name="desk_policy"),
    re_path(VERSION + "yaml/$", policies.desk_policy_yaml, name="desk_policy_yaml"),
    re_path(VERSION + "draft/$", policies.policy_draft_new, name="policy_draft_new"),
]
