"""Browsers: a session cookie that only our own pages can use."""

from __future__ import annotations

import pytest

from shared.settings import ServiceSettings
from shared.web.identity import COOKIE
from shared.web.service import build
from shared.web.session import session_router
from shared.web.tokens import KeyFile, Keys, Tokens
from tests import http
from tests.web.example import example_app

OWN = {"Origin": "http://goldenthread.test"}


async def signed_in(client, **form: str):
    return await client.post("/sign-in", data={"token": http.token("m", authorities=["901"]), **form}, headers=OWN)


async def test_a_signed_in_browser_is_known_by_its_cookie():
    async with http.client(example_app()) as client:
        answer = await signed_in(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        said = answer.headers["set-cookie"].lower()
        assert "httponly" in said
        assert "samesite=strict" in said
        assert (await client.get("/v1/notes/x")).status_code == 404


async def test_after_signing_out_it_is_not_known_any_more():
    async with http.client(example_app()) as client:
        await signed_in(client)
        assert (await client.post("/sign-out", headers=OWN)).status_code == 303
        assert (await client.get("/v1/notes/x")).status_code == 401


async def test_a_token_that_proves_nothing_leads_back_to_the_form():
    async with http.client(example_app()) as client:
        answer = await client.post("/sign-in", data={"token": "x.y.z"}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?failed=1")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://goldenthread.test.evil.example"},
        {**OWN, "Sec-Fetch-Site": "cross-site"},
        {**OWN, "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_can_neither_sign_anybody_in_nor_use_their_session(headers):
    async with http.client(example_app()) as client:
        assert (await client.post("/sign-in", data={"token": "x"}, headers=headers)).status_code == 403
        await signed_in(client)
        sent = {**headers, **http.new_key()}
        answer = await client.post("/v1/notes", json={"grade": "GOOD", "la_code": "901"}, headers=sent)
        assert answer.status_code == 403
        own = {**OWN, **http.new_key()}
        assert (
            await client.post("/v1/notes", json={"grade": "GOOD", "la_code": "901"}, headers=own)
        ).status_code == 201


@pytest.mark.parametrize(
    ("next_", "where"),
    [
        ("/teams/a1?month=2026-04", "/teams/a1?month=2026-04"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
async def test_signing_in_leads_to_our_own_pages_only(next_, where):
    async with http.client(example_app()) as client:
        assert (await signed_in(client, next=next_)).headers["location"] == where


async def test_in_production_the_cookie_is_secure_and_bound_to_the_host():
    settings = ServiceSettings(
        environment="production",
        issuer="https://login.authority.example",
        jwks_url="https://login.authority.example/keys",
        master_key="eA==",
        public_url="https://goldenthread.authority.example",
    )
    tokens = Tokens(http.settings(), Keys(KeyFile(http.issuer().jwks_file)))
    app = build("example", settings, [session_router()], tokens=tokens)
    async with http.client(app) as client:
        assert (await signed_in(client)).status_code == 403
        own = {"Origin": "https://goldenthread.authority.example"}
        answer = await client.post("/sign-in", data={"token": http.token("m", authorities=["901"])}, headers=own)
        assert answer.headers["set-cookie"].startswith("__Host-")
        assert "secure" in answer.headers["set-cookie"].lower()
        assert (await client.get("/openapi.json")).status_code == 404
    assert app.state.identity.cookie != COOKIE


async def test_a_form_with_nul_in_it_is_refused():
    async with http.client(example_app()) as client:
        headers = {**OWN, "Content-Type": "application/x-www-form-urlencoded"}
        assert (await client.post("/sign-in", content=b"token=%00", headers=headers)).status_code == 400
