"""Two Golden Threads, each on a real database and behind a real socket: one reads the other's feed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
import pytest
import uvicorn

from shared.published.improvement import IMPROVEMENT_TYPES
from tests import http
from tests.alliance.an_alliance import Installation, cell, view

TYPES = sorted(model.TYPE for model in IMPROVEMENT_TYPES)
TOKEN = "improvements:read"
NOBODY = "127.0.0.1:1"
GREETING = 1  # the first number of a subscription tells that it is active


@asynccontextmanager
async def served(app: Any, listening: socket.socket) -> AsyncIterator[str]:
    """On this loop, to which the database's client is bound."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2))
    running = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://{authority_of(listening)}"
    finally:
        server.should_exit = True
        await running


def authority_of(listening: socket.socket) -> str:
    return f"127.0.0.1:{listening.getsockname()[1]}"


@dataclass
class Two:
    """`there` is authority 902's own Golden Thread; `here` everybody else's, which reads it."""

    here: Installation
    there: Installation
    talking: httpx2.AsyncClient
    address: str
    subscription: str
    token: str

    async def admit(self, **other: Any) -> httpx2.Response:
        body = {
            "source_id": "thread-of-902",
            "address": self.address,
            "subscription_id": self.subscription,
            "la_codes": ["902"],
            "token": self.token,
        } | other
        headers = {**http.bearer("administrator-901"), **http.new_key()}
        return await self.talking.post("/v1/improvement-sources", json=body, headers=headers)

    async def source(self) -> Any:
        path = "/v1/improvement-sources/thread-of-902"
        return (await self.talking.get(path, headers=http.bearer("administrator-901"))).json()

    async def exchange(self) -> None:
        await self.there.round()
        await self.here.round()

    async def put(self, number: int, **changes: Any) -> None:
        """Change the first, second ... released event of the other side as if it had been told so."""
        kept = self.there.database["numbered_events"]
        found = await kept.find_one({"n": GREETING + number})
        event = orjson.loads(found["body"])
        data = changes.pop("data", {})
        event = {**event, **changes, "data": {**event["data"], **data}}
        await kept.update_one({"n": GREETING + number}, {"$set": {"body": orjson.dumps(event)}})


@pytest.fixture
async def two(mongo_client, mongo_database) -> AsyncIterator[Two]:
    listening = socket.create_server(("127.0.0.1", 0))
    loopback = (authority_of(listening), NOBODY)
    here = Installation(mongo_client, f"{mongo_database.name}-h", loopback=loopback)
    there = Installation(mongo_client, f"{mongo_database.name}-t")
    await there.prepare()
    await there.add_partner("the-others", "901")
    token = http.issuer().mint("the-others", (TOKEN, "subscriptions:write"), partner="the-others")
    async with (
        here.talking() as talking,
        served(there.app, listening) as address,
        httpx2.AsyncClient(base_url=address) as other,
    ):
        headers = {"Authorization": f"Bearer {token}", **http.new_key()}
        body = {"protocol": "FEED", "types": TYPES}
        made = await other.post("/v1/subscriptions", json=body, headers=headers)
        assert made.status_code == 201, made.text
        await there.round()
        yield Two(here, there, talking, address, made.json()["id"], token)
    await mongo_client.drop_database(there.database.name)


async def test_what_the_other_releases_is_shown_here_with_its_source(two: Two):
    assert (await two.admit()).status_code == 201
    await two.there.show("902", "50", "30")
    event_id = await two.there.publish("902", theme_code="VOICE")
    await two.exchange()
    shown = await view(two.talking)
    assert cell(shown, "902")["figures"]["percent"] == "60.0"
    assert {one["event_id"]: one["source"] for one in shown["events"]} == {event_id: "thread-of-902"}
    (row,) = [one for one in shown["authorities"] if one["authority"]["id"] == "902"]
    assert row["source"] == "thread-of-902"
    await two.there.retract("902", event_id)
    await two.exchange()
    assert [one["retracted"] for one in (await view(two.talking))["events"]] == ["WRONG"]
    said = await two.source()
    assert (said["number"], said["trouble"], said["refused"]) == (GREETING + 3, None, [])


