"""An audit as its decisions need it: the stage, and the last thing said about each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import assert_never

from pydantic import TypeAdapter

from services.audit.domain.audit.events import (
    Agreed,
    Allocation,
    AuditAllocated,
    AuditCompared,
    AuditDeclined,
    AuditEvent,
    AuditFinalised,
    AuditModerated,
    AuditPaired,
    AuditPlanned,
    AuditPreceded,
    AuditReallocated,
    AuditRegraded,
    AuditReturned,
    AuditStarted,
    AuditSubmitted,
    AuditUnpaired,
    AuditWithdrawn,
    AuditWordsDestroyed,
    DomainGraded,
    FamilyFeedbackSought,
    ImmediateSafetyConcernAcknowledged,
    ImmediateSafetyConcernCleared,
    ImmediateSafetyConcernOverdue,
    ImmediateSafetyConcernRaised,
    OverallGraded,
    PractitionerReflectionAdded,
    Result,
)
from shared.deciding.decider import Decider


class Stage(StrEnum):
    UNKNOWN = "UNKNOWN"  # nothing ever happened to this id
    PLANNED = "PLANNED"
    ALLOCATED = "ALLOCATED"
    IN_PROGRESS = "IN_PROGRESS"
    RETURNED = "RETURNED"
    SUBMITTED = "SUBMITTED"
    MODERATED = "MODERATED"
    FINALISED = "FINALISED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Pairing:
    """A pair that the audit is in: `other` is the audit that it is compared with, `open` until it was.

    `ungraded`: nothing had been graded when the audit joined the pair.
    """

    kind: str
    other: str
    ungraded: bool = True
    open: bool = True


@dataclass(frozen=True, slots=True)
class Audit:
    """`declined` says who gave it up and why, by staff reference; `result` is what reports now count.

    `pairs` are by pair id. `agreed` is a pair's consensus that nobody moderated since.
    `confirmed` belongs to the open `concern`; `noticed` are the due dates by which nobody had confirmed.
    """

    stage: Stage = Stage.UNKNOWN
    planned: AuditPlanned | None = None
    allocation: Allocation | None = None
    first_allocated_on: date | None = None
    declined: Mapping[str, str] = field(default_factory=dict)
    started: AuditStarted | None = None
    family: FamilyFeedbackSought | None = None
    reflections: tuple[PractitionerReflectionAdded, ...] = ()
    domains: Mapping[str, DomainGraded] = field(default_factory=dict)
    overall: OverallGraded | None = None
    concern: ImmediateSafetyConcernRaised | None = None
    confirmed: ImmediateSafetyConcernAcknowledged | None = None
    noticed: frozenset[date] = frozenset()
    submitted: AuditSubmitted | None = None
    returned: AuditReturned | None = None
    moderation: AuditModerated | None = None
    pairs: Mapping[str, Pairing] = field(default_factory=dict)
    agreed: Agreed | None = None
    result: Result | None = None
    regraded: AuditRegraded | None = None
    withdrawn: AuditWithdrawn | None = None
    destroyed: AuditWordsDestroyed | None = None

    @property
    def auditor(self) -> str | None:
        return self.allocation.auditor_ref if self.allocation else None

    @property
    def moderator(self) -> str | None:
        return self.moderation.moderator_ref if self.moderation else None

    @property
    def graders(self) -> frozenset[str]:
        """Everybody whose own judgement this audit holds."""
        given = {graded.graded_by for graded in self.domains.values()}
        return frozenset(given | {self.auditor or "", self.overall.graded_by if self.overall else ""}) - {""}

    @property
    def paired_with(self) -> frozenset[str]:
        """The audits of the same case that are graded independently of this one, as long as they were not compared."""
        return frozenset(one.other for one in self.pairs.values() if one.open and one.kind == "PAIRED")

    @property
    def graded(self) -> bool:
        """Whether anything was graded."""
        return bool(self.domains) or self.overall is not None

    def grades(self) -> dict[str, str]:
        return {code: graded.grade for code, graded in self.domains.items()}


def evolve(audit: Audit, event: AuditEvent) -> Audit:  # noqa: C901 - one case for each event, and no decision
    match event:
        case AuditPlanned():
            return replace(audit, stage=Stage.PLANNED, planned=event)
        case AuditAllocated():
            first = audit.first_allocated_on or event.allocation.allocated_on
            return replace(audit, stage=Stage.ALLOCATED, allocation=event.allocation, first_allocated_on=first)
        case AuditReallocated():
            return _reallocated(audit, event)
        case AuditDeclined():
            declined = {**audit.declined, event.auditor_ref: event.conflict_reason}
            return replace(audit, stage=Stage.PLANNED, allocation=None, declined=declined)
        case AuditStarted():
            return replace(audit, stage=Stage.IN_PROGRESS, started=event)
        case FamilyFeedbackSought():
            return replace(audit, family=event)
        case PractitionerReflectionAdded():
            return replace(audit, reflections=(*audit.reflections, event))
        case DomainGraded():
            return replace(audit, domains={**audit.domains, event.domain: event})
        case OverallGraded():
            return replace(audit, overall=event)
        case ImmediateSafetyConcernRaised():
            return replace(audit, concern=event, confirmed=None)
        case ImmediateSafetyConcernAcknowledged():
            return replace(audit, confirmed=event)
        case ImmediateSafetyConcernOverdue():
            return replace(audit, noticed=audit.noticed | {event.due_on})
        case ImmediateSafetyConcernCleared():
            return replace(audit, concern=None, confirmed=None)
        case AuditSubmitted():
            return replace(audit, stage=Stage.SUBMITTED, submitted=event)
        case AuditReturned():
            return replace(audit, stage=Stage.RETURNED, returned=event, moderation=None, agreed=None)
        case AuditModerated():
            return replace(audit, stage=Stage.MODERATED, moderation=event, agreed=None)
        case AuditPaired():
            pairing = Pairing(event.kind, event.other, ungraded=not audit.graded)
            return replace(audit, pairs={**audit.pairs, event.pair_id: pairing})
        case AuditCompared():
            return replace(audit, pairs=_closed(audit, event.pair_id), agreed=event.agreed or audit.agreed)
        case AuditUnpaired():
            return replace(audit, pairs=_closed(audit, event.pair_id))
        case AuditFinalised():
            return replace(audit, stage=Stage.FINALISED, result=event.result)
        case AuditRegraded():
            return replace(audit, result=event.result, regraded=event)
        case AuditWithdrawn():
            return replace(audit, stage=Stage.WITHDRAWN, withdrawn=event)
        case AuditWordsDestroyed():
            return replace(audit, destroyed=event)
        case AuditPreceded():
            result = audit.result and audit.result.model_copy(update={"previous_on": event.previous_on})
            return replace(audit, result=result)
        case _:
            assert_never(event)


def _reallocated(audit: Audit, event: AuditReallocated) -> Audit:
    audit = replace(audit, allocation=event.allocation)
    if event.reason != "CONFLICT":
        return audit
    kept = {code: graded for code, graded in audit.domains.items() if graded.graded_by != event.from_ref}
    overall = audit.overall if audit.overall and audit.overall.graded_by != event.from_ref else None
    return replace(audit, domains=kept, overall=overall, declined={**audit.declined, event.from_ref: event.reason})


def _closed(audit: Audit, pair_id: str) -> Mapping[str, Pairing]:
    return {id_: replace(one, open=one.open and id_ != pair_id) for id_, one in audit.pairs.items()}


DECIDER: Decider[Audit, AuditEvent] = Decider("audit", Audit(), evolve, TypeAdapter(AuditEvent))
