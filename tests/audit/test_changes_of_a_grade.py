"""Changes after a grade counted: who approves, which closed periods they touch, and words about the wrong child."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.audit.commands import DestroyAuditWords
from services.audit.domain.audit.controlled_changes import destroy_audit_words, regrade_audit, withdraw_audit
from services.audit.domain.audit.decisions import finalise_audit
from services.audit.domain.audit.events import AuditFinalised, AuditRegraded, AuditWithdrawn, AuditWordsDestroyed
from services.audit.domain.audit.state import DECIDER
from services.audit.domain.closed_periods import Closing
from services.audit.domain.policy import AuditPolicy
from tests.audit.telling import told
from tests.examples.a_template import SHORT
from tests.examples.an_audit import (
    CLOSING,
    POLICY,
    WORKING_DAYS,
    after_finalising,
    after_moderation,
    after_submission,
    finalise,
    finalised,
    in_progress,
    regrade,
    result,
    withdraw,
)
from tests.specification import specification

audit = specification(DECIDER)
AUTUMN = replace(CLOSING, today=date(2026, 9, 1))
destroy = DestroyAuditWords("head-1", "HEAD_OF_SAFEGUARDING_QA", date(2026, 5, 12))


def closed(effective: date, today: date, policy: AuditPolicy = POLICY) -> tuple[str, ...]:
    return Closing(policy, WORKING_DAYS, today).closed(effective)


@pytest.mark.parametrize(
    ("effective", "closes_on", "period"),
    [
        (date(2025, 12, 31), date(2026, 1, 8), "2025-12"),
        (date(2026, 4, 1), date(2026, 5, 8), "2026-04"),
    ],
)
def test_a_month_closes_on_its_fifth_working_day(effective, closes_on, period):
    assert closed(effective, date.fromordinal(closes_on.toordinal() - 1)) == ()
    assert closed(effective, closes_on) == (period,)


@pytest.mark.parametrize(
    ("effective", "closes_on", "quarter"),
    [
        (date(2025, 12, 31), date(2026, 1, 15), "2025-Q3"),
        (date(2026, 1, 1), date(2026, 4, 16), "2025-Q4"),
        (date(2026, 5, 17), date(2026, 7, 14), "2026-Q1"),
        (date(2026, 9, 30), date(2026, 10, 14), "2026-Q2"),
    ],
)
def test_a_quarter_of_the_financial_year_closes_on_its_tenth_working_day(effective, closes_on, quarter):
    assert quarter not in closed(effective, date.fromordinal(closes_on.toordinal() - 1))
    assert quarter in closed(effective, closes_on)


def test_an_authority_may_close_on_other_days():
    later = AuditPolicy(month_close_working_day=20)
    assert closed(date(2026, 4, 30), date(2026, 5, 12), later) == ()


def test_a_backdated_finalisation():
    """Edge case 23: done 30 April, entered 12 May after close: it counts on 30 April and touches a closed April."""
    entered = date(2026, 5, 12)
    late = replace(
        finalise, effective_date=date(2026, 4, 30), today=entered, closed_periods=closed(date(2026, 4, 30), entered)
    )
    (event,) = finalise_audit(late, audit.given(after_submission).state, SHORT)
    assert isinstance(event, AuditFinalised)
    assert (event.result.effective_date, event.closed_periods_affected) == (date(2026, 4, 30), ("2026-04",))
    assert told(DECIDER, event).effective_date == date(2026, 4, 30)


def test_an_audit_regraded_after_the_month_report_closed():
    """Edge case 1, the audit's side: the change says which closed periods it touches, and counts where it counted."""
    given = audit.given(after_finalising)
    in_may = replace(CLOSING, today=date(2026, 5, 12))
    after = given.when(regrade_audit, regrade, SHORT, in_may).then_some(AuditRegraded)
    assert after.regraded.closed_periods_affected == ("2026-04",)
    assert (after.result.effective_date, after.regraded.regraded_on) == (date(2026, 4, 20), date(2026, 5, 12))
    autumn = given.when(regrade_audit, regrade, SHORT, AUTUMN).then_some(AuditRegraded)
    assert autumn.regraded.closed_periods_affected == ("2026-04", "2026-Q1")
    before = given.when(regrade_audit, regrade, SHORT, CLOSING).then_some(AuditRegraded)
    assert before.regraded.closed_periods_affected == ()


def test_neither_auditor_nor_moderator_approves_of_a_change():
    final = [*after_moderation, finalised]
    for who in ("qa-1", "qa-2"):
        own, gone = replace(regrade, approved_by=who), replace(withdraw, approved_by=who)
        audit.given(final).when(regrade_audit, own, SHORT, CLOSING).then_refused("auditor and the moderator")
        audit.given(final).when(withdraw_audit, gone, CLOSING).then_refused("auditor and the moderator")
    audit.given(in_progress).when(withdraw_audit, replace(withdraw, approved_by="qa-1"), CLOSING).then_some(
        AuditWithdrawn
    )


def test_the_approvers_role_is_kept_and_told():
    after = audit.given(after_finalising).when(regrade_audit, regrade, SHORT, CLOSING).then_some(AuditRegraded)
    assert (after.regraded.approved_by, after.regraded.approver_role) == ("head-1", "HEAD_OF_SAFEGUARDING_QA")
    graded = told(DECIDER, after.regraded)
    assert (graded.regrade, graded.regrade_reason, graded.approver_role) == (
        True,
        "NEW_EVIDENCE",
        "HEAD_OF_SAFEGUARDING_QA",
    )
    gone = audit.given(after_finalising).when(withdraw_audit, withdraw, AUTUMN).then_some(AuditWithdrawn)
    assert told(DECIDER, gone.withdrawn).approver_role == "HEAD_OF_SAFEGUARDING_QA"
    assert gone.withdrawn.closed_periods_affected == ("2026-04", "2026-Q1")
    assert "head-1" not in graded.model_dump_json()


def test_a_withdrawal_repeated_on_another_day_is_nothing_new():
    gone = audit.given(after_finalising).when(withdraw_audit, withdraw, CLOSING).then_some(AuditWithdrawn)
    assert withdraw_audit(withdraw, gone, AUTUMN) == []


def test_an_audit_that_never_counted_touches_no_period():
    gone = audit.given(in_progress).when(withdraw_audit, withdraw, AUTUMN).then_some(AuditWithdrawn)
    assert gone.withdrawn.closed_periods_affected == ()


def test_only_words_about_the_wrong_child_are_destroyed_on_their_own():
    wrong = (
        audit.given(after_finalising)
        .when(withdraw_audit, replace(withdraw, reason="WRONG_CHILD"), CLOSING)
        .then_some(AuditWithdrawn)
    )
    history = [*after_finalising, wrong.withdrawn]
    destroyed = AuditWordsDestroyed(
        audit_id="audit-17",
        approved_by="head-1",
        approver_role="HEAD_OF_SAFEGUARDING_QA",
        destroyed_on=date(2026, 5, 12),
    )
    after = audit.given(history).when(destroy_audit_words, destroy).then([destroyed])
    assert (after.result, after.stage) == (result, "WITHDRAWN")
    assert told(DECIDER, destroyed) is None
    audit.given(after_finalising).when(destroy_audit_words, destroy).then_refused("withdraw the audit first")
    twice = wrong.withdrawn.model_copy(update={"reason": "DUPLICATE"})
    audit.given([*after_finalising, twice]).when(destroy_audit_words, destroy).then_refused("wrong child")
