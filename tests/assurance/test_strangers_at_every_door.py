"""Every route that names a thing, asked by those who have nothing to do with it: not even that it is there shows.

A stranger may do the very same in an authority of their own: what keeps them out is whose the thing is. The routes
come from the applications, so a new one is asked as well, without anybody thinking of it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from shared.web.policy import Public, authorisation_of
from tests import http
from tests.assurance.bodies import body_of
from tests.assurance.world import World, applications, running

NOBODY = "00000000-0000-7000-8000-000000000000"
UNKNOWN = {"regions": "nowhere", "authorities": "999", "service-areas": "999-none", "teams": "999-none"} | {
    "audit-policies": "999",
    "audit-programmes": "999",
    "reporting-policies": "999",
}
REPORTED = {"regions": "london", "authorities": "901", "service-areas": "901-planning", "teams": "901-elm"} | {
    "reporting-policies": "901"
}
# What is shared with partners needs a database to be turned away from: tests/partners and tests/sharing ask there.
SHARED = {"releases", "partners", "subscriptions", "improvement", "support", "improvement-sources"}
# Which authorities there are and in which regions is public; what is inside one is not.
STRUCTURE = re.compile(r"/v1/(regions|authorities)/\{\w+\}")
# Nobody creates a person: a role or link is given over a unit that the body names, and it is the unit that is reached.
PEOPLE = re.compile(r"/v1/people/\{\w+\}/")


@dataclass(frozen=True)
class Door:
    """A guarded route of a service."""

    service: str
    method: str
    path: str
    scope: str
    action: str
    body: Any

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    @property
    def noun(self) -> str:
        return re.sub(r"^/(v1/)?", "", self.path).split("/")[0]

    @property
    def names_a_thing(self) -> bool:
        return "{" in self.path

    def url(self, id_: str) -> str:
        path = self.path.replace("{name}", "children").replace("{key}", "2026-04").replace("{period}", "2026-Q1")
        return re.sub(r"\{\w+\}", id_, path)

    async def ask(
        self, client: httpx2.AsyncClient, id_: str, headers: Mapping[str, str], **given: Any
    ) -> httpx2.Response:
        if self.method == "GET":
            measured = {"model": "audit_quality", "measure": "OFSTED4.overall.GOOD"} if "rows" in self.path else {}
            return await client.get(self.url(id_), params=measured, headers=headers)
        if self.method == "DELETE":
            return await client.delete(self.url(id_), headers={**http.seen(1), **headers})
        known = {**http.seen(1), **http.new_key(), **headers}
        if not self.path.startswith("/v1/"):  # a form of one of our pages
            return await client.post(self.url(id_), data={"form_key": "1"}, headers=headers)
        if self.body is None:
            return await client.post(self.url(id_), json=EVENT, headers={**known, "Content-Type": CLOUD_EVENT})
        return await client.request(self.method, self.url(id_), json=body_of(self.body, **given), headers=known)


CLOUD_EVENT = "application/cloudevents+json"
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "none"}


def doors(apps: Mapping[str, FastAPI]) -> list[Door]:
    found = []
    for service, app in apps.items():
        for route in iter_route_contexts(app.routes):
            if isinstance(route.original_route, Mount) or isinstance(said := authorisation_of(route), Public):
                continue
            params = route.dependant.body_params  # type: ignore[union-attr]
            body = params[0].field_info.annotation if params else None
            found += [
                Door(service, method, route.path or "", said.scope, said.action.value, body)
                for method in sorted(route.methods or ())
            ]
    return found


DOORS = doors(applications())
THINGS = [one for one in DOORS if one.names_a_thing]


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with running() as started:
        yield started


def strangers(door: Door) -> list[dict[str, str]]:
    """Who may do it in 902 (the same region) or 903 (another one), and not here."""
    heads = [http.bearer("head-902"), http.bearer("head-903")]
    clients = [http.bearer("m2", authorities=("902",)), http.bearer("m3", authorities=("903",))]
    return heads if door.action == "A" else clients if door.method == "POST" else [*heads, *clients]


def insider(door: Door, scopes: tuple[str, ...] = http.ALL_SCOPES) -> dict[str, str]:
    """Who may do it everywhere, or at least here."""
    return http.bearer("head-901", scopes) if door.action == "A" else http.bearer("m", scopes, authorities=("*",))


def told(answer: httpx2.Response) -> dict[str, Any]:
    """The problem without what differs from request to request."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return {name: value for name, value in answer.json().items() if name not in ("instance", "trace_id")}


