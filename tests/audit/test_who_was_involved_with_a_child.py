"""Who worked with a child is known with its dates, and keeps them from judging an audit of the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.audit.commands import AllocateAudit, ModerateAudit
from services.audit.domain.audit.decisions import (
    allocate_audit,
    give_overall_grade,
    grade_domain,
    moderate_audit,
    reallocate_audit,
    start_audit,
    submit_audit,
)
from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.involvement.decisions import (
    RULES,
    RecordInvolvement,
    RetractInvolvement,
    conflicts,
    record_involvement,
    retract_involvement,
)
from services.audit.domain.involvement.events import InvolvementRecorded, InvolvementRetracted
from services.audit.domain.involvement.state import DECIDER
from tests.audit.telling import told
from tests.examples import an_audit as example
from tests.examples.a_template import SHORT
from tests.specification import asked_in_turn, specification

involvement = specification(DECIDER)
audit = specification(AUDIT)
POLICED = (example.POLICY, example.WORKING_DAYS)
record = RecordInvolvement("child-1", "qa-1", "SOCIAL_WORKER", date(2023, 5, 1), date(2024, 2, 29))
recorded = InvolvementRecorded(
    child="child-1", staff_ref="qa-1", role="SOCIAL_WORKER", since=date(2023, 5, 1), until=date(2024, 2, 29)
)
TODAY = date(2026, 4, 20)


def test_recording_who_worked_with_a_child_and_when():
    involvement.given([]).when(record_involvement, record).then([recorded])


def test_an_end_that_is_told_later_takes_the_place_of_the_earlier_one():
    lasting = recorded.model_copy(update={"until": None})
    after = involvement.given([lasting]).when(record_involvement, record).then([recorded])
    assert list(after.known.values()) == [recorded]


@pytest.mark.parametrize(
    ("change", "field"), [({"role": "NEIGHBOUR"}, "role"), ({"until": date(2023, 4, 30)}, "until")]
)
def test_involvement_has_a_known_role_and_ends_after_it_began(change, field):
    involvement.given([]).when(record_involvement, replace(record, **change)).then_refused("", field=field)


def test_what_was_recorded_of_the_wrong_person_is_taken_back():
    retract = RetractInvolvement("child-1", "qa-1", "SOCIAL_WORKER", date(2023, 5, 1))
    gone = InvolvementRetracted(child="child-1", staff_ref="qa-1", role="SOCIAL_WORKER", since=date(2023, 5, 1))
    after = involvement.given([recorded]).when(retract_involvement, retract).then([gone])
    assert conflicts(after, "QA_ROUTINE", TODAY) == {}
    involvement.given([]).when(retract_involvement, retract).then_nothing()


def known(*entries: tuple[str, str, date]):
    return DECIDER.fold(
        InvolvementRecorded(child="child-1", staff_ref=who, role=role, since=since) for who, role, since in entries
    )


def test_whoever_was_the_childs_social_worker_or_supervised_them_has_a_conflict_however_long_ago():
    of = known(("qa-1", "SOCIAL_WORKER", date(2011, 1, 1)), ("tm-1", "SUPERVISOR", date(2025, 1, 1)))
    assert conflicts(of, "QA_ROUTINE", TODAY) == {"qa-1": RULES["SOCIAL_WORKER"], "tm-1": RULES["SUPERVISOR"]}


def test_work_that_has_not_begun_is_no_conflict_yet():
    of = known(("qa-1", "SOCIAL_WORKER", TODAY))
    assert conflicts(of, "QA_ROUTINE", TODAY - timedelta(days=1)) == {}
    assert conflicts(of, "QA_ROUTINE", TODAY) == {"qa-1": RULES["SOCIAL_WORKER"]}


def test_a_team_manager_who_supervises_audits_the_own_team_in_their_routine_audit():
    of = known(("tm-1", "SUPERVISOR", date(2025, 1, 1)), ("tm-2", "SOCIAL_WORKER", date(2019, 1, 1)))
    assert conflicts(of, "TM_ROUTINE", TODAY) == {"tm-2": RULES["SOCIAL_WORKER"]}


@pytest.mark.parametrize("order", [("SOCIAL_WORKER", "SUPERVISOR"), ("SUPERVISOR", "SOCIAL_WORKER")])
def test_who_was_both_is_barred_as_the_social_worker(order):
    of = known(*(("tm-1", role, date(2020, n + 1, 1)) for n, role in enumerate(order)))
    assert conflicts(of, "TM_ROUTINE", TODAY) == {"tm-1": RULES["SOCIAL_WORKER"]}
    assert conflicts(of, "QA_ROUTINE", TODAY) == {"tm-1": RULES["SOCIAL_WORKER"]}


BARRED = {"qa-1": RULES["SOCIAL_WORKER"], "qa-2": RULES["SUPERVISOR"]}


@pytest.mark.parametrize(
    ("history", "decision", "command", "rest"),
    [
        ([example.planned], allocate_audit, example.allocate, POLICED),
        ([example.planned, example.allocated], reallocate_audit, example.reallocate, POLICED),
        ([example.planned, example.allocated], start_audit, example.start, (example.POLICY,)),
        (example.in_progress, grade_domain, example.grade_voice, (SHORT,)),
        (example.all_graded[:-1], give_overall_grade, example.give_good, (SHORT,)),
        (example.all_graded, submit_audit, example.submit, (SHORT, *POLICED)),
        (example.after_submission, moderate_audit, example.moderate, (SHORT,)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whoever_has_a_conflict_neither_audits_nor_moderates(history, decision, command, rest):
    audit.given(history).when(decision, command, *rest, BARRED).then_refused("does not judge the case")
    audit.given(history).when(decision, command, *rest, {"somebody-else": "no"}).then_some(
        type(decision(command, AUDIT.fold(history), *rest)[0])
    )


def test_others_are_not_kept_from_it():
    command = AllocateAudit(example.OTHER_QA, date(2026, 4, 1))
    barred = {"qa-1": RULES["SOCIAL_WORKER"]}
    audit.given([example.planned]).when(allocate_audit, command, *POLICED, barred).then_some(type(example.allocated))
    other = ModerateAudit("head-1", "HEAD_OF_SAFEGUARDING_QA", "ADEQUATE", "GOOD")
    audit.given(example.after_submission).when(moderate_audit, other, SHORT, barred).then_some(type(example.moderated))


def test_nobody_outside_hears_whom_a_child_knows():
    assert told(DECIDER, recorded) is None


people = st.sampled_from(["qa-1", "tm-1"])
roles = st.sampled_from(["SOCIAL_WORKER", "SUPERVISOR", "NEIGHBOUR"])
days = st.dates(date(2020, 1, 1), date(2020, 1, 9))
records = st.builds(RecordInvolvement, st.just("child-1"), people, roles, days, st.none() | days)
retractions = st.builds(RetractInvolvement, st.just("child-1"), people, roles, days)


@given(st.lists(records | retractions, max_size=20))
def test_whatever_is_told_of_a_child_nothing_happens_twice(asked):
    def decision(command):
        decide = record_involvement if isinstance(command, RecordInvolvement) else retract_involvement
        return lambda state: decide(command, state)

    asked_in_turn(DECIDER, map(decision, asked))
