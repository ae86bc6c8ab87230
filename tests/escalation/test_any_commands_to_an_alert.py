"""Whatever is asked of an alert, in whatever order: nothing breaks, nothing counts twice, and the balance holds."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from services.escalation.domain import codes
from services.escalation.domain.practice_alert import commands
from services.escalation.domain.practice_alert.events import (
    AlertReopened,
    AlertResolved,
    AlertStageDeadlineMissed,
    AlertTotalDeadlineMissed,
    AlertWithdrawn,
    PracticeAlertEvent,
    PracticeAlertRaised,
)
from services.escalation.domain.practice_alert.state import DECIDER
from tests.escalation.asking import decide
from tests.examples.an_alert import praise, raising, sealed
from tests.specification import asked_in_turn

days = st.dates(date(2026, 2, 25), date(2026, 6, 5))
stages = st.integers(0, 5)
officers = st.sampled_from(["IRO", "IRO", "IRO", "CP_CHAIR", "HEAD_OF_SAFEGUARDING_QA", "SOCIAL_WORKER"])
managers = st.sampled_from(["TEAM_MANAGER", "TEAM_MANAGER", "HEAD_OF_SERVICE", "OPERATIONAL_DIRECTOR", "DCS"])
texts = st.none() | st.sampled_from(["one", "two"]).map(sealed)
categories = st.lists(st.sampled_from(codes.Category), max_size=3).map(tuple)

commands_to_an_alert = st.one_of(
    st.builds(raising, by_role=officers, on=days, start_stage=stages, categories=categories),
    st.just(praise),
    st.builds(commands.Acknowledge, by_role=managers, on=days),
    st.builds(commands.SubmitResponse, by_role=managers, on=days, text=texts),
    st.builds(commands.AcceptResponse, by_role=officers, on=days),
    st.builds(commands.RejectResponse, by_role=officers, on=days, reason=texts),
    st.builds(
        commands.Escalate,
        to_stage=stages,
        reason=st.sampled_from(codes.EscalationReason),
        by_role=officers,
        on=days,
    ),
    st.builds(commands.RecalculateDeadlines),
    st.builds(commands.BackdateRaise, raised_on=days, by_role=officers),
    st.builds(
        commands.NoteMissedDeadline,
        clock=st.sampled_from(codes.Clock),
        stage=stages,
        entry=st.integers(0, 3),
        due_on=days,
        today=days,
    ),
    st.builds(commands.Recategorise, categories=categories, reason=texts, by_role=officers),
    st.builds(commands.Reassign, to_holder=st.sampled_from(["a", "b"]), reason=texts, by_role=officers),
    st.builds(
        commands.Resolve,
        outcome=st.sampled_from(codes.Outcome),
        by_role=officers,
        on=days,
        plan_type=st.none() | st.sampled_from(codes.PlanType),
    ),
    st.builds(commands.Reopen, reason=texts, by_role=officers, on=days, stage=st.none() | stages),
    st.builds(commands.VerifyImpact, impact=st.sampled_from(codes.Impact), by_role=officers, on=days),
    st.builds(commands.Withdraw, reason=st.sampled_from(codes.WithdrawalReason), by_role=officers, on=days),
    st.builds(commands.ShareGoodPractice, audience=st.just(("ALL_TEAMS",)), by_role=officers, on=days),
)
a_concern_first = st.builds(raising, on=st.dates(date(2026, 3, 2), date(2026, 3, 20)), start_stage=st.integers(1, 4))
conversations = st.tuples(a_concern_first, st.lists(commands_to_an_alert, max_size=30)).map(lambda t: [t[0], *t[1]])


def history_of(asked: list[object]) -> list[PracticeAlertEvent]:
    return asked_in_turn(DECIDER, [partial(decide, command) for command in asked])


@given(conversations | st.lists(commands_to_an_alert, max_size=10))
@settings(max_examples=300, deadline=None)
def test_nothing_but_a_refusal_is_raised_and_nothing_happens_twice(asked):
    history_of(asked)


@given(conversations)
@settings(deadline=None)
def test_raised_and_reopened_less_resolved_and_withdrawn_is_what_is_open(asked):
    history = history_of(asked)
    n = Counter(type(event) for event in history)
    balance = n[PracticeAlertRaised] + n[AlertReopened] - n[AlertResolved] - n[AlertWithdrawn]
    assert balance == int(DECIDER.fold(history).is_open)


@given(conversations)
@settings(deadline=None)
def test_no_stage_ends_after_the_total(asked):
    state = DECIDER.initial
    for event in history_of(asked):
        state = DECIDER.evolve(state, event)
        assert state.stage_deadline <= state.total_deadline


@given(conversations)
@settings(deadline=None)
def test_each_deadline_is_missed_at_most_once(asked):
    history = history_of(asked)
    stages_missed = Counter(event.entry for event in history if isinstance(event, AlertStageDeadlineMissed))
    assert all(times == 1 for times in stages_missed.values())
    clocks = 1 + sum(isinstance(event, AlertReopened) and event.clock == "RESTART" for event in history)
    assert sum(isinstance(event, AlertTotalDeadlineMissed) for event in history) <= clocks
