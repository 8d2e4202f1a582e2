"""The list of policies with their versions and drafts, and one published version."""

import re
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.policy.drafting import DraftRefused, begin_draft, may_draft
from portal.policy.editing.outline import marked_illustrative, outline
from portal.policy.explanations import NOT_ACTED_ON
from portal.policy.models import Policy, PolicyDraft, PolicyVersion
from portal.policy.services import version_deciding
from portal.policy.views.doors import READERS, day_in, may_read, person
from portal.policy.yaml_writing import write_yaml

MOST_DISCARDED = 20  # a policy; the newest


@require_safe
@never_cache
@bureau_only(*READERS)
def desk_policies(request: HttpRequest) -> HttpResponse:
    """Every policy with its versions, the newest first, and its open drafts."""
    user, today = person(request), clock.today()
    drafts = PolicyDraft.objects.exclude(state=PolicyDraft.State.PUBLISHED).select_related("drafted_by")
    policies = Policy.objects.prefetch_related("versions__published_by", Prefetch("drafts", drafts))
    rows = [_policy_row(policy, today) for policy in policies if may_read(user, policy.programme)]
    for row in rows:
        row["may_draft"] = may_draft(user, row["policy"].programme)
    return render(request, "policy/policies.html", {"rows": rows, "may_import": any(it["may_draft"] for it in rows)})


def _policy_row(policy: Policy, today: date) -> dict[str, Any]:
    published = [version for version in policy.versions.all() if version.published_at]
    versions = sorted(published, key=lambda it: it.effective_from, reverse=True)
    begun = [version for version in versions if version.effective_from <= today]
    rows = []
    for version in versions:
        is_deciding = begun[:1] == [version] and (version.effective_to is None or version.effective_to >= today)
        standing = "coming" if version.effective_from > today else "in_force" if is_deciding else "past"
        rows.append({"version": version, "standing": standing})
    open_states = (PolicyDraft.State.OPEN, PolicyDraft.State.ASKED)
    drafts = [
        {"draft": draft, "starts_on": day_in(draft, "effective_from")}
        for draft in policy.drafts.all()
        if draft.state in open_states
    ]
    discarded = [draft for draft in policy.drafts.all() if draft.state == PolicyDraft.State.DISCARDED]
    discarded = sorted(discarded, key=lambda it: it.edited_at, reverse=True)[:MOST_DISCARDED]
    newest = versions[0] if versions else None
    return {"policy": policy, "versions": rows, "drafts": drafts, "discarded": discarded, "newest": newest}


@require_safe
@never_cache
@bureau_only(*READERS)
def desk_policy(request: HttpRequest, code: str, label: str) -> HttpResponse:
    """One published version: what it says, its hash, who asked and published."""
    version = _version_or_404(request, code, label)
    data = version.parsed.model_dump(mode="json")
    deciding = version_deciding(code, clock.today())
    context = {
        "version": version,
        "document": version.parsed,
        "sections": outline(data),
        "not_acted_on": [NOT_ACTED_ON[name] for name in version.parsed.not_acted_on],
        "illustrative": marked_illustrative(data),
        "is_in_force": version == deciding,
        "may_draft": may_draft(person(request), version.policy.programme),
    }
    return render(request, "policy/version.html", context)


@require_safe
@bureau_only(*READERS)
def desk_policy_yaml(request: HttpRequest, code: str, label: str) -> HttpResponse:
    """A published version as a YAML file."""
    version = _version_or_404(request, code, label)
    return yaml_file(version.parsed.model_dump(mode="json", exclude_defaults=True), f"{code}-{label}")


@require_POST
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_new(request: HttpRequest, code: str, label: str) -> HttpResponse:
    """Begin a draft from a published version."""
    version = _version_or_404(request, code, label)
    if not may_draft(person(request), version.policy.programme):
        raise Http404
    try:
        draft = begin_draft(version=version, by=person(request), at=clock.now())
    except DraftRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("desk_policies")
    return redirect("policy_draft", draft.pk)


def yaml_file(data: Any, name: str) -> HttpResponse:
    """A download of plain data."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    headers = {
        "Content-Type": "application/yaml; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{plain}.yaml"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(write_yaml(data), headers=headers)


def _version_or_404(request: HttpRequest, code: str, label: str) -> PolicyVersion:
    found = (
        PolicyVersion.objects.published()
        .select_related("policy", "asked_by", "published_by")
        .filter(policy__code=code, label=label)
        .first()
    )
    if found is None or not may_read(person(request), found.policy.programme):
        raise Http404
    return found
