"""Signing in by phone, and the number in one's account. The same pages whether or not a number opens an account."""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import BaseReauthenticateView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from portal.accounts.doors import confirmed_recently
from portal.accounts.middleware import has_second_factor
from portal.accounts.phone_codes import (
    MINUTES,
    TRIES,
    Outcome,
    PhoneCode,
    Purpose,
    TooOften,
    code_under_way,
    send_code,
    try_code,
)
from portal.accounts.phone_forms import CodeForm, PhoneForm
from portal.accounts.phones import PhoneTaken, choose_letters_by_sms, give_phone, masked_phone, user_of_phone
from portal.city import city
from portal.sms import gateway
from portal.sms.templates import in_language

logger = logging.getLogger(__name__)


@never_cache
@sensitive_post_parameters("phone")
def phone_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a number and send a code to it."""
    if request.user.is_authenticated:
        return redirect("after_sign_in")
    if not gateway.is_offered():
        return redirect("account_login")
    form = PhoneForm(request.POST or None)
    next_url = get_next_redirect_url(request) or ""
    if request.method == "POST" and form.is_valid() and ask_for_code(request, form, Purpose.SIGN_IN, next_url=next_url):
        return redirect("account_phone_code")
    return _page(request, "account/phone_sign_in.html", form, next_url=next_url)


@never_cache
@sensitive_post_parameters("code")
def phone_code(request: HttpRequest) -> HttpResponse:
    """Take the code; the account is made where the number opens none yet."""
    if request.user.is_authenticated:
        return redirect("after_sign_in")
    under_way = code_under_way(request, Purpose.SIGN_IN)
    if under_way is None:
        return start_again(request, "account_phone_sign_in")
    form, answer = take_code(request, under_way, "account_phone_sign_in", "account_phone_code")
    if answer is not None:
        return answer
    if form is not None:
        return _page(request, "account/phone_code.html", form, under_way=under_way)
    language = get_language() or ""
    user = user_of_phone(number=under_way.phone, language=language, at=timezone.now())
    if user.needs_second_factor and not has_second_factor(user):
        messages.error(request, _("您有工作人员角色，请先用邮箱登录，设置好动态验证码。"))
        return redirect("account_login")
    record_authentication(request, user, method="code")
    answer = perform_login(request, Login(user=user, redirect_url=under_way.next_url or None))
    request.session.set_expiry(settings.SESSION_COOKIE_AGE if request.POST.get("remember") == "on" else 0)
    return answer


@never_cache
@login_required
def phone(request: HttpRequest) -> HttpResponse:
    """The number in the account, and whether letters are announced on it."""
    own = request.user.phone
    return render(request, "account/phone.html", {"phone": own and masked_phone(own.number), "own": own})


@login_required
@require_POST
def phone_letters(request: HttpRequest) -> HttpResponse:
    """Let letters be announced by SMS, or not."""
    wanted = request.POST.get("letters") == "on"
    choose_letters_by_sms(user=request.user, wanted=wanted)
    messages.success(request, _("有新信时会发短信给您。") if wanted else _("有新信时不再发短信给您。"))
    return redirect("account_phone")


@never_cache
@login_required
@confirmed_recently
@sensitive_post_parameters("phone")
def phone_change(request: HttpRequest) -> HttpResponse:
    """Ask for another number and send a code to it."""
    if not gateway.is_offered():
        return redirect("account_phone")
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and ask_for_code(request, form, Purpose.CHANGE):
        return redirect("account_phone_change_code")
    return _page(request, "account/phone_change.html", form)


@never_cache
@login_required
@confirmed_recently
@sensitive_post_parameters("code")
def phone_change_code(request: HttpRequest) -> HttpResponse:
    """Take the code from the new number."""
    under_way = code_under_way(request, Purpose.CHANGE)
    if under_way is None:
        return start_again(request, "account_phone_change")
    form, answer = take_code(request, under_way, "account_phone_change", "account_phone_change_code")
    if answer is not None:
        return answer
    if form is not None:
        return _page(request, "account/phone_change_code.html", form, under_way=under_way)
    before = request.user.phone and request.user.phone.number
    try:
        give_phone(user=request.user, number=under_way.phone, at=timezone.now())
    except PhoneTaken:
        messages.error(request, _("这个手机号已经用来登录另一个账号。请换一个号码，或退出后用它登录。"))
        return redirect("account_phone_change")
    _tell_of_change(request, before, under_way.phone)
    messages.success(request, _("登录手机号已更新。"))
    return redirect("account_phone")


class PhoneReauthentication(LoginRequiredMixin, BaseReauthenticateView):
    """Prove once more who is there, by a code to the own number; the adapter says for whom that is a way."""

    form_class = CodeForm
    template_name = "account/phone_reauthenticate.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send a code, or take it."""
        under_way = code_under_way(request, Purpose.REAUTHENTICATE)
        here = self.passthrough_next_url(request.path)
        if request.POST.get("action") == "send":
            _send_to(request, Purpose.REAUTHENTICATE, request.user.phone.number)
            return redirect(here)
        if under_way is None or under_way.phone != request.user.phone.number:
            return start_again(request, here)
        form, answer = take_code(request, under_way, here, here)
        if answer is not None:
            return answer
        if form is not None:
            return self.render_to_response(self.get_context_data(form=form), status=422)
        record_authentication(request, request.user, method="code", reauthenticated=True)
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Which number, and whether a code is on its way."""
        under_way = code_under_way(self.request, Purpose.REAUTHENTICATE)
        more = {"phone": masked_phone(self.request.user.phone.number), "under_way": under_way, "minutes": MINUTES}
        return super().get_context_data(**kwargs) | more


def _too_often() -> str:
    return _("验证码发得太频繁了。请过一会儿再试，或用邮箱登录。")


def _late() -> str:
    return _("短信可能会晚一点到。几分钟后还没收到，请重新发送，或用邮箱登录。")


def ask_for_code(request: HttpRequest, form: PhoneForm, purpose: Purpose, *, next_url: str = "") -> bool:
    """Whether to go on to the page of the code; else the form says why not."""
    try:
        send_code(request, purpose=purpose, phone=form.cleaned_data["phone"], next_url=next_url)
    except TooOften:
        form.add_error("phone", _too_often())
        return False
    except gateway.NotSent as problem:
        if problem.may_have_arrived:
            messages.warning(request, _late())
            return True
        form.is_gateway_down = True  # type: ignore[attr-defined]
        return False
    return True


def _tell_of_change(request: HttpRequest, before: str | None, now: str) -> None:
    """Tell who had the account so far, by the old number and by e-mail: it may not have been the same person."""
    user = request.user
    if before and before != now:
        template, values = in_language("phone_changed", user.language), {"last4": now[-4:], "hotline": city().hotline}
        try:
            gateway.send(phone=before, template=template, values=values, message_id=f"phone-{uuid4()}")
        except gateway.NotSent as problem:
            logger.warning("User %s was not told of the new phone by SMS (%s).", user.pk, problem.trouble)
    context = {"phone": masked_phone(now), "city": city()}
    try:
        get_adapter(request).send_notification_mail("account/email/phone_changed", user, context)
    except OSError as error:  # the change stands, whatever becomes of the mail
        logger.warning("User %s was not told of the new phone by mail (%s).", user.pk, type(error).__name__)


def _send_to(request: HttpRequest, purpose: Purpose, number: str, *, next_url: str = "") -> None:
    """Send to a number that stands already; a message says what became of it."""
    try:
        send_code(request, purpose=purpose, phone=number, next_url=next_url)
    except TooOften:
        messages.error(request, _too_often())
    except gateway.NotSent as problem:
        if problem.may_have_arrived:
            messages.warning(request, _late())
        else:
            messages.error(request, _("短信暂时发不出去，请稍后再试。"))
    else:
        messages.success(request, _("新的验证码已发出，以前的不能再用。"))


def take_code(
    request: HttpRequest, under_way: PhoneCode, start: str, here: str
) -> tuple[CodeForm | None, HttpResponse | None]:
    """A form to show, or an answer to give, or neither: then the code was right."""
    if request.method != "POST":
        return CodeForm(), None
    if request.POST.get("action") == "resend":
        _send_to(request, Purpose(under_way.purpose), under_way.phone, next_url=under_way.next_url)
        return None, redirect(here)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return form, None
    match try_code(request, under_way, form.cleaned_data["code"]):
        case Outcome.RIGHT:
            return None, None
        case Outcome.OVER:
            return None, start_again(request, start)
    left = TRIES - under_way.tries
    form.refuse(ngettext("验证码不对。还可以再试 %(n)s 次。", "验证码不对。还可以再试 %(n)s 次。", left) % {"n": left})
    return form, None


def start_again(request: HttpRequest, where: str) -> HttpResponse:
    messages.error(request, _("验证码已经失效，请重新获取。"))
    return redirect(where)


def _page(
    request: HttpRequest, template: str, form: Any, *, under_way: PhoneCode | None = None, next_url: str = ""
) -> HttpResponse:
    next_url = under_way.next_url if under_way else next_url
    context = {
        "form": form,
        "phone": masked_phone(under_way.phone) if under_way else "",
        "minutes": MINUTES,
        "next_url": next_url,
        "next_query": f"?{urlencode({'next': next_url})}" if next_url else "",
        "by_email": reverse("account_login"),
        "is_gateway_down": getattr(form, "is_gateway_down", False),
    }
    return render(request, template, context, status=422 if form.errors else 200)
