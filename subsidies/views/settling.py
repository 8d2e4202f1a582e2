"""A first reviewer compares an account, or a proof of being in post, with the paper."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from applicants.people.answers import doubts_about
from applicants.people.labels import FIELD_LABELS, display_value
from applicants.people.names import names_equal
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, User
from portal.casework.models import ShelfPaper
from portal.casework.services.advancing import StepRefused
from portal.ui.telling import told_beside
from subsidies.forms_money import AccountSettleForm, RecheckForm
from subsidies.models import Payable
from subsidies.services.checking import (
    answers_now,
    changed_answers,
    has_open_changes,
    is_unsettled,
    open_doubt,
    payables_of,
    sentence_for,
)
from subsidies.services.outlook import evidence_kind, waits_for_recheck
from subsidies.services.settling import (
    ACCOUNT_KIND,
    may_recheck,
    may_recheck_from,
    may_review,
    papers_for,
    recheck_payable,
    reveal_account,
    settle_payable_account,
)


def _reviewed_or_404(user: User, pk: UUID) -> Payable:
    """A payable of a person, for a first reviewer who may settle something about it. Raises Http404."""
    rows = payables_of(user, (Role.FIRST_REVIEWER,)).filter(person__isnull=False, application__isnull=False)
    payable = rows.filter(pk=pk).first()
    if payable is None or not may_review(payable, user):
        raise Http404
    return payable


def _shown(papers: list[ShelfPaper]) -> list[dict[str, object]]:
    return [{"item": item, "pages": range(1, item.paper.pages + 1)} for item in papers]


@bureau_only(Role.FIRST_REVIEWER)
@require_http_methods(["GET", "POST"])
@never_cache
def payable_account(request: HttpRequest, id: UUID) -> HttpResponse:
    """Compare an account given after the review with its proof. The number is shown in full: comparing is the act."""
    payable = _reviewed_or_404(request.user, id)
    papers = papers_for(payable, ACCOUNT_KIND)
    form = AccountSettleForm(request.POST if request.method == "POST" else None, papers=papers)
    if request.method == "POST" and form.is_valid():
        try:
            settle_payable_account(
                payable=payable,
                account_id=form.cleaned_data["account"],
                paper_id=form.paper_id,
                by=request.user,
                at=clock.now(),
            )
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
            payable = _reviewed_or_404(request.user, id)
        else:
            messages.success(request, _("%(reference)s 的账户已核对。") % {"reference": payable.application.reference})
            return redirect("payables")
    account = reveal_account(payable=payable, by=request.user, at=clock.now())
    if account is not None:
        form.initial["account"] = account.pk
    context = {
        "payable": payable,
        "account": account,
        "is_open": account is not None and is_unsettled(account, payable),
        "is_same_name": account is not None and names_equal(account.holder, payable.person.legal_name),
        "doubt": doubts_about(answers_now(payable)).get(("account", "number"), ""),
        "papers": _shown(papers),
        "form": form,
    }
    return render(request, "subsidies/payable_account.html", context)


@bureau_only(Role.FIRST_REVIEWER)
@require_http_methods(["GET", "POST"])
@never_cache
def payable_recheck(request: HttpRequest, id: UUID) -> HttpResponse:
    """Settle "still in post" for a later instalment, what has changed since the decision, or a register's doubt."""
    payable = _reviewed_or_404(request.user, id)
    is_changed = has_open_changes(payable)
    doubt = open_doubt(payable)
    if not (payable.is_recheck_needed or payable.rechecked_at or is_changed or doubt):
        raise Http404
    papers = papers_for(payable, evidence_kind(payable))
    form = RecheckForm(request.POST if request.method == "POST" else None, papers=papers, doubt=doubt)
    is_about_grants = doubt == "prior_grants"
    if request.method == "POST" and form.is_valid():
        with told_beside(form, None, StepRefused):
            recheck_payable(
                payable=payable,
                paper_id=form.paper_id,
                by=request.user,
                at=clock.now(),
                doubt=form.cleaned_data["doubt"],
            )
            done = _("%(reference)s 已核实。") if is_about_grants else _("%(reference)s 已核实仍在职。")
            messages.success(request, done % {"reference": payable.application.reference})
            return redirect("payables")
    is_open = may_recheck(payable, clock.today())
    is_early = not is_open and waits_for_recheck(payable) and not payable.cancelled_at
    context = {
        "payable": payable,
        "opens": may_recheck_from(payable) if is_early else "",
        "is_open": is_open,
        "is_done": payable.rechecked_at is not None and not is_changed and not doubt,
        "is_about_grants": is_about_grants,
        "doubt": sentence_for(f"doubt_{doubt}") if doubt else "",
        "employment": answers_now(payable)["employment"],
        "changes": [
            {
                "label": FIELD_LABELS[section][field],
                "then": display_value(section, field, then, is_masked=True),
                "now": display_value(section, field, now, is_masked=True),
            }
            for section, field, then, now in ([] if is_about_grants else changed_answers(payable))
        ],
        "papers": _shown(papers),
        "form": form,
    }
    return render(request, "subsidies/payable_recheck.html", context)
