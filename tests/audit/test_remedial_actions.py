"""Something is to be done for a child: who does it, by when, and who sees that it was done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.policy import AuditPolicy
from services.audit.domain.remedial_action.commands import NoteOverdueAction
from services.audit.domain.remedial_action.decisions import (
    accept_action,
    agree_action,
    cancel_action,
    complete_action,
    fail_verification,
    flag_action,
    note_overdue_action,
    progress_action,
    reschedule_action,
    verify_action,
)
from services.audit.domain.remedial_action.events import (
    RemedialActionAgreed,
    RemedialActionCancelled,
    RemedialActionCompleted,
    RemedialActionFlagged,
    RemedialActionLinked,
    RemedialActionOverdue,
    RemedialActionProgressed,
    RemedialActionRescheduled,
    RemedialActionVerificationFailed,
    RemedialActionVerified,
)
from services.audit.domain.remedial_action.state import DECIDER, Stage
from tests.audit.telling import told
from tests.examples.an_action import (
    AGREED_ON,
    DUE_ON,
    HEAD_OF_SERVICE,
    MANAGER,
    accept,
    accepted,
    agree,
    agreed,
    cancel,
    complete,
    completed,
    done,
    facts,
    fail,
    failed,
    flag,
    overdue,
    progress,
    reschedule,
    rescheduled,
    verified,
    verify,
)
from tests.examples.an_audit import ALDER, POLICY, WORKING_DAYS, sealed
from tests.specification import specification

action = specification(DECIDER)
POLICED = (POLICY, WORKING_DAYS)
LATER = date(2026, 4, 28)  # the day after it was due


# -- agreeing -------------------------------------------------------------------------------------------------------


def test_an_action_is_due_when_the_policy_says_for_its_priority():
    action.given([]).when(agree_action, agree, *POLICED).then([agreed])


@pytest.mark.parametrize(
    ("priority", "due_on"), [("HIGH", DUE_ON), ("MEDIUM", date(2026, 5, 5)), ("LOW", date(2026, 5, 19))]
)
def test_the_lower_the_priority_the_more_time(priority, due_on):
    asked = replace(agree, priority=priority)
    after = action.given([]).when(agree_action, asked, *POLICED).then_some(RemedialActionAgreed)
    assert after.due_on == due_on


def test_an_action_may_be_due_earlier_and_not_later():
    sooner = replace(agree, due_on=date(2026, 4, 22))
    after = action.given([]).when(agree_action, sooner, *POLICED).then_some(RemedialActionAgreed)
    assert after.due_on == date(2026, 4, 22)
    for day in (date(2026, 4, 28), date(2026, 4, 19)):
        asked = replace(agree, due_on=day)
        action.given([]).when(agree_action, asked, *POLICED).then_refused("sooner", field="due_on")


def test_an_action_is_about_a_domain_of_the_template_or_about_none():
    action.given([]).when(agree_action, replace(agree, domain=None), *POLICED).then_some(RemedialActionAgreed)
    unknown = replace(agree, domain="THRESHOLD")
    action.given([]).when(agree_action, unknown, *POLICED).then_refused("template", field="domain")
    action.given([]).when(agree_action, replace(agree, priority="ASAP"), *POLICED).then_refused("", field="priority")


def test_no_action_is_agreed_for_an_audit_that_was_not_begun_or_was_withdrawn():
    gone = replace(agree, audit=replace(facts, standing=False))
    action.given([]).when(agree_action, gone, *POLICED).then_refused("begun and not withdrawn")


def test_the_same_action_again_is_nothing_and_in_another_way_it_is_refused():
    another_day = replace(agree, on=date(2026, 4, 23), text=sealed("see the child alone", "m"))
    action.given([agreed]).when(agree_action, another_day, *POLICED).then_nothing()
    other = replace(agree, owner="tm-1")
    action.given([agreed]).when(agree_action, other, *POLICED).then_refused("in another way")


def test_siblings_audited_as_one_family():
    """Edge case 12, no double action: what is agreed for a brother's audit is linked with his sister's action."""
    family = [agreed.model_copy(update={"family_group": "family-1"})]
    brother = replace(agree, audit=replace(facts, audit_id="audit-18", family_group="family-1"), by="qa-2")
    linked = RemedialActionLinked(
        action_id="action-1", audit_id="audit-18", linked_by="qa-2", linked_on=date(2026, 4, 20)
    )
    after = action.given(family).when(agree_action, brother, *POLICED).then([linked])
    assert (after.audits, after.due_on, told(DECIDER, linked)) == (("audit-17", "audit-18"), DUE_ON, None)
    stranger = replace(brother, audit=replace(brother.audit, family_group="family-2"))
    action.given(family).when(agree_action, stranger, *POLICED).then_refused("one family")
    action.given([*family, completed, verified]).when(agree_action, brother, *POLICED).then_refused("closed")


# -- doing ----------------------------------------------------------------------------------------------------------


def test_whoever_is_to_do_it_accepts_it():
    action.given([agreed]).when(accept_action, accept).then([accepted])
    action.given([agreed]).when(accept_action, replace(accept, by="tm-1")).then_refused("whoever is to do it")


def test_what_was_done_so_far_is_noted_once():
    after = action.given([agreed]).when(progress_action, progress).then_some(RemedialActionProgressed)
    assert progress_action(replace(progress, note=sealed("visit booked", "m")), after) == []
    assert len(progress_action(replace(progress, note=sealed("visit made")), after)) == 1


def test_a_manager_moves_the_date_once():
    action.given([agreed]).when(reschedule_action, reschedule, POLICY).then([rescheduled])


def test_moving_it_again_needs_approval():
    again = replace(reschedule, due_on=date(2026, 5, 12), on=date(2026, 4, 30), today=date(2026, 4, 30))
    moved = [agreed, rescheduled]
    action.given(moved).when(reschedule_action, again, POLICY).then_refused("needs a Head of Service")
    approved = replace(again, by="hos-1", roles=HEAD_OF_SERVICE)
    after = action.given(moved).when(reschedule_action, approved, POLICY).then_some(RemedialActionRescheduled)
    assert (after.times_moved, after.moved.approved_by, after.due_on) == (2, "hos-1", date(2026, 5, 12))
    generous = AuditPolicy(action_moves_without_approval=2)
    freely = action.given(moved).when(reschedule_action, again, generous).then_some(RemedialActionRescheduled)
    assert freely.moved.approved_by is None


def test_nobody_moves_their_own_date_nor_to_a_day_that_has_passed_nor_without_a_reason():
    given = action.given([agreed])
    given.when(reschedule_action, replace(reschedule, by="sw-1"), POLICY).then_refused("the manager of")
    given.when(reschedule_action, replace(reschedule, roles=frozenset()), POLICY).then_refused("the manager of")
    past = replace(reschedule, due_on=date(2026, 4, 23))
    given.when(reschedule_action, past, POLICY).then_refused("passed", field="due_on")
    given.when(reschedule_action, replace(reschedule, reason="LATER"), POLICY).then_refused("", field="reason")


def test_an_action_is_completed_with_evidence_and_then_waits_for_somebody_to_look():
    action.given([agreed, accepted]).when(complete_action, complete, *POLICED).then([completed])
    other = replace(complete, evidence_ref=sealed("case note 13"))
    action.given(done).when(complete_action, other, *POLICED).then_refused("not open")


def test_nothing_happens_to_an_action_before_it_was_agreed():
    early = date(2026, 4, 19)
    action.given([agreed]).when(complete_action, replace(complete, on=early), *POLICED).then_refused(
        "before it was agreed", field="effective_date"
    )
    action.given([agreed]).when(cancel_action, replace(cancel, on=early)).then_refused("", field="effective_date")


# -- overdue --------------------------------------------------------------------------------------------------------


def test_a_due_date_that_passed_is_noticed_once():
    look = NoteOverdueAction(DUE_ON, LATER)
    after = action.given([agreed]).when(note_overdue_action, look).then([overdue])
    assert after.is_overdue
    action.given([agreed]).when(note_overdue_action, replace(look, today=DUE_ON)).then_nothing()
    action.given(done).when(note_overdue_action, look).then_nothing()


def test_each_due_date_is_noticed_for_itself():
    later = date(2026, 5, 6)
    history = [agreed, overdue, rescheduled]
    noted = RemedialActionOverdue(action_id="action-1", due_on=date(2026, 5, 5))
    action.given(history).when(note_overdue_action, NoteOverdueAction(date(2026, 5, 5), later)).then([noted])
    action.given(history).when(note_overdue_action, NoteOverdueAction(DUE_ON, later)).then_nothing()
    assert not action.given(history).state.is_overdue


@pytest.mark.parametrize(
    ("decision", "command", "rest"),
    [
        (accept_action, replace(accept, on=LATER), ()),
        (progress_action, replace(progress, on=LATER), ()),
        (reschedule_action, replace(reschedule, on=LATER, today=LATER), (POLICY,)),
        (complete_action, replace(complete, on=LATER), POLICED),
        (cancel_action, replace(cancel, on=LATER), ()),
        (flag_action, flag, ()),
    ],
)
def test_every_later_step_notes_first_that_it_was_overdue(decision, command, rest):
    first, _ = decision(command, action.given([agreed]).state, *rest)
    assert first == overdue
    (only,) = decision(command, action.given([agreed, overdue]).state, *rest)
    assert only != overdue


def test_what_was_done_in_time_and_entered_late_was_in_time():
    after = action.given([agreed]).when(complete_action, complete, *POLICED).then_some(RemedialActionCompleted)
    assert after.noticed == frozenset()


# -- verifying ------------------------------------------------------------------------------------------------------


def test_somebody_else_sees_that_it_was_done():
    action.given(done).when(verify_action, verify).then([verified])


@pytest.mark.parametrize("who", ["sw-1", "tm-1"])
def test_neither_the_owner_nor_whoever_completed_it_verifies(who):
    by_manager = [agreed, completed.model_copy(update={"completed_by": "tm-1"})]
    action.given(by_manager).when(verify_action, replace(verify, by=who)).then_refused("somebody else")


def test_verifying_is_for_quality_assurance_and_for_those_who_approve():
    action.given(done).when(verify_action, replace(verify, by="tm-1", roles=MANAGER)).then_refused("QA Officer")
    head = replace(verify, by="hos-1", roles=HEAD_OF_SERVICE)
    action.given(done).when(verify_action, head).then_some(RemedialActionVerified)


def test_a_late_look_is_a_look_and_says_that_it_was_late():
    late = replace(verify, on=date(2026, 5, 12))
    after = action.given(done).when(verify_action, late).then_some(RemedialActionVerified)
    assert not after.verified.in_time


def test_only_what_was_completed_is_verified_and_not_before():
    action.given([agreed]).when(verify_action, verify).then_refused("only a completed action")
    early = replace(verify, on=date(2026, 4, 23))
    action.given(done).when(verify_action, early).then_refused("", field="effective_date")


def test_what_was_not_done_is_open_again_with_a_new_due_date():
    after = action.given(done).when(fail_verification, fail, *POLICED).then([failed])
    assert (after.stage, after.due_on) == (Stage.OPEN, date(2026, 5, 7))
    again = replace(complete, on=date(2026, 5, 6), evidence_ref=sealed("case note 15"))
    assert [type(one) for one in complete_action(again, after, *POLICED)] == [RemedialActionCompleted]
    before = replace(again, on=date(2026, 4, 28))
    action.given([*done, failed]).when(complete_action, before, *POLICED).then_refused("", field="effective_date")


def test_a_failed_action_may_call_for_another_audit_by_a_persons_or_the_authoritys_choice():
    wished = replace(fail, re_audit=True)
    after = action.given(done).when(fail_verification, wished, *POLICED).then_some(RemedialActionVerificationFailed)
    assert after.failed.re_audit
    always = AuditPolicy(reaudit_after_failed_action=True)
    ruled = action.given(done).when(fail_verification, fail, always, WORKING_DAYS)
    assert ruled.then_some(RemedialActionVerificationFailed).failed.re_audit


def test_a_failed_action_entered_late_is_due_from_today():
    late = replace(fail, today=date(2026, 5, 20))
    after = action.given(done).when(fail_verification, late, *POLICED).then_some(RemedialActionVerificationFailed)
    assert after.due_on == date(2026, 5, 28)


# -- ending ---------------------------------------------------------------------------------------------------------


def test_an_action_is_cancelled_by_somebody_who_approves_with_a_reason():
    cancelled = RemedialActionCancelled(
        action_id="action-1", reason="NO_LONGER_NEEDED", approved_by="hos-1", cancelled_on=date(2026, 4, 24)
    )
    action.given([agreed]).when(cancel_action, cancel).then([cancelled])
    action.given([agreed]).when(cancel_action, replace(cancel, approved_by="sw-1")).then_refused("somebody else")
    action.given([agreed]).when(cancel_action, replace(cancel, reason="LATE")).then_refused("", field="reason")
    action.given([*done, verified]).when(cancel_action, cancel).then_refused("closed")


def test_an_audit_withdrawn_as_wrong_child_flags_the_action_and_changes_nothing_else():
    flagged = RemedialActionFlagged(
        action_id="action-1", audit_id="audit-17", reason="WRONG_CHILD", flagged_on=date(2026, 5, 12)
    )
    after = action.given([*done, verified]).when(flag_action, flag).then([flagged])
    assert (after.stage, after.flags) == (Stage.VERIFIED, (flagged,))
    action.given(done).when(flag_action, replace(flag, audit_id="audit-18")).then_refused("not agreed for that")


@pytest.mark.parametrize(
    ("decision", "command", "rest"),
    [
        (accept_action, accept, ()),
        (progress_action, progress, ()),
        (reschedule_action, reschedule, (POLICY,)),
        (complete_action, complete, POLICED),
        (verify_action, verify, ()),
        (fail_verification, fail, POLICED),
        (cancel_action, cancel, ()),
        (flag_action, flag, ()),
    ],
)
def test_nothing_happens_to_an_action_that_nobody_agreed(decision, command, rest):
    action.given([]).when(decision, command, *rest).then_refused("no such action")


def test_the_world_is_told_dates_and_roles_and_neither_words_nor_people():
    events = [agreed, accepted, rescheduled, overdue, completed, failed, verified]
    events.append(
        RemedialActionFlagged(action_id="action-1", audit_id="audit-17", reason="WRONG_CHILD", flagged_on=LATER)
    )
    said = [told(DECIDER, event) for event in events]
    first = said[0]
    assert (first.owner_role, first.priority, first.place, first.agreed_on, first.due_on) == (
        "SOCIAL_WORKER",
        "HIGH",
        ALDER,
        AGREED_ON,
        DUE_ON,
    )
    kinds = [type(one).__name__.removeprefix("RemedialAction") for one in said if one is not None]
    assert kinds == [
        "AgreedV1",
        "RescheduledV1",
        "OverdueV1",
        "CompletedV1",
        "VerificationFailedV1",
        "VerifiedV1",
        "FlaggedV1",
    ]
    text = "".join(one.model_dump_json() for one in said if one is not None)
    assert not any(word in text for word in ("sw-1", "qa-1", "alone", "case note"))
