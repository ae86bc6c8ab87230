"""What may be asked about the re-audit of an audit, in the imperative."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit.events import Result
from services.audit.domain.template.version import Scale
from shared.privacy.sealed_text import SealedText


@dataclass(frozen=True, slots=True)
class Parent:
    """The audit that is to be audited again, as its grades stand now, and where it stands in its lineage.

    `generation` is its own: 0 for an audit that is no re-audit, which is the root itself.
    """

    re_audit_id: str
    audit_id: str
    result: Result
    root_audit_id: str
    root_overall: str
    generation: int


@dataclass(frozen=True, slots=True)
class FollowGrades:
    """The parent has its final grade, or another one, given `on` that day."""

    parent: Parent
    on: date


@dataclass(frozen=True, slots=True)
class RequireReAudit:
    """Without `domains` a full one. `by` is None for a failed action whose verifier asked for it.

    Due as the policy says, or sooner.
    """

    parent: Parent
    trigger: str
    on: date
    domains: tuple[str, ...] = ()
    due_on: date | None = None
    by: str | None = None
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NotePlanned:
    audit_id: str
    on: date


@dataclass(frozen=True, slots=True)
class NoteReAuditWithdrawn:
    audit_id: str


@dataclass(frozen=True, slots=True)
class NoteParentWithdrawn:
    on: date


@dataclass(frozen=True, slots=True)
class CompleteReAudit:
    """`parent` and `root` as they stand now; `only_domains` is all that the re-audit had to grade."""

    audit_id: str
    now: Result
    parent: Result
    root: Result
    scale: Scale
    only_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindNotPossible:
    """`worker` is who works the case."""

    reason: str
    by: str
    on: date
    worker: str | None = None


@dataclass(frozen=True, slots=True)
class RecordDirectorReview:
    decision: str
    by: str
    roles: frozenset[str]
    on: date
    note: SealedText | None = None
