"""The suite's engines, shared by every test, and what keeps one test's data out of another's."""

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from tests import engines

_KAFKA = pytest.StashKey[engines.Provided]()
_MONGO = pytest.StashKey[engines.Provided]()
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KAFKA] = engines.kafka()
    config.stash[_MONGO] = engines.mongo()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say which engines are used, even under -q, which hides pytest's own header."""
    stash = session.config.stash
    session.config.get_terminal_writer().line(f"engines: kafka {stash[_KAFKA].kind}, mongo {stash[_MONGO].kind}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses an engine is connected, so `-m "not connected"` never starts one. What kills processes takes
    longest, and comes first: two processes that share the files then end at about the same time."""
    items.sort(key=lambda item: item.get_closest_marker("chaos") is None)
    for item in items:
        if {"kafka_url", "mongo_url"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("connected")


@pytest.fixture(scope="session")
def kafka_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """A bootstrap string, `host:port`. The broker starts when the first test asks."""
    with closing(pytestconfig.stash[_KAFKA]) as provided:
        yield provided.url()


@pytest.fixture(scope="session")
def mongo_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URI of a replica set. The server starts when the first test asks."""
    with closing(pytestconfig.stash[_MONGO]) as provided:
        yield provided.url()


@pytest.fixture(scope="session")
async def mongo_client(mongo_url: str) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    """One client for the session's one event loop; dates come back aware, in UTC."""
    async with AsyncMongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        yield client


@pytest.fixture
async def mongo_database(
    mongo_client: AsyncMongoClient[dict[str, Any]],
) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """An empty database of this test's own."""
    name = f"t{os.getpid()}-{next(_numbers)}"
    yield mongo_client[name]
    await mongo_client.drop_database(name)


@pytest.fixture
def topic_prefix() -> str:
    """What this test's topics and consumer groups begin with."""
    return f"t{os.getpid()}-{next(_numbers)}."
