"""What happens to a remedial action: something that is to be done for the child of an audit.

Its words are sealed under the audit's part of the child's key.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.deciding.events import StoredEvent
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


class RemedialActionAgreed(StoredEvent):
    """`worker` is the allocated worker of the case: it is an action on their own case whoever owns it.

    `family_group` is that of the audit, for which the same action is not agreed a second time.
    """

    type: Literal["RemedialActionAgreed.v1"] = "RemedialActionAgreed.v1"
    action_id: str
    audit_id: str
    domain: str | None
    text: SealedText
    owner: str
    owner_role: str
    priority: str
    place: Place
    agreed_by: str
    agreed_on: date
    due_on: date
    worker: str | None = None
    family_group: str | None = None


class RemedialActionLinked(StoredEvent):
    """The audit of a brother or sister led to the same action: it is done once for both."""

    type: Literal["RemedialActionLinked.v1"] = "RemedialActionLinked.v1"
    action_id: str
    audit_id: str
    linked_by: str
    linked_on: date


class RemedialActionAccepted(StoredEvent):
    type: Literal["RemedialActionAccepted.v1"] = "RemedialActionAccepted.v1"
    action_id: str
    accepted_by: str
    accepted_on: date


class RemedialActionProgressed(StoredEvent):
    type: Literal["RemedialActionProgressed.v1"] = "RemedialActionProgressed.v1"
    action_id: str
    by: str
    note: SealedText
    progressed_on: date


class RemedialActionRescheduled(StoredEvent):
    """`approved_by` is None for the moves that need no approval."""

    type: Literal["RemedialActionRescheduled.v1"] = "RemedialActionRescheduled.v1"
    action_id: str
    from_due_on: date
    due_on: date
    times_moved: int
    reason: str
    moved_by: str
    moved_on: date
    approved_by: str | None = None


class RemedialActionOverdue(StoredEvent):
    """The due date passed and it was not completed: noted once for each due date."""

    type: Literal["RemedialActionOverdue.v1"] = "RemedialActionOverdue.v1"
    action_id: str
    due_on: date


class RemedialActionCompleted(StoredEvent):
    """`evidence_ref` is where the case system shows it, sealed because it may lead to the child."""

    type: Literal["RemedialActionCompleted.v1"] = "RemedialActionCompleted.v1"
    action_id: str
    completed_by: str
    completed_on: date
    evidence_ref: SealedText
    verify_by: date


class RemedialActionVerified(StoredEvent):
    type: Literal["RemedialActionVerified.v1"] = "RemedialActionVerified.v1"
    action_id: str
    verified_by: str
    verified_on: date
    in_time: bool


class RemedialActionVerificationFailed(StoredEvent):
    """Not done, or it did not help: open again. `re_audit` asks for another audit of the case."""

    type: Literal["RemedialActionVerificationFailed.v1"] = "RemedialActionVerificationFailed.v1"
    action_id: str
    failed_by: str
    failed_on: date
    reason: SealedText
    due_on: date
    re_audit: bool


class RemedialActionCancelled(StoredEvent):
    type: Literal["RemedialActionCancelled.v1"] = "RemedialActionCancelled.v1"
    action_id: str
    reason: str
    approved_by: str
    cancelled_on: date


class RemedialActionFlagged(StoredEvent):
    """An audit that it was agreed for was withdrawn as one of the wrong child. What was done, was done."""

    type: Literal["RemedialActionFlagged.v1"] = "RemedialActionFlagged.v1"
    action_id: str
    audit_id: str
    reason: str
    flagged_on: date


RemedialActionEvent = Annotated[
    RemedialActionAgreed
    | RemedialActionLinked
    | RemedialActionAccepted
    | RemedialActionProgressed
    | RemedialActionRescheduled
    | RemedialActionOverdue
    | RemedialActionCompleted
    | RemedialActionVerified
    | RemedialActionVerificationFailed
    | RemedialActionCancelled
    | RemedialActionFlagged,
    Field(discriminator="type"),
]
