"""Handing messages to the operator's gateway over real HTTP: what is sent, and everything that can go wrong."""

import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from portal.sms.gateway import LONGEST_TIMEOUT, NotSent, Trouble, check_settings, is_offered, send
from portal.sms.templates import TEXTS, in_language, text_of

PHONE = "+8613800138000"
CODE = {"template": "code_zh", "values": {"code": "042137", "minutes": "5"}}


def say(message_id: str = "code-1") -> None:
    send(phone=PHONE, message_id=message_id, **CODE)


def test_a_message_is_taken_with_its_template_and_values(sms):
    say()
    (taken,) = sms.taken()
    assert {name: taken[name] for name in ("message", "phone", "template", "text")} == {
        "message": "code-1",
        "phone": PHONE,
        "template": "code_zh",
        "text": "【人才港湾】您的验证码是 042137，5 分钟内有效。不是您本人操作，请不用理会。",
    }


def test_the_same_message_sent_twice_arrives_once(sms):
    sms.switch("lost")
    with pytest.raises(NotSent):
        say()
    sms.switch()
    say()
    say("code-2")
    assert [message["message"] for message in sms.taken()] == ["code-2", "code-1"]


@pytest.mark.parametrize(
    ("fault", "trouble", "may_have_arrived"),
    [
        ("unavailable", Trouble.DOWN, False),
        ("error", Trouble.SERVER_ERROR, False),
        ("quota", Trouble.QUOTA, False),
        ("refuse", Trouble.REFUSED, False),
        ("bad_signature", Trouble.BAD_SIGNATURE, True),
        ("hang_up", Trouble.UNREACHABLE, True),
        ("lost", Trouble.UNREACHABLE, True),
    ],
)
def test_what_goes_wrong_has_a_name_that_says_nothing_of_a_person(sms, fault, trouble, may_have_arrived):
    sms.switch(fault)
    with pytest.raises(NotSent) as problem:
        say()
    found = problem.value
    assert (found.trouble, str(found), found.__cause__) == (trouble, trouble.value, None)
    assert (found.may_have_arrived, found.is_final) == (may_have_arrived, trouble is Trouble.REFUSED)


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "latency"), [("hang", 0), ("", 5)])
def test_nobody_waits_longer_than_three_seconds(sms, fault, latency):
    sms.switch(fault, latency=latency)
    started = time.monotonic()
    with pytest.raises(NotSent) as problem:
        say()
    assert (problem.value.trouble, problem.value.may_have_arrived) == (Trouble.TIMEOUT, True)
    assert time.monotonic() - started < 4.5  # and not five


def test_a_gateway_that_is_not_there_is_unreachable(settings):
    settings.SMS_URL = "http://127.0.0.1:1"
    with pytest.raises(NotSent) as problem:
        say()
    assert (problem.value.trouble, problem.value.may_have_arrived) == (Trouble.UNREACHABLE, False)


def test_a_gateway_believes_only_the_portal(sms, settings):
    settings.SMS_KEY = "of somebody else"
    with pytest.raises(NotSent):
        say()
    assert sms.taken() == []
    assert sms.control({"fault": "error"}, key="of somebody else") == 401


def test_the_codes_of_templates_may_be_the_operators_own(sms, settings):
    settings.SMS_TEMPLATES = {"code_zh": "SMS_0421"}
    with pytest.raises(NotSent) as problem:
        say()  # the sandbox knows the portal's own codes only, and says so
    assert problem.value.is_final


def test_a_switch_that_does_not_exist_changes_nothing(sms):
    assert (sms.control({"fault": "fire"}), sms.control({"latency": 61}), sms.control({"latency": "x"})) == (422,) * 3
    say()


def test_every_message_is_short_and_has_both_languages():
    names = {name.rpartition("_")[0] for name in TEXTS}
    assert set(TEXTS) == {in_language(name, language) for name in names for language in ("zh-hans", "en")}
    values = {"code": "042137", "minutes": "5", "reference": "LS-2026-000012", "last4": "9000", "hotline": "12333"}
    assert all(len(text_of(name, values, "人才港湾")) <= 70 for name in TEXTS if name.endswith("_zh"))  # one message
    assert all(len(text_of(name, values, "人才港湾")) <= 134 for name in TEXTS if name.endswith("_en"))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SMS_URL", "http://sms.example", "SMS_URL must begin with https://"),
        ("SMS_TIMEOUT", 0, "SMS_TIMEOUT is a number of seconds"),
        ("SMS_TIMEOUT", LONGEST_TIMEOUT + 1, "SMS_TIMEOUT is a number of seconds"),
        ("SMS_SIGNATURE", "", "SMS_SIGNATURE is a name of 2 to 12 characters"),
        ("SMS_TEMPLATES", {"birthday": "SMS_1"}, "SMS_TEMPLATES names birthday, which is none of"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, name, value, sentence):
    check_settings()
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=sentence):
        check_settings()


def test_without_an_address_nothing_is_offered(settings):
    assert (settings.SMS_URL, is_offered()) == ("", False)


def test_the_sandbox_is_for_demos_only_and_names_a_port_in_use(settings, sms, tmp_path):
    port = int(sms.url.rpartition(":")[2])
    with pytest.raises(CommandError, match=f"cannot listen on port {port}"):
        call_command("sms_sandbox", port=port, file=tmp_path / "messages.jsonl")
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1 only"):
        call_command("sms_sandbox")