async def test_support_that_is_asked_for_there_is_shown_here(two: Two):
    await two.admit(la_codes=["902", "903"])
    event_id = await two.there.publish("902", "REQUEST", theme_code="PLANNING")
    headers = {**http.bearer("partner-902"), **http.new_key()}
    body = {"la_code": "902", "event_id": event_id}
    async with httpx2.AsyncClient(base_url=two.address) as other:
        at = (await other.post("/v1/support", json=body, headers=headers)).headers["location"]
        offered = await other.post(
            f"{at}/offers", json={"la_code": "903"}, headers={**http.bearer("partner-903"), **http.seen(1)}
        )
        assert offered.status_code == 200, offered.text
    await two.exchange()
    (request,) = (await view(two.talking))["events"]
    assert request["support"]["offered_by"] == ["903"]


async def test_reading_again_changes_nothing_and_goes_on_where_it_was(two: Two):
    await two.admit()
    first = await two.there.publish("902")
    await two.exchange()
    before = await view(two.talking)
    await two.here.database["improvement_sources"].update_one({}, {"$set": {"number": 0}})  # as after a crash
    await two.exchange()
    assert await view(two.talking) == before
    second = await two.there.publish("902")
    await two.exchange()
    assert [one["event_id"] for one in (await view(two.talking))["events"]] == sorted([first, second])
    assert (await two.source())["number"] == GREETING + 2


async def test_behind_a_gap_nothing_is_taken_until_it_is_closed(two: Two):
    await two.admit()
    for _ in range(3):
        await two.there.publish("902")
    await two.there.round()
    kept = two.there.database["numbered_events"]
    missing = await kept.find_one({"n": GREETING + 2})
    await kept.delete_one({"n": GREETING + 2})
    await two.here.round()
    said = await two.source()
    assert (said["number"], said["trouble"]) == (GREETING + 1, "GAP")
    await kept.insert_one(missing)
    await two.here.round()
    said = await two.source()
    assert (said["number"], said["trouble"]) == (GREETING + 3, None)
    assert len((await view(two.talking))["events"]) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": {"la_code": "903"}}, "may not speak"),
        ({"dataclassification": "confidential"}, "classified above internal"),
        ({"dataclassification": None}, "classified above internal"),
        ({"datacategory": "special-category"}, "special category"),
        ({"data": {"quarter": "spring"}}, "breaks its contract at quarter"),
        ({"data": {"summary": "x" * 601}}, "breaks its contract at summary"),
        ({"specversion": "9"}, "no CloudEvent"),
    ],
)
async def test_what_is_not_believed_is_set_aside_seen_and_passed(two: Two, change: dict[str, Any], reason: str):
    await two.admit()
    await two.there.publish("902")
    good = await two.there.publish("902")
    await two.there.round()
    await two.put(1, **change)
    await two.here.round()
    shown = await view(two.talking)
    assert [one["event_id"] for one in shown["events"]] == [good]
    said = await two.source()
    assert said["refused"][0]["number"] == GREETING + 1
    assert reason in said["refused"][0]["reason"]
    status = await two.talking.get("/status/sources.csv", headers=http.bearer("administrator-901"))
    assert f"thread-of-902,Read,{GREETING + 2},1," in status.text


async def test_fields_and_types_that_we_do_not_know_are_no_matter(two: Two):
    await two.admit()
    await two.there.publish("902")
    other = await two.there.publish("902")
    await two.there.round()
    await two.put(1, type="goldenthread.something_newer.v1")
    await two.put(2, data={"shade": "blue"}, extension="x")
    await two.here.round()
    assert [one["event_id"] for one in (await view(two.talking))["events"]] == [other]
    assert (await two.source())["refused"] == []


