"""What the audit service would tell of an event."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from services.audit.publishing import tell
from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.event_store.handling import Recorded
from shared.event_store.store import Actor, Meta

MOMENT = datetime(2026, 4, 20, 12, 0, tzinfo=UTC)
META = Meta(
    actor=Actor(staff_ref="qa-1", role="QA_OFFICER"),
    la_code="902",
    occurred_at=MOMENT,
    effective_date=date(2026, 4, 20),
    correlation="c",
)


def told(decider: Decider[Any, Any], event: StoredEvent) -> Any:
    """The published event, or None."""
    return tell(Recorded("1.0", decider.stream("1"), 1, 0, 0, MOMENT, META, event))
