"""Every register over real HTTP: what it answers as facts, and everything that can go wrong on the way."""

import json
import logging
import socket
import threading
import time
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
import urllib3
from django.core.management import CommandError, call_command

from applicants.registers.asking import Answered, Spouse, Unavailable
from applicants.registers.http import HttpAdapter, request_body
from portal.wire.signing import SIGNATURE, TIME, sign_request
from tests.registers.known import BUSINESS, CODE, EMPLOYER, FACTS, NAME, NUMBER, SPOUSE_NUMBER, lin, month, question


@pytest.fixture
def lin_is_known(sandbox):
    sandbox.know({NUMBER: lin()}, {CODE: BUSINESS})
    return sandbox


@pytest.mark.parametrize("register", list(FACTS))
def test_what_a_register_answers_as_facts(lin_is_known, register):
    said = lin_is_known.adapter.ask(question(register))
    assert isinstance(said, Answered)
    assert (said.values, said.is_known, said.confirms_identity) == (FACTS[register], True, False)
    assert said.as_of == (date(2023, 10, 31) if register == "insurance" else date(2023, 11, 20))


def test_the_marriage_register_names_the_spouse_and_an_answer_holds_as_long_as_it_says(lin_is_known):
    said = lin_is_known.adapter.ask(question("marriage"))
    assert (said.spouse, said.expires_on) == (Spouse("蔡静姝", SPOUSE_NUMBER), date(2023, 11, 21))


@pytest.mark.parametrize("register", ["property", "grants"])
def test_a_spouse_is_answered_about_only_where_asked_about(lin_is_known, register):
    said = lin_is_known.adapter.ask(question(register, spouse=None))
    assert {name for name in said.values if name.startswith("spouse_")} == set()
    other = lin_is_known.adapter.ask(question(register, spouse=Spouse("蔡静姝", "35058219990812004X")))
    assert {name for name in other.values if name.startswith("spouse_")} == set()


def test_a_person_whom_a_register_does_not_know_is_an_answer_without_values(sandbox):
    said = sandbox.adapter.ask(question("education"))
    assert (said.is_known, said.values) == (False, {})
    sandbox.know({NUMBER: lin()})
    assert not sandbox.adapter.ask(question("education", name="林小航")).is_known
    assert not sandbox.adapter.ask(question("business")).is_known  # the employer is not registered


@pytest.mark.parametrize(
    ("lag", "ranges", "as_of"),
    [(1, "2023-07/2023-10", "2023-10-31"), (2, "2023-07/2023-09", "2023-09-30"), (4, "2023-07/2023-07", "2023-07-31")],
)
def test_insurance_data_end_where_the_register_lags(lin_is_known, lag, ranges, as_of):
    lin_is_known.switch("insurance", lag=lag)
    said = lin_is_known.adapter.ask(question("insurance"))
    assert said.values["insurance"] == f"{ranges}:{EMPLOYER}#pension+medical"
    assert said.as_of == date.fromisoformat(as_of)


def test_insurance_goes_on_month_by_month_as_the_clock_does(lin_is_known):
    later = datetime(2024, 2, 10, 2, 0, tzinfo=UTC)
    said = lin_is_known.adapter.ask(question("insurance", at=later, on=later.date()))
    assert said.values["insurance"] == f"2023-07/2024-01:{EMPLOYER}#pension+medical"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("unavailable", "down"),
        ("error", "server_error"),
        ("hang", "timeout"),
        ("refuse", "unreachable"),
        ("quota", "quota"),
        ("pending", "pending"),
        ("redirect", "redirect"),
        ("other_person", "wrong_person"),
        ("other_request", "wrong_request"),
        ("bad_signature", "bad_signature"),
        ("future", "future_date"),
        ("not_json", "malformed"),
        ("truncated", "malformed"),
        ("schema", "malformed"),
        ("huge", "too_large"),
    ],
)
@pytest.mark.slow
def test_every_fault_is_no_answer_with_a_short_code_and_ends_with_the_fault(lin_is_known, fault, code):
    lin_is_known.switch("education", fault=fault)
    assert lin_is_known.adapter.ask(question("education")) == Unavailable(code)
    assert lin_is_known.adapter.ask(question("marriage")).is_known  # the others go on
    lin_is_known.switch("education", fault="")
    assert lin_is_known.adapter.ask(question("education")).values == FACTS["education"]


