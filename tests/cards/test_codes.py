"""Tokens, digits and keys: what is in a code, who can read it, and when nobody can any more."""

import base64
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from applicants.cards.models import Card, CardCheck, SigningKey
from applicants.cards.services.codes import CodeRefused, codes_of, read_code, read_digits
from applicants.cards.services.keys import published_keys, rotate_signing_key, rotate_when_due, signing_key
from portal.audit.models import Entry
from tests.cards.checking_making import NOON, code_at

pytestmark = pytest.mark.django_db
EXAMPLE = Path(settings.BASE_DIR, "docs/examples/check_code_offline.py")
MINUTE_OF_NOON = 1_772_424_000


@pytest.fixture
def card() -> Card:
    """A card as far as codes need one: its opaque id."""
    return Card(opaque_id="k3vQ2sTq0WcJm1n8aZx4Yg")


def bytes_of(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def part_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def fault_of(text: str, at=NOON) -> str:
    try:
        read_code(text, at=at)
    except CodeRefused as refusal:
        return refusal.fault
    return "good"


def published() -> dict:
    return Client().get("/.well-known/jwks.json").json()


# ── what is in it ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_holds_the_opaque_id_its_minute_and_its_purpose(card):
    header, payload, signature = code_at(card).token.split(".")
    assert json.loads(bytes_of(header)) == {"alg": "EdDSA", "kid": SigningKey.objects.get().kid}
    assert json.loads(bytes_of(payload)) == {
        "sub": card.opaque_id,
        "aud": "card-check",
        "nbf": MINUTE_OF_NOON,
        "exp": MINUTE_OF_NOON + 60,
    }
    assert len(bytes_of(signature)) == 64


def test_the_published_key_verifies_it_by_the_letter_of_rfc_8037(card):
    """Without any JOSE library: the signature is over the first two parts, the key is ``x``."""
    header, payload, signature = code_at(card).token.split(".")
    (jwk,) = published()["keys"]
    assert jwk | {"kid": "", "x": ""} == {
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "", "x": "",
    }  # fmt: skip
    assert jwk["kid"] == json.loads(bytes_of(header))["kid"]
    key = Ed25519PublicKey.from_public_bytes(bytes_of(jwk["x"]))
    key.verify(bytes_of(signature), f"{header}.{payload}".encode())
    with pytest.raises(InvalidSignature):
        key.verify(bytes_of(signature), f"{header}.{payload}x".encode())


def test_another_jose_library_takes_it_by_the_published_keys(card):
    """PyJWT, which the product does not use; the clock is that of the minute of the code."""
    code = code_at(card)
    keys = jwt.PyJWKSet.from_dict(published())
    key = keys[jwt.get_unverified_header(code.token)["kid"]]
    options = {"verify_exp": False, "verify_nbf": False}  # it knows no other clock than the machine's
    told = jwt.decode(code.token, key, algorithms=["EdDSA"], audience="card-check", options=options)
    assert told == {
        "sub": card.opaque_id, "aud": "card-check", "nbf": MINUTE_OF_NOON, "exp": MINUTE_OF_NOON + 60,
    }  # fmt: skip
    with pytest.raises(jwt.InvalidAlgorithmError):
        jwt.decode(code.token, key, algorithms=["ES256"], audience="card-check", options=options)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(f"{code.token[:-3]}AAA", key, algorithms=["EdDSA"], audience="card-check", options=options)


def test_a_code_is_good_from_the_first_to_the_last_instant_of_its_minute(card):
    token, begins = code_at(card).token, NOON.replace(second=0)
    told = {
        -1e-3: "early",
        0.0: "good",
        59.999: "good",
        60.0: "over",
    }
    assert {off: fault_of(token, begins + timedelta(seconds=off)) for off in told} == told


@pytest.mark.slow
def test_a_phone_gets_sixty_codes_and_each_is_good_in_its_own_minute_only(card):
    codes = codes_of(card, at=NOON)
    begins = NOON.replace(second=0)
    assert [code.minute for code in codes] == [begins + timedelta(minutes=n) for n in range(60)]
    good = [
        (n, m)
        for n, code in enumerate(codes)
        for m in range(60)
        if fault_of(code.token, NOON + timedelta(minutes=m)) == "good"
    ]
    assert good == [(n, n) for n in range(60)]
    assert len({code.digits for code in codes}) > 50


def test_digits_belong_to_a_card_and_a_minute(card, settings):
    code = code_at(card)
    assert read_digits(card.opaque_id, code.digits, at=NOON).minute == code.minute
    assert (len(code.digits), code.digits.isdigit()) == (6, True)
    for opaque_id, at in (("another", NOON), (card.opaque_id, NOON + timedelta(minutes=2))):
        with pytest.raises(CodeRefused, match="wrong"):
            read_digits(opaque_id, code.digits, at=at)
    with pytest.raises(CodeRefused, match="over"):
        read_digits(card.opaque_id, code.digits, at=NOON + timedelta(minutes=1))
    newer = base64.b64encode(b"another key of the vault, 32 bytes.").decode()
    settings.FIELD_HASH_KEY = f"{newer},{settings.FIELD_HASH_KEY}"
    assert read_digits(card.opaque_id, code.digits, at=NOON).minute == code.minute


# ── what is not a code ─────────────────────────────────────────────────────────────────────────────────────────────


def test_tokens_of_other_makers_are_garbage(card):
    header, payload, signature = code_at(card).token.split(".")
    kid = SigningKey.objects.get().kid
    stranger = Ed25519PrivateKey.generate()

    def signed(head: dict, body: object) -> str:
        text = f"{part_of(head)}.{part_of(body)}"
        return f"{text}.{base64.urlsafe_b64encode(stranger.sign(text.encode())).rstrip(b'=').decode()}"

    claims = json.loads(bytes_of(payload))
    ours = {"alg": "EdDSA", "kid": kid}
    assert fault_of(signed(ours, claims)) == "garbage"
    assert fault_of(signed(ours | {"kid": "another"}, claims)) == "unknown_key"
    assert fault_of(signed(ours | {"jwk": {"kty": "OKP"}}, claims)) == "garbage"
    assert fault_of(f"{part_of({'alg': 'none', 'kid': kid})}.{payload}.") == "garbage"
    assert fault_of(f"{part_of({'alg': 'HS256', 'kid': kid})}.{payload}.{signature}") == "garbage"
    assert fault_of(f"{header}.{part_of(claims | {'sub': 'x'})}.{signature}") == "garbage"
    for text in ("", ".", "..", "....", f"{header}.{payload}", f"{header}.{payload}.", "x" * 100_000, "令牌", "a.b.c"):
        assert fault_of(text) == "garbage"


PARTS = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=60).map(lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["EdDSA", "none", "Ed25519"]),
        lambda inner: (
            st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64", "sub", "nbf", "x"]), inner, max_size=4)
            | st.lists(inner, max_size=3)
        ),
        max_leaves=6,
    ).map(part_of),
)


