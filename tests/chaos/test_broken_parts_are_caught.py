"""The negative controls: parts that are broken in the usual ways do lose or double, and the checker says so."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from chaos import controls
from chaos.checking import LEVELS, Verdict, check
from deploy.local.cluster import KafkaCluster
from shared.event_store.store import Commit
from shared.messaging import relay as relaying
from shared.messaging.consuming import kafka_broker
from shared.messaging.relay import rewind
from shared.messaging.topics import apply_topics
from shared.projecting.projection import Projection
from shared.projecting.projector import Feed
from shared.projecting.reading import Cells
from shared.projecting.state import Generation
from tests.messaging.test_the_relay_sends_the_log import Publishing, eventually
from tests.projecting.toy import MODEL, TEAMS, TOPIC, Marked, a_commit, place_of

pytestmark = [pytest.mark.connected, pytest.mark.chaos]

COMMITS = 120
MONTH, MEASURE = "2026-04", "mark.A"
PARTITIONS = tuple(range(TOPIC.partitions))


@pytest.fixture
async def publishing(
    kafka_cluster: KafkaCluster,
    mongo_client: AsyncMongoClient[Any],
    mongo_database: AsyncDatabase[Any],
    topic_prefix: str,
) -> Publishing:
    await apply_topics(kafka_cluster.url, topic_prefix, replicas=3, only=(TOPIC,))
    made = Publishing(mongo_client, mongo_database.name, kafka_cluster.url, topic_prefix)
    await made.store.prepare()
    return made


async def post(publishing: Publishing, first: int, many: int) -> list[tuple[Commit, str]]:
    """Marks given to teams, one in a stream: the commits with their teams."""
    dice = random.Random(first)
    posted: list[tuple[Commit, str]] = []
    for number in range(first, first + many):
        team = dice.choice(sorted(TEAMS))
        mark = Marked(team=team, month=MONTH, mark="A")
        posted.append((await publishing.store.append(a_commit(f"toy-{number}", 0, mark)), team))
    return posted


def told(posted: list[tuple[Commit, str]]) -> Iterator[dict[str, Any]]:
    for commit, team in posted:
        place = place_of(team)
        effect = {"team": team, "area": place.service_area, "authority": place.authority, "region": "london"}
        yield {
            "kind": "post",
            "op": commit.id,
            "invoked": 0.0,
            "completed": 1.0,
            "outcome": "acknowledged",
            "position": None,
            "effect": {**effect, "month": MONTH, "measure": MEASURE},
            "row": commit.stream,
        }


async def judged(generation: Generation, posted: list[tuple[Commit, str]]) -> Verdict:
    """What the checker says of these posts and of the totals as they stand."""
    posts = list(told(posted))
    views: list[dict[str, Any]] = []
    for level, unit in sorted({(level, post["effect"][level]) for post in posts for level in LEVELS}):
        sums = await Cells(generation).sum({"area": "service_area"}.get(level, level), [unit], [MONTH])
        count = sum(months[MONTH].get(MEASURE, 0) for months in sums.values() if MONTH in months)
        view = {"kind": "view", "invoked": 2.0, "completed": 3.0, "level": level, "unit": unit, "month": MONTH}
        views.append({**view, "measure": MEASURE, "count": count, "rows": None, "after": None, "final": True})
    return check([*posts, *views])


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """This work until the end of the block; ended as a crash would end it, with nothing put in order."""
    task = asyncio.create_task(work)
    yield
    task.cancel()
    await asyncio.wait([task])


async def marks_reach(generation: Generation, publishing: Publishing, seconds: float = 30) -> None:
    heads = {p: await publishing.store.head(p) for p in PARTITIONS}
    async with asyncio.timeout(seconds):
        while {p: mark.seq for p, mark in (await generation.read_marks(PARTITIONS)).items()} != heads:
            await asyncio.sleep(0.05)


async def test_a_projector_that_trusts_kafkas_offsets_is_caught(
    publishing: Publishing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "COMMIT", 60.0)  # it is always killed before the next one
    generation = Generation(publishing.database, MODEL.name, 1)
    prefix = publishing.topic.removesuffix(TOPIC.name)
    posted: list[tuple[Commit, str]] = []
    for round_ in range(2):
        posted += await post(publishing, round_ * COMMITS, COMMITS)
        await publishing.relay().catch_up()
        async with running(controls.add_up(generation, MODEL, publishing.kafka, prefix, PARTITIONS)):
            await marks_reach(generation, publishing)
    verdict = await judged(generation, posted)
    assert verdict.duplicated == COMMITS
    assert not verdict.right


async def test_a_relay_that_skips_what_it_could_not_send_is_caught(
    publishing: Publishing, kafka_cluster: KafkaCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = await post(publishing, 0, COMMITS)
    await publishing.relay().catch_up()
    monkeypatch.setattr(relaying, "SEND_DEADLINE", 1.0)
    for broker in range(3):
        kafka_cluster.freeze(broker)
    lost = await post(publishing, COMMITS, COMMITS)
    relay = publishing.relay()
    relay._producers = controls.Careless(publishing.kafka)
    try:
        await relay.catch_up()
    finally:
        for broker in range(3):
            kafka_cluster.thaw(broker)
    monkeypatch.undo()
    generation = Generation(publishing.database, MODEL.name, 1)
    posted += lost + await post(publishing, 2 * COMMITS, COMMITS)
    async with publishing.relayed():  # brokers that come back need a while to agree
        await eventually(publishing.is_level, 90)
    async with projecting(publishing, generation):
        await asyncio.sleep(2)  # it stands before the hole: nothing tells when that is
    verdict = await judged(generation, posted)
    assert verdict.lost >= COMMITS
    assert not verdict.right


async def test_the_real_ones_are_found_right_by_the_same_judge(publishing: Publishing) -> None:
    generation = Generation(publishing.database, MODEL.name, 1)
    posted: list[tuple[Commit, str]] = []
    for round_ in range(2):
        posted += await post(publishing, round_ * COMMITS, COMMITS)
        await rewind(publishing.database["cursors"], 0)
        await publishing.relay().catch_up()
        async with projecting(publishing, generation):
            await marks_reach(generation, publishing)
    assert (await judged(generation, posted)).right


@asynccontextmanager
async def projecting(publishing: Publishing, generation: Generation) -> AsyncIterator[None]:
    """The real projector."""
    broker = kafka_broker(publishing.kafka)
    await broker.start()
    feed = Feed(broker, Projection(publishing.client, generation, MODEL), publishing.topic)
    await feed.start()
    yield
    await feed.stop()
    await broker.stop()
