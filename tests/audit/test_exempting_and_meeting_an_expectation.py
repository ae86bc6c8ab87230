"""An expected audit is open until one meets it or somebody exempts from it; a withdrawn audit opens it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.expectation.decisions import (
    EXEMPTION_REASONS,
    ExemptFromAudit,
    MeetExpectation,
    ReopenExpectation,
    exempt_from_audit,
    expect_audit,
    meet_expectation,
    reopen_expectation,
)
from services.audit.domain.expectation.events import AuditExpectationMet
from services.audit.domain.expectation.state import DECIDER, Standing
from tests.examples.an_expectation import (
    BIRCH,
    done,
    exempt,
    exempted,
    expect,
    expected,
    meet,
    met,
    reopen,
    reopened,
)
from tests.specification import asked_in_turn, specification

expectation = specification(DECIDER)


def test_an_audit_is_expected_once_however_the_structure_changes():
    expectation.given([]).when(expect_audit, expect).then([expected])
    elsewhere = replace(expect, expected=expected.model_copy(update={"place": BIRCH}))
    expectation.given([expected]).when(expect_audit, elsewhere).then_nothing()


def test_an_approver_exempts_from_an_audit():
    after = expectation.given([expected]).when(exempt_from_audit, exempt).then([exempted])
    assert after.standing is Standing.EXEMPTED


def test_nobody_exempts_themselves():
    given_ = expectation.given([expected])
    given_.when(exempt_from_audit, replace(exempt, approved_by="qa-1")).then_refused("nobody exempts themselves")
    given_.when(exempt_from_audit, replace(exempt, by_its_auditor=True)).then_refused("nobody exempts themselves")


def test_an_exemption_has_a_known_reason():
    asked = expectation.given([expected]).when(exempt_from_audit, replace(exempt, reason="HOLIDAY"))
    asked.then_refused("not one of those", field="reason")


def test_only_what_is_still_expected_is_exempted():
    expectation.given([]).when(exempt_from_audit, exempt).then_refused("no such expectation")
    expectation.given([expected, met]).when(exempt_from_audit, exempt).then_refused("still expected")
    other = replace(exempt, reason="INSPECTION")
    expectation.given([expected, exempted]).when(exempt_from_audit, other).then_refused("still expected")


def test_a_fitting_audit_meets_it():
    after = expectation.given([expected]).when(meet_expectation, meet).then([met])
    assert after.standing is Standing.MET


def test_another_type_role_place_or_time_does_not():
    for other in (
        replace(done, audit_type="TM_ROUTINE"),
        replace(done, auditor_role="TEAM_MANAGER"),
        replace(done, place=BIRCH),
        replace(done, counts_on=date(2026, 3, 31)),
    ):
        asked = expectation.given([expected]).when(meet_expectation, MeetExpectation(other))
        asked.then_refused("does not meet")


def test_what_is_met_or_exempted_is_not_met_by_another_audit():
    other = MeetExpectation(replace(done, audit_id="audit-18"))
    expectation.given([expected, met]).when(meet_expectation, other).then_refused("not expected any more")
    expectation.given([expected, exempted]).when(meet_expectation, meet).then_refused("not expected any more")


def test_it_is_open_again_when_its_audit_is_withdrawn():
    after = expectation.given([expected, met]).when(reopen_expectation, reopen).then([reopened])
    assert after.standing is Standing.OPEN
    other = ReopenExpectation("audit-18", "DUPLICATE")
    expectation.given([expected, met]).when(reopen_expectation, other).then_nothing()
    again = MeetExpectation(replace(done, audit_id="audit-18", counts_on=date(2026, 5, 4)))
    late = AuditExpectationMet(expectation_id="expectation-1", audit_id="audit-18", met_on=date(2026, 5, 4))
    expectation.given([expected, met, reopened]).when(meet_expectation, again).then([late])


audits = st.builds(
    replace,
    st.just(done),
    audit_id=st.sampled_from(["audit-17", "audit-18"]),
    audit_type=st.sampled_from(["QA_ROUTINE", "QA_ROUTINE", "TM_ROUTINE"]),
    counts_on=st.dates(date(2026, 3, 1), date(2026, 6, 30)),
)
reasons = st.sampled_from([*sorted(EXEMPTION_REASONS), "SOMETHING"])
anything = st.one_of(
    st.just(lambda state: expect_audit(expect, state)),
    st.builds(ExemptFromAudit, reasons, st.sampled_from(["head-1", "qa-1"]), st.booleans()).map(
        lambda command: lambda state: exempt_from_audit(command, state)
    ),
    audits.map(lambda audit: lambda state: meet_expectation(MeetExpectation(audit), state)),
    st.builds(ReopenExpectation, st.sampled_from(["audit-17", "audit-18"]), st.just("DUPLICATE")).map(
        lambda command: lambda state: reopen_expectation(command, state)
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(anything, max_size=12))
def test_any_order_of_commands_keeps_the_promises(asked):
    kinds = [type(event).__name__ for event in asked_in_turn(DECIDER, asked)]
    assert kinds.count("AuditExpected") <= 1
    assert kinds.count("AuditExempted") <= 1
    assert kinds.count("AuditExpectationMet") - kinds.count("AuditExpectationReopened") in (0, 1)
    assert "AuditExempted" not in kinds[:-1], "nothing happens to what is exempted"