@pytest.mark.slow
@hypothesis_settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(PARTS, max_size=4), cut=st.integers(0, 300), flip=st.integers(1, 127))
def test_no_fuzzed_token_is_ever_valid_nor_a_fault_of_the_portal(card, parts, cut, flip):
    token = code_at(card).token
    broken = token[: cut % len(token)] + chr(ord(token[cut % len(token)]) ^ flip) + token[cut % len(token) + 1 :]
    for text in (".".join(parts), ".".join([*token.split(".")[:2], *parts[:1]]), broken, token[: cut % len(token)]):
        claims = {text.rpartition(".")[0], token.rpartition(".")[0]}
        is_same = len(claims) == 1 and bytes_or_none(text) == bytes_or_none(token)
        assert fault_of(text) in ({"good"} if is_same else {"garbage", "unknown_key"})


def bytes_or_none(token: str) -> bytes | None:
    """The signature, however its last unused bits are written."""
    try:
        return bytes_of(token.rpartition(".")[2])
    except ValueError:
        return None


@pytest.mark.slow
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=80))
def test_no_address_of_a_code_breaks_the_page(db, text):
    from urllib.parse import quote

    response = Client(raise_request_exception=False).get(
        "/v/" + quote(text, safe=""), headers={"accept": "application/json"}
    )
    assert response.status_code in (400, 403, 404, 422, 429)
    assert CardCheck.objects.count() == 0


# ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_private_half_is_sealed_and_leaves_the_portal_nowhere(card):
    code_at(card)
    key = SigningKey.objects.get()
    stored = SigningKey.objects.values_list("private", flat=True).get()
    assert stored.startswith("v1:")
    assert key.private not in (stored, str(published()))
    assert "private" not in str(published())


