"""An event as the store would hand it to the relay."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from shared.deciding.events import StoredEvent
from shared.event_store.handling import Recorded
from shared.event_store.store import Actor, Meta

META = Meta(
    actor=Actor(staff_ref="client-survey", role="SYSTEM"),
    la_code="901",
    occurred_at=datetime(2026, 4, 14, 10, tzinfo=UTC),
    effective_date=date(2026, 4, 14),
    correlation="c-1",
)


def kept(event: StoredEvent) -> Recorded[Any]:
    return Recorded("id.0", "feedback-1", 1, 0, 0, datetime(2026, 4, 14, 11, tzinfo=UTC), META, event)
