"""A view as flat tables: what is shown is what is exported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from services.reporting.read_models.audit_quality.grades import GRADES
from services.reporting.views import (
    Alerts,
    Column,
    Count,
    CountedRow,
    CountedRows,
    Feedback,
    Figures,
    Grades,
    Median,
    Proportion,
    Table,
    Unit,
    UnitView,
)

Cell = str | int | float | None
Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A row's head: what it is about. `kind` is TOTAL, PART (a child over the whole span) or PERIOD."""

    kind: str
    unit: Unit
    period: str
    figures: Figures

    @property
    def head(self) -> Cells:
        return self.kind, self.unit.level, self.unit.id, self.unit.name, self.period


HEAD = (
    Column(code="row", label="Row", numeric=False),
    Column(code="level", label="Level", numeric=False),
    Column(code="unit_id", label="Unit", numeric=False),
    Column(code="unit_name", label="Name", numeric=False),
    Column(code="period", label="Period", numeric=False),
)


def lines(view: UnitView) -> Iterator[Line]:
    """The total first, then the children, then the periods."""
    span = view.first_month if view.first_month == view.last_month else f"{view.first_month} to {view.last_month}"
    yield Line("TOTAL", view.unit, span, view.total)
    for child in view.children:
        yield Line("PART", child.unit, span, child.figures)
    for period in view.periods:
        yield Line("PERIOD", view.unit, period.period.key, period.figures)


def _columns(*codes: str, words: tuple[str, ...] = ()) -> tuple[Column, ...]:
    return tuple(Column(code=c, label=c.replace("_", " ").capitalize(), numeric=c not in words) for c in codes)


def _percent(name: str) -> tuple[str, ...]:
    return (name, f"{name}_of", f"{name}_percent", f"{name}_low", f"{name}_high", f"{name}_display")


def _shares(of: Proportion) -> Cells:
    return of.part, of.whole, of.percent, of.low, of.high, of.display


def _median(of: Median) -> Cell:
    return f">{int(of.value) - 1}" if of.beyond and of.value is not None else of.value


# -- audit quality --------------------------------------------------------------------------------------------------


def _audit_quality(view: UnitView) -> Table:
    columns = _columns("scale", "count", "graded", *(g.lower() for g in GRADES), "other", words=("scale",))
    rest = (*_percent("good_or_better"), "changed_up", "changed_down", "moderated", "drift_mean", "median_days")
    rows = [(*line.head, *_grades(one)) for line in lines(view) for one in line.figures.grades]
    rest_columns = _columns(*rest, words=("good_or_better_display",))
    return _table("audit_quality", "Audit grades by scale", (*HEAD, *columns, *rest_columns), rows)


def _grades(one: Grades) -> Cells:
    by_grade = {count.code: count.count for count in one.overall}
    known = tuple(by_grade.get(grade, 0) for grade in GRADES)
    counted: Cells = (one.scale, one.count, one.graded, *known, one.count - sum(known))
    changed: Cells = (one.changed_up.count, one.changed_down.count, one.drift.moderated, one.drift.mean)
    return *counted, *_shares(one.good_or_better), *changed, _median(one.days_to_finalise)


def _audit_domains(view: UnitView) -> Table:
    columns = _columns("scale", "domain", "grade", "count", words=("scale", "domain", "grade"))
    rows = [
        (*line.head, one.scale, domain.code, count.code, count.count)
        for line in lines(view)
        for one in line.figures.grades
        for domain in one.domains
        for count in domain.grades
    ]
    return _table("audit_domains", "Audit grades by domain", (*HEAD, *columns), rows)


def _audit_counts(view: UnitView) -> Table:
    rows = [
        (*line.head, one.scale, name, count.code, count.count)
        for line in lines(view)
        for one in line.figures.grades
        for name, counts in _dimensions_of_audits(one).items()
        for count in counts
    ]
    columns = _columns("scale", "dimension", "code", "count", words=("scale", "dimension", "code"))
    return _table("audit_counts", "Audits by type, plan, independence and grade", (*HEAD, *columns), rows)


def _dimensions_of_audits(one: Grades) -> Mapping[str, tuple[Count, ...]]:
    return {
        "overall": one.overall,
        "raw": one.raw,
        "moderated": one.drift.pairs,
        "audit_type": one.types,
        "plan_type": one.plan_types,
        "independence": one.independence,
        "grade_source": one.grade_sources,
    }


# -- practice alerts ------------------------------------------------------------------------------------------------

ALERT_COUNTS = (
    *("opening", "raised", "reopened", "resolved", "withdrawn", "closing", "good_practice", "after_informal"),
    *("answered_in_time", "answered_late", "due_unanswered", "missed_total", "over_total", "skipped_stages"),
    *("good_practice_shared", "informal_attempts", "informal_settled"),
)
ALERT_DIMENSIONS = (
    *("types", "categories", "plan_types", "risks", "raised_at_stage", "reached", "resolved_at_stage"),
    *("outcomes", "impacts", "missed_stages", "informal_with", "informal_categories"),
)


