"""Which access tokens are believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.issuer import LocalIssuer, RefusedInProduction, claims
from shared.settings import ServiceSettings
from shared.web.tokens import InvalidToken, KeyAddress, KeyFile, Keys, NoKeys, Tokens
from tests import http
from tests.web.example import example_app

GOOD = claims("m1", ["read"], ["901"], minutes=24 * 60)  # made when the suite is collected, used when its turn comes


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def good_header(**other: Any) -> dict[str, Any]:
    return {"alg": "EdDSA", "typ": "at+jwt", "kid": http.issuer().kid, **other}


def signed(payload: dict[str, Any], **header: Any) -> str:
    return http.issuer().sign(payload, **header)


def without_signature() -> str:
    return f"{part(good_header(alg='none'))}.{part(GOOD)}."


def with_the_public_key_as_a_secret() -> str:
    public = http.issuer().key.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed_part = f"{part(good_header(alg='HS256'))}.{part(GOOD)}"
    return f"{signed_part}.{part(hmac.new(pem, signed_part.encode(), hashlib.sha256).digest())}"


def by_another_key_it_brings_itself(**header: Any) -> str:
    key = Ed25519PrivateKey.generate()
    own = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwt.encode(GOOD, key, "EdDSA", headers={"typ": "at+jwt", "kid": http.issuer().kid, "jwk": own, **header})


def by_another_kind_of_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(GOOD, key, "ES256", headers={"typ": "at+jwt", "kid": http.issuer().kid})


def tampered() -> str:
    header, _, signature = signed(GOOD).split(".")
    return f"{header}.{part({**GOOD, 'authorities': ['*']})}.{signature}"


def attacks() -> dict[str, str]:
    """Made when they are sent: one that is not valid yet must not have become so while the suite ran."""
    now = int(time.time())
    return {
        "nothing": "",
        "not a token": "x.y.z",
        "without a signature": without_signature(),
        "an unsigned one, spelled otherwise": without_signature().replace(
            part(good_header(alg="none")), part(good_header(alg="nOnE"))
        ),
        "signed with the public key as a secret": with_the_public_key_as_a_secret(),
        "signed by a key in its own header": by_another_key_it_brings_itself(),
        "pointing to a key set of its own": by_another_key_it_brings_itself(
            jku="https://evil.example/jwks", kid="evil"
        ),
        "pointing to a certificate of its own": by_another_key_it_brings_itself(x5u="https://evil.example/x5u"),
        "signed with another kind of key under a known name": by_another_kind_of_key(),
        "tampered with": tampered(),
        "for another audience": signed({**GOOD, "aud": "another"}),
        "for several audiences": signed({**GOOD, "aud": ["goldenthread", "another"]}),
        "of another issuer": signed({**GOOD, "iss": "https://evil.example"}),
        "an id token": signed(GOOD, typ="JWT"),
        "of no type": jwt.encode(GOOD, http.issuer().key, "EdDSA", headers={"kid": http.issuer().kid, "typ": None}),
        "expired": signed({**GOOD, "exp": now - 60}),
        "without an end": signed({name: value for name, value in GOOD.items() if name != "exp"}),
        "without a subject": signed({name: value for name, value in GOOD.items() if name != "sub"}),
        "without an audience": signed({name: value for name, value in GOOD.items() if name != "aud"}),
        "not valid yet": signed({**GOOD, "nbf": now + 600}),
        "issued in the future": signed({**GOOD, "iat": now + 600}),
        "with an unknown key": signed(GOOD, kid="unknown"),
        "without a key's name": jwt.encode(GOOD, http.issuer().key, "EdDSA", headers={"typ": "at+jwt"}),
        "with a key's name that is a list": f"{part(good_header(kid=['x']))}.{part(GOOD)}.AAAA",
        "with something critical": signed(GOOD, crit=["exp"], exp=1),
        "huge": signed({**GOOD, "more": "x" * 9000}),
        "deeply nested": f"{part(b'[' * 4000 + b']' * 4000)}.{part(GOOD)}.AAAA",
        "not in ASCII": "é.é.é",
        "with a subject that is a number": signed({**GOOD, "sub": 7}),
        "with U+0000 in its subject": signed({**GOOD, "sub": "a\x00b"}),
        "with authorities that are text": signed({**GOOD, "authorities": "901"}),
        "with authorities that are numbers": signed({**GOOD, "authorities": [901]}),
        "with a scope that is a list": signed({**GOOD, "scope": ["read"]}),
    }


@pytest.mark.parametrize("name", attacks())
async def test_a_token_that_proves_nothing_is_answered_401(name: str):
    async with http.client(example_app()) as client:
        sent = [(b"Authorization", f"Bearer {attacks()[name]}".encode())]
        answer = await client.get("/v1/notes/x", headers=sent)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}])
async def test_without_a_bearer_token_the_answer_is_401(header: dict[str, str]):
    async with http.client(example_app()) as client:
        answer = await client.get("/v1/notes/x", headers=header)
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_a_good_token_is_believed():
    async with http.client(example_app(), "m1", authorities=["901"]) as client:
        assert (await client.get("/v1/notes/x")).status_code == 404


async def test_the_scope_must_be_there():
    async with http.client(example_app()) as client:
        answer = await client.get("/v1/notes/x", headers=http.bearer("m1", ["audit:write"], ["901"]))
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="read"'


async def test_a_remembered_token_still_ends():
    end = int(time.time()) + 300
    clock = [float(end - 300)]
    tokens = Tokens(http.settings(), Keys(KeyFile(http.issuer().jwks_file)), clock=lambda: clock[0])
    token = signed({**GOOD, "exp": end})
    for clock[0] in (end - 300, end - 1, end + 29):
        assert (await tokens.check(token)).subject == "m1"
    clock[0] = end + 30
    with pytest.raises(InvalidToken):
        await tokens.check(token)


class Counting:
    def __init__(self, *key_sets: Any) -> None:
        self.key_sets = list(key_sets)
        self.reads = 0

    async def read(self) -> Any:
        self.reads += 1
        found = self.key_sets[min(self.reads, len(self.key_sets)) - 1]
        if isinstance(found, Exception):
            raise found
        return found


def key_set(kid: str) -> dict[str, Any]:
    key = jwt.algorithms.OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True)
    return {"keys": [{**key, "kid": kid}]}


async def test_keys_are_read_once_in_five_minutes():
    clock, source = [0.0], Counting(key_set("a"))
    keys = Keys(source, lambda: clock[0])
    for clock[0] in (0.0, 100.0, 299.0):
        assert await keys.find("a")
    assert source.reads == 1
    clock[0] = 301.0
    assert await keys.find("a")
    assert source.reads == 2


async def test_an_unknown_key_has_the_set_read_again_at_most_every_thirty_seconds():
    clock, source = [0.0], Counting(key_set("a"), key_set("b"))
    keys = Keys(source, lambda: clock[0])
    assert await keys.find("b") is None
    for _ in range(10):
        assert await keys.find("b") is None
    assert source.reads == 1
    clock[0] = 31.0
    assert await keys.find("b")
    assert source.reads == 2


async def test_an_issuer_that_is_away_shuts_nobody_out_whose_key_is_known():
    clock, source = [0.0], Counting(key_set("a"), NoKeys())
    keys = Keys(source, lambda: clock[0])
    await keys.find("a")
    clock[0] = 1000.0
    assert await keys.find("a")


async def test_while_no_keys_were_ever_read_the_answer_is_503():
    settings = ServiceSettings(environment="test", jwks_url="http://127.0.0.1:1/jwks")
    tokens = Tokens(settings, Keys(KeyAddress("http://127.0.0.1:1/jwks")))
    async with http.client(example_app(tokens=tokens), "m1", authorities=["901"]) as client:
        answer = await client.get("/v1/notes/x")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


async def test_symmetric_keys_in_a_key_set_are_not_keys():
    secret = {"kty": "oct", "k": part(b"x" * 32), "kid": "s", "alg": "HS256"}
    assert await Keys(Counting({"keys": [secret, "x", {"kty": "RSA", "kid": "broken"}]})).find("s") is None


async def test_a_short_rsa_key_is_not_enough(tmp_path):
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point of the test
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    source = Counting({"keys": [{**public, "kid": "short"}]})
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = jwt.encode(GOOD, key, "RS256", headers={"typ": "at+jwt", "kid": "short"})
    with pytest.raises(InvalidToken):
        await Tokens(http.settings(), Keys(source)).check(token)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
async def test_an_rsa_key_that_names_no_algorithm_serves_both(algorithm: str):
    key = rsa.generate_private_key(65537, 3072)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    source = Counting({"keys": [{**public, "kid": "r"}]})
    token = jwt.encode(GOOD, key, algorithm, headers={"typ": "at+jwt", "kid": "r"})
    assert (await Tokens(http.settings(), Keys(source)).check(token)).subject == "m1"
    only_eddsa = Tokens(http.settings(algorithms=("EdDSA",)), Keys(source))
    with pytest.raises(InvalidToken):
        await only_eddsa.check(token)


async def test_keys_come_over_http_too(monkeypatch):
    found = httpx2.Response(
        200, content=http.issuer().jwks_file.read_bytes(), request=httpx2.Request("GET", "http://i")
    )

    async def get(self: Any, url: str) -> httpx2.Response:
        return found

    monkeypatch.setattr(httpx2.AsyncClient, "get", get)
    assert await Keys(KeyAddress("http://i")).find(http.issuer().kid)


def test_the_local_issuer_refuses_production(tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDENTHREAD_ENVIRONMENT", "production")
    with pytest.raises(RefusedInProduction):
        LocalIssuer.at(tmp_path)


def test_the_local_issuer_keeps_its_key_to_itself(tmp_path):
    first = LocalIssuer.at(tmp_path)
    assert LocalIssuer.at(tmp_path).kid == first.kid
    assert (tmp_path / "issuer.pem").stat().st_mode & 0o077 == 0
    assert "d" not in json.loads(first.jwks_file.read_text())["keys"][0]
