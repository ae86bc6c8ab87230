"""One audit as reporting knows it: its final result as it now stands."""

from __future__ import annotations

from services.reporting.read_models.contributions import place_of
from shared.projecting.read_model import Row, Told
from shared.published.audit import AuditGradedV1, AuditWithdrawnV1


def learn(row: Row | None, told: Told) -> Row | None:
    """A grade, first or again, replaces the result; a withdrawn audit stays as a row that counts nowhere.

    An audit withdrawn before it had a grade was never here, and leaves nothing.
    """
    match told.data:
        case AuditGradedV1() as graded:
            return {**_result(graded, regrades=0 if row is None else row["regrades"] + 1), **_moderated(row, graded)}
        case AuditWithdrawnV1() as withdrawn:
            if row is None:
                return None
            return {**row, "withdrawn": withdrawn.reason, "approver_role": withdrawn.approver_role}
        case _:
            return None if row is None else {**row}  # what surrounds a grade is read by `audit_cycle`


def _result(graded: AuditGradedV1, regrades: int) -> Row:
    return {
        "place": place_of(graded.place),
        "date": graded.effective_date.isoformat(),
        "scale": graded.scale,
        "overall": graded.overall,
        "raw": graded.raw_overall,
        "domains": dict(graded.domains),
        "audit_type": graded.audit_type,
        "plan_type": graded.plan_type,
        "template": f"{graded.template_id}/{graded.template_version}",
        "source": graded.grade_source,
        "independence": graded.independence,
        "auditor_role": graded.auditor_role,
        "quality": graded.audit_quality,
        "moderator_role": graded.moderator_role,
        "days": graded.days_to_finalise,
        "external": graded.external,
        "regrades": regrades,
        "regrade_reason": graded.regrade_reason,
        "withdrawn": None,
        "approver_role": graded.approver_role,
    }


def _moderated(row: Row | None, graded: AuditGradedV1) -> Row:
    """The moderator's grade. Where nobody told it, it is the one that first counted: a regrade does not change it."""
    told = graded.moderated_overall or (row and row.get("moderated"))
    return {"moderated": told or (graded.overall if graded.grade_source == "MODERATED" else None)}
