"""A projector or a relay that hangs says so: its liveness turns red, so that the platform starts it anew."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from deploy.background import in_background
from deploy.local.engine import free_ports
from shared import pulse
from shared.messaging import consuming
from shared.messaging.relay import Relay
from shared.messaging.topics import apply_topics
from shared.projecting.projection import Projection
from shared.projecting.projector import Projector
from shared.projecting.read_model import ReadModel
from tests.messaging.worker import a_relay
from tests.projecting.histories import MODEL
from tests.projecting.plant import Plant
from tests.projecting.toy import TOPIC, FakeRecord
from tests.tiers import by_tier, chances

pytestmark = pytest.mark.connected

SILENCE = by_tier(3.0, pulse.LONGEST_SILENCE)
RED = by_tier(30, 90)  # seconds: 90 are promised of the real silence


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "LONGEST_SILENCE", SILENCE)
    monkeypatch.setattr(consuming, "WATCH", SILENCE / 6)


@pytest.fixture
async def plant(
    mongo_client: AsyncMongoClient[Any], mongo_database: AsyncDatabase[Any], kafka_url: str, topic_prefix: str
) -> Plant:
    plant = Plant(mongo_client, mongo_database, kafka_url, topic_prefix)
    await apply_topics(kafka_url, topic_prefix, only=(TOPIC,))
    return plant


@asynccontextmanager
async def projecting(plant: Plant, model: ReadModel = MODEL) -> AsyncIterator[Projector]:
    """A projector that has loaded everything, lives, and has projected something."""
    async with plant.projecting(model) as projector:
        await fed(plant)
        assert projector.alive()
        yield projector


async def fed(plant: Plant) -> None:
    await plant.send(some_events(plant))
    await plant.level()


def some_events(plant: Plant) -> list[FakeRecord]:
    return plant.wave(["not JSON"], chances("stuck"))


async def turns_red(alive: Callable[[], bool]) -> float:
    """Seconds until it is not alive any more; raises TimeoutError."""
    began = time.monotonic()
    async with asyncio.timeout(RED):
        while alive():
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_a_projector_whose_batch_hangs_is_not_alive(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    over = asyncio.Event()

    async def hangs(_projection: Projection, _records: Any) -> None:
        await over.wait()

    async with projecting(plant) as projector:
        monkeypatch.setattr(Projection, "take", hangs)
        await plant.send(some_events(plant))
        took = await turns_red(projector.alive)
        over.set()
    print(f"red after {took:.1f} s, with {SILENCE} s of silence allowed")


async def test_a_projector_whose_task_of_asking_for_records_ended_is_not_alive(plant: Plant) -> None:
    async with projecting(plant) as projector:
        for feed in projector.feeds.values():
            for task in feed._subscriber.tasks:
                task.cancel()
        await turns_red(projector.alive)


def fetch_no_more(subscriber: Any) -> None:
    """aiokafka's own task ends: asking goes on for ever, and nothing is ever answered."""
    subscriber.consumer._fetcher.error_future.cancel()


async def test_a_projector_whose_client_fetches_no_more_is_not_alive(plant: Plant) -> None:
    async with projecting(plant) as projector:
        for feed in projector.feeds.values():
            fetch_no_more(feed._subscriber)
        await plant.send(some_events(plant))
        await turns_red(projector.alive)


async def break_off(subscriber: Any) -> None:
    """The same, as a connection that closed a moment ago does it to the next fetch."""
    fetcher = subscriber.consumer._fetcher

    async def refuses(*_asked: Any) -> Any:
        raise RuntimeError("the handler is closed")

    fetcher._proc_fetch_request = refuses
    while not fetcher.error_future.done():
        await asyncio.sleep(0.05)


async def test_a_projector_whose_client_fetches_no_more_begins_anew_with_another(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "STUCK", SILENCE / 3)
    async with projecting(plant) as projector:
        failed = list(projector.feeds.values())
        for feed in failed:
            await break_off(feed._subscriber)
        await fed(plant)
        assert projector.alive()
        assert not {*failed} & {*projector.feeds.values()}


async def test_a_projector_that_has_read_everything_is_alive(plant: Plant) -> None:
    async with projecting(plant) as projector:
        for _ in range(10):
            await asyncio.sleep(SILENCE / 5)
            assert projector.alive()


async def test_a_projector_that_waits_for_an_engine_is_alive(plant: Plant) -> None:
    """Being away is the engine's fault, and starting anew would mend nothing."""
    plant.kafka = f"127.0.0.1:{free_ports(1)[0]}"
    projector = Projector(plant.client, plant.generation.database, plant.kafka, [MODEL], plant.prefix)
    running = asyncio.create_task(projector.run())
    await asyncio.sleep(SILENCE + 2)
    assert projector.alive()
    assert not projector.projects()
    running.cancel()
    await asyncio.wait([running])


async def test_a_relay_whose_log_never_answers_is_not_alive(
    mongo_database: AsyncDatabase[Any], kafka_url: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await apply_topics(kafka_url, topic_prefix, only=(TOPIC,))
    relay: Relay = a_relay(kafka_url, mongo_database, f"{topic_prefix}{TOPIC.name}")

    async def hangs(*_asked: Any) -> Any:
        await asyncio.Event().wait()

    running = asyncio.create_task(relay.run())
    await asyncio.sleep(SILENCE + 2)
    assert relay.pulses.alive(), "an idle relay lives"
    monkeypatch.setattr(relay._store, "read_partition", hangs)
    await turns_red(relay.pulses.alive)
    running.cancel()
    await asyncio.wait([running])


async def test_a_loop_that_is_stuck_is_seen_from_outside(plant: Plant) -> None:
    """The read model never returns: the whole process hangs, and its health answers all the same."""
    (port,) = free_ports(1)
    release = threading.Event()

    def stuck(*_asked: Any) -> None:
        release.wait()

    def lives(client: httpx2.Client) -> bool:
        return client.get(f"http://127.0.0.1:{port}/livez", timeout=5).status_code == 200

    def looking(answers: list[tuple[float, bool]]) -> None:
        with httpx2.Client() as client:
            while not release.is_set():
                time.sleep(0.2)
                answers.append((time.monotonic(), lives(client)))
                if not answers[-1][1] or time.monotonic() - began > RED:
                    release.set()

    projector = Projector(
        plant.client, plant.generation.database, plant.kafka, [replace(MODEL, learn=stuck)], plant.prefix
    )
    work = projector.run()
    running = asyncio.create_task(in_background(work, {}, {"projecting": projector.alive}, "127.0.0.1", port))
    while not projector.loaded:
        await asyncio.sleep(0.05)
    began, answers = time.monotonic(), []
    eye = threading.Thread(target=looking, args=(answers,))
    eye.start()
    await plant.send(some_events(plant))
    while not release.is_set():
        await asyncio.sleep(0.05)
    eye.join()
    running.cancel()
    await asyncio.wait([running])
    assert answers[0][1], "alive at first"
    assert not answers[-1][1], "and red in time"
