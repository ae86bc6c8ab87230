"""Whatever is asked of an audit, in whatever order: refusals at most, and nothing happens twice."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.audit import codes, commands, controlled_changes, decisions, safety_concern
from services.audit.domain.audit.elsewhere import RecordGradedElsewhere, record_graded_elsewhere
from services.audit.domain.audit.events import Agreed
from services.audit.domain.audit.pairing import (
    CompareAudit,
    PairAudit,
    UnpairAudit,
    compare_audit,
    pair_audit,
    unpair_audit,
)
from services.audit.domain.audit.state import DECIDER, Stage
from tests.examples.a_template import SHORT
from tests.examples.an_audit import (
    ALDER,
    ALDER_MANAGER,
    BIRCH_MANAGER,
    CLOSING,
    OTHER_QA,
    POLICY,
    QA,
    WORKER,
    WORKING_DAYS,
    plan,
    sealed,
)
from tests.specification import asked_in_turn

people = st.sampled_from(["qa-1", "qa-2", "sw-1", "tm-1", "head-1"])
auditors = st.sampled_from([QA, QA, OTHER_QA, ALDER_MANAGER, BIRCH_MANAGER, WORKER])
days = st.integers(0, 40).map(lambda n: date(2026, 4, 1) + timedelta(days=n))
grades = st.sampled_from(["GOOD", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE", "NOT_EVIDENCED", "FINE"])
domain_codes = st.sampled_from(["CHILD_VOICE", "ASSESSMENT", "REVIEW", "THRESHOLD"])
some_domains = st.dictionaries(domain_codes, grades, max_size=2)
words = st.builds(sealed, st.sampled_from(["a", "b"]), st.text("xyz", min_size=1, max_size=3))
maybe_words = st.none() | words
pair_ids = st.sampled_from(["pair-1", "pair-2"])
KNOWN = (SHORT,)
POLICED = (POLICY, WORKING_DAYS)


def of(known: frozenset[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*sorted(known), "SOMETHING"])


def ask(decision, command: st.SearchStrategy, *rest):
    return command.map(lambda c: lambda audit: decision(c, audit, *rest))


plans = st.builds(
    lambda kind: commands.PlanAudit("audit-17", "QA_ROUTINE", kind, ALDER), st.sampled_from(["CIN", "CL"])
)
elsewhere = st.builds(
    RecordGradedElsewhere,
    plan=plans,
    effective_date=days,
    today=days,
    overall=grades,
    domains=some_domains,
    independence=st.just("LINKED"),
    auditor_role=st.just("QA_OFFICER"),
    raw_overall=st.none() | grades,
    auditor_ref=st.none() | people,
    allocated_on=st.none() | days,
)
anything = st.one_of(
    ask(decisions.plan_audit, plans, *KNOWN),
    ask(decisions.allocate_audit, st.builds(commands.AllocateAudit, auditors, days), *POLICED),
    ask(
        decisions.reallocate_audit,
        st.builds(commands.ReallocateAudit, auditors, of(codes.REALLOCATION_REASONS), days),
        *POLICED,
    ),
    ask(decisions.decline_audit, st.builds(commands.DeclineAudit, people, of(codes.DECLINE_REASONS))),
    ask(decisions.start_audit, st.builds(commands.StartAudit, people, days), POLICY),
    ask(
        decisions.seek_family_feedback,
        st.builds(commands.SeekFamilyFeedback, of(codes.FAMILY_FEEDBACK), people, st.none() | st.just("UNSAFE")),
    ),
    ask(decisions.add_practitioner_reflection, st.builds(commands.AddPractitionerReflection, people, words)),
    ask(
        decisions.grade_domain,
        st.builds(commands.GradeDomain, domain_codes, grades, people, maybe_words),
        *KNOWN,
    ),
    ask(decisions.give_overall_grade, st.builds(commands.GiveOverallGrade, grades, people, maybe_words), *KNOWN),
    ask(
        safety_concern.raise_immediate_safety_concern,
        st.builds(commands.RaiseImmediateSafetyConcern, words, people, days, st.just(ALDER), st.just(("tm-1",))),
        *POLICED,
    ),
    ask(
        safety_concern.acknowledge_immediate_safety_concern,
        st.builds(commands.AcknowledgeImmediateSafetyConcern, people, st.just(frozenset({"tm-1", "head-1"})), days),
    ),
    ask(safety_concern.note_overdue_safety_concern, st.builds(commands.NoteOverdueSafetyConcern, days, days)),
    ask(safety_concern.clear_immediate_safety_concern, st.builds(commands.ClearImmediateSafetyConcern, people, days)),
    ask(decisions.submit_audit, st.builds(commands.SubmitAudit, people, days), *KNOWN, *POLICED),
    ask(decisions.return_audit, st.builds(commands.ReturnAudit, words, people)),
    ask(
        decisions.moderate_audit,
        st.builds(commands.ModerateAudit, people, st.just("QA_OFFICER"), of(codes.AUDIT_QUALITY), grades, some_domains),
        *KNOWN,
    ),
    ask(
        decisions.finalise_audit,
        st.builds(
            commands.FinaliseAudit,
            days,
            days,
            st.just(ALDER),
            st.none() | st.builds(commands.Consensus, grades, some_domains),
        ),
        *KNOWN,
    ),
    ask(
        controlled_changes.regrade_audit,
        st.builds(commands.RegradeAudit, grades, of(codes.REGRADE_REASONS), people, some_domains),
        *KNOWN,
        CLOSING,
    ),
    ask(
        controlled_changes.withdraw_audit,
        st.builds(commands.WithdrawAudit, st.just("audit-17"), of(codes.WITHDRAWAL_REASONS), people),
        CLOSING,
    ),
    ask(
        controlled_changes.destroy_audit_words,
        st.builds(commands.DestroyAuditWords, people, st.just("HEAD_OF_SAFEGUARDING_QA"), days),
    ),
    ask(record_graded_elsewhere, elsewhere, *KNOWN),
    ask(pair_audit, st.builds(PairAudit, pair_ids, st.sampled_from(["PAIRED", "COMPARED"]), st.just("audit-18"))),
    ask(compare_audit, st.builds(CompareAudit, pair_ids, st.none() | st.builds(Agreed, overall=grades))),
    ask(unpair_audit, st.builds(UnpairAudit, pair_ids)),
)

# Random commands seldom get past the start by themselves: these lead there, and anything may come in between.
on_the_way = [
    lambda audit: decisions.plan_audit(plan, audit, SHORT),
    lambda audit: decisions.allocate_audit(commands.AllocateAudit(QA, date(2026, 4, 1)), audit, *POLICED),
    lambda audit: decisions.start_audit(commands.StartAudit("qa-1", date(2026, 4, 2)), audit, POLICY),
    lambda audit: decisions.grade_domain(
        commands.GradeDomain("CHILD_VOICE", "GOOD", "qa-1", sealed("a")), audit, SHORT
    ),
    lambda audit: decisions.grade_domain(commands.GradeDomain("ASSESSMENT", "GOOD", "qa-1", sealed("a")), audit, SHORT),
    lambda audit: decisions.give_overall_grade(commands.GiveOverallGrade("GOOD", "qa-1", sealed("a")), audit, SHORT),
    lambda audit: decisions.submit_audit(commands.SubmitAudit("qa-1", date(2026, 4, 9)), audit, SHORT, *POLICED),
    lambda audit: decisions.moderate_audit(
        commands.ModerateAudit("qa-2", "QA_OFFICER", "ADEQUATE", "GOOD"), audit, SHORT
    ),
    lambda audit: decisions.finalise_audit(
        commands.FinaliseAudit(date(2026, 4, 20), date(2026, 4, 20), ALDER), audit, SHORT
    ),
]
journeys = st.lists(
    st.tuples(st.integers(0, len(on_the_way)), st.lists(anything, max_size=4)), min_size=1, max_size=5
).map(lambda legs: [step for upto, others in legs for step in (*on_the_way[:upto], *others)])


@settings(max_examples=200, deadline=None)
@given(journeys)
def test_any_order_of_commands_keeps_the_promises(asked):
    history = asked_in_turn(DECIDER, asked)
    kinds = [type(event).__name__ for event in history]
    after = kinds[kinds.index("AuditWithdrawn") + 1 :] if "AuditWithdrawn" in kinds else []
    assert set(after) <= {"AuditWordsDestroyed"}, "nothing leaves Withdrawn"
    assert kinds.count("AuditPlanned") <= 1
    assert kinds.count("AuditFinalised") <= 1


def test_the_whole_way_leads_to_a_final_grade():
    state = DECIDER.fold(asked_in_turn(DECIDER, on_the_way))
    assert (state.stage, state.result.grade_source) == (Stage.FINALISED, "MODERATED")
