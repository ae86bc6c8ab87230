"""What becomes of a closed period when something about it is recorded later: another version, beside the first."""

from __future__ import annotations

from dataclasses import replace

from services.reporting.domain.reporting_period.decisions import (
    FIRST_REASONS,
    Restatement,
    RestateReports,
    restate_reports,
)
from services.reporting.domain.reporting_period.events import ReportRestated
from services.reporting.domain.reporting_period.state import DECIDER
from tests.examples.a_period import closed, late, published, restate, restated, second
from tests.specification import specification

period = specification(DECIDER)
on_its_close_day = [closed, *published]


def test_a_report_that_says_something_else_gets_its_next_version_and_others_stay():
    after = period.given(on_its_close_day).when(restate_reports, restate).then([restated])
    assert [version.hash for version in after.reports["R1"]] == ["r1-v1", "r1-v2"]
    assert [version.hash for version in after.reports["R2"]] == ["r2-v1"]


def test_the_closing_stays_as_it_was():
    after = period.given([*on_its_close_day, restated]).state
    assert after.closed == closed
    assert after.reports["R1"][0].moment.cutoff == closed.cutoff_recorded_at
    assert after.latest.cutoff == restated.cutoff_recorded_at


def test_an_open_period_is_not_restated():
    period.given([]).when(restate_reports, restate).then_refused("only what was closed")


def test_a_report_that_was_not_published_is_not_restated():
    other = replace(restate, changes={"R9": Restatement(1, ())})
    period.given(on_its_close_day).when(restate_reports, other).then_refused("published with the period")


def test_when_nothing_differs_nothing_happens():
    nothing = RestateReports({}, None, "hqa", "HEAD_OF_SAFEGUARDING_QA", restate.today)
    period.given(on_its_close_day).when(restate_reports, nothing).then_nothing()


def test_of_very_many_reasons_the_first_are_kept_and_all_are_counted():
    many = replace(restate, changes={"R1": Restatement(3, (late,) * (FIRST_REASONS + 5))})
    after = period.given(on_its_close_day).when(restate_reports, many).then_some(ReportRestated)
    kept = after.reports["R1"][-1].restated
    assert (len(kept.reasons), kept.reasons_count) == (FIRST_REASONS, FIRST_REASONS + 5)


def test_versions_follow_each_other():
    third = replace(restate, snapshot=replace(second, reports={"R1": "r1-v3", "R2": "r2-v1"}))
    after = period.given([*on_its_close_day, restated]).when(restate_reports, third).then_some(ReportRestated)
    assert [version.number for version in after.reports["R1"]] == [1, 2, 3]
    assert after.reports["R1"][-1].restated.from_version == 2
