"""Whatever is asked about a re-audit, in whatever order: refusals at most, and nothing happens twice."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.re_audit import codes, commands, decisions
from services.audit.domain.re_audit.state import DECIDER, Stage
from tests.examples.a_re_audit import complete, follow, graded, parent, plan
from tests.examples.a_template import SHORT
from tests.examples.an_audit import POLICY, sealed
from tests.specification import asked_in_turn

people = st.sampled_from(["qa-1", "hos-1", "dcs-1"])
roles = st.frozensets(st.sampled_from(["QA_OFFICER", "HEAD_OF_SERVICE", "DCS"]), min_size=1)
days = st.integers(0, 200).map(lambda n: date(2026, 4, 20) + timedelta(days=n))
grades = st.sampled_from(["GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE", "NOT_EVIDENCED"])
results = st.builds(lambda overall, one, two: graded(overall, ASSESSMENT=one, CHILD_VOICE=two), grades, grades, grades)
parents = st.builds(parent, results, st.integers(0, 2))
audits = st.sampled_from(["audit-30", "audit-31"])
domains = st.sampled_from([(), ("ASSESSMENT",), ("ASSESSMENT", "CHILD_VOICE"), ("THRESHOLD",)])


def of(known) -> st.SearchStrategy[str]:
    return st.sampled_from([*sorted(known), "SOMETHING"])


def ask(decision, command: st.SearchStrategy, *rest):
    return command.map(lambda c: lambda state: decision(c, state, *rest))


anything = st.one_of(
    ask(decisions.follow_grades, st.builds(commands.FollowGrades, parents, days), POLICY),
    ask(
        decisions.require_re_audit,
        st.builds(commands.RequireReAudit, parents, of(codes.Trigger), days, domains, st.none() | days, people, roles),
        POLICY,
    ),
    ask(decisions.note_planned, st.builds(commands.NotePlanned, audits, days)),
    ask(decisions.note_re_audit_withdrawn, st.builds(commands.NoteReAuditWithdrawn, audits)),
    ask(decisions.note_parent_withdrawn, st.builds(commands.NoteParentWithdrawn, days)),
    ask(
        decisions.complete_re_audit,
        st.builds(commands.CompleteReAudit, audits, results, results, results, st.just(SHORT.scale), domains),
    ),
    ask(decisions.find_not_possible, st.builds(commands.FindNotPossible, of(codes.NOT_POSSIBLE), people, days)),
    ask(
        decisions.record_director_review,
        st.builds(
            commands.RecordDirectorReview,
            of(codes.DIRECTOR_DECISIONS),
            people,
            roles,
            days,
            st.none() | st.builds(sealed, st.just("a"), st.text("xyz", min_size=1, max_size=3)),
        ),
    ),
)
on_the_way = [
    lambda state: decisions.follow_grades(follow, state, POLICY),
    lambda state: decisions.note_planned(plan, state),
    lambda state: decisions.complete_re_audit(complete, state),
]
journeys = st.lists(
    st.tuples(st.integers(0, len(on_the_way)), st.lists(anything, max_size=5)), min_size=1, max_size=5
).map(lambda legs: [step for upto, others in legs for step in (*on_the_way[:upto], *others)])


@settings(max_examples=200, deadline=None)
@given(journeys)
def test_any_order_of_commands_keeps_the_promises(asked):
    history = asked_in_turn(DECIDER, asked)
    state, due = DECIDER.initial, None
    for event in history:
        before, state = state, DECIDER.evolve(state, event)
        if type(event).__name__ == "ReAuditRequired" and before.is_open:
            assert event.due_on <= due, "a requirement that stands becomes due no later"
            assert before.required.scope != codes.Scope.FULL or event.scope == codes.Scope.FULL, "and never less"
        due = state.required.due_on if state.required else None
    assert (state.stage is Stage.PLANNED) <= (state.audit_id is not None)


def test_the_whole_way_leads_to_a_completed_re_audit():
    assert DECIDER.fold(asked_in_turn(DECIDER, on_the_way)).stage is Stage.COMPLETED
