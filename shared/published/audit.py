"""What the audit service tells the world."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from shared.published.audit_cycle import AuditCyclePublished
from shared.published.envelope import Published
from shared.published.place import Place


class AuditGradedV1(Published):
    """An audit has its final grade, for the first time or again (`regrade`): the whole result as it now stands.

    Codes are those of the audit service. `scale` names the grading scale of the template version: two
    scales are never added together. `raw_overall` is the grade as submitted. `days_to_finalise` counts calendar days
    from allocation. `external` marks the judgement of an outside body. `grades` of domains include non-grades.
    `audit_quality`, `moderator_role` and `moderated_overall` are the moderator's, None where nobody moderated.
    `previous_on` is the effective date of the audit of the same child that counted last before this one, so that
    cases can be told from audits without saying whose they are. `generation` is 0 but for re-audits. A regrade names
    the role of who approved it.
    """

    TYPE: ClassVar[str] = "goldenthread.audit_graded.v1"

    audit_id: str
    audit_type: str
    template_id: str
    template_version: int
    scale: str
    plan_type: str
    place: Place
    effective_date: date
    overall: str
    raw_overall: str
    domains: dict[str, str]
    grade_source: str
    independence: str
    auditor_role: str
    days_to_finalise: int | None = None
    external: bool = False
    regrade: bool = False
    regrade_reason: str | None = None
    approver_role: str | None = None
    period: str | None = None
    theme_id: str | None = None
    generation: int = 0
    audit_quality: str | None = None
    moderator_role: str | None = None
    moderated_overall: str | None = None
    previous_on: date | None = None


class AuditWithdrawnV1(Published):
    """An audit no longer counts, whatever grade it had."""

    TYPE: ClassVar[str] = "goldenthread.audit_withdrawn.v1"

    audit_id: str
    reason: str
    approver_role: str | None = None


class AuditPrecededV1(Published):
    """The audit of the same child that counted last before this one is another than was told with its grade: one was
    entered since, or the one that was meant was withdrawn. `previous_on` is None where there is none."""

    TYPE: ClassVar[str] = "goldenthread.audit_preceded.v1"

    audit_id: str
    previous_on: date | None


AuditPublished = AuditGradedV1 | AuditWithdrawnV1 | AuditPrecededV1 | AuditCyclePublished
