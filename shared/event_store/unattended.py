"""Commands that nobody asks for at a desk: a reaction's or a timer's, under an id that makes asking twice harmless."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import TypeVar

import structlog

from shared.deciding.decider import Decider
from shared.deciding.events import StoredEvent
from shared.event_store.handling import Asked, handle
from shared.event_store.store import Actor, EventStore, Meta, OutcomeUnknown, StoreBusy, StreamMovedOn

log = structlog.get_logger()

S = TypeVar("S")
E = TypeVar("E", bound=StoredEvent)


def once(*parts: str) -> str:
    """A commit id that is the same whoever makes it, and another for each list of parts: what happens once is in it."""
    return sha256("|".join(parts).encode()).hexdigest()


def unattended(
    id_: str,
    actor: Actor,
    la_code: str,
    moment: datetime,
    counts_on: date,
    policy_version: str | None = None,
    causation: str | None = None,
) -> Asked:
    """The command with this id. `moment` is when it happened; `causation` the commit that led to it, if one did."""
    meta = Meta(
        actor=actor,
        la_code=la_code,
        occurred_at=moment,
        effective_date=counts_on,
        correlation=id_,
        causation=causation,
        policy_version=policy_version,
    )
    return Asked(id=id_, request=id_, meta=meta)


async def attempt(
    store: EventStore, decider: Decider[S, E], stream: str, decide: Callable[[S], Sequence[E]], asked: Asked
) -> bool:
    """Keep what is decided; False when the store could not take it now: ask again later, with the same id.

    For timers, which find their work again. A reaction lets these errors through (`handle`): its commit comes again.
    """
    try:
        await handle(store, decider, stream, decide, asked)
    except (StoreBusy, OutcomeUnknown, StreamMovedOn) as error:
        log.warning("left for the next round", stream=stream, error=type(error).__name__)
        return False
    return True
