"""What every service has: guarded routes, health, headers, and an orderly end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

from shared.logging_ import FIELDS, only_listed_fields
from shared.web.identity import public, requires
from shared.web.policy import AUDIT, C, Public, Requirement, Unguarded, authorisation_of
from shared.web.service import build
from tests import http
from tests.web.example import example_app


def test_a_route_that_says_nothing_of_who_may_use_it_stops_the_service():
    router = APIRouter(prefix="/v1/open-doors")

    @router.get("/{door_id}")
    async def open_door(door_id: str) -> str:
        return door_id

    with pytest.raises(Unguarded, match="/v1/open-doors"):
        build("example", http.settings(), [router])


def test_every_route_tells_what_it_asks():
    asked = {
        (method, route.path): authorisation_of(route)
        for route in iter_route_contexts(example_app().routes)
        for method in route.methods or ()
    }
    assert asked["POST", "/v1/notes"] == Requirement(AUDIT, C, "audit:write")
    assert asked["POST", "/v1/events"] == Requirement(AUDIT, C, "events:write")
    assert isinstance(asked["GET", "/livez"], Public)


def test_a_demand_counts_more_than_an_open_router():
    router = APIRouter(dependencies=[public("the rest of it is open")])

    @router.post("/v1/doors", dependencies=[requires(AUDIT, C, "audit:write")])
    async def door() -> None: ...

    app = build("example", http.settings(), [router])
    found = [authorisation_of(r) for r in iter_route_contexts(app.routes) if r.path == "/v1/doors"]
    assert found == [Requirement(AUDIT, C, "audit:write")]


async def test_a_service_is_ready_when_all_that_it_needs_is():
    up = {"mongo": True}

    async def mongo() -> bool:
        return up["mongo"]

    async with http.client(example_app(ready={"mongo": mongo})) as client:
        assert (await client.get("/readyz")).json() == {"ok": True, "checks": {"started": True, "mongo": True}}
        up["mongo"] = False
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/startupz")).status_code == 200


async def test_a_check_that_fails_or_hangs_is_an_answer_too(monkeypatch):
    monkeypatch.setattr("shared.web.health.CHECK_SECONDS", 0.05)

    async def failing() -> bool:
        raise ConnectionError("mongodb://user:secret@host")

    async def hanging() -> bool:
        await asyncio.sleep(60)
        return True

    async with http.client(example_app(ready={"a": failing, "b": hanging})) as client:
        answer = await client.get("/readyz")
    assert answer.json()["checks"] == {"started": True, "a": False, "b": False}
    assert "secret" not in answer.text


async def test_a_task_that_ended_makes_the_process_unwell():
    async with http.client(example_app(alive={"relay": lambda: False})) as client:
        assert (await client.get("/livez")).status_code == 503


async def test_hooks_run_in_order_and_every_one_of_them():
    told: list[str] = []

    def hook(name: str, fails: bool = False) -> Any:
        async def run() -> None:
            told.append(name)
            if fails:
                raise ConnectionError(name)

        return run

    app = example_app(start=[hook("a"), hook("b")], stop=[hook("c", fails=True), hook("d")])
    with pytest.raises(ConnectionError):
        async with app.router.lifespan_context(app):
            assert told == ["a", "b"]
    assert told == ["a", "b", "c", "d"]
    assert app.state.health.stopping


async def test_every_answer_has_the_safe_headers():
    async with http.client(example_app()) as client:
        for path in ("/livez", "/v1/notes/x", "/nowhere"):
            headers = (await client.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'self'; script-src 'self';")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-request-id"]


async def test_the_description_tells_of_keys_versions_and_problems():
    async with http.client(example_app()) as client:
        description = (await client.get("/openapi.json")).json()
    posts = {path: methods["post"] for path, methods in description["paths"].items() if "post" in methods}

    def headers(path: str) -> set[str]:
        return {one["name"] for one in posts[path].get("parameters", ()) if one["in"] == "header"}

    assert headers("/v1/notes") == {"Idempotency-Key"}
    assert headers("/v1/notes/{note_id}/amendment") == {"If-Match"}
    assert headers("/v1/events") == set()
    assert "HTTPValidationError" not in description["components"]["schemas"]
    assert "application/problem+json" in posts["/v1/notes"]["responses"]["default"]["content"]


def test_only_listed_fields_reach_the_log():
    kept = only_listed_fields(None, "info", {"event": "answered", "body": "Jane", "child": "Jane", "status": 200})
    assert kept == {"event": "answered", "status": 200}
    assert not FIELDS & {"body", "subject", "child", "query", "path", "message", "exception", "url"}
