"""A broker of these tests' own: its users, rights and topics are theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.engines import LocalKafka
from deploy.partners import Partners, partners_of

SHOWS_PASSWORD_AGAIN = 1.5  # seconds after which an open connection needs a password that still holds


@pytest.fixture(scope="package")
def broker() -> Iterator[LocalKafka]:
    again = {"listener.name.partner.connections.max.reauth.ms": f"{SHOWS_PASSWORD_AGAIN * 1_000:.0f}"}
    with LocalKafka(settings=again) as kafka:
        yield kafka


@pytest.fixture
def partners(broker: LocalKafka) -> Iterator[Partners]:
    with partners_of(broker.url) as here:
        yield here
