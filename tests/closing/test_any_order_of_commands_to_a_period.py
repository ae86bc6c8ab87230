"""Whatever is asked of a period or a policy, in whatever order: refusals at most, and nothing happens twice."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.reporting_period import decisions
from services.reporting.domain.reporting_period.decisions import ClosePeriod, Restatement, RestateReports, Snapshot
from services.reporting.domain.reporting_period.state import DECIDER
from services.reporting.domain.reporting_policy.decisions import SetReportingPolicy, set_reporting_policy
from services.reporting.domain.reporting_policy.state import DECIDER as POLICIES
from tests.examples.a_period import APRIL, CUTOFF, POLICY, QUARTER, WORKING_DAYS, late
from tests.specification import asked_in_turn

days = st.integers(-40, 120).map(lambda n: date(2026, 4, 30) + timedelta(days=n))
months = st.frozensets(st.sampled_from(["2026-04", "2026-05", "2026-06"]))
hashes = st.fixed_dictionaries({"R1": st.sampled_from("abc"), "R2": st.sampled_from("ab")})
snapshots = st.builds(
    Snapshot, st.just(CUTOFF), st.just({"audit_quality": (1,)}), hashes, st.sampled_from("xy"), st.just("structure")
)
changes = st.dictionaries(
    st.sampled_from(["R1", "R2", "R3"]), st.builds(Restatement, st.integers(1, 9), st.just((late,))), max_size=3
)
closings = st.tuples(
    st.builds(ClosePeriod, st.just("901"), st.sampled_from([APRIL, APRIL, QUARTER]), days, months), snapshots
)
restatements = st.builds(
    RestateReports, changes, st.none() | snapshots, st.just("hqa"), st.just("HEAD_OF_SAFEGUARDING_QA"), days
)


def a_closing(asked):
    command, snapshot = asked
    return lambda period: decisions.close_period(command, period, snapshot, POLICY, WORKING_DAYS)


def a_restatement(command):
    return lambda period: decisions.restate_reports(command, period)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(closings.map(a_closing), restatements.map(a_restatement)), max_size=12))
def test_any_order_of_commands_keeps_the_promises(asked):
    history = asked_in_turn(DECIDER, asked)
    kinds = [type(event).__name__ for event in history]
    assert kinds.count("PeriodClosed") <= 1
    assert "ReportRestated" not in kinds or kinds[0] == "PeriodClosed"
    state = DECIDER.fold(history)
    for versions in state.reports.values():
        assert [version.number for version in versions] == list(range(1, len(versions) + 1))
        assert all(one.hash != other.hash for one, other in pairwise(versions))


limits = st.dictionaries(
    st.sampled_from(["least_for_percent", "month_close_working_day", "quarter_close_working_day"]),
    st.integers(1, 20),
    max_size=2,
)
policies = st.builds(
    SetReportingPolicy,
    st.just("901"),
    st.sampled_from(["2026-04", "v2", "v3"]),
    days,
    limits,
    st.sampled_from([None, "CORRECTION", "BECAUSE"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(policies, days), max_size=8))
def test_any_order_of_policies_keeps_the_promises(asked):
    decide = [lambda known, c=command, on=today: set_reporting_policy(c, known, on) for command, today in asked]
    history = asked_in_turn(POLICIES, decide)
    for event in history:
        assert event.limits.quarter_close_working_day >= event.limits.month_close_working_day
