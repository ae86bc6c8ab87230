"""R2: a row for each re-audit that was due or done, and what they come to."""

from __future__ import annotations

from datetime import date

import pytest

from services.reporting.domain.policy import ReportingPolicy
from shared.published.audit_cycle import DirectorReviewRecordedV1, ReAuditCancelledV1, ReAuditNotPossibleV1
from tests.reporting.cycle_telling import re_audited, required
from tests.reporting.reporting import made, rows, table
from tests.reporting.telling import ELM, FERN

ELM_IN_JUNE = {"unit": ("team", "team-elm"), "period": "2026-06"}


async def items(histories, name="re_audits", **asked):
    return rows(await made("R2", **{**ELM_IN_JUNE, **asked}, histories=histories), name)


async def total(histories, **asked):
    report = await made("R2", **{**ELM_IN_JUNE, **asked}, histories=histories)
    (row,) = [row for row in table(report, "totals").rows if row.kind == "TOTAL"]
    return dict(zip([column.code for column in table(report, "totals").columns], row.cells, strict=True))


async def test_a_row_says_what_was_to_be_done_and_what_came_of_it():
    found = (await items({"re_audit-1": [required(), re_audited(date(2026, 6, 14))]}))["re_audit-1"]
    assert (found["parent"], found["team"], found["generation"], found["trigger"]) == (
        "parent",
        "Elm",
        1,
        "INADEQUATE_OVERALL",
    )
    assert (found["due"], found["done"], found["days_late"]) == ("2026-06-10", "2026-06-14", 4)
    assert (found["grade_from"], found["grade_to"], found["outcome"]) == ("INADEQUATE", "GOOD", "IMPROVED")


async def test_re_audit_of_a_re_audit():
    """Edge case 5: generation 2, root kept; director's review; compared with the parent, and the root shown too."""
    second = required(
        parent_audit_id="again",
        generation=2,
        overall="REQUIRES_IMPROVEMENT",
        root_overall="INADEQUATE",
        director_review=True,
    )
    done = re_audited(overall="REQUIRES_IMPROVEMENT", outcome="SAME", delta=0, root_delta=1)
    found = (await items({"re_audit-2": [second, done]}))["re_audit-2"]
    assert (found["parent"], found["root"], found["generation"]) == ("again", "parent", 2)
    assert (found["outcome"], found["root_grade"], found["root_change"]) == ("SAME", "INADEQUATE", 1)
    assert found["director_review"] == "WAITING"
    reviewed = DirectorReviewRecordedV1(re_audit_id="1", decision="SUPPORT", reviewed_on=date(2026, 6, 20))
    assert (await items({"re_audit-2": [second, done, reviewed]}))["re_audit-2"]["director_review"] == "SUPPORT"


async def test_re_audit_improves_overall_but_one_domain_falls():
    """Edge case 6: the outcome is IMPROVED, and the domain that fell is listed and counted: never hidden."""
    histories = {"re_audit-1": [required(), re_audited(declined_domains=("SUPERVISION", "REVIEW"))]}
    found = (await items(histories))["re_audit-1"]
    assert (found["outcome"], found["declined_domains"]) == ("IMPROVED", "REVIEW SUPERVISION")
    counts = await total(histories)
    assert (counts["improved"], counts["with_a_decline"]) == (1, 1)


async def test_domains_that_are_inadequate_still_are_named():
    still = re_audited(overall="INADEQUATE", outcome="SAME", delta=0, still_inadequate=("PLANNING",))
    found = (await items({"re_audit-1": [required(), still]}))["re_audit-1"]
    assert found["still_inadequate"] == "PLANNING"
    assert (await total({"re_audit-1": [required(), still]}))["still_inadequate"] == 1


async def test_improved_is_out_of_completed_and_needs_enough_of_them():
    outcomes = ["IMPROVED"] * 6 + ["SAME", "SAME", "DECLINED", "NOT_COMPARABLE"]
    histories = {f"re_audit-{n}": [required(), re_audited(outcome=outcome)] for n, outcome in enumerate(outcomes)}
    ten = await total(histories)
    assert (ten["completed"], ten["improved"], ten["same"], ten["declined"], ten["not_comparable"]) == (10, 6, 2, 1, 1)
    assert ten["improved_percent"] == 60.0
    del histories["re_audit-0"]
    assert (await total(histories))["improved_percent"] is None
    assert (await total(histories, policy=ReportingPolicy(least_for_percent=5)))["improved_percent"] == 55.6
    assert (await total({}))["improved_percent"] == "z"


