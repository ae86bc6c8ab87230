"""Whatever is asked of a remedial action, in whatever order: refusals at most, and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.remedial_action import codes, commands, decisions
from services.audit.domain.remedial_action.state import DECIDER, Stage
from tests.examples.an_action import accept, agree, complete, facts, verify
from tests.examples.an_audit import POLICY, WORKING_DAYS, sealed
from tests.specification import asked_in_turn

POLICED = (POLICY, WORKING_DAYS)
people = st.sampled_from(["sw-1", "tm-1", "qa-1", "qa-2", "hos-1"])
roles = st.frozensets(st.sampled_from(["SOCIAL_WORKER", "TEAM_MANAGER", "QA_OFFICER", "HEAD_OF_SERVICE"]), min_size=1)
days = st.integers(0, 45).map(lambda n: date(2026, 4, 20) + timedelta(days=n))
words = st.builds(sealed, st.sampled_from(["a", "b"]), st.text("xyz", min_size=1, max_size=3))
audits = st.sampled_from(
    [replace(facts, audit_id=id_, family_group=family) for id_ in ("audit-17", "audit-18") for family in ("f", None)]
)


def of(known) -> st.SearchStrategy[str]:
    return st.sampled_from([*sorted(known), "SOMETHING"])


def ask(decision, command: st.SearchStrategy, *rest):
    return command.map(lambda c: lambda action: decision(c, action, *rest))


agreeing = st.builds(
    commands.AgreeAction,
    st.just("action-1"),
    audits,
    words,
    people,
    st.just("SOCIAL_WORKER"),
    of(codes.PRIORITIES),
    people,
    days,
    st.sampled_from([None, "CHILD_VOICE", "REVIEW"]),
    st.none() | days,
)
anything = st.one_of(
    ask(decisions.agree_action, agreeing, *POLICED),
    ask(decisions.accept_action, st.builds(commands.AcceptAction, people, days)),
    ask(decisions.progress_action, st.builds(commands.ProgressAction, people, words, days)),
    ask(
        decisions.reschedule_action,
        st.builds(commands.RescheduleAction, people, roles, days, of(codes.RESCHEDULE_REASONS), days, days),
        POLICY,
    ),
    ask(decisions.complete_action, st.builds(commands.CompleteAction, people, words, days), *POLICED),
    ask(decisions.verify_action, st.builds(commands.VerifyAction, people, roles, days)),
    ask(
        decisions.fail_verification,
        st.builds(commands.FailVerification, people, roles, words, days, days, st.none() | days, st.booleans()),
        *POLICED,
    ),
    ask(decisions.cancel_action, st.builds(commands.CancelAction, of(codes.CANCEL_REASONS), people, days)),
    ask(decisions.note_overdue_action, st.builds(commands.NoteOverdueAction, days, days)),
    ask(
        decisions.flag_action,
        st.builds(commands.FlagAction, st.sampled_from(["audit-17", "audit-18"]), st.just("WRONG_CHILD"), days),
    ),
)
on_the_way = [
    lambda action: decisions.agree_action(agree, action, *POLICED),
    lambda action: decisions.accept_action(accept, action),
    lambda action: decisions.complete_action(complete, action, *POLICED),
    lambda action: decisions.verify_action(verify, action),
]
journeys = st.lists(
    st.tuples(st.integers(0, len(on_the_way)), st.lists(anything, max_size=5)), min_size=1, max_size=5
).map(lambda legs: [step for upto, others in legs for step in (*on_the_way[:upto], *others)])


@settings(max_examples=200, deadline=None)
@given(journeys)
def test_any_order_of_commands_keeps_the_promises(asked):
    history = asked_in_turn(DECIDER, asked)
    kinds = Counter(type(event).__name__ for event in history)
    assert kinds["RemedialActionAgreed"] <= 1
    assert kinds["RemedialActionVerified"] + kinds["RemedialActionCancelled"] <= 1, "what is closed stays closed"
    noticed = [event.due_on for event in history if type(event).__name__ == "RemedialActionOverdue"]
    assert len(noticed) == len(set(noticed)), "a due date is noticed once"
    for event in history:
        if type(event).__name__ == "RemedialActionVerified":
            assert event.verified_by != history[0].owner


def test_the_whole_way_leads_to_a_verified_action():
    assert DECIDER.fold(asked_in_turn(DECIDER, on_the_way)).stage is Stage.VERIFIED
