"""What an applicant may do with a submitted application: withdraw it, give another account, hand in a later proof."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from applicants.people.fields import PlainForm
from applicants.people.forms import AccountForm
from applicants.people.papers import ACCEPT
from applicants.people.refusals import PaperRefused
from portal import clock
from portal.casework.models import Application
from portal.casework.programmes import Outlook, programme
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import withdraw_application
from portal.casework.services.supplying import change_account, fresh_account_proof, hand_in_paper
from portal.casework.states import State
from portal.casework.views.applicant_answers import limits_text
from portal.casework.views.applicant_door import asked_by_hand, own_application
from portal.casework.views.versions import version_sent
from portal.casework.workflow import step_from
from portal.policy.schema import PaperLimits
from portal.ui.telling import told_above, told_beside

FILE_ATTRS = {"accept": ACCEPT}


class ProofForm(PlainForm):
    """One file; what it is, and whether it can be taken, is the paper service's to say."""

    file = forms.FileField(
        allow_empty_file=True,
        widget=forms.FileInput(attrs=FILE_ATTRS),
        error_messages={"required": gettext_lazy("请先选择要上传的文件。")},
    )


@require_http_methods(["GET", "POST"])
@own_application
@asked_by_hand
def application_withdraw(request: HttpRequest, application: Application) -> HttpResponse:
    """Withdraw after asking once more, and after saying what it costs."""
    if application.state == State.DRAFT:
        return redirect("application_discard", id=application.pk)
    if step_from("withdraw", application.state) is None:
        messages.info(request, _("这件申请已经办结，不能再撤回。"))
        return redirect("application", id=application.pk)
    if request.method == "POST":
        with told_above(request, StepRefused):
            withdraw_application(
                application=application,
                by=request.user,
                at=clock.now(),
                expected_version=version_sent(request),
            )
            messages.success(request, _("已撤回。"))
        return redirect("application", id=application.pk)
    return render(request, "applicant/withdraw.html", {"application": application})


@require_http_methods(["GET", "POST"])
@own_application
def account_change(request: HttpRequest, application: Application) -> HttpResponse:
    """Another account after approval, with a proof; a reviewer compares the two before anything is paid into it."""
    outlook = _outlook(application)
    if outlook is None or (outlook.is_paid_out and not outlook.may_get_back):
        return _nothing_to_give(request, application)
    data = request.POST if request.method == "POST" else None
    form = AccountForm(data, person=application.applicant, on=clock.today())
    proof_form = ProofForm(data, request.FILES or None)
    proof_form.fields["file"].label = _("账户证明")
    proof_form.fields["file"].help_text = _("社会保障卡正面的照片，能看清姓名和银行账号；或者银行出具的账户证明。")
    proof = fresh_account_proof(application)
    proof_form.fields["file"].required = proof is None
    if request.method == "POST":
        if proof_form.is_valid() and proof_form.cleaned_data["file"]:  # kept even where the account has a mistake
            proof = _hand_in(request, application, "account_proof", proof_form) or proof
        if form.is_valid() and proof_form.is_valid():
            with told_beside(form, None, StepRefused):
                change_account(application=application, values=form.values, by=request.user, at=clock.now())
                messages.success(request, _("新账户已收到。工作人员对照证明核对后，款项才会打到新账户。"))
                return redirect("application", id=application.pk)
    context = {
        "application": application,
        "form": form,
        "proof_form": proof_form,
        "proof": proof,
        "outlook": outlook,
        "limits": limits_text(PaperLimits()),
        "forms": [form, proof_form] if request.method == "POST" else [],
    }
    return render(request, "applicant/account.html", context)


@require_http_methods(["GET", "POST"])
@own_application
def application_evidence(request: HttpRequest, application: Application) -> HttpResponse:
    """The proof that a payment waits for: still in post, or nothing granted elsewhere."""
    outlook = _outlook(application)
    if outlook is None or not outlook.evidence_kind:
        return _nothing_to_give(request, application)
    is_about_grants = outlook.evidence_kind == "grants_statement"
    form = ProofForm(request.POST if request.method == "POST" else None, request.FILES or None)
    form.fields["file"].label = _("补贴情况说明") if is_about_grants else _("在职证明")
    form.fields["file"].help_text = (
        _("由登记所说的发放部门开具并盖章，写明您没有领过那笔补贴，或者那笔补贴是什么。")
        if is_about_grants
        else _("现单位开具并盖章，写明您的姓名和在职情况；或者近三个月的参保缴费证明。")
    )
    if request.method == "POST" and form.is_valid() and _hand_in(request, application, outlook.evidence_kind, form):
        messages.success(
            request,
            _("材料已收到。工作人员核实后再发放。")
            if is_about_grants
            else _("在职证明已收到。工作人员核实后，会按期发放。"),
        )
        return redirect("application", id=application.pk)
    context = {
        "application": application,
        "form": form,
        "limits": limits_text(PaperLimits()),
        "is_about_grants": is_about_grants,
    }
    return render(request, "applicant/evidence.html", context)


def _outlook(application: Application) -> Outlook | None:
    if application.state != State.APPROVED:
        return None
    return programme(application.programme).outlook([application], clock.today()).get(application.pk)


def _nothing_to_give(request: HttpRequest, application: Application) -> HttpResponse:
    if application.state == State.APPROVED:
        messages.info(request, _("现在没有需要您给出的账户或证明。"))
    else:
        messages.info(request, _("批准以后才能在这里更换账户。"))
    return redirect("application", id=application.pk)


def _hand_in(request: HttpRequest, application: Application, kind: str, form: forms.Form) -> object | None:
    """The paper on the shelf, or None with the sentence at the field."""
    with told_beside(form, "file", PaperRefused, StepRefused):
        return hand_in_paper(
            application=application, kind=kind, upload=request.FILES["file"], by=request.user, at=clock.now()
        )
    return None
