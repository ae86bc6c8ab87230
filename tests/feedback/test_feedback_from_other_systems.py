"""Feedback and changes that other systems tell of as events."""

from __future__ import annotations

from typing import Any

import httpx2
import orjson
import pytest

from services.feedback.reactions import CHANGE_MADE, CLASSIFIED, RECEIVED, RESPONDED
from tests.feedback.service import SAID, Service, feedback

ID = "0192a000-0000-7000-8000-000000000001"
CHANGE = "0192a000-0000-7000-8000-0000000000c1"
CLASSIFICATION = {"feedback_id": ID, "themes": ["SAFETY"], "sentiment": "MIXED", "method": "RULE", "confidence": 0.7}
CHANGED = {
    "change_id": CHANGE,
    "team_id": "team-elm",
    "themes": ["SAFETY"],
    "feedback": [ID],
    "text": "Doors are locked at night.",
    "decided_on": "2026-05-05",
    "effective_date": "2026-06-01",
}


@pytest.fixture
def service() -> Service:
    return Service()


def event(id_: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    time = "2026-06-14T12:00:00Z"
    return {"specversion": "1.0", "id": id_, "source": "/survey", "type": kind, "time": time, "data": data}


async def send(client: httpx2.AsyncClient, body: Any) -> httpx2.Response:
    kind = "application/cloudevents-batch+json" if isinstance(body, list) else "application/cloudevents+json"
    return await client.post("/v1/events", content=orjson.dumps(body), headers={"Content-Type": kind})


async def test_feedback_arrives_as_an_event_and_is_kept_once(service: Service):
    arriving = event("e1", RECEIVED, feedback())
    async with service.system() as client:
        first, again = await send(client, arriving), await send(client, arriving)
        other = await send(client, event("e1", RECEIVED, feedback(text="Else")))
        shown = (await client.get(first.headers["location"])).json()
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert shown["received_on"] == "2026-04-14"
    stored = await service.stored()
    assert stored.count("FeedbackReceived.v1") == 1
    assert SAID not in stored


async def test_a_batch_tells_the_whole_story_in_its_order(service: Service):
    batch = [
        event("e1", RECEIVED, feedback(feedback_id=ID)),
        event("e2", CLASSIFIED, CLASSIFICATION),
        event("e3", RESPONDED, {"feedback_id": ID, "text": "Sorry.", "effective_date": "2026-05-01"}),
        event("e4", RECEIVED, feedback(team_id="team-oak")),
        event("e5", RECEIVED, feedback(channel="canary")),
    ]
    async with service.system() as client:
        answer = await send(client, batch)
        shown = (await client.get(f"/v1/feedback/{ID}")).json()
        changed = await send(client, event("e6", CHANGE_MADE, CHANGED))
        change = (await client.get(changed.headers["location"])).json()
    assert [item["status"] for item in answer.json()["items"]] == [201, 201, 201, 404, 422]
    assert "canary" not in answer.text
    assert (shown["version"], shown["responded_on"]) == (3, "2026-05-01")
    assert shown["classification"]["method"] == "RULE"
    assert (changed.status_code, change["decided_on"], change["made_on"]) == (201, "2026-05-05", "2026-06-01")


async def test_events_without_ids_of_their_own_are_all_kept(service: Service):
    batch = [event(f"e{i}", RECEIVED, feedback()) for i in range(40)]
    async with service.system() as client:
        answer = await send(client, batch)
    assert {item["status"] for item in answer.json()["items"]} == {201}
    assert (await service.stored()).count("FeedbackReceived.v1") == 40


async def test_late_feedback_counts_when_it_was_received(service: Service):
    async with service.system() as client:
        address = (await send(client, event("e1", RECEIVED, feedback()))).headers["location"]
        history = (await client.get(f"{address}/history")).json()["events"][0]
    assert history["effective_date"] == "2026-04-14"
    assert history["occurred_at"].startswith("2026-06-14T12:00:00")
    assert history["recorded_at"].startswith("2026-06-15T09:00:00")


async def test_what_was_never_received_cannot_be_classified(service: Service):
    async with service.system() as client:
        assert (await send(client, event("e2", CLASSIFIED, CLASSIFICATION))).status_code == 404
