"""Parts that are broken on purpose, in the ways that such parts usually are: a run with one of them must be caught.

`python -m chaos.controls` takes the arguments of `goldenthread relay` and `goldenthread project`, and runs the broken
one in its place.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pymongo import ReplaceOne

from chaos.faults import Fault
from deploy.looking import TOPICS, Plant, plant
from services.reporting.read_models import READ_MODELS
from shared.messaging import relay
from shared.messaging.cloudevents import decode, position_of
from shared.projecting.folding import learned
from shared.projecting.read_model import ReadModel
from shared.projecting.state import Generation, update
from shared.projecting.totals import Totals, increment

COMMIT = 2.0  # seconds: how often a consumer usually tells Kafka how far it has read


@dataclass(frozen=True)
class Control:
    """What is broken (`kind` of process), the faults that bring it out, and how long to wait for it to get level."""

    kind: str
    faults: Sequence[Fault]
    failpoints: Mapping[str, str] = field(default_factory=dict)
    level_seconds: float = 15.0


def _killed(group: str, seconds: float, which: float = 0.0) -> Fault:
    return Fault("kill", group, seconds, "", which)


CONTROLS: Mapping[str, Control] = {
    "kafka-offsets": Control("projector", [_killed("projector", 1.0), _killed("projector", 1.0, which=0.9)]),
    "skipping-relay": Control("relay", [_killed("kafka", 14.0)]),
}


class Careless(relay.Producers):
    """Goes on when a send failed, so that the cursor moves over what Kafka never had."""

    async def send(self, topic: str, records: Any) -> None:
        try:
            await super().send(topic, records)
        except (KafkaError, OSError, TimeoutError):
            relay.log.warning("skipped", topic=topic)


async def skip(here: Plant) -> None:
    """Relay every service's log without going back for what failed."""
    async with asyncio.TaskGroup() as tasks:
        for service in TOPICS:
            one = here.relay(service)
            one._producers = Careless(here.settings.kafka_url)
            tasks.create_task(one.run())


async def trust_offsets(here: Plant, slot: int, slots: int) -> None:
    """Add up what is heard, and believe Kafka when it says how far that got."""
    settings = here.settings
    async with asyncio.TaskGroup() as tasks:
        for model in READ_MODELS:
            partitions = [p for p in range(model.topic.partitions) if p % slots == slot]
            generation = Generation(here.reporting, model.name, 1)
            tasks.create_task(add_up(generation, model, settings.kafka_url, settings.topic_prefix, partitions))


async def add_up(
    generation: Generation, model: ReadModel, bootstrap: str, prefix: str, partitions: Sequence[int]
) -> None:
    """One read model's share, until cancelled; every so often Kafka is told how far it got."""
    await generation.prepare()
    topic, slot = f"{prefix}{model.topic.name}", str(partitions[0])
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=f"{prefix}{generation.name}.{slot}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, p) for p in partitions])
        told = time.monotonic()
        while True:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                await _write(generation, model, slot, records)
            if time.monotonic() - told >= COMMIT:
                await consumer.commit()
                told = time.monotonic()
    finally:
        await consumer.stop()


async def _write(generation: Generation, model: ReadModel, slot: str, records: Sequence[Any]) -> None:
    totals = Totals()
    rows: list[ReplaceOne[Any]] = []
    for record in records:
        told = decode(record, model.decoders)
        row = learned(model, None, told)
        totals.change(None, row)
        rows.append(ReplaceOne({"_id": told.stream}, row or {}, upsert=True))
    await generation.rows.bulk_write(rows)
    await update(generation.cells, [increment(*key, slot, paths) for key, paths in totals.by_unit().items()])
    position = position_of(dict(records[-1].headers))
    if position is not None:
        mark = {"seq": position[0], "offset": records[-1].offset, "at": None, "generation": generation.name}
        key = {"_id": generation.mark_id(records[-1].partition)}
        await generation.marks.update_one(key, {"$set": mark}, upsert=True)


async def run() -> None:
    parser = argparse.ArgumentParser(prog="python -m chaos.controls", description=__doc__)
    parser.add_argument("part", choices=("relay", "project"))
    for option in ("--slot", "--slots", "--health-port"):
        parser.add_argument(option, type=int, default=1)
    asked = parser.parse_args()
    async with plant() as here:
        await (skip(here) if asked.part == "relay" else trust_offsets(here, asked.slot, asked.slots))


if __name__ == "__main__":
    asyncio.run(run())
