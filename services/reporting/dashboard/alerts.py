"""The part of a page about practice alerts: a balance that adds up, and whether answers came in time.

More alerts are not worse: volume is never coloured and never judged, only timeliness is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from services.reporting.dashboard import charts
from services.reporting.dashboard.page import Figure, Section
from services.reporting.dashboard.places import Places, short
from services.reporting.dashboard.tables import (
    NOT_SHARED,
    Cell,
    Measure,
    PageTable,
    Value,
    by_child,
    cell,
    listed,
    over_time,
)
from services.reporting.labels import CHILDREN, LEVELS, label
from services.reporting.views import Alerts, Column, Count, Figures, UnitView

NO_ALERTS = "No practice alerts were open or raised in these months."
INTRO = "More or fewer alerts is neither good nor bad in itself: the number shows how much challenge was recorded."
ANSWERS = ("Answered in time", "Answered late", "Due, not answered")


def section(view: UnitView, places: Places) -> Section:
    alerts = view.total.alerts
    if alerts is None:
        return Section("alerts", "Practice alerts", empty="Practice alerts are not shared with you.")
    if not any(_something(alerts)):
        return Section("alerts", "Practice alerts", empty=NO_ALERTS)
    return Section(
        "alerts",
        "Practice alerts",
        intro=INTRO,
        figures=(_balance(view, places), _answers(view, places, alerts)),
        tables=tuple(_child_tables(view, places)),
        more=(_stages(alerts, places), _kinds(alerts, places)),
    )


def _something(alerts: Alerts) -> tuple[int, ...]:
    counts = (alerts.raised, alerts.good_practice, alerts.good_practice_shared, alerts.informal_attempts)
    found = (*counts, alerts.informal_settled, *alerts.impacts)
    return (alerts.opening, alerts.closing, *(count.count for count in found))


def _balance(view: UnitView, places: Places) -> Figure:
    closing = view.total.alerts.closing if view.total.alerts else 0
    title = f"{closing} alert was open at the end" if closing == 1 else f"{closing} alerts were open at the end"
    bars = [charts.Bar(short(one.period), (_closing(one.figures),)) for one in view.periods]
    svg = charts.stacked_bar(
        "alerts-open", title, "Practice alerts open at the end of each period.", ["Open at the end"], bars
    )
    return Figure(
        "alerts-open", title, svg, over_time(view, places, "alerts-balance", "Practice alerts: balance", BALANCE)
    )


def _answers(view: UnitView, places: Places, alerts: Alerts) -> Figure:
    share = alerts.answered_on_time
    title = f"{share.part} of {share.whole} answers were in time" if share.whole else "No answers were due"
    bars = [charts.Bar(short(one.period), _answered(one.figures)) for one in view.periods]
    described = "Answers to practice alerts by period: in time, late, and due but not given."
    svg = charts.stacked_bar("alerts-answers", title, described, ANSWERS, bars)
    table = over_time(view, places, "alerts-timeliness", "Practice alerts: timeliness", TIMELINESS)
    return Figure("alerts-answers", title, svg, table)


def _child_tables(view: UnitView, places: Places) -> list[PageTable]:
    if not view.children:
        return []
    kind = CHILDREN[view.unit.level]
    slug, words = kind.replace("_", "-"), LEVELS[kind].lower()
    return [
        by_child(view, places, f"alerts-balance-by-{slug}", f"Practice alerts by {words}: balance", BALANCE),
        by_child(view, places, f"alerts-timeliness-by-{slug}", f"Practice alerts by {words}: timeliness", TIMELINESS),
    ]


def _of(value: Callable[[Alerts], Value], figures: Figures) -> Value:
    return NOT_SHARED if figures.alerts is None else value(figures.alerts)


def _measure(code: str, title: str, value: Callable[[Alerts], Value]) -> Measure:
    return Measure(code, title, partial(_of, value), "practice_alerts")


BALANCE = (
    _measure("opening", "Open at the start", lambda a: a.opening),
    _measure("raised", "Raised", lambda a: a.raised),
    _measure("reopened", "Reopened", lambda a: a.reopened),
    _measure("resolved", "Resolved", lambda a: a.resolved),
    _measure("withdrawn", "Withdrawn", lambda a: a.withdrawn),
    _measure("closing", "Open at the end", lambda a: a.closing),
    _measure("good_practice", "Good practice", lambda a: a.good_practice),
)
TIMELINESS = (
    _measure("answered_in_time", "Answered in time", lambda a: a.answered_in_time),
    _measure("answered_late", "Answered late", lambda a: a.answered_late),
    _measure("due_unanswered", "Due, not answered", lambda a: a.due_unanswered),
    _measure("answered_on_time", "On time", lambda a: a.answered_on_time),
    _measure("over_total", "Over the total limit", lambda a: a.over_total),
    _measure("elapsed", "Median working days", lambda a: a.elapsed_working_days),
)


def _closing(figures: Figures) -> int:
    return figures.alerts.closing if figures.alerts else 0


def _answered(figures: Figures) -> tuple[int, int, int]:
    alerts = figures.alerts
    if alerts is None:
        return (0, 0, 0)
    return (alerts.answered_in_time.count, alerts.answered_late.count, alerts.due_unanswered.count)


def _stages(alerts: Alerts, places: Places) -> PageTable:
    """What happened at each stage. Stages skipped are not deadlines missed."""
    by_stage = (alerts.raised_at_stage, alerts.reached, alerts.missed_stages, alerts.resolved_at_stage)
    titles = ("Raised at", "Escalated to", "Deadline missed", "Resolved at")
    stages = sorted({count.code for counts in by_stage for count in counts})
    columns = [Column(code="stage", label="Stage", numeric=False)]
    columns += [Column(code=title.lower().replace(" ", "_"), label=title) for title in titles]
    rows = [
        [
            Cell(f"Stage {stage}"),
            *(_at(counts, stage, places, title) for counts, title in zip(by_stage, titles, strict=True)),
        ]
        for stage in stages
    ]
    return listed("alerts-by-stage", "Practice alerts by stage, whole span", columns, rows)


def _at(counts: Sequence[Count], stage: str, places: Places, title: str) -> Cell:
    found = next((count for count in counts if count.code == stage), None)
    return cell(found, "practice_alerts", places, f"{title} stage {stage}") if found else Cell("0")


def _kinds(alerts: Alerts, places: Places) -> PageTable:
    groups = (
        ("Category", alerts.categories),
        ("Type", alerts.types),
        ("Risk", alerts.risks),
        ("Plan", alerts.plan_types),
        ("Outcome", alerts.outcomes),
        ("Impact", alerts.impacts),
        ("Informal attempt with", alerts.informal_with),
        ("Informal attempt about", alerts.informal_categories),
    )
    named = [(f"{group}: {label(count.code)}", count) for group, counts in groups for count in counts]
    named += [
        ("Informal attempts", alerts.informal_attempts),
        ("Informal attempts settled", alerts.informal_settled),
        ("Good practice shared", alerts.good_practice_shared),
        ("After an informal attempt", alerts.after_informal),
        ("Stages skipped (not counted as missed)", alerts.skipped_stages),
        ("Total limit passed", alerts.missed_total),
    ]
    rows = [[Cell(name), cell(count, "practice_alerts", places, name)] for name, count in named]
    columns = (Column(code="kind", label="Kind", numeric=False), Column(code="number", label="Number"))
    return listed("alerts-by-kind", "What alerts were about, and how they ended, whole span", columns, rows)
