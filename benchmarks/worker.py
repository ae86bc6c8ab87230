"""One projector process with the yardstick's read model: `python -m benchmarks.worker --slot 0 --slots 1`.

The engines and prefixes come from the environment, as they do for `goldenthread project`.
"""

from __future__ import annotations

import argparse
from typing import Any

import uvloop
from pymongo import AsyncMongoClient

from benchmarks.yardstick_model import READ_MODEL
from shared.projecting.projector import Projector, tune_collector
from shared.settings import ServiceSettings


async def project(slot: int, slots: int) -> None:
    settings = ServiceSettings()
    async with AsyncMongoClient[Any](settings.mongo_url) as client:
        database = client[f"{settings.mongo_prefix}_reporting"]
        projector = Projector(
            client, database, settings.kafka_url, [READ_MODEL], settings.topic_prefix, slot=slot, slots=slots
        )
        tune_collector()
        await projector.run()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--slot", type=int, default=0)
    asked.add_argument("--slots", type=int, default=1)
    given = asked.parse_args()
    uvloop.run(project(given.slot, given.slots))


if __name__ == "__main__":
    main()
