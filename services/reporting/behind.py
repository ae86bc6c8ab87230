"""How much was published and is not yet counted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.reporting.read_models import READ_MODELS
from shared.projecting.state import Mark
from shared.settings import ServiceSettings

PATIENCE = 1.0  # seconds: a page does not wait longer for the broker
FRESH = 1.0  # seconds for which the ends of a topic are taken to stand

Marks = Mapping[int, Mark]


class Ends:
    """Where the topics end, asked of the broker at most once a second. A broker that does not answer: not known."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._bootstrap = settings.kafka_url
        self._partitions = {
            model.name: [
                TopicPartition(f"{settings.topic_prefix}{model.topic.name}", p) for p in range(model.topic.partitions)
            ]
            for model in READ_MODELS
        }
        self._consumer: Any = None
        self._known: dict[str, tuple[float, dict[int, int] | None]] = {}

    async def start(self) -> None:
        """Raises KafkaError when the broker cannot be reached."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        self._consumer = consumer

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def behind(self, model: str, marks: Marks) -> int | None:
        """Records on the model's topic that its marks have not passed; None while the broker does not answer."""
        ends = await self._ends(model)
        if ends is None:
            return None
        return sum(max(0, end - 1 - marks[p].offset) for p, end in ends.items() if p in marks)

    async def _ends(self, model: str) -> dict[int, int] | None:
        now = asyncio.get_running_loop().time()
        asked, ends = self._known.get(model, (0.0, None))
        if ends is None or now - asked > FRESH:
            ends = await self._ask(model)
            self._known[model] = (now, ends)
        return ends

    async def _ask(self, model: str) -> dict[int, int] | None:
        if self._consumer is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                ends = await self._consumer.end_offsets(self._partitions[model])
        except (KafkaError, TimeoutError):
            return None  # "not known" is the answer then, and the page says so
        return {partition.partition: end for partition, end in ends.items()}
