"""What several tests of the webhook door need."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.webhooks.a_partner import Elm
from tests.webhooks.certificates import Authority
from tests.webhooks.receiver import Receiver


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as serving:
        yield serving


@pytest.fixture
async def elm(mongo_database, receiver: Receiver) -> Elm:
    """Its endpoint has consented, and nothing was released yet."""
    made = Elm(mongo_database, receiver)
    await made.consenting()
    return made
