"""A town of its own for each test."""

from __future__ import annotations

import pytest

from tests.closing.a_town import Town


@pytest.fixture
async def town(mongo_client, mongo_database) -> Town:
    made = Town(mongo_client, mongo_database)
    await made.prepare()
    return made
