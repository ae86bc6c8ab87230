"""R13: who has done the audits that were expected, and how many of the open cases were audited in twelve months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from services.reporting.domain import periods
from services.reporting.read_models.audit_cycle.audits import LONG_AGO
from services.reporting.read_models.reading import Measures
from services.reporting.reports.caseloads import Caseload, belongs, caseloads
from services.reporting.reports.lines import Line, lines
from services.reporting.reports.making import (
    NOT_AVAILABLE,
    Written,
    columns,
    frame,
    percent_of,
    table,
    things,
    unit_of,
)
from services.reporting.reports.report import Asked, Cell, Report, ReportRow, ReportTable, Sources
from shared.projecting.read_model import Row
from shared.projecting.reading import Tree

CODE, TITLE = "R13", "Audit cadence and coverage"
ALL = "ALL"
STATES = ("expected", "exempted", "met", "late", "outstanding")

NOTES = (
    "An audit is expected in the month in which its window ends. Late were done after it, and are among those done.",
    "Cases audited were audited at least once in the twelve months up to the end of the period; a case counts once, "
    "where it was first audited in them. Repeat audits are the further audits of such cases.",
    "Open cases are those last reported for each team in the same twelve months. Cases that were audited may have "
    "closed since, so that a share can be above 100%. x stands where no caseload was reported.",
)


async def make(sources: Sources, asked: Asked) -> Report:
    year = periods.months(periods.following(asked.span.months[-1], -11), asked.span.months[-1])
    reported = await caseloads(sources, asked, year)
    places = [one.place for one in reported]
    found = await lines(sources, asked, year, ("audit_cycle",), deep=True, also=places)
    tables = [
        _cadence(found, asked),
        _coverage(found, reported, year),
        _plan_types(found[0], reported, year),
    ]
    if asked.level != "region":
        tables.append(await _outstanding(sources, asked))
    return frame(CODE, TITLE, sources, asked, tables, NOTES)


# -- cadence --------------------------------------------------------------------------------------------------------

_CADENCE = columns(
    {"unit": "text", "auditor_role": "code", "completion_percent": "percent"},
    unit="Unit",
    auditor_role="Auditor",
    expected="Expected",
    exempted="Exempted",
    done="Done",
    late="Of these late",
    outstanding="Not done",
    completion_percent="Completion, %",
)


def _cadence(found: list[Line], asked: Asked) -> ReportTable:
    """For every unit all auditors first, then each role from which anything was expected."""
    rows: list[ReportRow] = []
    for line in found:
        measures = Measures(line.of.over(asked.span.months).of("audit_cycle"))
        rows.append(line.row(line.name, ALL, *_states(measures.at("expectation"))))
        by_role = measures.at("expectation_of")
        rows += [line.row(line.name, role, *_states(by_role.at(role)), key=role) for role in by_role.branches()]
    return table("cadence", "Audits expected and done", _CADENCE, rows)


def _states(found: Measures) -> tuple[Cell, ...]:
    counts = [found.number(state) for state in STATES]
    return *counts, percent_of(counts[2], counts[0] - counts[1])


# -- coverage -------------------------------------------------------------------------------------------------------

_COVERAGE = columns(
    {"unit": "text", "share_percent": "percent"},
    unit="Unit",
    open_cases="Open cases",
    teams_reporting="Teams that reported them",
    cases_audited="Cases audited in 12 months",
    share_percent="Share of open cases, %",
    audits="Audits in 12 months",
    repeat_audits="Repeat audits",
)


def _coverage(found: list[Line], reported: list[Caseload], year: tuple[str, ...]) -> ReportTable:
    rows = []
    for line in found:
        inside = [one for one in reported if belongs(one, line.unit, line.above)]
        cases, audits = _audited(line, year)
        n, k = cases.total(), audits.total()
        open_cases = sum(sum(one.open_cases.values()) for one in inside)
        rows.append(line.row(line.name, *_open(open_cases, inside), n, _share(n, open_cases, inside), k, k - n))
    return table("coverage", "Cases audited in 12 months", _COVERAGE, rows)


def _open(cases: int, reported: list[Caseload]) -> tuple[Cell, int]:
    return cases if reported else NOT_AVAILABLE, len(reported)


def _share(audited: int, open_cases: int, reported: Iterable[Caseload]) -> Cell:
    return percent_of(audited, open_cases) if list(reported) else NOT_AVAILABLE


def _audited(line: Line, year: tuple[str, ...]) -> tuple[Counter[str], Counter[str]]:
    """By plan type: the cases that were audited in these months, and the audits.

    An audit counts a case when the last one of the same case lies before the first of the months.
    """
    cases: Counter[str] = Counter()
    audits: Counter[str] = Counter()
    by_month = line.of.models.get("audit_cycle", {})
    for at, month in enumerate(year):
        for plan, since, n in _covered(by_month.get(month, {})):
            audits[plan] += n
            cases[plan] += n if since > at or since == LONG_AGO else 0
    return cases, audits


def _covered(tree: Tree) -> Iterator[tuple[str, int, int]]:
    found = Measures(tree).at("coverage")
    for plan in found.branches():
        for since, n in found.at(plan).numbers().items():
            yield plan, int(since), n


# -- plan types -----------------------------------------------------------------------------------------------------

_PLANS = columns(
    {"plan_type": "code", **dict.fromkeys(("open_percent", "audited_percent", "share_percent"), "percent")},
    plan_type="Plan type",
    open_cases="Open cases",
    open_percent="Of open cases, %",
    cases_audited="Cases audited in 12 months",
    audited_percent="Of cases audited, %",
    share_percent="Share of open cases, %",
    audits="Audits in 12 months",
)


def _plan_types(line: Line, reported: list[Caseload], year: tuple[str, ...]) -> ReportTable:
    cases, audits = _audited(line, year)
    open_cases: Counter[str] = Counter()
    for one in reported:
        open_cases.update(one.open_cases)
    plans = sorted({plan for counts in (cases, audits, open_cases) for plan, n in counts.items() if n})
    all_open, all_cases = open_cases.total(), cases.total()
    total = (ALL, *_mix(all_open, all_open, all_cases, all_cases, reported), audits.total())
    rows = [ReportRow(key="total", kind="TOTAL", cells=total)]
    for plan in plans:
        cells = (plan, *_mix(open_cases[plan], all_open, cases[plan], all_cases, reported), audits[plan])
        rows.append(ReportRow(key=f"plan:{plan}", kind="PART", depth=1, cells=cells))
    return table("plan_types", "Plan types against the open mix", _PLANS, rows)


def _mix(open_: int, all_open: int, audited: int, all_audited: int, reported: list[Caseload]) -> tuple[Cell, ...]:
    of_open = percent_of(open_, all_open) if reported else NOT_AVAILABLE
    of_audited = percent_of(audited, all_audited)
    return open_ if reported else NOT_AVAILABLE, of_open, audited, of_audited, _share(audited, open_, reported)


# -- who has not done theirs ----------------------------------------------------------------------------------------

_OUTSTANDING = columns(
    {
        "team": "text",
        **dict.fromkeys(("auditor_role", "cadence", "audit_type"), "code"),
        **dict.fromkeys(("window_first", "window_last"), "date"),
    },
    team="Team",
    auditor_role="Auditor",
    cadence="Cadence",
    audit_type="Audit type",
    window_first="Expected from",
    window_last="Expected until",
)


async def _outstanding(sources: Sources, asked: Asked) -> ReportTable:
    rows = await things(sources, asked, "EXPECTATION", asked.span.months)
    missing = [row for row in rows if row["met_on"] is None and row["exempted"] is None]
    items = [_missing(row, sources) for row in missing]
    items.sort(key=lambda item: (str(item.cells[5]), str(item.cells[0]), str(item.cells[1]), item.key))
    return table("outstanding", "Audits not done", _OUTSTANDING, items)


def _missing(row: Row, sources: Sources) -> ReportRow:
    unit = unit_of(sources, row["place"])
    codes = (row["auditor_role"], row["cadence"], row["audit_type"])
    return ReportRow(
        key=row["_id"], kind="ITEM", unit=unit, cells=(unit.name, *codes, row["window_first"], row["window_last"])
    )


CADENCE = Written(CODE, TITLE, make)
