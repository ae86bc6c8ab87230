"""A child may not be safe: who is told, by when somebody confirms, and what becomes of it when nobody does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.audit.commands import NoteOverdueSafetyConcern
from services.audit.domain.audit.controlled_changes import withdraw_audit
from services.audit.domain.audit.events import (
    ImmediateSafetyConcernAcknowledged,
    ImmediateSafetyConcernOverdue,
    ImmediateSafetyConcernRaised,
)
from services.audit.domain.audit.safety_concern import (
    acknowledge_immediate_safety_concern,
    clear_immediate_safety_concern,
    note_overdue_safety_concern,
    overdue_next,
    raise_immediate_safety_concern,
    unconfirmed,
)
from services.audit.domain.audit.state import DECIDER
from services.audit.domain.policy import AuditPolicy
from tests.audit.telling import told
from tests.examples.an_audit import (
    ALDER,
    CLOSING,
    POLICY,
    WORKING_DAYS,
    clear_concern,
    cleared,
    concern,
    confirm_safe,
    confirmed,
    in_progress,
    planned,
    raise_concern,
    sealed,
    withdraw,
    withdrawn,
)
from tests.specification import specification

audit = specification(DECIDER)
POLICED = (POLICY, WORKING_DAYS)
raised = [*in_progress, concern]
overdue = ImmediateSafetyConcernOverdue(audit_id="audit-17", due_on=date(2026, 4, 9))


def test_a_concern_names_who_is_told_and_by_when_the_manager_confirms():
    audit.given(in_progress).when(raise_immediate_safety_concern, raise_concern, *POLICED).then([concern])


def test_one_working_day_skips_the_weekend_and_what_the_authority_set_holds():
    friday = replace(raise_concern, on=date(2026, 4, 10))
    after = (
        audit.given(in_progress)
        .when(raise_immediate_safety_concern, friday, *POLICED)
        .then_some(ImmediateSafetyConcernRaised)
    )
    assert after.concern.due_on == date(2026, 4, 13)
    same_day = AuditPolicy(safety_confirm_working_days=0)
    raised_so = audit.given(in_progress).when(raise_immediate_safety_concern, friday, same_day, WORKING_DAYS)
    assert raised_so.then_some(ImmediateSafetyConcernRaised).concern.due_on == date(2026, 4, 10)


def test_a_concern_is_raised_on_an_audit_that_has_started_and_whoever_is_found():
    audit.given([planned]).when(raise_immediate_safety_concern, raise_concern, *POLICED).then_refused("has started")
    nobody = replace(raise_concern, notified=())
    audit.given(in_progress).when(raise_immediate_safety_concern, nobody, *POLICED).then_some(
        ImmediateSafetyConcernRaised
    )


def test_the_same_concern_again_is_nothing_and_another_gives_no_more_time():
    audit.given(raised).when(raise_immediate_safety_concern, raise_concern, *POLICED).then_nothing()
    further = replace(raise_concern, concern=sealed("no food at home"), on=date(2026, 4, 9))
    after = (
        audit.given(raised)
        .when(raise_immediate_safety_concern, further, *POLICED)
        .then_some(ImmediateSafetyConcernRaised)
    )
    assert after.concern.due_on == date(2026, 4, 9)
    later = replace(further, on=date(2026, 4, 13))
    audit.given([*raised, confirmed]).when(raise_immediate_safety_concern, later, *POLICED).then_some(
        ImmediateSafetyConcernRaised
    )


def test_a_manager_confirms_in_time():
    audit.given(raised).when(acknowledge_immediate_safety_concern, confirm_safe).then([confirmed])


def test_a_late_confirmation_notes_first_that_it_was_overdue():
    late = replace(confirm_safe, on=date(2026, 4, 10))
    said = confirmed.model_copy(update={"acknowledged_on": date(2026, 4, 10), "in_time": False})
    audit.given(raised).when(acknowledge_immediate_safety_concern, late).then([overdue, said])
    audit.given([*raised, overdue]).when(acknowledge_immediate_safety_concern, late).then([said])


@pytest.mark.parametrize("who", ["sw-1", "qa-1", "qa-2"])
def test_nobody_but_a_manager_confirms(who):
    other = replace(confirm_safe, by=who)
    audit.given(raised).when(acknowledge_immediate_safety_concern, other).then_refused("manager")


def test_a_manager_who_was_not_told_may_confirm_and_the_worker_may_not_even_as_manager():
    director = replace(confirm_safe, by="dcs-1")
    audit.given(raised).when(acknowledge_immediate_safety_concern, director).then_some(
        ImmediateSafetyConcernAcknowledged
    )
    worker = replace(confirm_safe, by="sw-1", managers=frozenset({"sw-1"}))
    audit.given(raised).when(acknowledge_immediate_safety_concern, worker).then_refused("manager")


def test_there_is_nothing_to_confirm_without_a_concern_or_before_it():
    audit.given(in_progress).when(acknowledge_immediate_safety_concern, confirm_safe).then_refused("no open")
    early = replace(confirm_safe, on=date(2026, 4, 7))
    audit.given(raised).when(acknowledge_immediate_safety_concern, early).then_refused("", field="effective_date")


def test_that_nobody_confirmed_is_noted_once_the_day_after():
    on_the_day = NoteOverdueSafetyConcern(date(2026, 4, 9), date(2026, 4, 9))
    audit.given(raised).when(note_overdue_safety_concern, on_the_day).then_nothing()
    day_after = replace(on_the_day, today=date(2026, 4, 10))
    after = audit.given(raised).when(note_overdue_safety_concern, day_after).then([overdue])
    assert (unconfirmed(after), overdue_next(after)) == (date(2026, 4, 9), None)
    audit.given([*raised, confirmed]).when(note_overdue_safety_concern, day_after).then_nothing()
    another = replace(day_after, due_on=date(2026, 4, 8))
    audit.given(raised).when(note_overdue_safety_concern, another).then_nothing()


def test_a_concern_is_cleared_after_the_child_was_confirmed_safe():
    audit.given(raised).when(clear_immediate_safety_concern, clear_concern).then_refused("has confirmed")
    audit.given([*raised, confirmed]).when(clear_immediate_safety_concern, clear_concern).then([cleared])
    audit.given(in_progress).when(clear_immediate_safety_concern, clear_concern).then_nothing()
    own = replace(clear_concern, by="sw-1")
    audit.given([*raised, confirmed]).when(clear_immediate_safety_concern, own).then_refused("their own case")


def test_one_raised_before_anybody_had_to_confirm_is_cleared_as_it_was_then():
    old = ImmediateSafetyConcernRaised(concern=sealed("not seen"), raised_by="qa-1")
    given = audit.given([*in_progress, old])
    given.when(clear_immediate_safety_concern, clear_concern).then([cleared])
    assert (overdue_next(given.state), told(DECIDER, old)) == (None, None)


def test_an_audit_is_not_withdrawn_while_nobody_confirmed_that_the_child_is_safe():
    audit.given(raised).when(withdraw_audit, withdraw, CLOSING).then_refused("confirms first")
    audit.given([*raised, confirmed]).when(withdraw_audit, withdraw, CLOSING).then([withdrawn])


def test_nothing_leaves_withdrawn():
    for decision, command, *rest in [
        (raise_immediate_safety_concern, raise_concern, *POLICED),
        (acknowledge_immediate_safety_concern, confirm_safe),
        (clear_immediate_safety_concern, clear_concern),
    ]:
        audit.given([*in_progress, withdrawn]).when(decision, command, *rest).then_refused("nothing leaves Withdrawn")


def test_the_world_is_told_that_there_was_a_concern_and_how_fast_it_was_dealt_with_and_no_word_of_it():
    first, second, third = (told(DECIDER, event) for event in (concern, confirmed, cleared))
    assert (first.place, first.raised_on, first.due_on) == (ALDER, date(2026, 4, 8), date(2026, 4, 9))
    assert (second.acknowledged_on, second.in_time) == (date(2026, 4, 9), True)
    assert third.cleared_on == date(2026, 4, 10)
    assert told(DECIDER, overdue) is None
    assert "month" not in first.model_dump_json() + second.model_dump_json()
