from __future__ import annotations

import pytest

from shared.event_store.in_memory import InMemoryEventStore
from tests.event_store.behaviour import EventStoreBehaviour


class TestInMemory(EventStoreBehaviour):
    @pytest.fixture
    def store(self) -> InMemoryEventStore:
        return InMemoryEventStore()