@pytest.mark.parametrize("fault", ["unavailable", "quota", "pending"])
def test_a_register_may_say_when_to_ask_again(lin_is_known, fault):
    lin_is_known.switch("insurance", fault=fault, retry_after=120)
    assert lin_is_known.adapter.ask(question("insurance")).retry_after == timedelta(seconds=120)


@pytest.mark.slow
def test_a_slow_register_answers_in_time_or_not_at_all(lin_is_known):
    lin_is_known.switch("property", latency=0.3)
    assert lin_is_known.adapter.ask(question("property")).is_known
    lin_is_known.switch("property", latency=4)
    begun = time.monotonic()
    assert lin_is_known.adapter.ask(question("property")) == Unavailable("timeout")
    assert time.monotonic() - begun < 3.5


def test_a_switch_may_be_for_one_person_alone(lin_is_known):
    lin_is_known.switch("*", number=NUMBER, fault="unavailable")
    assert lin_is_known.adapter.ask(question("household")) == Unavailable("down")
    assert not lin_is_known.adapter.ask(question("household", number="11010519491231002X")).is_known


def test_nobody_listening_is_unreachable_at_once():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.monotonic()
    assert HttpAdapter(f"http://127.0.0.1:{port}", "key", 10).ask(question("education")) == Unavailable("unreachable")
    assert time.monotonic() - begun < 5


def test_a_connection_that_fails_is_tried_once_more_and_a_question_is_not_sent_twice(lin_is_known):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        asked = HttpAdapter(f"http://127.0.0.1:{server.getsockname()[1]}", "key", 0.3).ask(question("education"))
        server.settimeout(0.2)
        connections = 0
        while True:
            try:
                server.accept()[0].close()
                connections += 1
            except TimeoutError:
                break
    assert (asked, connections) == (Unavailable("timeout"), 1)


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nX-Never-Ending: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"0"),
    ],
)
@pytest.mark.slow
def test_a_dripping_answer_ends_in_time(sandbox, begin, drop):
    def drip(server: socket.socket) -> None:
        connection, _address = server.accept()
        connection.recv(65536)
        connection.sendall(begin)
        try:
            for _turn in range(100):
                connection.sendall(drop)
                time.sleep(0.1)
        except OSError:
            pass
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        begun = time.monotonic()
        said = HttpAdapter(f"http://127.0.0.1:{server.getsockname()[1]}", "key", 0.5).ask(question("education"))
        assert said == Unavailable("timeout")
        assert time.monotonic() - begun < 4  # two seconds to connect, half a one to answer
        thread.join()


def test_the_sandbox_believes_signed_questions_only(lin_is_known):
    forged = HttpAdapter(lin_is_known.url, "another key", 1.0)
    assert forged.ask(question("household")) == Unavailable("refused")
    assert lin_is_known.control({"reset": True}, key="another key") == 401


@pytest.mark.parametrize(
    "nonsense",
    [
        {"register": "x"},
        {"register": "*", "lag": -1},
        {"register": "*", "fault": "x"},
        {"register": "*", "latency": "slow"},
        {"fault": "error"},
        ["*"],
        1,
    ],
)
def test_the_sandbox_refuses_switches_it_does_not_have(sandbox, nonsense):
    assert sandbox.control(nonsense) == 422


