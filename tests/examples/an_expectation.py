"""An audit that is expected of the QA Officer linked with the team Alder in April 2026."""

from __future__ import annotations

from datetime import date

from services.audit.domain.expectation.decisions import (
    ExemptFromAudit,
    ExpectAudit,
    MeetExpectation,
    ReopenExpectation,
)
from services.audit.domain.expectation.events import (
    AuditExempted,
    AuditExpectationMet,
    AuditExpectationReopened,
    AuditExpected,
)
from services.audit.domain.expectation.fitting import Done
from services.audit.domain.windows import MONTHS, Windows
from shared.published.place import Place

AUTHORITY = Place(authority="902", regions=("E12000007",))
ALDER = Place(team="team-alder", service_area="area-duty", authority="902", regions=("E12000007",))
BIRCH = Place(team="team-birch", service_area="area-duty", authority="902", regions=("E12000007",))
APRIL = MONTHS.around(date(2026, 4, 1))
SPRING = Windows(2).around(date(2026, 4, 1))

expected = AuditExpected(
    expectation_id="expectation-1",
    cadence="QA_OFFICER",
    audit_type="QA_ROUTINE",
    place=ALDER,
    window_first=APRIL.first,
    window_last=APRIL.last,
    auditor_role="QA_OFFICER",
    auditor_ref="qa-1",
)
done = Done("audit-17", "QA_ROUTINE", "QA_OFFICER", ALDER, date(2026, 4, 20), auditor_ref="qa-1")

expect = ExpectAudit(expected)
exempt = ExemptFromAudit("VACANCY", "head-1")
meet = MeetExpectation(done)
reopen = ReopenExpectation("audit-17", "WRONG_CHILD")

exempted = AuditExempted(
    expectation_id="expectation-1", team_id="team-alder", period="2026-04", reason="VACANCY", approved_by="head-1"
)
met = AuditExpectationMet(expectation_id="expectation-1", audit_id="audit-17", met_on=date(2026, 4, 20))
reopened = AuditExpectationReopened(expectation_id="expectation-1", audit_id="audit-17", reason="WRONG_CHILD")
