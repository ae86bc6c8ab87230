"""One installation on the suite's engines for the journeys that hurt nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest
from pymongo import MongoClient

from deploy.installation import Installation
from tests.journeys.world import build_world


@pytest.fixture(scope="session")
def running(kafka_url: str, mongo_url: str) -> Iterator[Installation]:
    """Every process, and the small world of `world.py`."""
    name = f"journey{os.getpid()}"
    installation = Installation(kafka_url=kafka_url, mongo_url=mongo_url, prefix=name, topic_prefix=f"{name}.")
    installation.start()
    try:
        asyncio.run(build_world(installation))
        yield installation
    finally:
        installation.stop()
        with MongoClient(mongo_url) as client:  # type: MongoClient[dict[str, object]]
            for database in client.list_database_names():
                if database.startswith(f"{name}_"):
                    client.drop_database(database)
