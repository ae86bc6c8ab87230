"""Inspections and audits of other systems come in whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.audit.commands import PlanAudit
from services.audit.domain.audit.controlled_changes import regrade_audit
from services.audit.domain.audit.elsewhere import RecordGradedElsewhere, record_graded_elsewhere
from services.audit.domain.audit.events import AuditAllocated, AuditFinalised, AuditPlanned, AuditRegraded
from services.audit.domain.audit.state import DECIDER, Stage
from shared.published.place import Place
from tests.examples.a_template import OFSTED_ILACS, SHORT
from tests.examples.an_audit import CLOSING, plan, regrade, withdrawn
from tests.specification import specification

audit = specification(DECIDER)

inspection = RecordGradedElsewhere(
    plan=PlanAudit("inspection-1", "EXTERNAL", "ALL", Place(authority="902", regions=("E12000007",))),
    effective_date=date(2024, 7, 2),
    today=date(2026, 4, 20),
    overall="GOOD",
    domains={"IMPACT_OF_LEADERS": "GOOD", "HELP_AND_PROTECTION": "OUTSTANDING"},
    independence="EXTERNAL",
    auditor_role="INSPECTOR",
)
imported = RecordGradedElsewhere(
    plan=plan,
    effective_date=date(2026, 4, 20),
    today=date(2026, 4, 20),
    overall="REQUIRES_IMPROVEMENT",
    domains={"CHILD_VOICE": "GOOD"},
    independence="LINKED",
    auditor_role="QA_OFFICER",
    raw_overall="GOOD",
    auditor_ref="qa-1",
    allocated_on=date(2026, 4, 1),
)


def test_an_inspection_of_a_whole_authority():
    given = audit.given([]).when(record_graded_elsewhere, inspection, OFSTED_ILACS)
    after = given.then_some(AuditPlanned, AuditFinalised)
    assert after.stage is Stage.FINALISED
    assert (after.result.scale, after.result.external) == ("OFSTED4E", True)
    assert (after.result.place.team, after.result.days_to_finalise) == (None, None)


def test_an_audit_of_another_system_with_its_auditor():
    given = audit.given([]).when(record_graded_elsewhere, imported, SHORT)
    after = given.then_some(AuditPlanned, AuditAllocated, AuditFinalised)
    assert (after.result.grade_source, after.result.raw_overall) == ("MODERATED", "GOOD")
    assert after.result.days_to_finalise == 19


def test_it_is_not_recorded_again_with_another_result():
    history = record_graded_elsewhere(imported, DECIDER.initial, SHORT)
    other = replace(imported, overall="GOOD")
    audit.given(history).when(record_graded_elsewhere, other, SHORT).then_refused("another result")
    audit.given([*history, withdrawn]).when(record_graded_elsewhere, imported, SHORT).then_refused("nothing leaves")


def test_it_is_regraded_like_any_other():
    history = record_graded_elsewhere(imported, DECIDER.initial, SHORT)
    audit.given(history).when(regrade_audit, regrade, SHORT, CLOSING).then_some(AuditRegraded)
    own = replace(regrade, approved_by="qa-1")
    audit.given(history).when(regrade_audit, own, SHORT, CLOSING).then_refused("somebody else")


@pytest.mark.parametrize(
    ("update", "field"),
    [
        ({"overall": "FINE"}, "overall"),
        ({"raw_overall": "FINE"}, "raw_overall"),
        ({"domains": {"X": "GOOD"}}, "domains"),
        ({"independence": "NEAR"}, "independence"),
        ({"grade_source": "HEARSAY"}, "grade_source"),
        ({"effective_date": date(2026, 4, 21)}, "effective_date"),
        ({"allocated_on": date(2026, 4, 21)}, "effective_date"),
        ({"plan": replace(plan, plan_type="PF")}, "plan_type"),
        ({"plan": replace(plan, audit_type="EXTERNAL")}, "audit_type"),
    ],
)
def test_what_does_not_fit_the_template_is_refused(update, field):
    audit.given([]).when(record_graded_elsewhere, replace(imported, **update), SHORT).then_refused("", field=field)
