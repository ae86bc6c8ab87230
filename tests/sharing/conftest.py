"""An alliance of its own for each test."""

from __future__ import annotations

import pytest

from tests.sharing.an_alliance import Alliance


@pytest.fixture
async def alliance(mongo_database) -> Alliance:
    made = Alliance(mongo_database)
    await made.numbering.prepare()
    return made
