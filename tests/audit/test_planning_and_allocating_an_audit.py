"""From a plan to an auditor who may look at the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.audit.commands import AllocateAudit
from services.audit.domain.audit.decisions import (
    allocate_audit,
    decline_audit,
    plan_audit,
    reallocate_audit,
    start_audit,
)
from services.audit.domain.audit.events import AuditDeclined, AuditReallocated
from services.audit.domain.audit.independence import independence
from services.audit.domain.audit.state import DECIDER, Stage
from shared.published.place import Place
from tests.examples.a_template import OFSTED_ILACS, SHORT
from tests.examples.an_audit import (
    ALDER,
    ALDER_MANAGER,
    BIRCH_MANAGER,
    OTHER_QA,
    PARTNER,
    POLICY,
    QA,
    WORKER,
    WORKING_DAYS,
    after_submission,
    all_graded,
    allocate,
    allocated,
    decline,
    in_progress,
    overall_good,
    plan,
    planned,
    reallocate,
    reallocated,
    sealed,
    start,
    started,
    submitted,
    voice_good,
)
from tests.specification import specification

audit = specification(DECIDER)
declined = AuditDeclined(auditor_ref="qa-1", conflict_reason="WORKED_WITH_CHILD")


def test_planning_an_audit():
    audit.given([]).when(plan_audit, plan, SHORT).then([planned])


def test_planning_it_again_with_words_sealed_anew_changes_nothing():
    again = replace(plan, child_ref=sealed("C1", nonce="another"))
    audit.given([planned]).when(plan_audit, again, SHORT).then_nothing()


def test_an_audit_is_not_planned_twice_in_two_ways():
    audit.given([planned]).when(plan_audit, replace(plan, plan_type="CP"), SHORT).then_refused("in another way")


@pytest.mark.parametrize("field", ["audit_type", "plan_type"])
def test_a_plan_names_only_known_codes(field):
    command = replace(plan, **{field: "SOMETHING"})
    audit.given([]).when(plan_audit, command, SHORT).then_refused("not one of those", field=field)


def test_a_plan_type_is_one_of_the_templates():
    audit.given([]).when(plan_audit, replace(plan, plan_type="EH"), SHORT).then_refused("", field="plan_type")


def test_only_an_external_audit_uses_the_framework_of_inspections():
    command = replace(plan, plan_type="ALL")
    audit.given([]).when(plan_audit, command, OFSTED_ILACS).then_refused("external", field="audit_type")
    audit.given([]).when(plan_audit, replace(plan, audit_type="EXTERNAL"), SHORT).then_refused("external")


def test_allocating_an_audit_to_the_linked_qa_officer():
    audit.given([planned]).when(allocate_audit, allocate, POLICY, WORKING_DAYS).then([allocated])


def test_an_allocated_audit_is_not_allocated_to_somebody_else():
    command = AllocateAudit(OTHER_QA, date(2026, 4, 1))
    history = [planned, allocated]
    audit.given(history).when(allocate_audit, command, POLICY, WORKING_DAYS).then_refused("is reallocated")


def test_what_was_never_planned_cannot_be_allocated():
    audit.given([]).when(allocate_audit, allocate, POLICY, WORKING_DAYS).then_refused("no such audit")


def test_the_allocated_worker_does_not_audit_their_own_case():
    command = AllocateAudit(WORKER, date(2026, 4, 1))
    audit.given([planned]).when(allocate_audit, command, POLICY, WORKING_DAYS).then_refused("their own case")


def test_the_workers_supervisor_does_not_audit_as_quality_assurance():
    command = AllocateAudit(ALDER_MANAGER, date(2026, 4, 1))
    audit.given([planned]).when(allocate_audit, command, POLICY, WORKING_DAYS).then_refused("the supervisor")


def test_a_team_manager_audits_the_own_team_in_their_routine_audit():
    routine = planned.model_copy(update={"audit_type": "TM_ROUTINE"})
    command = AllocateAudit(ALDER_MANAGER, date(2026, 4, 1))
    after = audit.given([routine]).when(allocate_audit, command, POLICY, WORKING_DAYS).then_some(type(allocated))
    assert after.allocation.independence == "OWN_TEAM"


@pytest.mark.parametrize(
    ("auditor", "expected"),
    [
        (ALDER_MANAGER, "OWN_TEAM"),
        (QA, "LINKED"),
        (BIRCH_MANAGER, "PEER_TEAM"),
        (OTHER_QA, "INDEPENDENT"),
        (PARTNER, "EXTERNAL"),
        (replace(OTHER_QA, service_areas=frozenset({"area-duty"})), "OWN_TEAM"),  # manages the team's manager
        (replace(QA, teams=frozenset({"team-alder"})), "OWN_TEAM"),  # the closest relation decides
    ],
)
def test_the_class_of_independence(auditor, expected):
    assert independence(auditor, ALDER) == expected


def test_nobody_is_in_the_own_team_of_a_whole_authority():
    assert independence(ALDER_MANAGER, Place(authority="902")) == "PEER_TEAM"


def test_declining_an_audit_makes_room_for_another_auditor():
    after = audit.given([planned, allocated]).when(decline_audit, decline).then([declined])
    assert (after.stage, after.auditor) == (Stage.PLANNED, None)


def test_who_declined_for_a_conflict_is_not_allocated_again():
    history = [planned, allocated, declined]
    audit.given(history).when(allocate_audit, allocate, POLICY, WORKING_DAYS).then_refused("conflict of interest")


def test_who_declined_for_want_of_time_may_be_asked_again():
    history = [planned, allocated, declined.model_copy(update={"conflict_reason": "CAPACITY"})]
    audit.given(history).when(allocate_audit, allocate, POLICY, WORKING_DAYS).then([allocated])


def test_only_the_auditor_declines():
    audit.given([planned, allocated]).when(decline_audit, replace(decline, by="qa-2")).then_refused("only the auditor")


def test_a_started_audit_is_not_declined():
    audit.given(in_progress).when(decline_audit, decline).then_refused("before it is started")


def test_reallocating_an_audit():
    audit.given([planned, allocated]).when(reallocate_audit, reallocate, POLICY, WORKING_DAYS).then([reallocated])


def test_what_was_graded_stands_when_the_auditor_is_away():
    after = audit.given(all_graded).when(reallocate_audit, reallocate, POLICY, WORKING_DAYS).then([reallocated])
    assert after.overall == overall_good
    assert after.first_allocated_on == date(2026, 4, 1)  # days are counted from the first allocation


def test_nothing_stands_that_an_auditor_with_a_conflict_graded():
    command = replace(reallocate, reason="CONFLICT")
    theirs = voice_good.model_copy(update={"domain": "REVIEW", "graded_by": "partner-1"})
    history = [*all_graded, theirs]
    after = audit.given(history).when(reallocate_audit, command, POLICY, WORKING_DAYS).then_some(AuditReallocated)
    assert (set(after.domains), after.overall) == ({"REVIEW"}, None)
    back = replace(reallocate, auditor=QA)
    given = [*history, reallocated.model_copy(update={"reason": "CONFLICT"})]
    audit.given(given).when(reallocate_audit, back, POLICY, WORKING_DAYS).then_refused("conflict of interest")


@pytest.mark.parametrize("history", [[planned], after_submission], ids=["planned", "submitted"])
def test_only_an_audit_under_way_is_reallocated(history):
    audit.given(history).when(reallocate_audit, reallocate, POLICY, WORKING_DAYS).then_refused("not yet submitted")


def test_starting_an_audit_fixes_the_windows_it_looks_at():
    audit.given([planned, allocated]).when(start_audit, start, POLICY).then([started])


def test_the_window_of_a_month_with_fewer_days_ends_on_its_last():
    after = audit.given([planned, allocated]).when(start_audit, replace(start, on=date(2026, 8, 31)), POLICY)
    assert after.then_some(type(started)).started.judgement_from == date(2026, 2, 28)


def test_only_the_auditor_starts_and_only_once_allocated():
    audit.given([planned]).when(start_audit, start, POLICY).then_refused("only an allocated audit")
    audit.given([planned, allocated]).when(start_audit, replace(start, by="qa-2"), POLICY).then_refused("the auditor")
    audit.given([*all_graded, submitted]).when(start_audit, start, POLICY).then_refused("only an allocated audit")
