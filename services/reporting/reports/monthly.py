"""R1: what was expected and done, how good practice was found to be, and what is open, by service area and team."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.audit_quality.grades import GRADES, PUBLIC_SCALE, knows_good
from services.reporting.read_models.audit_quality.query import grades
from services.reporting.read_models.reading import Measures
from services.reporting.reports.lines import Line, lines
from services.reporting.reports.making import (
    NOTHING_TO_COUNT,
    Written,
    columns,
    days_in,
    frame,
    months_before,
    percent_in,
    percent_of,
    table,
)
from services.reporting.reports.report import Asked, Cell, Report, ReportRow, ReportTable, Sources
from services.reporting.summing import Sum
from services.reporting.views import Grades

CODE, TITLE = "R1", "Head of Service monthly report"
BY_GRADE = {
    "outstanding": "Outstanding",
    "good": "Good",
    "requires_improvement": "Requires improvement",
    "inadequate": "Inadequate",
}
DOMAINS = (
    "CHILD_VOICE",
    "ASSESSMENT",
    "PLANNING",
    "INTERVENTION",
    "REVIEW",
    "MANAGEMENT_OVERSIGHT",
    "SUPERVISION",
    "MULTI_AGENCY",
    "IDENTITY_DIVERSITY",
    "CHRONOLOGY_RECORDING",
    "PERMANENCE_PATHWAY",
    "IMPACT_OUTCOMES",
)
"""The order in which domains stand; those of other templates follow by code."""

NOTES = (
    "Completion is completed out of expected less exempted. An audit is expected in the month in which its window "
    "ends.",
    "Grades are final grades by effective date. Good or better is a percentage of graded audits with its 95% Wilson "
    "interval, shown for {least} or more.",
    "Raised and lowered compare the final grade with the raw one. Changes compare with the {before} before.",
    "Actions are open until they are verified, and overdue at the end of the period.",
)
Scales = Mapping[str, bool]
TWO_SCALES = "More than one scale is in use: each has rows of its own, and no percentage mixes them."


async def make(sources: Sources, asked: Asked) -> Report:
    before, months = months_before(asked), asked.span.months
    found = await lines(sources, asked, (*before, *months), ("audit_quality", "audit_cycle"), deep=True)
    now = {line.key: line.of.over(months) for line in found}
    then = {line.key: line.of.over(before) for line in found}
    scales = _scales(now[found[0].key], then[found[0].key], sources.policy)
    tables = (
        _summary(found, now, then),
        _grades(found, now, then, scales, sources.policy),
        _domains([line for line in found if line.depth < 2], now, scales, sources.policy),
    )
    words = {"least": sources.policy.least_for_percent, "before": asked.span.kind}
    notes = [note.format(**words) for note in NOTES] + ([TWO_SCALES] if len(scales) > 1 else [])
    return frame(CODE, TITLE, sources, asked, tables, notes)


def _scales(now: Sum, then: Sum, policy: ReportingPolicy) -> Scales:
    """Those in use, and whether they say which grades are good.

    Inspections are no audits of ours: their scale stands in reports of its own.
    """
    scales: dict[str, bool] = {}
    for one in (*grades(now.of("audit_quality"), policy), *grades(then.of("audit_quality"), policy)):
        knows = knows_good(count.code for count in one.overall)
        scales[one.scale] = scales.get(one.scale, True) and knows
    return {scale: scales[scale] for scale in sorted(scales) if scale != PUBLIC_SCALE} or {"": True}


# -- what was expected, and what is open ----------------------------------------------------------------------------

_SUMMARY = columns(
    {"unit": "text", "completion_percent": "percent"},
    unit="Unit",
    expected="Expected",
    exempted="Exempted",
    completed="Completed",
    completion_percent="Completion, %",
    open_actions="Open actions",
    overdue_actions="Overdue actions",
    completed_change="Change in completed",
    open_actions_change="Change in open actions",
    overdue_actions_change="Change in overdue actions",
)


def _summary(found: list[Line], now: dict[str, Sum], then: dict[str, Sum]) -> ReportTable:
    rows = [line.row(line.name, *_done(now[line.key], then[line.key])) for line in found]
    chart = ("unit", ("expected", "completed"))
    drawn = table("summary", "Audits done and actions open", _SUMMARY, rows, chart)
    return drawn.model_copy(update={"parts": False})


def _done(now: Sum, then: Sum) -> tuple[Cell, ...]:
    expected, exempted, completed = _expected(now)
    stocks = [
        (now.closing(name), now.closing(name) - now.opening(name)) for name in ("open_actions", "overdue_actions")
    ]
    changes = (completed - _expected(then)[2], *(change for _, change in stocks))
    share = percent_of(completed, expected - exempted)
    return expected, exempted, completed, share, *(at_end for at_end, _ in stocks), *changes


def _expected(of: Sum) -> tuple[int, int, int]:
    found = Measures(of.of("audit_cycle")).at("expectation")
    return found.number("expected"), found.number("exempted"), found.number("met")


# -- grades ---------------------------------------------------------------------------------------------------------

_GRADES = columns(
    {"unit": "text", "scale": "code", "good_or_better_percent": "percent", "low": "percent", "high": "percent"},
    unit="Unit",
    scale="Scale",
    **BY_GRADE,
    graded="Graded",
    not_graded="Not graded",
    good_or_better="Good or better",
    good_or_better_percent="Good or better, %",
    low="Lowest",
    high="Highest",
    raised="Raised",
    lowered="Lowered",
    median_days="Median days to finalise",
    **{f"{code}_change": f"Change in {label.lower()}" for code, label in BY_GRADE.items()},
    graded_change="Change in graded",
    good_or_better_change="Change in good or better",
)
_COUNTED = (*BY_GRADE, "graded", "good_or_better")


def _grades(
    found: list[Line], now: dict[str, Sum], then: dict[str, Sum], scales: Scales, policy: ReportingPolicy
) -> ReportTable:
    """A row for each scale that a unit used in either period; for one that used none, a row that says so."""
    rows = []
    for line in found:
        pairs = {one: (_of(now[line.key], one, policy), _of(then[line.key], one, policy)) for one in scales}
        used = [scale for scale, pair in pairs.items() if any(pair)] or [next(iter(scales))]
        rows += [line.row(line.name, one, *_graded(*pairs[one], knows=scales[one]), key=one) for one in used]
    return table("grades", "Audits by grade", _GRADES, rows, ("unit", tuple(BY_GRADE)))


def _of(found: Sum, scale: str, policy: ReportingPolicy) -> Grades | None:
    return next(iter(grades(found.of("audit_quality"), policy, only=scale)), None)


def _graded(now: Grades | None, then: Grades | None, *, knows: bool) -> Iterator[Cell]:
    counts, before = _counts(now), _counts(then)
    yield from (counts[code] if knows else NOTHING_TO_COUNT for code in BY_GRADE)
    yield counts["graded"]
    yield now.count - now.graded if now else 0
    yield counts["good_or_better"] if knows else NOTHING_TO_COUNT
    yield (percent_in(now.good_or_better) if now else NOTHING_TO_COUNT) if knows else NOTHING_TO_COUNT
    yield now.good_or_better.low if now else None
    yield now.good_or_better.high if now else None
    yield now.changed_up.count if now else 0
    yield now.changed_down.count if now else 0
    yield days_in(now.days_to_finalise) if now else NOTHING_TO_COUNT
    for code in _COUNTED:
        yield counts[code] - before[code] if knows or code == "graded" else NOTHING_TO_COUNT


def _counts(of: Grades | None) -> dict[str, int]:
    by_grade = {count.code: count.count for count in of.overall} if of else {}
    counts = {code.lower(): by_grade.get(code, 0) for code in GRADES}
    return {**counts, "graded": of.graded if of else 0, "good_or_better": of.good_or_better.part if of else 0}


# -- domains --------------------------------------------------------------------------------------------------------

_DOMAINS = columns(
    {"unit": "text", "scale": "code", "domain": "code"},
    unit="Unit",
    scale="Scale",
    domain="Domain",
    **BY_GRADE,
    not_evidenced="Not evidenced",
)


def _domains(found: list[Line], now: dict[str, Sum], scales: Scales, policy: ReportingPolicy) -> ReportTable:
    rows = [
        row for line in found for scale in scales for row in _by_domain(line, scale, _of(now[line.key], scale, policy))
    ]
    return table("domains", "Domains by grade", _DOMAINS, rows)


def _by_domain(line: Line, scale: str, of: Grades | None) -> Iterator[ReportRow]:
    for domain in sorted(of.domains if of else (), key=lambda one: _place(one.code)):
        by_grade = {count.code: count.count for count in domain.grades}
        knows = knows_good(by_grade)
        counts: list[Cell] = [by_grade.get(grade, 0) if knows else NOTHING_TO_COUNT for grade in GRADES]
        cells = (*counts, by_grade.get("NOT_EVIDENCED", 0))
        yield line.row(line.name, scale, domain.code, *cells, key=f"{scale}|{domain.code}")


def _place(domain: str) -> tuple[int, str]:
    return (DOMAINS.index(domain) if domain in DOMAINS else len(DOMAINS), domain)


MONTHLY = Written(CODE, TITLE, make)