@pytest.mark.parametrize(
    ("history", "period", "counts"),
    [
        ([required(), re_audited(date(2026, 5, 20))], "2026-05", {"completed": 1}),
        ([required(), re_audited(date(2026, 5, 20))], "2026-06", {"due": 1, "due_on_time": 1}),
        ([required()], "2026-06", {"due": 1, "overdue": 1, "open": 1}),
        ([required()], "2026-05", {"open": 1}),
        ([required(), re_audited(date(2026, 7, 2))], "2026-06", {"due": 1, "overdue": 1, "open": 1}),
        ([required(), re_audited(date(2026, 7, 2))], "2026-07", {"completed": 1}),
        (
            [required(), ReAuditNotPossibleV1(re_audit_id="1", reason="CLOSED", found_on=date(2026, 6, 2))],
            "2026-06",
            {"not_possible": 1},
        ),
        (
            [required(), ReAuditCancelledV1(re_audit_id="1", reason="PARENT_REGRADED", cancelled_on=date(2026, 6, 12))],
            "2026-06",
            {"due": 1, "cancelled": 1},
        ),
    ],
)
async def test_what_is_due_done_overdue_or_gone_in_a_period(history, period, counts):
    found = await total({"re_audit-1": history}, period=period)
    flows = ("due", "due_on_time", "completed", "not_possible", "cancelled", "overdue", "open")
    assert {name: found[name] for name in flows if found[name]} == counts


async def test_what_was_done_has_no_outcome_once_its_parent_was_withdrawn():
    gone = ReAuditCancelledV1(re_audit_id="1", reason="PARENT_WITHDRAWN", cancelled_on=date(2026, 6, 20))
    histories = {"re_audit-1": [required(), re_audited(date(2026, 6, 9), declined_domains=("REVIEW",)), gone]}
    found = (await items(histories))["re_audit-1"]
    assert (found["done"], found["cancelled"], found["outcome"]) == ("2026-06-09", "PARENT_WITHDRAWN", None)
    assert (found["declined_domains"], found["root_change"]) == (None, None)
    counts = await total(histories)
    assert {name for name, n in counts.items() if isinstance(n, int) and n} == {"due", "due_on_time", "cancelled"}


async def test_what_is_overdue_from_earlier_is_listed_apart():
    long_since = {"re_audit-1": [required(required_on=date(2025, 9, 1), due_on=date(2025, 12, 1))]}
    assert await items(long_since) == {}
    assert list(await items(long_since, "overdue")) == ["re_audit-1"]
    assert (await total(long_since))["overdue"] == 1


async def test_as_many_are_listed_as_are_counted():
    for period in ("2026-04", "2026-05", "2026-06", "2026-Q1"):
        report = await made("R2", ("authority", "901"), period)
        (whole,) = [row for row in table(report, "totals").rows if row.kind == "TOTAL"]
        counts = dict(zip([column.code for column in table(report, "totals").columns], whole.cells, strict=True))
        listed = rows(report, "re_audits").values()
        assert len(rows(report, "overdue")) == counts["overdue"]
        done = [row for row in listed if row["outcome"] and row["done"][:7] in _months(period)]
        assert len(done) == counts["completed"]
        assert sum(row["outcome"] == "IMPROVED" for row in done) == counts["improved"]


def _months(period: str) -> tuple[str, ...]:
    return ("2026-04", "2026-05", "2026-06") if period == "2026-Q1" else (period,)


async def test_each_row_belongs_to_its_team_and_a_region_lists_none():
    report = await made(
        "R2", ("authority", "901"), "2026-06", histories={"re_audit-1": [required(place=FERN), re_audited()]}
    )
    (row,) = table(report, "re_audits").rows
    assert (row.kind, row.unit.level, row.unit.id) == ("ITEM", "team", "team-fern")
    region = await made(
        "R2", ("region", "alliance-north"), "2026-06", histories={"re_audit-1": [required(place=ELM), re_audited()]}
    )
    assert table(region, "re_audits").rows == ()
    assert rows(region, "totals")["authority:901"]["completed"] == 1
