"""Running what has no routes, relay and projectors: until told to stop, and with the health of a service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import ExitStack

import structlog
from aiokafka.client import AIOKafkaClient

from deploy.looking import Plant
from shared.stopping import until_told
from shared.web.health import Alive, Check, Health, answering


async def in_background(
    work: Awaitable[None],
    ready: Mapping[str, Check],
    alive: Mapping[str, Alive],
    host: str,
    port: int | None,
) -> None:
    """Do this work until SIGTERM or Ctrl-C. With a port, /livez, /readyz and /startupz are answered there."""
    task = asyncio.ensure_future(work)
    health = Health(ready, {"work": lambda: not task.done(), **alive}, structlog.get_logger())
    health.started = True
    beating = asyncio.create_task(health.beat())
    with ExitStack() as until_the_end:
        if port is not None:
            until_the_end.enter_context(answering(health, host, port))
        try:
            await until_told(task, health.stop)
        finally:
            beating.cancel()


def engines_of(plant: Plant) -> dict[str, Check]:
    """Readiness checks for both engines."""

    async def mongo() -> bool:
        return bool((await plant.client.admin.command("ping"))["ok"])

    async def kafka() -> bool:
        client = AIOKafkaClient(bootstrap_servers=plant.settings.kafka_url)
        try:
            await client.bootstrap()
        finally:
            await client.close()
        return True

    return {"mongo": mongo, "kafka": kafka}


def answered(alive: Alive) -> Check:
    """A check that needs no waiting, as one that may."""

    async def check() -> bool:
        return alive()

    return check
