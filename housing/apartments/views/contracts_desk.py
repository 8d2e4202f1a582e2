"""The text of the contract: its versions, a draft to edit, how it looks on paper, publishing it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from housing.apartments.exports.contract import contract_pdf, in_groups
from housing.apartments.forms.lease import TextForm
from housing.apartments.models import ContractTemplate
from housing.apartments.services.contract_texts import PLACES, blocks_of, example_text
from housing.apartments.services.contracts import TextRefused, newest_text, publish_text, save_text
from housing.apartments.views.lease_files import download
from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role
from portal.casework.views.versions import version_sent
from portal.ui.telling import form_page, told_above, told_beside

READERS = (Role.ADMINISTRATOR, Role.AUDITOR)


@bureau_only(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk_contracts(request: HttpRequest) -> HttpResponse:
    """The versions, newest first. A POST begins a draft, from the newest text or from the example."""
    is_writer = request.user.has_role(Role.ADMINISTRATOR)
    refusal = ""
    if request.method == "POST":
        if not is_writer:
            raise Http404
        newest = newest_text()
        zh, en = (newest.body_zh, newest.body_en) if newest else example_text()
        try:
            row = save_text(template_id=None, body_zh=zh, body_en=en, expected_version=0, by=request.user,
                            at=clock.now())  # fmt: skip
            return redirect("desk_contract", row.pk)
        except TextRefused as error:
            refusal = error.sentence
    context = {
        "rail": "contracts",
        "rows": ContractTemplate.objects.select_related("made_by", "published_by").order_by("-number"),
        "newest": newest_text(),
        "may_write": is_writer,
        "refusal": refusal,
    }
    return render(request, "apartments/leases/desk_contracts.html", context, status=422 if refusal else 200)


@bureau_only(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk_contract(request: HttpRequest, id: UUID) -> HttpResponse:
    """One version: a draft to edit, or the published text as it stands."""
    row = get_object_or_404(ContractTemplate.objects.select_related("published_by"), pk=id)
    is_writer = request.user.has_role(Role.ADMINISTRATOR)
    if request.method == "POST" and not is_writer:
        raise Http404
    initial = {"body_zh": row.body_zh, "body_en": row.body_en}
    form = TextForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        with told_beside(form, None, TextRefused):
            save_text(template_id=row.pk, **form.cleaned_data, expected_version=version_sent(request),
                      by=request.user, at=clock.now())  # fmt: skip
            messages.success(request, _("草稿已保存。"))
            return redirect("desk_contract", id)
    context = {
        "rail": "contracts",
        "row": row,
        "digest": in_groups(row.sha256),
        "may_write": is_writer and row.published_at is None,
        "places": [{"name": f"{{{name}}}", "label": label} for name, (label, _write) in PLACES.items()],
        "paper": _sample(row),
    }
    return form_page(request, "apartments/leases/desk_contract.html", form, **context)


@bureau_only(*READERS)
@require_safe
@never_cache
def desk_contract_preview(request: HttpRequest, id: UUID) -> HttpResponse:
    """How it looks on paper, with the names of the places where a lease's values will stand."""
    row = get_object_or_404(ContractTemplate, pk=id)
    content = contract_pdf(_sample(row), number="—", at=clock.now())
    return download(content, f"contract-text-{row.number}.pdf")


@bureau_only(Role.ADMINISTRATOR)
@confirmed_recently(back="desk_contract")
@require_POST
def desk_contract_publish(request: HttpRequest, id: UUID) -> HttpResponse:
    """Publish the draft as it stood on the page: from now on contracts are drawn from it."""
    row = get_object_or_404(ContractTemplate, pk=id)
    with told_above(request, TextRefused):
        publish_text(template_id=row.pk, expected_version=version_sent(request), by=request.user, at=clock.now())
        messages.success(request, _("已发布。以后的合同都用这一版。"))
    return redirect("desk_contract", id)


def _sample(row: ContractTemplate) -> dict[str, list[tuple[str, str]]]:
    """The text with what each place is called in its place."""
    found = {}
    for key, language, text in (("zh", "zh-hans", row.body_zh), ("en", "en", row.body_en)):
        with override(language):
            marks = {name: f"【{label}】" if key == "zh" else f"[{label}]" for name, (label, _write) in PLACES.items()}
            found[key] = blocks_of(text, marks) if text else []
    return found
