"""A document from YAML: into a draft, or as the beginning of one."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role
from portal.policy.drafting import DraftRefused, begin_draft_from_yaml, import_yaml
from portal.policy.forms import ImportForm
from portal.policy.models import PolicyDraft
from portal.policy.schema import PolicyUnreadable
from portal.policy.views.doors import draft_to_change, person, revision_in
from portal.policy.views.drafts import is_open

MOST_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(Role.ADMINISTRATOR)
def desk_policy_import(request: HttpRequest) -> HttpResponse:
    """Begin a draft from a YAML document, also of a policy that has no version yet."""
    if not any(grant.role == Role.ADMINISTRATOR and not grant.town for grant in person(request).grants):
        raise Http404
    return _importing(request, None, lambda text: begin_draft_from_yaml(text=text, by=person(request), at=clock.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@bureau_only(Role.ADMINISTRATOR)
def policy_draft_import(request: HttpRequest, id: UUID) -> HttpResponse:
    """Put a YAML document in the place of what the draft says."""
    draft = draft_to_change(request, id)
    if not is_open(draft):
        messages.error(request, _("这份草稿不能再改。"))
        return redirect("policy_draft", draft.pk)

    def put(text: str) -> PolicyDraft:
        revision = revision_in(request)
        import_yaml(draft=draft, text=text, by=person(request), at=clock.now(), expected_revision=revision)
        return draft

    return _importing(request, draft, put)


def _importing(request: HttpRequest, draft: PolicyDraft | None, put: Callable[[str], PolicyDraft]) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    sentences: list[str] = []
    if form.is_bound and form.is_valid():
        try:
            done = put(form.cleaned_data["document"])
        except PolicyUnreadable as error:
            sentences = error.sentences
        except DraftRefused as refusal:
            sentences = [str(refusal)]
        else:
            messages.success(request, _("已导入。"))
            return redirect("policy_draft", done.pk)
    context = {"draft": draft, "form": form, "sentences": [("", it) for it in sentences[:MOST_SHOWN]]}
    return render(request, "policy/import.html", context, status=422 if form.is_bound else 200)