def posted(sandbox, form):
    """The page's form, as a browser sends it."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return urllib3.request("POST", f"{sandbox.url}/", body=urlencode(form), headers=kind, redirect=False)


@pytest.mark.parametrize(("language", "title"), [("", "登记部门沙盒"), ("en", "<h1>")])
def test_the_page_shows_and_switches(lin_is_known, language, title):
    address = f"{lin_is_known.url}/?language={language}"
    text = urllib3.request("GET", address).data.decode()
    assert (title in text, f'<html lang="{language or "zh-hans"}">' in text) == (True, True)
    token = text.split('name="token" value="')[1].split('"')[0]
    form = {"token": token, "register": "household", "fault": "unavailable", "latency": "0", "retry_after": "30"}
    assert posted(lin_is_known, form).status == 303
    assert lin_is_known.adapter.ask(question("household")) == Unavailable("down", timedelta(seconds=30))
    form |= {"fault": "", "retry_after": "0"}
    posted(lin_is_known, form)
    assert lin_is_known.adapter.ask(question("household")).is_known
    wrong = posted(lin_is_known, form | {"latency": "x"})
    assert (wrong.status, "没有改动" in wrong.data.decode()) == (422, True)


def test_another_site_can_switch_nothing(sandbox):
    form = {"token": "guessed", "register": "household", "fault": "error"}
    assert posted(sandbox, form).status == 403
    assert urllib3.request("GET", sandbox.url, headers={"Host": "evil.example"}).status == 421


def test_nothing_personal_is_logged(lin_is_known, caplog):
    caplog.set_level(logging.DEBUG)
    for fault in ("", "schema", "not_json", "refuse", "other_person", "unavailable"):
        lin_is_known.switch("*", fault=fault)
        for register in FACTS:
            lin_is_known.adapter.ask(question(register))
    told = [NAME, NUMBER, NUMBER[-4:], CODE, EMPLOYER, SPOUSE_NUMBER, "福州大学", "蔡静姝"]
    assert [secret for secret in told if secret in caplog.text] == []


def test_a_record_that_reads_as_no_fact_is_malformed(sandbox):
    wrong = month("2023-07", employer_name="甲:乙@350581#pension", employer_credit_code="")
    sandbox.know({NUMBER: lin(insurance={"months": [wrong], "goes_on": False})})
    assert sandbox.adapter.ask(question("insurance")).values["insurance"].startswith("2023-07/2023-07:")
    sandbox.know({NUMBER: lin(household={"birth_date": "2000-02-30"})})
    assert sandbox.adapter.ask(question("household")) == Unavailable("malformed")


@pytest.mark.parametrize("key", ["request", "name", "number", "purpose", "basis"])
def test_a_question_that_lacks_something_is_refused(sandbox, key):
    asked = json.loads(request_body(question("household")))
    for body in ({**asked, key: 7}, {name: value for name, value in asked.items() if name != key}, [asked]):
        content, moment = json.dumps(body).encode(), "2023-11-20T10:00:00+08:00"
        signature = sign_request(sandbox.adapter.key, moment, "/household", content)
        headers = {TIME: moment, SIGNATURE: signature}
        assert urllib3.request("POST", f"{sandbox.url}/household", body=content, headers=headers).status == 400


def test_an_address_that_is_no_register_is_not_found(sandbox):
    assert urllib3.request("GET", f"{sandbox.url}/ui/../../settings.py").status == 404
    assert urllib3.request("GET", f"{sandbox.url}/ui/css/tokens.css").status == 200
    assert HttpAdapter(f"{sandbox.url}/elsewhere", sandbox.adapter.key, 1.0).ask(question("household")) == Unavailable(
        "refused"
    )


@pytest.mark.parametrize("text", ["tax:lag=1", "insurance:lag=x", "insurance:fault=broken", "insurance"])
def test_a_switch_that_cannot_be_is_one_sentence(text):
    with pytest.raises(CommandError, match=rf"^--switch {text}: "):
        call_command("register_sandbox", switch=[text])


def test_the_registers_are_played_in_a_demo_only(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1 only"):
        call_command("register_sandbox")


def test_a_taken_port_is_one_sentence(sandbox):
    with pytest.raises(CommandError, match="The sandbox cannot listen on port"):
        call_command("register_sandbox", port=int(sandbox.url.rpartition(":")[2]))
