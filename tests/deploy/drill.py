"""An installation for drills: engines of its own, and made-up records that came in through the services' routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import SecretStr
from pymongo import AsyncMongoClient

from deploy.loading import seed
from deploy.local.engines import LocalKafka, LocalMongo
from deploy.looking import TOPICS, Plant
from deploy.report_commands import office
from services.reporting.closing.timer import by_itself
from services.reporting.closing.verifying import Verification
from services.reporting.domain import periods
from services.reporting.read_models import READ_MODELS
from shared.event_store.mongo import MongoEventStore, commit_of
from shared.event_store.store import Commit, NewCommit
from shared.messaging.topics import apply_topics
from shared.privacy.keys import Keyring
from shared.projecting.rebuilding import _cells
from shared.projecting.state import live
from shared.settings import DEMO_MASTER_KEY, ServiceSettings
from shared.web.access_log import MongoAccessLog
from shared.web.policy import FEEDBACK
from shared.web.principal import Principal
from tests.loading.a_town import TODAY, clock, town

PREFIX = "drill"
LEVEL_SECONDS = 120.0
SEALED = ("subject-1", "words that only the family used", "feedback.text")


@dataclass
class Drill:
    """`mongo` may be replaced by an empty one; `kafka` stays."""

    kafka: LocalKafka
    mongo: LocalMongo

    @asynccontextmanager
    async def plant(self) -> AsyncIterator[Plant]:
        settings = ServiceSettings(
            environment="test", mongo_url=self.mongo.url, kafka_url=self.kafka.url, mongo_prefix=PREFIX
        )
        async with AsyncMongoClient[Any](settings.mongo_url, tz_aware=True) as client:
            yield Plant(settings, client)

    def environment(self) -> dict[str, str]:
        return {
            "GOLDENTHREAD_ENVIRONMENT": "test",
            "GOLDENTHREAD_KAFKA_URL": self.kafka.url,
            "GOLDENTHREAD_MONGO_URL": self.mongo.url,
            "GOLDENTHREAD_MONGO_PREFIX": PREFIX,
        }


def keyring(plant: Plant) -> Keyring:
    return Keyring(plant.client[f"{PREFIX}_keys"], SecretStr(DEMO_MASTER_KEY), clock=clock)


async def fill(plant: Plant, scale: float) -> None:
    """A year of one authority as the services record it, an entry in the access log, and a key."""
    await apply_topics(plant.settings.kafka_url)
    planned = seed.plan(seed.Wanted(date(2026, 6, 30), TODAY, authorities=1, scale=scale))
    async with town() as (here, poster):
        sent = await seed.fill(planned, poster)
        assert not sent.refused
        for service, on in here.foundations.items():
            store = plant.store(service)
            await store.prepare()
            commits = [commit for p in range(8) for commit in await on.store.read_partition(p, -1, 1_000_000)]
            streams = {commit.stream: [one for one in commits if one.stream == commit.stream] for commit in commits}
            await asyncio.gather(*(copy(store, stream) for stream in streams.values()))
    await keyring(plant).seal(*SEALED[:2], field=SEALED[2])
    access_log = MongoAccessLog(plant.client[f"{PREFIX}_feedback"], clock)
    await access_log.record(Principal("s-1", frozenset({"read"})), FEEDBACK, ["feedback-1"], ["text"])


async def copy(store: MongoEventStore, commits: list[Commit]) -> None:
    for one in commits:
        await store.append(NewCommit(one.id, one.stream, one.first_version - 1, one.events, one.meta, one.request))


async def add_feedback(plant: Plant, n: int, name: str) -> list[Commit]:
    """As many more pieces of feedback, all like the first one there is."""
    store = plant.store("feedback")
    await store.prepare()
    known = await store.commits.find_one({"events.0.type": "FeedbackReceived.v1"}, sort=[("p", 1), ("seq", 1)])
    assert known is not None
    one = commit_of(known)
    return [
        await store.append(NewCommit(f"{name}-{i}", f"feedback-{name}-{i}", 0, one.events[:1], one.meta, "made up"))
        for i in range(n)
    ]


async def themes(plant: Plant) -> int:
    """How many pieces of feedback the read model shows."""
    generation = await live(plant.reporting, "feedback_themes")
    return await generation.rows.count_documents({})


async def marks(plant: Plant) -> dict[str, list[int]]:
    """How far every read model got, in positions."""
    found = {}
    for model in READ_MODELS:
        read = await (await live(plant.reporting, model.name)).read_marks(range(model.topic.partitions))
        found[model.name] = [mark.seq for mark in read.values()]
    return found


async def close_a_month(plant: Plant, la_code: str, key: str) -> None:
    """As reporting does by itself on the close day."""
    async with office(plant) as at:
        await plant.store("reporting").prepare()
        await at.closing.snapshots.prepare()
        span = periods.named(key)
        await at.closing.close(la_code, span, by_itself(la_code, span, at.closing.clock()))


async def made_again(plant: Plant, la_code: str, key: str) -> Verification:
    """A closed period made again from the events."""
    async with office(plant) as at:
        return await at.verified(la_code, periods.named(key), lambda _what, _done, _of: None)


async def settle(plant: Plant) -> None:
    """Publish what is in the stores and project what was published, until everything is level."""
    work = [plant.relay(service).run() for service in TOPICS]
    running = [asyncio.create_task(one) for one in (*work, plant.projector().run())]
    try:
        assert await plant.level(LEVEL_SECONDS), await plant.verify()
        async with asyncio.timeout(LEVEL_SECONDS):
            while any(lag.behind for lag in await plant.lags() if lag.what.startswith("relay")):
                await asyncio.sleep(0.1)
    finally:
        for one in running:
            one.cancel()
        await asyncio.wait(running)


async def shown(plant: Plant) -> dict[str, Any]:
    """Every row and every total of every read model."""
    state: dict[str, Any] = {}
    for model in READ_MODELS:
        generation = await live(plant.reporting, model.name)
        state[model.name] = [row async for row in generation.rows.find(sort=[("_id", 1)])]
        state[f"{model.name} cells"] = await _cells(generation, None)
    return state


async def kept(plant: Plant) -> dict[str, list[dict[str, Any]]]:
    """Every commit of every service, every entry of the access logs, every key, everything that was published."""
    names = [*((service, name) for service in TOPICS for name in ("commits", "access"))]
    names += [("keys", "subject_keys"), ("keys", "authority_keys")]
    names += [("reporting", "commits"), ("reporting", "snapshots")]
    return {
        f"{service}.{name}": [one async for one in plant.client[f"{PREFIX}_{service}"][name].find(sort=[("_id", 1)])]
        for service, name in names
    }
