"""Audits that were done and graded outside this service: an inspection, a partner's audit, another system's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit import codes
from services.audit.domain.audit.commands import PlanAudit
from services.audit.domain.audit.decisions import check_code, check_effective, check_grades, plan_audit, standing
from services.audit.domain.audit.events import Allocation, AuditAllocated, AuditEvent, AuditFinalised, Lineage, Result
from services.audit.domain.audit.independence import Independence
from services.audit.domain.audit.state import Audit, Stage
from services.audit.domain.template.version import TemplateVersion
from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class RecordGradedElsewhere:
    """A finished audit as another system tells of it; `auditor_ref` and `allocated_on` are often not known."""

    plan: PlanAudit
    effective_date: date
    today: date
    overall: str
    domains: Mapping[str, str]
    independence: str
    auditor_role: str
    raw_overall: str | None = None
    grade_source: str | None = None
    auditor_ref: str | None = None
    allocated_on: date | None = None
    closed_periods: tuple[str, ...] = ()
    previous_on: date | None = None


def record_graded_elsewhere(
    command: RecordGradedElsewhere, audit: Audit, template: TemplateVersion
) -> list[AuditEvent]:
    """The whole audit in one commit: planned, allocated when the auditor is known, finalised."""
    check_code(command.independence, frozenset(Independence), "independence")
    _check_result(command, template)
    result = _result(command, template)
    planned = plan_audit(command.plan, Audit(), template) if audit.stage is Stage.UNKNOWN else []
    if not planned:
        standing(audit)
        if not _says_the_same(result, audit.result):
            raise Refused("this audit was recorded before with another result: regrade it")
        return []
    finalised = AuditFinalised(
        audit_id=command.plan.audit_id, result=result, closed_periods_affected=command.closed_periods
    )
    return [*planned, *_allocated(command), finalised]


def _says_the_same(result: Result, before: Result | None) -> bool:
    """Told again, the audit may find others of the same child before it that were not known the first time."""
    return before is not None and result == before.model_copy(update={"previous_on": result.previous_on})


def continued(parent_audit_id: str, line: Lineage | None) -> Lineage:
    """The lineage of a re-audit of this audit, whose own lineage is `line` when it is a re-audit itself."""
    return Lineage(
        parent_audit_id=parent_audit_id,
        root_audit_id=line.root_audit_id if line else parent_audit_id,
        generation=line.generation + 1 if line else 1,
    )


def _check_result(command: RecordGradedElsewhere, template: TemplateVersion) -> None:
    check_grades(command.overall, command.domains, template)
    if command.raw_overall is not None and not template.scale.knows(command.raw_overall):
        raise Refused("this grade is not one of the template's scale", field="raw_overall")
    if command.grade_source is not None:
        check_code(command.grade_source, codes.GRADE_SOURCES, "grade_source")
    check_effective(command.effective_date, command.today, command.allocated_on)


def _result(command: RecordGradedElsewhere, template: TemplateVersion) -> Result:
    raw = command.raw_overall or command.overall
    days = (command.effective_date - command.allocated_on).days if command.allocated_on else None
    return Result(
        audit_type=command.plan.audit_type,
        template_id=template.template_id,
        template_version=template.version,
        scale=template.scale.id,
        plan_type=command.plan.plan_type,
        place=command.plan.place,
        effective_date=command.effective_date,
        overall=command.overall,
        raw_overall=raw,
        domains=dict(command.domains),
        grade_source=command.grade_source or ("RAW" if raw == command.overall else "MODERATED"),
        independence=command.independence,
        auditor_role=command.auditor_role,
        days_to_finalise=days,
        external=template.external,
        theme_id=command.plan.theme_id,
        generation=command.plan.re_audit_of.generation if command.plan.re_audit_of else 0,
        period=command.plan.period,
        previous_on=command.previous_on,
    )


def _allocated(command: RecordGradedElsewhere) -> list[AuditEvent]:
    if command.auditor_ref is None:
        return []
    allocation = Allocation(
        auditor_ref=command.auditor_ref,
        auditor_role=command.auditor_role,
        independence=command.independence,
        allocated_on=command.allocated_on or command.effective_date,
    )
    return [AuditAllocated(allocation=allocation)]
