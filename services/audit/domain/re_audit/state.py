"""A requirement to audit a case again, as its decisions need it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.re_audit.events import (
    DirectorReviewRecorded,
    ReAuditCancelled,
    ReAuditCompleted,
    ReAuditEvent,
    ReAuditNotPossible,
    ReAuditPlanDropped,
    ReAuditPlanned,
    ReAuditRequired,
)
from shared.deciding.decider import Decider


class Stage(StrEnum):
    UNKNOWN = "UNKNOWN"
    REQUIRED = "REQUIRED"
    PLANNED = "PLANNED"
    COMPLETED = "COMPLETED"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class ReAudit:
    """`audit_id` is the audit that is, or is to be, the re-audit. `review` is the last of a director."""

    stage: Stage = Stage.UNKNOWN
    required: ReAuditRequired | None = None
    audit_id: str | None = None
    completed: ReAuditCompleted | None = None
    not_possible: ReAuditNotPossible | None = None
    cancelled: ReAuditCancelled | None = None
    review: DirectorReviewRecorded | None = None

    @property
    def is_open(self) -> bool:
        return self.stage in {Stage.REQUIRED, Stage.PLANNED}


def evolve(re_audit: ReAudit, event: ReAuditEvent) -> ReAudit:
    match event:
        case ReAuditRequired():
            planned = re_audit.stage is Stage.PLANNED
            return ReAudit(
                stage=Stage.PLANNED if planned else Stage.REQUIRED,
                required=event,
                audit_id=re_audit.audit_id if planned else None,
                review=re_audit.review,
            )
        case ReAuditPlanned():
            return replace(re_audit, stage=Stage.PLANNED, audit_id=event.audit_id)
        case ReAuditPlanDropped():
            return replace(re_audit, stage=Stage.REQUIRED, audit_id=None)
        case ReAuditCompleted():
            return replace(re_audit, stage=Stage.COMPLETED, completed=event, audit_id=event.audit_id)
        case ReAuditNotPossible():
            return replace(re_audit, stage=Stage.NOT_POSSIBLE, not_possible=event)
        case ReAuditCancelled():
            return replace(re_audit, stage=Stage.CANCELLED, cancelled=event)
        case DirectorReviewRecorded():
            return replace(re_audit, review=event)
        case _:
            assert_never(event)


DECIDER: Decider[ReAudit, ReAuditEvent] = Decider("re_audit", ReAudit(), evolve, TypeAdapter(ReAuditEvent))
