"""R10: a team's own page. Its audits of twelve months, how they went, and what is still to be done because of them.

Whoever did something is there by role. Everything is as it stood on the last day of the period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.reporting.domain import periods
from services.reporting.read_models.audit_quality.grades import GOOD_OR_BETTER, GRADES
from services.reporting.reports.report import Asked, Make, Report, ReportColumn, ReportRow, ReportTable, Sources
from services.reporting.views import ModelName
from shared.projecting.read_model import Row

CODE, TITLE = "R10", "Team view"
MONTHS = 12
LINKS = ("QA_OFFICER", "IRO", "CP_CHAIR", "PRACTICE_DEVELOPMENT_WORKER")
NOBODY = "Nobody"
NOTES = (
    "Audits of twelve months, up to the last day of the period, without withdrawn ones and without outside judgements.",
    "Good or better counts outstanding and good of the audits on the four-point scale; there is no percentage, because "
    "one audit more or less of a team would move it a long way.",
    "An action is open until somebody other than its owner has seen that it was done. Days past the due date are those "
    "up to the last day of the period, or up to today while the period lasts.",
)


@dataclass(frozen=True, slots=True)
class TeamView:
    """The report's entry in the list of reports."""

    make: Make
    code: str = CODE
    title: str = TITLE


async def make(sources: Sources, asked: Asked) -> Report:
    last = asked.span.months[-1]
    months = periods.months(periods.following(last, 1 - MONTHS), last)
    seen = _Seen(sources, asked, months, min(periods.last_day(last), sources.structure.today))
    audits = await seen.audits()
    return Report(
        code=CODE,
        title=TITLE,
        unit=sources.structure.unit(asked.level, asked.unit_id),
        structure=asked.structure,
        period=asked.span.key,
        period_kind=asked.span.kind,
        period_label=asked.span.label,
        tables=(
            cases(audits),
            run(audits, months),
            actions(await seen.rows("audit_cycle", {"kind": "ACTION"}), seen.day),
            re_audits(await seen.rows("audit_cycle", {"kind": "RE_AUDIT"}), seen.day),
            links(sources, asked.unit_id, seen.day),
        ),
        notes=NOTES,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the read models know of the team; `day` is the last one of the period, or today while it lasts."""

    sources: Sources
    asked: Asked
    months: tuple[str, ...]
    day: date

    async def audits(self) -> list[Row]:
        """The audits of the months that count, the newest first."""
        found = await self.rows("audit_quality", {"months": {"$in": list(self.months)}})
        counted = [row for row in found if row["withdrawn"] is None and not row["external"]]
        return sorted(counted, key=lambda row: (row["date"], row["_id"]), reverse=True)

    async def rows(self, model: ModelName, query: Mapping[str, object]) -> Sequence[Row]:
        place = self.sources.structure.place(self.asked.level, self.asked.unit_id)
        within = {"place.authority": place.authority if place else "", "place.team": self.asked.unit_id}
        return await self.sources.reading.rows(model, {**within, **query})


# -- audits ---------------------------------------------------------------------------------------------------------


def cases(audits: Iterable[Row]) -> ReportTable:
    """One row for each audit."""
    columns = (
        ReportColumn(code="audit", label="Audit", kind="text"),
        ReportColumn(code="date", label="Done", kind="date"),
        ReportColumn(code="audit_type", label="Type", kind="code"),
        ReportColumn(code="plan_type", label="Plan", kind="code"),
        ReportColumn(code="raw", label="Auditor's grade", kind="code"),
        ReportColumn(code="overall", label="Final grade", kind="code"),
        ReportColumn(code="grade_source", label="Grade from", kind="code"),
        ReportColumn(code="auditor_role", label="Auditor", kind="code"),
        ReportColumn(code="independence", label="Independence", kind="code"),
    )
    named = ("date", "audit_type", "plan_type", "raw", "overall", "source", "auditor_role", "independence")
    rows = (_item(row["_id"], row["_id"], *(row[name] for name in named)) for row in audits)
    return ReportTable(name="cases", caption="Audits of the last twelve months", columns=columns, rows=tuple(rows))


def run(audits: Sequence[Row], months: Sequence[str]) -> ReportTable:
    """One row a month, oldest first, under the whole: how many were good or better of those on the four-point scale."""
    columns = (
        ReportColumn(code="month", label="Month", kind="text"),
        ReportColumn(code="audits", label="Audits"),
        ReportColumn(code="good_or_better", label="Good or better"),
        ReportColumn(code="below_good", label="Below good"),
    )
    grades = {month: [row["overall"] for row in audits if row["date"][:7] == month] for month in months}
    rows = [_counted("total", "Twelve months", "TOTAL", [grade for month in months for grade in grades[month]])]
    rows += [_counted(month, _short(month), "ITEM", grades[month]) for month in months]
    return ReportTable(
        name="run",
        caption="Good or better by month",
        columns=columns,
        rows=tuple(rows),
        chart=("month", ("good_or_better", "below_good")),
    )


def _counted(key: str, label: str, kind: str, grades: Sequence[str]) -> ReportRow:
    good = sum(grade in GOOD_OR_BETTER for grade in grades)
    graded = sum(grade in GRADES for grade in grades)
    cells = (label, len(grades), good, graded - good)
    return ReportRow(key=key, kind="TOTAL" if kind == "TOTAL" else "ITEM", cells=cells)


def _short(month: str) -> str:
    return f"{periods.first_day(month):%b %Y}"


# -- what is to be done ---------------------------------------------------------------------------------------------


def actions(rows: Iterable[Row], day: date) -> ReportTable:
    """One row for each remedial action that was open on the day, the one due first on top."""
    columns = (
        ReportColumn(code="action", label="Action", kind="text"),
        ReportColumn(code="audit", label="From audit", kind="text"),
        ReportColumn(code="domain", label="Domain", kind="code"),
        ReportColumn(code="priority", label="Priority", kind="code"),
        ReportColumn(code="owner_role", label="Owner", kind="code"),
        ReportColumn(code="agreed", label="Agreed", kind="date"),
        ReportColumn(code="due", label="Due", kind="date"),
        ReportColumn(code="completed", label="Done, not yet verified", kind="date"),
        ReportColumn(code="days_past_due", label="Days past due"),
    )
    open_then = [row for row in rows if _is_open(row, day.isoformat())]
    found = tuple(_action(row, day) for row in sorted(open_then, key=lambda row: (row["due_on"], row["_id"])))
    return ReportTable(name="actions_due", caption="Actions that are open", columns=columns, rows=found)


def _is_open(action: Row, day: str) -> bool:
    """As often verified as it came back after that, or less often, by this day."""
    if action["date"] > day or (action["cancelled_on"] or "9999") <= day:
        return False
    verified = sum(on <= day for on in action["verifications"])
    return bool(verified <= sum(on <= day for on in action["reopenings"]))


def _action(row: Row, day: date) -> ReportRow:
    done = row["completed_on"] if (row["completed_on"] or "9999") <= day.isoformat() else None
    past = 0 if done else _days_past(row["due_on"], day)
    described = (row["domain"], row["priority"], row["owner_role"], row["date"], row["due_on"])
    return _item(row["_id"], row["_id"], f"audit-{row['audit_id']}", *described, done, past)


def re_audits(rows: Iterable[Row], day: date) -> ReportTable:
    """One row for each re-audit that was required and neither done nor found impossible on the day."""
    columns = (
        ReportColumn(code="re_audit", label="Re-audit", kind="text"),
        ReportColumn(code="parent", label="Of audit", kind="text"),
        ReportColumn(code="generation", label="Generation"),
        ReportColumn(code="trigger", label="Because of", kind="code"),
        ReportColumn(code="grade_from", label="Grade then", kind="code"),
        ReportColumn(code="required", label="Required", kind="date"),
        ReportColumn(code="due", label="Due", kind="date"),
        ReportColumn(code="days_past_due", label="Days past due"),
    )
    waiting = [row for row in rows if _is_waited_for(row, day.isoformat())]
    found = tuple(_re_audit(row, day) for row in sorted(waiting, key=lambda row: (row["due_on"], row["_id"])))
    return ReportTable(name="re_audits_due", caption="Re-audits that are due", columns=columns, rows=found)


def _is_waited_for(row: Row, day: str) -> bool:
    ended = (row.get(name) or "9999" for name in ("completed_on", "not_possible_on", "cancelled_on"))
    return bool(row["required_on"] <= day < min(ended))


def _re_audit(row: Row, day: date) -> ReportRow:
    lineage = (row["_id"], f"audit-{row['parent_audit_id']}", row["generation"], row["trigger"], row["grade_from"])
    return _item(row["_id"], *lineage, row["required_on"], row["due_on"], _days_past(row["due_on"], day))


def _days_past(due: str, day: date) -> int:
    return max(0, (day - date.fromisoformat(due)).days)


# -- who has to do with the team ------------------------------------------------------------------------------------


def links(sources: Sources, team_id: str, day: date) -> ReportTable:
    """One row for each kind of link: since when somebody holds it."""
    columns = (
        ReportColumn(code="link", label="Linked with the team", kind="code"),
        ReportColumn(code="since", label="Since", kind="date"),
    )
    rows = tuple(_link(sources, team_id, kind, day) for kind in LINKS)
    return ReportTable(name="links", caption="Who is linked with the team", columns=columns, rows=rows)


def _link(sources: Sources, team_id: str, kind: str, day: date) -> ReportRow:
    since = sources.structure.directory.linked_since(team_id, kind, day)
    return _item(kind, kind, since.isoformat() if since else NOBODY)


def _item(key: str, *cells: str | int | None) -> ReportRow:
    return ReportRow(key=key, kind="ITEM", cells=cells)


TEAM_VIEW = TeamView(make)
