"""Support over HTTP: each authority for itself, within the alliance, and told to partners as contracts say."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests import http
from tests.alliance.an_alliance import Installation, cell, view

MET = {"held_in": "2026-06", "theme_codes": ["VOICE"]}


async def ask(talking: httpx2.AsyncClient, here: Installation, who: str = "partner-901") -> httpx2.Response:
    event_id = await here.publish("901", "REQUEST", theme_code="PLANNING")
    body = {"la_code": "901", "event_id": event_id}
    return await talking.post("/v1/support", json=body, headers={**http.bearer(who), **http.new_key()})


async def do(talking: httpx2.AsyncClient, at: str, what: str, who: str, **body: Any) -> httpx2.Response:
    version = int((await talking.get(at, headers=http.bearer("hqa-901"))).headers["etag"].strip('"'))
    return await talking.post(f"{at}/{what}", json=body, headers={**http.bearer(who), **http.seen(version)})


async def test_from_the_request_to_the_impact(here, talking):
    asked = await ask(talking, here)
    assert asked.status_code == 201, asked.text
    at = asked.headers["location"]
    offer = await here.publish("902", "OFFER", answers="901-request-0")
    for done in (
        await do(talking, at, "offers", "partner-902", la_code="902", event_id=offer),
        await do(talking, at, "offers", "analyst-903", la_code="903"),
        await do(talking, at, "acceptance", "partner-901", offering_la_code="902"),
        await do(
            talking, at, "peer-challenges", "partner-902", la_code="902", held_in="2026-06", theme_codes=["VOICE"]
        ),
        await do(talking, at, "impact", "analyst-901", result="TOO_EARLY"),
        await do(talking, at, "impact", "analyst-901", result="IMPROVED"),
    ):
        assert done.status_code == 200, done.text
    body = (await talking.get(at, headers=http.bearer("manager-904"))).json()
    assert body["offers"] == [{"la_code": "902", "event_id": offer}, {"la_code": "903", "event_id": None}]
    assert (body["accepted"], body["impact"]) == ("902", {"result": "IMPROVED", "event_id": None})
    shown = await view(talking, "member-905")
    (request,) = [one for one in shown["events"] if one["kind"] == "REQUEST"]
    assert request["support"] == {
        "support_id": at.rpartition("/")[2],
        "offered_by": ["902", "903"],
        "accepted": "902",
        "held_in": ["2026-06"],
        "impact": "IMPROVED",
    }
    assert cell(shown, "902")["offers"] == 1


async def test_an_authority_asks_and_offers_for_itself_alone(here, talking):
    assert (await ask(talking, here, "partner-902")).status_code == 404
    at = (await ask(talking, here)).headers["location"]
    assert (await do(talking, at, "offers", "partner-902", la_code="903")).status_code == 404
    assert (await do(talking, at, "offers", "partner-910", la_code="910")).status_code == 404
    await do(talking, at, "offers", "partner-902", la_code="902")
    assert (await do(talking, at, "acceptance", "partner-902", offering_la_code="902")).status_code == 404


@pytest.mark.parametrize("who", ["hqa-901", "manager-901", "member-901", "administrator-901"])
async def test_without_the_right_to_create_nobody_asks(here, talking, who):
    assert (await ask(talking, here, who)).status_code == 403


async def test_outside_the_alliance_there_is_nothing(here, talking):
    at = (await ask(talking, here)).headers["location"]
    assert (await talking.get(at, headers=http.bearer("analyst-910"))).status_code == 404
    assert (await talking.get("/v1/support/none", headers=http.bearer("analyst-901"))).status_code == 404


async def test_a_request_that_was_retracted_asks_for_nothing(here, talking):
    event_id = await here.publish("901", "REQUEST")
    await here.retract("901", event_id)
    body = {"la_code": "901", "event_id": event_id}
    answer = await talking.post("/v1/support", json=body, headers={**http.bearer("partner-901"), **http.new_key()})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/event_id")


async def test_the_same_command_again_is_answered_the_same(here, talking):
    event_id = await here.publish("901", "REQUEST")
    body, key = {"la_code": "901", "event_id": event_id}, http.new_key()
    first = await talking.post("/v1/support", json=body, headers={**http.bearer("partner-901"), **key})
    again = await talking.post("/v1/support", json=body, headers={**http.bearer("partner-901"), **key})
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])
