"""A Golden Thread of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.alliance.an_alliance import Installation
from tests.webhooks.certificates import Authority


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def here(mongo_client, mongo_database) -> Installation:
    return Installation(mongo_client, mongo_database.name)


@pytest.fixture
async def talking(here: Installation) -> AsyncIterator[httpx2.AsyncClient]:
    async with here.talking() as client:
        yield client
