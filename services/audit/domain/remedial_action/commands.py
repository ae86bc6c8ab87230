"""What may be asked of a remedial action, in the imperative. `roles` are those that the person holds on that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shared.privacy.sealed_text import SealedText
from shared.published.place import Place


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """What an action has to know of its audit: `standing` says that it was begun and not withdrawn."""

    audit_id: str
    place: Place
    domains: frozenset[str]
    standing: bool
    worker: str | None = None
    family_group: str | None = None


@dataclass(frozen=True, slots=True)
class AgreeAction:
    """Due as the policy says for its priority, or earlier."""

    action_id: str
    audit: AuditFacts
    text: SealedText
    owner: str
    owner_role: str
    priority: str
    by: str
    on: date
    domain: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class AcceptAction:
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class ProgressAction:
    by: str
    note: SealedText
    on: date


@dataclass(frozen=True, slots=True)
class RescheduleAction:
    by: str
    roles: frozenset[str]
    due_on: date
    reason: str
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class CompleteAction:
    by: str
    evidence_ref: SealedText
    on: date


@dataclass(frozen=True, slots=True)
class VerifyAction:
    by: str
    roles: frozenset[str]
    on: date


@dataclass(frozen=True, slots=True)
class FailVerification:
    """Due again as the policy says for its priority, or sooner. `re_audit` asks for another audit of the case."""

    by: str
    roles: frozenset[str]
    reason: SealedText
    on: date
    today: date
    due_on: date | None = None
    re_audit: bool = False


@dataclass(frozen=True, slots=True)
class CancelAction:
    reason: str
    approved_by: str
    on: date


@dataclass(frozen=True, slots=True)
class NoteOverdueAction:
    due_on: date
    today: date


@dataclass(frozen=True, slots=True)
class FlagAction:
    audit_id: str
    reason: str
    on: date
