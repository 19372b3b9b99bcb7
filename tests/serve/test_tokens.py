"""The tokens of CDS Hooks: what holds, what does not, and which routes ask for none."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from asked import NAME, OXYCODONE, Running, order, request, running
from indicant.errors import IndicantError
from indicant.serve.gate import Gate
from indicant.serve.settings import Settings
from indicant.serve.tokens import Tokens
from running import hold_to_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1_700_000_000
ISSUER = "https://records.hospital.example"
URL = "https://cds.example/cds-services/a"
ELLIPTIC = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = ec.generate_private_key(ec.SECP384R1())
PATH = f"/cds-services/{NAME}-order-sign"


def keys() -> dict[str, Any]:
    """Return the public keys that the service knows, as a set."""
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm

    elliptic = ECAlgorithm.to_jwk(ELLIPTIC.public_key(), as_dict=True)
    other = RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True)
    return {
        "keys": [
            {**elliptic, "kid": "e", "alg": "ES384"},
            {**other, "kid": "r", "alg": "RS384"},
        ]
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "keys.json"
    made.write_text(json.dumps(keys()), encoding="utf-8")
    return made


def claims(**changes: Any) -> dict[str, Any]:
    """Return what a token that holds says; what is changed to nothing is left out."""
    said = {"iss": ISSUER, "aud": URL, "exp": NOW + 300, "iat": NOW, "jti": str(uuid.uuid4())}
    return {name: one for name, one in {**said, **changes}.items() if one is not None}


def token(
    key: Any = ELLIPTIC, algorithm: str = "ES384", kid: str | None = "e", **changes: Any
) -> str:
    """Return a token, signed."""
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def part(said: Any) -> str:
    """Return a part of a token as it is written."""
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def status(tokens: Tokens, header: str) -> int:
    """Return what a request with a header gets: 200 where nothing speaks against it."""
    from indicant.serve.refusals import Refused

    try:
        tokens.demand(header, URL)
    except Refused as refusal:
        return refusal.status if "WWW-Authenticate" in refusal.headers else 0
    return 200


def test_a_token_that_holds_is_taken_once(file: Path) -> None:
    tokens = Tokens(str(file), clock=lambda: NOW)
    for made in (token(), token(RSA, "RS384", "r"), token(aud=["https://a.example", URL])):
        assert status(tokens, f"Bearer {made}") == 200
        assert status(tokens, f"Bearer {made}") == 401


REFUSED: dict[str, Any] = {
    "none": lambda: "",
    "another kind": lambda: f"Basic {token()}",
    "no token": lambda: "Bearer ",
    "no token at all": lambda: "Bearer a.b",
    "expired": lambda: f"Bearer {token(exp=NOW)}",
    "issued later": lambda: f"Bearer {token(iat=NOW + 3600)}",
    "not before": lambda: f"Bearer {token(nbf=NOW + 3600)}",
    "another audience": lambda: f"Bearer {token(aud='https://cds.example/cds-services')}",
    "another service": lambda: f"Bearer {token(aud=URL + 'b')}",
    "no audience": lambda: f"Bearer {token(aud=None)}",
    "no end": lambda: f"Bearer {token(exp=None)}",
    "no name": lambda: f"Bearer {token(jti=None)}",
    "no issuer": lambda: f"Bearer {token(iss=None)}",
    "no day of issue": lambda: f"Bearer {token(iat=None)}",
    "an unknown key": lambda: f"Bearer {token(kid='x')}",
    "no key": lambda: f"Bearer {token(kid=None)}",
    "a key of somebody else": lambda: f"Bearer {token(STRANGER)}",
    "alg none": lambda: (
        f"Bearer {part({'alg': 'none', 'typ': 'JWT', 'kid': 'e'})}.{part(claims())}."
    ),
    "alg none in capitals": lambda: f"Bearer {part({'alg': 'None', 'kid': 'e'})}.{part(claims())}.",
    "a shared secret": lambda: f"Bearer {token('k' * 64, 'HS384')}",
    "another algorithm": lambda: f"Bearer {token(RSA, 'RS256', 'r')}",
    "another type": lambda: (
        "Bearer "
        + jwt.encode(claims(), ELLIPTIC, algorithm="ES384", headers={"kid": "e", "typ": "other"})
    ),
    "changed": lambda: "Bearer " + token()[:-8] + "AAAAAAAA",
    "very long": lambda: f"Bearer {'a' * 20_000}",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_hold_is_refused(file: Path, name: str) -> None:
    assert status(Tokens(str(file), clock=lambda: NOW), REFUSED[name]()) == 401


def test_who_may_sign_can_be_named(file: Path) -> None:
    tokens = Tokens(str(file), (ISSUER,), clock=lambda: NOW)
    assert status(tokens, f"Bearer {token()}") == 200
    assert status(tokens, f"Bearer {token(iss='https://other.example')}") == 401


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [{"kty": "oct", "k": "AAAA", "kid": "s", "alg": "HS256"}]}',
    ],
)
def test_a_file_without_keys_of_pairs_is_an_error(tmp_path: Path, text: str) -> None:
    made = tmp_path / "keys.json"
    made.write_text(text, encoding="utf-8")
    with pytest.raises(IndicantError):
        Tokens(str(made))


def test_a_file_that_is_missing_ends_the_command(tmp_path: Path) -> None:
    hold_to_one_line("serve", "--port", "0", "--jwks", str(tmp_path / "none.json"))
    hold_to_one_line("serve", "--port", "0", "--issuer", ISSUER)


@pytest.fixture
def guarded(file: Path) -> Iterator[Running]:
    with running(jwks=str(file)) as found:
        yield found


@pytest.mark.slow
def test_routes_that_tell_of_somebody_ask_for_a_token(guarded: Running) -> None:
    asked = json.dumps(request(order(OXYCODONE))).encode()
    kind = {"Content-Type": "application/json"}
    for path in ("/assess", "/why", "/next", "/whatif", "/sparql", PATH, f"{PATH}/feedback"):
        told = guarded.ask("POST", path, asked, kind)
        assert (told.status, told.headers["www-authenticate"]) == (401, "Bearer"), path
    for path in ("/cds-services", "/openapi.json", "/healthz", "/metrics"):
        assert guarded.get(path).status == 200
    import time

    made = token(aud=guarded.url + PATH, exp=int(time.time()) + 300, iat=int(time.time()))
    with_token = {**kind, "Authorization": f"Bearer {made}"}
    assert guarded.ask("POST", PATH, asked, with_token).status == 200
    assert guarded.ask("POST", PATH, asked, with_token).status == 401
    elsewhere = token(aud=guarded.url + "/assess")
    wrong = {**kind, "Authorization": f"Bearer {elsewhere}"}
    assert guarded.ask("POST", PATH, asked, wrong).status == 401
    assert elsewhere not in "".join(guarded.log)


BROWSER = {"Accept": "text/html,*/*;q=0.8"}
KEY = "k3y-of-the-proxy-" + "x" * 32
PAGES = (f"/patient/{NAME}", "/patient", "/workbench", f"/workbench/{NAME}")


def test_a_browser_is_told_to_sign_in(guarded: Running) -> None:
    for path in PAGES:
        told = guarded.ask("GET", path, None, BROWSER)
        assert (told.status, told.headers["www-authenticate"]) == (401, "Bearer"), path
        assert b"signs people in" in told.body
        assert guarded.get(path).json["error"]["status"] == 401
    assert b"no such page" not in guarded.ask("GET", "/", None, BROWSER).body
    for path in ("/", "/patient.css", "/patient.js", "/workbench.css"):
        assert guarded.get(path).status == 200


@pytest.mark.slow
def test_a_proxy_that_has_the_key_opens_the_pages_and_nothing_else(
    file: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n", encoding="utf-8")
    asked = json.dumps(request(order(OXYCODONE))).encode()
    with running(jwks=str(file), proxy_key=str(key)) as service:
        known = {**BROWSER, "Indicant-Proxy-Key": KEY}
        for path in PAGES:
            assert service.ask("GET", path, None, known).status == 200, path
            for wrong in ("", "x" * 49, KEY[:-1], KEY + "x", "\xe4" * 40):
                told = service.ask("GET", path, None, {**BROWSER, "Indicant-Proxy-Key": wrong})
                assert told.status == 401, (path, wrong)
        form = {**known, "Content-Type": "application/x-www-form-urlencoded"}
        begun = service.ask("POST", PAGES[0], b"do=start&as-of=2026-11-30", form)
        assert begun.status == 200
        kind = {**known, "Content-Type": "application/json"}
        for path in ("/assess", "/why", "/next", "/whatif", "/sparql", PATH, f"{PATH}/feedback"):
            assert service.ask("POST", path, asked, kind).status == 401, path
        assert KEY not in "".join(service.log) + service.get("/metrics").body.decode()


@pytest.mark.parametrize("text", ["", "short", "x" * 31, f"{'x' * 40} y", "\u00e4" * 40])
def test_a_key_that_can_be_guessed_is_an_error(file: Path, tmp_path: Path, text: str) -> None:
    key = tmp_path / "key"
    key.write_text(text, encoding="utf-8")
    with pytest.raises(IndicantError):
        Gate(Settings(jwks=str(file), proxy_key=str(key)))


def test_a_key_without_tokens_is_an_error(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(KEY, encoding="utf-8")
    hold_to_one_line("serve", "--port", "0", "--proxy-key", str(key))