async def test_what_was_refused_is_read_again_when_the_source_may_speak_for_more(two: Two):
    await two.admit()
    await two.there.publish("903")
    await two.exchange()
    assert (await view(two.talking))["events"] == []
    await two.admit(la_codes=["902", "903"])
    await two.exchange()
    assert [one["la_code"] for one in (await view(two.talking))["events"]] == ["903"]
    await two.admit(la_codes=["902"])
    assert (await view(two.talking))["events"] == []


async def test_a_source_that_is_removed_is_neither_read_nor_shown(two: Two):
    await two.admit()
    await two.there.publish("902")
    await two.exchange()
    version = (await two.talking.get("/v1/improvement-sources/thread-of-902", headers=_administers())).headers["etag"]
    gone = await two.talking.delete(
        "/v1/improvement-sources/thread-of-902", headers={**_administers(), "If-Match": version}
    )
    assert gone.status_code == 200, gone.text
    assert (await view(two.talking))["events"] == []
    assert (await two.talking.get("/v1/improvement-sources", headers=_administers())).json() == {"items": []}
    assert await two.here.database["improvement_source_tokens"].count_documents({}) == 0


async def test_the_token_is_nowhere_to_be_read(two: Two, caplog, capsys):
    await two.admit()
    await two.exchange()
    assert two.token not in str(await two.source())
    for name in await two.here.database.list_collection_names():
        for document in await two.here.database[name].find().to_list():
            assert two.token not in str(document)
    commits = await two.here.store.read("improvement_source-thread-of-902")
    assert len(commits) == 1
    assert two.token not in str(commits)
    assert two.token not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("other", "trouble"),
    [
        ({"token": "nonsense"}, "REFUSED"),
        ({"subscription_id": "another"}, "REFUSED"),
        ({"address": f"http://{NOBODY}"}, "UNREACHABLE"),
    ],
)
async def test_one_that_cannot_be_read_says_why_and_keeps_its_place(two: Two, other: dict[str, str], trouble: str):
    await two.admit(**other)
    await two.there.publish("902")
    await two.exchange()
    said = await two.source()
    assert (said["number"], said["trouble"]) == (0, trouble)


async def test_a_source_whose_token_cannot_be_unsealed_delays_no_other_and_is_told_of(two: Two):
    await two.admit()
    await two.admit(source_id="sealed-otherwise", la_codes=["903"])
    broken = {"source": "sealed-otherwise"}
    kept = two.here.database["improvement_source_tokens"]
    (good,) = await kept.find({"source": "thread-of-902"}).to_list()
    await kept.update_one(broken, {"$set": {"sealed": good["sealed"]}})
    await two.there.publish("902")
    await two.there.round()
    with pytest.raises(ExceptionGroup):
        await two.here.round()
    assert (await two.source())["number"] == GREETING + 1


@pytest.mark.parametrize(
    "other",
    [
        {"address": "ftp://a.example"},
        {"address": "https://user:word@a.example"},
        {"address": "https://a.example?x=1"},
        {"la_codes": ["999"]},
        {"token": "with a space"},
        {"token": "broken\r\noff"},
        {"token": "schlüssel"},
    ],
)
async def test_what_makes_no_source_is_refused(two: Two, other: dict[str, Any]):
    assert (await two.admit(**other)).status_code == 422
    assert await two.here.database["improvement_source_tokens"].count_documents({}) == 0


async def test_one_authority_has_one_source(two: Two):
    await two.admit()
    answer = await two.admit(source_id="another")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/la_codes")


async def test_only_an_administrator_says_whom_we_read(two: Two):
    for who in ("hqa-901", "analyst-901"):
        answer = await two.talking.get("/v1/improvement-sources", headers=http.bearer(who))
        assert answer.status_code == 403


def _administers() -> dict[str, str]:
    return http.bearer("administrator-901")
