"""The page of a unit, put together: the numbers at the top, then audits, alerts, feedback and outside judgements."""

from __future__ import annotations

from datetime import datetime

from services.reporting.dashboard import alerts, audits, feedback
from services.reporting.dashboard.page import KeyFigure, Section
from services.reporting.dashboard.places import Places
from services.reporting.dashboard.tables import Cell, PageTable
from services.reporting.labels import EXTERNAL_SCALES, label
from services.reporting.views import AsAt, Grades, Proportion, UnitView
from shared.calendar.clock import LONDON, local_date

NOT_SHARED = "Sums of several authorities are not shown here: less your own they would tell of the others."


def sections(view: UnitView, places: Places) -> list[Section]:
    """Every section of the page, in reading order."""
    judged = audits.judgements(view, places)
    if view.total.withheld:
        return [Section("not-shared", "Audits, alerts and feedback", empty=NOT_SHARED), *([judged] if judged else [])]
    return [
        *audits.sections(view, places),
        alerts.section(view, places),
        feedback.section(view, places),
        *([judged] if judged else []),
    ]


def table(view: UnitView, places: Places, name: str) -> PageTable | None:
    """The table of this name, exactly as the page shows it."""
    tables = (one for section in sections(view, places) for one in section.every_table())
    return next((one for one in tables if one.name == name), None)


def key_figures(view: UnitView) -> list[KeyFigure]:
    """Five numbers to begin with; a percentage only where there is enough to carry it."""
    total = view.total
    ours = [grades for grades in total.grades if grades.scale not in EXTERNAL_SCALES]
    figures = [_graded(grades, alone=len(ours) == 1) for grades in ours]
    if total.alerts is not None:
        answered = _share(total.alerts.answered_on_time, "answers in time")
        figures.append(KeyFigure("Practice alerts open at the end", Cell(str(total.alerts.closing)), answered))
    if total.feedback is not None:
        made = total.feedback.changes_made.count
        told = f"{made} {'change' if made == 1 else 'changes'} made, {total.feedback.changes_told.count} told"
        figures.append(KeyFigure("Feedback received", Cell(str(total.feedback.received.count)), told))
    return figures


def _graded(grades: Grades, *, alone: bool) -> KeyFigure:
    name = "Audits graded" if alone else f"Audits graded: {label(grades.scale)}"
    good = _share(grades.good_or_better, "good or better") if audits.knows_good(grades) else "counts only"
    return KeyFigure(name, Cell(str(grades.graded)), good)


def _share(share: Proportion, what: str) -> str:
    if not share.whole:
        return f"no {what} to count"
    percent = f" ({share.display})" if share.percent is not None else ""
    return f"{share.part} of {share.whole} {what}{percent}"


def correct_as_at(as_at: AsAt, today: datetime) -> str:
    """ "Correct as at 09:41, 3 events behind", with the date unless it is today's; London time."""
    if as_at.time is None:
        return f"Nothing has been counted yet{_behind(as_at.behind)}"
    time = as_at.time.astimezone(LONDON)
    day = "" if local_date(as_at.time) == local_date(today) else f" on {time.day} {time:%B %Y}"
    return f"Correct as at {time:%H:%M}{day}{_behind(as_at.behind)}"


def _behind(events: int | None) -> str:
    match events:
        case None:
            return ", events behind not known"
        case 0:
            return ", up to date"
        case 1:
            return ", 1 event behind"
        case _:
            return f", {events:,} events behind"
