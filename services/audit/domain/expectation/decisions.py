"""Expecting an audit, exempting from it, and what becomes of it when audits are finalised or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

from services.audit.domain.expectation.events import (
    AuditExempted,
    AuditExpectationMet,
    AuditExpectationReopened,
    AuditExpected,
    ExpectationEvent,
)
from services.audit.domain.expectation.fitting import Done, fits
from services.audit.domain.expectation.state import Expectation, Standing
from services.audit.domain.windows import month_of
from shared.deciding.refusal import Refused

EXEMPTION_REASONS = frozenset({"VACANCY", "ABSENCE", "NO_OPEN_CASES", "INSPECTION", "TEAM_CHANGE", "DIRECTOR_DECISION"})


@dataclass(frozen=True, slots=True)
class ExpectAudit:
    expected: AuditExpected


@dataclass(frozen=True, slots=True)
class ExemptFromAudit:
    """`by_its_auditor` says that the approver is one of those who were to do the audit."""

    reason: str
    approved_by: str
    by_its_auditor: bool = False


@dataclass(frozen=True, slots=True)
class MeetExpectation:
    done: Done


@dataclass(frozen=True, slots=True)
class ReopenExpectation:
    audit_id: str
    reason: str


def expect_audit(command: ExpectAudit, expectation: Expectation) -> list[ExpectationEvent]:
    """Whatever the structure has become since: once expected, it stays as it was expected."""
    return [command.expected] if expectation.expected is None else []


def exempt_from_audit(command: ExemptFromAudit, expectation: Expectation) -> list[ExpectationEvent]:
    expected = _expected(expectation)
    if command.reason not in EXEMPTION_REASONS:
        raise Refused("this code is not one of those that may stand here", field="reason")
    if command.by_its_auditor or command.approved_by == expected.auditor_ref:
        raise Refused("nobody exempts themselves from an audit")
    exempted = AuditExempted(
        expectation_id=expected.expectation_id,
        team_id=expected.place.team,
        period=month_of(expected.window_last),
        reason=command.reason,
        approved_by=command.approved_by,
    )
    if exempted == expectation.exempted:
        return []
    if expectation.standing is not Standing.OPEN:
        raise Refused("only an audit that is still expected is exempted")
    return [exempted]


def meet_expectation(command: MeetExpectation, expectation: Expectation) -> list[ExpectationEvent]:
    expected, done = _expected(expectation), command.done
    if expectation.met is not None and expectation.met.audit_id == done.audit_id:
        return []
    if expectation.standing is not Standing.OPEN:
        raise Refused("this audit is not expected any more")
    if not fits(expected, done):
        raise Refused("an audit of another type, role or place does not meet this expectation")
    return [AuditExpectationMet(expectation_id=expected.expectation_id, audit_id=done.audit_id, met_on=done.counts_on)]


def reopen_expectation(command: ReopenExpectation, expectation: Expectation) -> list[ExpectationEvent]:
    expected = _expected(expectation)
    if expectation.met is None or expectation.met.audit_id != command.audit_id:
        return []
    return [
        AuditExpectationReopened(
            expectation_id=expected.expectation_id, audit_id=command.audit_id, reason=command.reason
        )
    ]


def _expected(expectation: Expectation) -> AuditExpected:
    if expectation.expected is None:
        raise Refused("there is no such expectation")
    return expectation.expected
