"""What happens to the requirement that a case is audited again: one stream for each audit that may lead to one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class ReAuditRequired(StoredEvent):
    """The whole requirement, said again when it changes or is open again.

    `root_audit_id` began the lineage, whose first re-audit has generation 1. `overall` is the parent's grade as it
    stood, `root_overall` the root's. `domains` are those that failed; with scope FULL all of the case is looked at.
    `required_by` is None when it followed from grades.
    """

    type: Literal["ReAuditRequired.v1"] = "ReAuditRequired.v1"
    re_audit_id: str
    parent_audit_id: str
    root_audit_id: str
    generation: int
    trigger: str
    scope: str
    domains: tuple[str, ...]
    scale: str
    overall: str
    root_overall: str
    place: Place
    required_on: date
    due_on: date
    director_review: bool
    required_by: str | None = None


class ReAuditPlanned(StoredEvent):
    """There is an audit that is to be the re-audit."""

    type: Literal["ReAuditPlanned.v1"] = "ReAuditPlanned.v1"
    re_audit_id: str
    audit_id: str
    planned_on: date


class ReAuditPlanDropped(StoredEvent):
    """That audit will not do: it was withdrawn, or looked at less than is required."""

    type: Literal["ReAuditPlanDropped.v1"] = "ReAuditPlanDropped.v1"
    re_audit_id: str
    audit_id: str


class ReAuditCompleted(StoredEvent):
    """The grades beside those of the parent as they stood. Said again when any of the audits compared was regraded.

    A grade and a non-grade cannot be compared: the outcome is then NOT_COMPARABLE and the difference 0.
    """

    type: Literal["ReAuditCompleted.v1"] = "ReAuditCompleted.v1"
    re_audit_id: str
    audit_id: str
    completed_on: date
    overall: str
    outcome: str
    delta: int
    root_delta: int
    declined_domains: tuple[str, ...]
    still_inadequate: tuple[str, ...]
    parent_overall: str | None = None
    root_overall: str | None = None


class ReAuditNotPossible(StoredEvent):
    type: Literal["ReAuditNotPossible.v1"] = "ReAuditNotPossible.v1"
    re_audit_id: str
    reason: str
    found_by: str
    found_on: date


class ReAuditCancelled(StoredEvent):
    """What called for it does not stand any more."""

    type: Literal["ReAuditCancelled.v1"] = "ReAuditCancelled.v1"
    re_audit_id: str
    reason: str
    cancelled_on: date


class DirectorReviewRecorded(StoredEvent):
    type: Literal["DirectorReviewRecorded.v1"] = "DirectorReviewRecorded.v1"
    re_audit_id: str
    decision: str
    reviewed_by: str
    reviewed_on: date
    note: SealedText | None = None


ReAuditEvent = Annotated[
    ReAuditRequired
    | ReAuditPlanned
    | ReAuditPlanDropped
    | ReAuditCompleted
    | ReAuditNotPossible
    | ReAuditCancelled
    | DirectorReviewRecorded,
    Field(discriminator="type"),
]
