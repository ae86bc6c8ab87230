"""The grade that counts, how it changes, and how an audit stops counting."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.audit.commands import Consensus
from services.audit.domain.audit.controlled_changes import regrade_audit, withdraw_audit
from services.audit.domain.audit.decisions import (
    allocate_audit,
    decline_audit,
    finalise_audit,
    moderate_audit,
    plan_audit,
    reallocate_audit,
    return_audit,
    start_audit,
)
from services.audit.domain.audit.events import AuditFinalised, AuditRegraded, AuditWithdrawn, GradeChange
from services.audit.domain.audit.state import DECIDER
from tests.examples.a_template import SHORT
from tests.examples.an_audit import (
    CLOSING,
    POLICY,
    WORKING_DAYS,
    after_finalising,
    after_moderation,
    after_submission,
    all_graded,
    allocate,
    decline,
    finalise,
    finalised,
    give_back,
    moderate,
    plan,
    planned,
    reallocate,
    reallocated,
    regrade,
    result,
    start,
    submitted,
    withdraw,
    withdrawn,
)
from tests.specification import specification

audit = specification(DECIDER)


def test_finalising_an_audit_that_needs_no_moderation():
    audit.given(after_submission).when(finalise_audit, finalise, SHORT).then([finalised])


def test_an_audit_that_must_be_moderated_is_not_finalised_before():
    waiting = submitted.model_copy(update={"moderation_required": True})
    audit.given([*all_graded, waiting]).when(finalise_audit, finalise, SHORT).then_refused("is moderated before")


def test_the_moderated_grades_count_and_the_raw_grade_is_kept():
    after = audit.given(after_moderation).when(finalise_audit, finalise, SHORT).then_some(AuditFinalised)
    assert after.result == result.model_copy(
        update={
            "overall": "REQUIRES_IMPROVEMENT",
            "domains": {"CHILD_VOICE": "GOOD", "ASSESSMENT": "REQUIRES_IMPROVEMENT"},
            "grade_source": "MODERATED",
            "moderated_overall": "REQUIRES_IMPROVEMENT",
            "moderator_role": "QA_OFFICER",
            "audit_quality": "ADEQUATE",
        }
    )


def test_auditor_and_moderator_may_agree_on_another_grade():
    agreed = replace(finalise, consensus=Consensus("GOOD", {"ASSESSMENT": "GOOD"}))
    after = audit.given(after_moderation).when(finalise_audit, agreed, SHORT).then_some(AuditFinalised)
    assert (after.result.grade_source, after.result.overall) == ("CONSENSUS", "GOOD")
    assert after.result.domains == {"CHILD_VOICE": "GOOD", "ASSESSMENT": "GOOD"}


def test_there_is_no_consensus_without_a_moderator():
    agreed = replace(finalise, consensus=Consensus("GOOD"))
    audit.given(after_submission).when(finalise_audit, agreed, SHORT).then_refused("moderator", field="consensus")


def test_only_a_submitted_audit_is_finalised():
    audit.given(all_graded).when(finalise_audit, finalise, SHORT).then_refused("only a submitted audit")


def test_an_audit_finalised_in_april_and_entered_in_may_counts_in_april():
    late = replace(finalise, effective_date=date(2026, 4, 30), today=date(2026, 5, 12))
    after = audit.given(after_submission).when(finalise_audit, late, SHORT).then_some(AuditFinalised)
    assert (after.result.effective_date, after.result.days_to_finalise) == (date(2026, 4, 30), 29)


def test_an_audit_does_not_count_tomorrow_or_before_it_was_allocated():
    tomorrow = replace(finalise, effective_date=date(2026, 4, 21))
    audit.given(after_submission).when(finalise_audit, tomorrow, SHORT).then_refused("not come", field="effective_date")
    early = replace(finalise, effective_date=date(2026, 3, 31))
    audit.given(after_submission).when(finalise_audit, early, SHORT).then_refused("", field="effective_date")


def test_days_are_counted_from_the_first_allocation():
    history = [*all_graded[:3], reallocated, *all_graded[3:], submitted]
    after = audit.given(history).when(finalise_audit, finalise, SHORT).then_some(AuditFinalised)
    assert (after.result.days_to_finalise, after.result.independence) == (19, "INDEPENDENT")


def test_regrading_keeps_the_date_the_place_and_the_raw_grade():
    after = audit.given(after_finalising).when(regrade_audit, regrade, SHORT, CLOSING).then_some(AuditRegraded)
    domains = {"CHILD_VOICE": "GOOD", "ASSESSMENT": "INADEQUATE"}
    assert after.result == result.model_copy(update={"overall": "INADEQUATE", "domains": domains})
    assert after.regraded.overall == GradeChange(from_grade="GOOD", to_grade="INADEQUATE")
    assert after.regraded.domains == {"ASSESSMENT": GradeChange(from_grade="GOOD", to_grade="INADEQUATE")}


def test_regrading_to_the_grades_it_has_is_nothing():
    same = replace(regrade, overall="GOOD", domains={"ASSESSMENT": "GOOD"})
    audit.given(after_finalising).when(regrade_audit, same, SHORT, CLOSING).then_nothing()


def test_the_auditor_does_not_approve_the_regrade():
    own = replace(regrade, approved_by="qa-1")
    audit.given(after_finalising).when(regrade_audit, own, SHORT, CLOSING).then_refused(
        "somebody else than the auditor"
    )


def test_a_regrade_needs_a_known_reason_and_a_finalised_audit():
    vague = replace(regrade, reason="BETTER")
    audit.given(after_finalising).when(regrade_audit, vague, SHORT, CLOSING).then_refused("", field="reason")
    audit.given(after_submission).when(regrade_audit, regrade, SHORT, CLOSING).then_refused("only a finalised audit")


@pytest.mark.parametrize(
    "history",
    [[planned], all_graded[:3], all_graded, after_submission, after_moderation],
    ids=["planned", "started", "graded", "submitted", "moderated"],
)
def test_an_audit_can_be_withdrawn_in_every_state(history):
    audit.given(history).when(withdraw_audit, withdraw, CLOSING).then([withdrawn])


def test_a_withdrawal_says_whether_the_audit_was_counted():
    after = audit.given(after_finalising).when(withdraw_audit, withdraw, CLOSING).then_some(AuditWithdrawn)
    assert after.withdrawn.was_graded


def test_a_withdrawal_needs_a_known_reason():
    vague = replace(withdraw, reason="MISTAKE")
    audit.given([planned]).when(withdraw_audit, vague, CLOSING).then_refused("", field="reason")


@pytest.mark.parametrize(
    ("decision", "command", "rest"),
    [
        (allocate_audit, allocate, (POLICY, WORKING_DAYS)),
        (reallocate_audit, reallocate, (POLICY, WORKING_DAYS)),
        (decline_audit, decline, ()),
        (start_audit, start, (POLICY,)),
        (return_audit, give_back, ()),
        (moderate_audit, moderate, (SHORT,)),
        (finalise_audit, finalise, (SHORT,)),
        (regrade_audit, regrade, (SHORT, CLOSING)),
        (withdraw_audit, replace(withdraw, reason="LEGAL"), (CLOSING,)),
    ],
)
def test_nothing_leaves_withdrawn(decision, command, rest):
    gone = [*after_finalising, withdrawn.model_copy(update={"was_graded": True})]
    audit.given(gone).when(decision, command, *rest).then_refused("nothing leaves Withdrawn")


def test_a_withdrawn_audit_is_not_planned_again():
    audit.given([planned, withdrawn]).when(plan_audit, replace(plan, plan_type="CP"), SHORT).then_refused("before")