def _practice_alerts(view: UnitView) -> Table:
    columns = (*ALERT_COUNTS, *_percent("answered_on_time"), "median_elapsed_working_days")
    rows = [(*line.head, *_alerts(line.figures.alerts)) for line in lines(view) if line.figures.alerts is not None]
    named = _columns(*columns, words=("answered_on_time_display",))
    return _table("practice_alerts", "Practice alerts", (*HEAD, *named), rows)


def _alerts(one: Alerts) -> Cells:
    counts = tuple(_number(getattr(one, name)) for name in ALERT_COUNTS)
    return *counts, *_shares(one.answered_on_time), _median(one.elapsed_working_days)


def _alert_counts(view: UnitView) -> Table:
    rows = [
        (*line.head, *cells)
        for line in lines(view)
        if line.figures.alerts is not None
        for cells in _dimensions(line.figures.alerts, ALERT_DIMENSIONS)
    ]
    return _table("alert_counts", "Practice alerts by type, category, stage and outcome", LONG, rows)


# -- feedback -------------------------------------------------------------------------------------------------------

FEEDBACK_COUNTS = (
    "received",
    "unclassified",
    "anonymous",
    "changes_decided",
    "changes_made",
    "changes_told",
    "changes_checked",
)
FEEDBACK_DIMENSIONS = (
    *("channels", "respondents", "ratings", "sentiments", "themes", "child_made_channels"),
    *("changes_decided_themes", "changes_made_themes", "changes_told_themes", "changes_checked_results"),
)


def _feedback_themes(view: UnitView) -> Table:
    columns = (*FEEDBACK_COUNTS, *_percent("child_made"), *_percent("responded"), "median_days_to_respond")
    rows = [
        (*line.head, *_feedback(line.figures.feedback)) for line in lines(view) if line.figures.feedback is not None
    ]
    named = _columns(*columns, words=("child_made_display", "responded_display"))
    return _table("feedback_themes", "Feedback", (*HEAD, *named), rows)


def _feedback(one: Feedback) -> Cells:
    counts = tuple(_number(getattr(one, name)) for name in FEEDBACK_COUNTS)
    return *counts, *_shares(one.child_made), *_shares(one.responded), _median(one.days_to_respond)


def _feedback_counts(view: UnitView) -> Table:
    rows = [
        (*line.head, *cells)
        for line in lines(view)
        if line.figures.feedback is not None
        for cells in _dimensions(line.figures.feedback, FEEDBACK_DIMENSIONS)
    ]
    return _table("feedback_counts", "Feedback by channel, respondent, rating and theme", LONG, rows)


LONG = (*HEAD, *_columns("dimension", "code", "count", words=("dimension", "code")))


def _dimensions(one: Alerts | Feedback, names: tuple[str, ...]) -> Iterator[Cells]:
    for name in names:
        for count in getattr(one, name):
            yield name, count.code, count.count


def _number(value: Count | int) -> int:
    return value if isinstance(value, int) else value.count


def _table(name: str, caption: str, columns: tuple[Column, ...], rows: list[Cells]) -> Table:
    return Table(name=name, caption=caption, columns=columns, rows=tuple(rows))


TABLES: Mapping[str, Callable[[UnitView], Table]] = {
    "audit_quality": _audit_quality,
    "audit_domains": _audit_domains,
    "audit_counts": _audit_counts,
    "practice_alerts": _practice_alerts,
    "alert_counts": _alert_counts,
    "feedback_themes": _feedback_themes,
    "feedback_counts": _feedback_counts,
}


def units_table(units: tuple[Unit, ...]) -> Table:
    """The list of units as a table."""
    columns = _columns("level", "id", "name", words=("level", "id", "name"))
    return _table("units", "Units", columns, [(unit.level, unit.id, unit.name) for unit in units])


def rows_table(found: CountedRows) -> Table:
    """The rows behind a number as a table; `facts` are written as name=value."""
    codes = ("stream", "counted_in", "date", "team", "service_area", "authority", "facts")
    rows: list[Cells] = [
        (row.stream, row.counted_in, row.date, *map(_name, (row.team, row.service_area, row.authority)), _facts(row))
        for row in found.items
    ]
    return _table("rows", "The rows behind a number", _columns(*codes, words=codes), rows)


def _name(unit: Unit | None) -> str | None:
    return None if unit is None else unit.name


def _facts(row: CountedRow) -> str:
    return "; ".join(f"{fact.name}={fact.value}" for fact in row.facts)