def plain(answer: httpx2.Response) -> str:
    """A page without what differs from request to request."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", answer.text)


@pytest.mark.parametrize("door", [one for one in THINGS if one.service != "reporting"], ids=str)
async def test_a_stranger_is_told_the_same_as_of_a_thing_that_does_not_exist(world: World, door: Door):
    client, there = world.clients[door.service], world.ids[door.noun]
    absent = UNKNOWN.get(door.noun, NOBODY)
    before = [len(await world.commits(name)) for name in world.on]
    for stranger in strangers(door):
        real = await door.ask(client, there, stranger)
        none = await door.ask(client, absent, stranger)
        if door.method == "GET" and STRUCTURE.fullmatch(door.path):
            assert (real.status_code, none.status_code) == (200, 404)
        elif PEOPLE.match(door.path):
            field = "team_id" if "link" in door.path else "unit_id"
            unknown = await door.ask(client, there, stranger, **{field: "999-none"})
            assert (real.status_code, told(real)) == (422, told(unknown))
        elif door.noun == "regions" and stranger == strangers(door)[0]:
            assert real.status_code == 404, "a region is of no authority: only who acts for all changes it"
        else:
            assert (real.status_code, none.status_code) == (404, 404), real.text
            assert told(real) == told(none)
            assert "etag" not in real.headers
            assert real.headers.keys() == none.headers.keys()
    assert [len(await world.commits(name)) for name in world.on] == before


@pytest.mark.parametrize("door", [one for one in THINGS if one.service != "reporting"], ids=str)
async def test_the_same_request_of_an_insider_comes_further(world: World, door: Door):
    """What kept the stranger out was the reach, not a fault of the request: the test above can see an open door."""
    there = world.ids[door.noun]
    answer = await door.ask(world.clients[door.service], there, {**insider(door), **http.seen(99)})
    assert answer.status_code not in (401, 403, 404, 405, 415, 500), f"{answer.status_code} {answer.text}"


@pytest.mark.parametrize(
    "door", [one for one in THINGS if one.service == "reporting" and one.noun not in SHARED], ids=str
)
async def test_a_stranger_to_reports_is_told_the_same_as_of_a_unit_that_does_not_exist(world: World, door: Door):
    """There is no database behind: whoever is turned away is so before anything is read."""
    there = REPORTED[door.noun]
    for stranger in ("head-903",) if door.noun == "regions" else ("head-902", "head-903"):
        client, headers = world.clients["reporting"], http.bearer(stranger)
        real = await door.ask(client, there, headers)
        none = await door.ask(client, UNKNOWN[door.noun], headers)
        assert (real.status_code, none.status_code) == (404, 404), real.text
        assert plain(real).replace(there, "") == plain(none).replace(UNKNOWN[door.noun], "")


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_without_a_token_no_door_opens(world: World, door: Door):
    client = world.clients[door.service]
    answer = await door.ask(client, world.ids.get(door.noun, NOBODY), {})
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in")
    else:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for token in ("", "x", "a.b.c"):
        again = await door.ask(client, NOBODY, {"Authorization": f"Bearer {token}"})
        assert again.status_code in (401, 303)


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_a_token_without_the_scope_is_refused_before_anything_is_looked_up(world: World, door: Door):
    scopes = tuple(scope for scope in http.ALL_SCOPES if scope != door.scope)
    client = world.clients[door.service]
    real = await door.ask(client, world.ids.get(door.noun, NOBODY), insider(door, scopes))
    none = await door.ask(client, NOBODY, insider(door, scopes))
    assert (real.status_code, none.status_code) == (403, 403)
    assert plain(real) == plain(none)


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_whoever_holds_no_role_may_do_nothing(world: World, door: Door):
    answer = await door.ask(world.clients[door.service], world.ids.get(door.noun, NOBODY), http.bearer("nobody"))
    assert answer.status_code == 403


def test_there_are_doors_of_every_kind():
    assert len(DOORS) > 110
    assert {one.service for one in THINGS} == {"organisation", "audit", "escalation", "feedback", "reporting"}


LISTS = [
    one
    for one in DOORS
    if one.method == "GET" and re.fullmatch(r"/v1/(service-areas|teams)", one.path) and one.service != "escalation"
]


@pytest.mark.parametrize("door", LISTS, ids=str)
async def test_a_list_holds_nothing_of_another_authority(world: World, door: Door):
    for code in ("901", "902", "903"):
        answer = await door.ask(world.clients[door.service], "", http.bearer(f"head-{code}"))
        units = set(re.findall(r"\b90\d-(?:elm|fern|birch|oak|ash|planning|duty)\b", answer.text))
        assert units, answer.text
        assert {unit[:3] for unit in units} == {code}
        narrower = await world.clients[door.service].get(
            door.path, params={"limit": 200, "authority": "902", "team": "902-oak"}, headers=http.bearer(f"head-{code}")
        )
        assert set(re.findall(r"\b90\d-\w+\b", narrower.text)) <= set(re.findall(r"\b90\d-\w+\b", answer.text))