def test_the_list_of_keys_may_be_kept_for_an_hour(card):
    code_at(card)
    response = Client().get("/.well-known/jwks.json")
    assert (response["Content-Type"], response["Cache-Control"], response["Access-Control-Allow-Origin"]) == (
        "application/jwk-set+json", "public, max-age=3600", "*",
    )  # fmt: skip


def test_a_key_is_published_before_it_signs_and_after_it_has_signed(card):
    old = signing_key(at=NOON)
    token = codes_of(card, at=NOON)[-1].token
    new = rotate_signing_key(by=None, at=NOON)
    assert rotate_signing_key(by=None, at=NOON + timedelta(minutes=5)) == new  # under way: nothing changes
    times = {hours: NOON + timedelta(hours=hours) for hours in (0, 1.9, 2, 25.9, 26)}
    assert {hours: signing_key(at=at) for hours, at in times.items()} == {0: old, 1.9: old, 2: new, 25.9: new, 26: new}
    kids = {hours: {key.kid for key in published_keys(at=at)} for hours, at in times.items()}
    both = {old.kid, new.kid}
    assert kids == {0: both, 1.9: both, 2: both, 25.9: both, 26: {new.kid}}
    assert fault_of(token, NOON + timedelta(minutes=59)) == "good"
    rotate_when_due(at=times[2])
    old.refresh_from_db()
    assert (old.private, new.private != "") == ("", True)
    assert [entry.action for entry in Entry.objects.filter(target_type="cards.signingkey").order_by("pk")] == [
        "signing_key.make", "signing_key.make",
    ]  # fmt: skip


def test_a_withdrawn_key_signs_nothing_and_proves_nothing_any_more(card):
    token = code_at(card).token
    old = signing_key(at=NOON)
    rotate_signing_key(by=None, at=NOON)  # one more is waiting: it goes, too
    new = rotate_signing_key(by=None, at=NOON, withdraw=True)
    assert fault_of(token) == "unknown_key"
    assert [key["kid"] for key in published()["keys"]] == [new.kid] == [signing_key(at=NOON).kid]
    assert fault_of(code_at(card).token) == "good"
    assert set(SigningKey.objects.exclude(pk=new.pk).values_list("private", flat=True)) == {""}
    old.refresh_from_db()
    assert old.withdrawn_at == NOON


def test_a_key_signs_for_thirty_days(card):
    first = signing_key(at=NOON)
    rotate_when_due(at=NOON + timedelta(days=29, hours=23))
    assert SigningKey.objects.count() == 1
    rotate_when_due(at=NOON + timedelta(days=30))
    rotate_when_due(at=NOON + timedelta(days=30, minutes=1))
    assert SigningKey.objects.count() == 2
    assert signing_key(at=NOON + timedelta(days=30, hours=2)) != first


def test_the_command_says_which_key_signs_from_when(card, capsys):
    call_command("rotate_signing_key")
    assert capsys.readouterr().out.startswith(SigningKey.objects.get().kid + " signs from ")


# ── without a network ──────────────────────────────────────────────────────────────────────────────────────────────


def offline(keys: Path, code: str, at: float) -> tuple[int, dict]:
    command = [sys.executable, str(EXAMPLE), str(keys), code, str(at)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stderr == ""
    return ran.returncode, json.loads(ran.stdout)


@pytest.mark.slow
def test_the_documented_example_reads_a_code_without_the_portal_and_fails_closed(card, tmp_path):
    import os

    code = f"https://portal.example/v/{code_at(card).token}"
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(published()))
    at = MINUTE_OF_NOON + 20
    os.utime(keys, (at - 3600, at - 3600))
    assert offline(keys, code, at) == (0, {"offline": True, "result": "good", "checked_at": str(at)})
    told = {
        "early": (code, at - 21),
        "over": (code, at + 40),
        "garbage": (code[:-6] + "AAAAAA", at),
        "keys_too_old": (code, at + 24 * 3600),
    }
    found = {word: offline(keys, *asked) for word, asked in told.items()}
    assert {word: (code, said["result"], said["offline"]) for word, (code, said) in found.items()} == {
        word: (1, word, True) for word in told
    }
    rotate_signing_key(by=None, at=NOON, withdraw=True)
    assert offline(keys, f"https://portal.example/v/{code_at(card).token}", at)[1]["result"] == "unknown_key"
