"""Summed alert measures as a balance and what lies behind it."""

from __future__ import annotations

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.practice_alerts.cells import LONGEST_WORKING_DAYS
from services.reporting.read_models.reading import Measures, left, proportion
from services.reporting.views import Alerts
from shared.projecting.reading import Stock, Tree

IMPACTS = ("IMPROVED", "NO_CHANGE", "WORSENED", "TOO_EARLY")
STAGES = ("1", "2", "3", "4")
OPEN_ALERTS = "open_alerts"
STOCKS = {OPEN_ALERTS: Stock(("raised.count", "reopened.count"), ("resolved.count", "withdrawn.count"))}


def stock(summed: Tree) -> int:
    """How many alerts these changes leave open, counted from the beginning of time or from an opening stock."""
    return left(summed, STOCKS[OPEN_ALERTS])


def alerts(summed: Tree, opening: int, policy: ReportingPolicy) -> Alerts:
    """`opening` is how many were open when the period began."""
    found = Measures(summed)
    in_time, late = found.number("answered", "in_time"), found.number("answered", "late")
    unanswered = found.number("unanswered", "count")
    return Alerts(
        opening=opening,
        raised=found.count("raised", "count"),
        reopened=found.count("reopened", "count"),
        resolved=found.count("resolved", "count"),
        withdrawn=found.count("withdrawn", "count"),
        closing=opening + stock(summed),
        good_practice=found.count("good_practice", "count"),
        good_practice_shared=found.count("good_practice_shared", "count"),
        after_informal=found.count("informal", "count"),
        informal_attempts=found.count("informal_attempts", "count"),
        informal_settled=found.count("informal_settled", "count"),
        informal_with=found.counts("informal_with"),
        informal_categories=found.counts("informal_category"),
        types=found.counts("type"),
        categories=found.counts("category"),
        plan_types=found.counts("plan"),
        risks=found.counts("risk"),
        raised_at_stage=found.counts("raised_at", order=STAGES),
        reached=found.counts("reached", order=STAGES[1:]),
        resolved_at_stage=found.counts("resolved_at", order=STAGES),
        outcomes=found.counts("outcome"),
        impacts=found.counts("impact", order=IMPACTS),
        answered_in_time=found.count("answered", "in_time"),
        answered_late=found.count("answered", "late"),
        due_unanswered=found.count("unanswered", "count"),
        answered_on_time=proportion(in_time, in_time + late + unanswered, policy),
        missed_stages=found.counts("missed", order=STAGES),
        missed_total=found.count("missed_total", "count"),
        over_total=found.count("over_total", "count"),
        skipped_stages=found.count("skipped", "count"),
        elapsed_working_days=found.median("elapsed", longest=LONGEST_WORKING_DAYS),
    )
