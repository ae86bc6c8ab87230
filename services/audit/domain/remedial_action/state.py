"""A remedial action as its decisions need it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.remedial_action.events import (
    RemedialActionAccepted,
    RemedialActionAgreed,
    RemedialActionCancelled,
    RemedialActionCompleted,
    RemedialActionEvent,
    RemedialActionFlagged,
    RemedialActionLinked,
    RemedialActionOverdue,
    RemedialActionProgressed,
    RemedialActionRescheduled,
    RemedialActionVerificationFailed,
    RemedialActionVerified,
)
from shared.deciding.decider import Decider


class Stage(StrEnum):
    UNKNOWN = "UNKNOWN"
    OPEN = "OPEN"
    COMPLETED = "COMPLETED"  # said to be done, and not yet seen by anybody else
    VERIFIED = "VERIFIED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class RemedialAction:
    """`audits` are all that led to it. `noticed` are the due dates that passed; `flags` the audits withdrawn."""

    stage: Stage = Stage.UNKNOWN
    agreed: RemedialActionAgreed | None = None
    audits: tuple[str, ...] = ()
    accepted: RemedialActionAccepted | None = None
    progress: tuple[RemedialActionProgressed, ...] = ()
    due_on: date | None = None
    times_moved: int = 0
    moved: RemedialActionRescheduled | None = None
    noticed: frozenset[date] = frozenset()
    completed: RemedialActionCompleted | None = None
    verified: RemedialActionVerified | None = None
    failed: RemedialActionVerificationFailed | None = None
    cancelled: RemedialActionCancelled | None = None
    flags: tuple[RemedialActionFlagged, ...] = ()

    @property
    def is_closed(self) -> bool:
        return self.stage in {Stage.VERIFIED, Stage.CANCELLED}

    @property
    def is_overdue(self) -> bool:
        """Open, and it was noticed that its due date passed."""
        return self.stage is Stage.OPEN and self.due_on in self.noticed


def evolve(  # noqa: C901 - one case for each event, and no decision
    action: RemedialAction, event: RemedialActionEvent
) -> RemedialAction:
    match event:
        case RemedialActionAgreed():
            return replace(action, stage=Stage.OPEN, agreed=event, audits=(event.audit_id,), due_on=event.due_on)
        case RemedialActionLinked():
            return replace(action, audits=(*action.audits, event.audit_id))
        case RemedialActionAccepted():
            return replace(action, accepted=event)
        case RemedialActionProgressed():
            return replace(action, progress=(*action.progress, event))
        case RemedialActionRescheduled():
            return replace(action, due_on=event.due_on, times_moved=event.times_moved, moved=event)
        case RemedialActionOverdue():
            return replace(action, noticed=action.noticed | {event.due_on})
        case RemedialActionCompleted():
            return replace(action, stage=Stage.COMPLETED, completed=event)
        case RemedialActionVerified():
            return replace(action, stage=Stage.VERIFIED, verified=event)
        case RemedialActionVerificationFailed():
            return replace(action, stage=Stage.OPEN, failed=event, due_on=event.due_on)
        case RemedialActionCancelled():
            return replace(action, stage=Stage.CANCELLED, cancelled=event)
        case RemedialActionFlagged():
            return replace(action, flags=(*action.flags, event))
        case _:
            assert_never(event)


DECIDER: Decider[RemedialAction, RemedialActionEvent] = Decider(
    "remedial_action", RemedialAction(), evolve, TypeAdapter(RemedialActionEvent)
)
