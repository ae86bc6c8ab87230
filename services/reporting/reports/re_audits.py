"""R2: what became of every re-audit that was due or done, each held against its parent and against its root."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.domain import periods
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.audit_cycle.re_audits import ended_on
from services.reporting.read_models.reading import Measures, proportion
from services.reporting.reports.lines import lines
from services.reporting.reports.making import (
    Written,
    columns,
    frame,
    in_period,
    last_day,
    numbers,
    percent_in,
    table,
    things,
    unit_of,
)
from services.reporting.reports.report import Asked, Cell, Report, ReportRow, Sources
from services.reporting.summing import Sum
from shared.projecting.read_model import Row

CODE, TITLE = "R2", "Re-audit report"
LOOK_BACK = 36  # months in which a re-audit that is still overdue is looked for, to be listed

NOTES = (
    "A row for each re-audit that was due, done, found impossible or cancelled in the period.",
    "The outcome compares the overall grade with that of the parent, and the change since the root with that of the "
    "audit that began the lineage. A domain that fell is listed even when the overall grade improved.",
    "Due on time are those due in the period that were done by their due date. Improved is a percentage of completed "
    "re-audits, shown for {least} or more. Overdue is counted at the end of the period; of a period that is not over, "
    "it holds what will be overdue then unless it is done.",
)


async def make(sources: Sources, asked: Asked) -> Report:
    months = asked.span.months
    found = await lines(sources, asked, months, ("audit_cycle",))
    rows = [line.row(line.name, *_totals(line.of.over(months), sources.policy)) for line in found]
    looked_at = periods.months(periods.following(months[-1], 1 - LOOK_BACK), months[-1])
    of_unit = await things(sources, asked, "RE_AUDIT", looked_at)
    listed = [_item(one, sources) for one in _sorted(of_unit) if _listed(one, asked)]
    overdue = [_item(one, sources) for one in _sorted(of_unit) if _overdue(one, asked)]
    tables = (
        table("re_audits", "Re-audits due or done", _ITEMS, listed),
        table("totals", "Re-audits in numbers", _TOTALS, rows),
        table("overdue", "Overdue at the end of the period", _ITEMS, overdue),
    )
    notes = [note.format(least=sources.policy.least_for_percent) for note in NOTES]
    return frame(CODE, TITLE, sources, asked, tables, notes)


# -- in numbers -----------------------------------------------------------------------------------------------------

_TOTALS = columns(
    {"unit": "text", "improved_percent": "percent"},
    unit="Unit",
    due="Due",
    due_on_time="Due and done on time",
    completed="Completed",
    improved="Improved",
    same="Same",
    declined="Declined",
    not_comparable="Not comparable",
    improved_percent="Improved, %",
    with_a_decline="With a domain that fell",
    still_inadequate="Still inadequate",
    not_possible="Not possible",
    cancelled="Cancelled",
    overdue="Overdue",
    open="Open",
)


def _totals(found: Sum, policy: ReportingPolicy) -> tuple[Cell, ...]:
    measures = Measures(found.of("audit_cycle"))
    due = numbers(measures, "re_audit", "due", "due_on_time", "completed")
    outcomes = numbers(measures, "re_audit_outcome", "IMPROVED", "SAME", "DECLINED", "NOT_COMPARABLE")
    improved = percent_in(proportion(outcomes[0], due[2], policy))
    ends = numbers(measures, "re_audit", "with_a_decline", "still_inadequate", "not_possible", "cancelled")
    return *due, *outcomes, improved, *ends, found.closing("overdue_re_audits"), found.closing("open_re_audits")


# -- one by one -----------------------------------------------------------------------------------------------------

_ITEMS = columns(
    {
        **dict.fromkeys(("re_audit", "parent", "root", "team"), "text"),
        **dict.fromkeys(("trigger", "scope", "grade_from", "grade_to", "outcome", "root_grade"), "code"),
        **dict.fromkeys(
            ("declined_domains", "still_inadequate", "not_possible", "cancelled", "director_review"), "code"
        ),
        **dict.fromkeys(("due", "done"), "date"),
    },
    re_audit="Re-audit",
    parent="Parent",
    root="Root",
    team="Team",
    generation="Generation",
    trigger="Trigger",
    scope="Scope",
    due="Due",
    done="Done",
    days_late="Days late",
    grade_from="Grade from",
    grade_to="Grade to",
    outcome="Outcome",
    root_grade="Grade of the root",
    root_change="Change since the root",
    declined_domains="Domains that fell",
    still_inadequate="Domains still inadequate",
    not_possible="Not possible",
    cancelled="Cancelled",
    director_review="Director's review",
)


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["due_on"], row["_id"]))


def _listed(row: Row, asked: Asked) -> bool:
    """Due in the period, unless it had left before; or it left in the period."""
    if any(in_period(asked, row[end]) for end in ("completed_on", "not_possible_on", "cancelled_on")):
        return True
    gone = row["not_possible_on"] or row["cancelled_on"]
    return in_period(asked, row["due_on"]) and (gone is None or gone > row["due_on"])


def _overdue(row: Row, asked: Asked) -> bool:
    end = last_day(asked)
    ended = ended_on(row)
    return row["due_on"] < end and (ended is None or ended > end)


def _item(row: Row, sources: Sources) -> ReportRow:
    unit = unit_of(sources, row["place"])
    return ReportRow(key=row["_id"], kind="ITEM", unit=unit, cells=(row["_id"], *_cells(row, unit.name)))


def _cells(row: Row, team: str) -> Iterator[Cell]:
    yield from (row["parent_audit_id"], row["root_audit_id"], team, row["generation"], row["trigger"], row["scope"])
    yield from (row["due_on"], row["completed_on"], _days_late(row))
    yield from (row["grade_from"], row["grade_to"], _holds(row, "outcome"), row["root_grade"])
    yield _holds(row, "root_delta")
    yield from (" ".join(_holds(row, domains) or ()) or None for domains in ("declined_domains", "still_inadequate"))
    yield from (row["not_possible_for"], row["cancelled_for"], _review(row))


def _holds(row: Row, name: str) -> Any:
    """What comparing with the parent showed, unless the parent was withdrawn since."""
    return row[name] if row["cancelled_on"] is None else None


def _days_late(row: Row) -> Cell:
    if row["completed_on"] is None:
        return None
    return max(0, (date.fromisoformat(row["completed_on"]) - date.fromisoformat(row["due_on"])).days)


def _review(row: Row) -> Cell:
    """What the director decided; until then, that it waits for one."""
    return row["decision"] or ("WAITING" if row["director_review"] else None)


RE_AUDITS = Written(CODE, TITLE, make)
