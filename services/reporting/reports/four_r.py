"""R3: the 4R meetings of the period: a row for each team that a meeting was about, and each meeting counted once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.reporting.read_models.reading import Measures
from services.reporting.reports.lines import Line, lines
from services.reporting.reports.making import (
    Written,
    columns,
    frame,
    in_period,
    last_day,
    numbers,
    table,
    things,
    unit_of,
)
from services.reporting.reports.report import Asked, Cell, Report, ReportRow, Sources
from services.reporting.structure import OfToday
from services.reporting.views import Structure
from shared.projecting.read_model import Row

CODE, TITLE = "R3", "4R meetings report"
STATES = ("scheduled", "held", "cancelled")
_DAY_OF = {"scheduled": "planned_on", "held": "held_on", "cancelled": "cancelled_on"}

NOTES = (
    "A meeting about several teams has a row for each of them and is counted once.",
    "By unit, a meeting counts in the smallest unit that holds all of its teams.",
    "Actions done are those completed by the end of the period, of all that were agreed at the meeting.",
)


async def make(sources: Sources, asked: Asked) -> Report:
    found = await lines(sources, asked, asked.span.months, ("audit_cycle",))
    within = _involving(sources.structure, asked)
    meetings = [
        row for row in await things(sources, asked, "MEETING", asked.span.months, within) if _of_period(row, asked)
    ]
    done = await _completed(sources, meetings, last_day(asked))
    rows = [row for meeting in sorted(meetings, key=_order) for row in _items(meeting, done, sources, asked)]
    counts = _counted(meetings, asked) if asked.level != "region" else _measured(found[0], asked)
    footer = ReportRow(key="footer", kind="FOOTER", cells=("All meetings", *counts))
    tables = [
        table("meetings", "Meetings by team", _ITEMS, rows),
        table("footer", "Meetings, each counted once", _COUNTS, [footer]),
    ]
    if asked.level != "team":
        by_unit = [line.row(line.name, *_measured(line, asked)) for line in found]
        tables.append(table("by_unit", "Meetings by unit", _COUNTS, by_unit))
    return frame(CODE, TITLE, sources, asked, tables, NOTES)


# -- which meetings -------------------------------------------------------------------------------------------------


def _involving(structure: OfToday, asked: Asked) -> dict[str, Any] | None:
    """What finds the meetings that are about the unit or any team of it, whatever unit they count in."""
    place = structure.place(asked.level, asked.unit_id)
    within = {"place.authority": place.authority if place else ""}
    match asked.level:
        case "team":
            return {**within, "teams.team": asked.unit_id}
        case "service_area" if asked.structure == "as-now":
            teams = sorted(structure.teams_in([asked.unit_id]))
            itself = {"place.service_area": asked.unit_id, "place.team": None}
            return {**within, "$or": [{"teams.team": {"$in": teams}}, itself]}
        case "service_area":
            return {**within, "$or": [{"teams.service_area": asked.unit_id}, {"place.service_area": asked.unit_id}]}
        case _:
            return None


def _of_period(row: Row, asked: Asked) -> bool:
    return any(in_period(asked, row[day]) for day in _DAY_OF.values())


def _order(row: Row) -> tuple[str, str]:
    return row["date"], row["_id"]


async def _completed(sources: Sources, meetings: list[Row], end: str) -> set[str]:
    """The ids of the actions agreed at these meetings that were done by that day."""
    ids = sorted({action for meeting in meetings for action in meeting["actions"]})
    if not ids:
        return set()
    rows = await sources.reading.rows("audit_cycle", {"_id": {"$in": [f"remedial_action-{id_}" for id_ in ids]}})
    return {row["action_id"] for row in rows if _is_done(row, end)}


def _is_done(action: Row, end: str) -> bool:
    """Completed or verified by then, and not found wanting since."""
    done = [one["on"] for one in action["completions"]] + action["verifications"]
    last = max((on for on in done if on <= end), default=None)
    failed = max((on for on in action["failures"] if on <= end), default="")
    return last is not None and (last > failed or (last == failed and action["state"] != "OPEN"))


# -- one by one -----------------------------------------------------------------------------------------------------

_ITEMS = columns(
    {
        **dict.fromkeys(("meeting", "team"), "text"),
        **dict.fromkeys(("state", "roles"), "code"),
        **dict.fromkeys(("date", "next"), "date"),
    },
    meeting="Meeting",
    date="Date",
    team="Team",
    state="State",
    linked_audits="Linked audits",
    linked_alerts="Linked alerts",
    roles="Roles present",
    decisions="Decisions",
    actions="Actions",
    actions_done="Actions done",
    next="Next meeting",
)


def _items(row: Row, done: set[str], sources: Sources, asked: Asked) -> Iterator[ReportRow]:
    places = [team for team in row["teams"] if _is_about(team, sources.structure, asked)] or [row["place"]]
    units = {unit.id: unit for unit in (unit_of(sources, place) for place in places)}
    for unit in sorted(units.values(), key=lambda one: (one.name, one.id)):
        cells = (row["_id"], *_cells(row, unit.name, done))
        yield ReportRow(key=f"{row['_id']}|{unit.id}", kind="ITEM", unit=unit, cells=cells)


def _is_about(team: Mapping[str, Any], structure: OfToday, asked: Asked) -> bool:
    match asked.level:
        case "team":
            return bool(team["team"] == asked.unit_id)
        case "service_area":
            return _area(team, structure, asked.structure) == asked.unit_id
        case _:
            return True


def _area(team: Mapping[str, Any], structure: OfToday, view: Structure) -> str | None:
    now = structure.place("team", team["team"]) if view == "as-now" and team["team"] is not None else None
    return now.service_area if now is not None else team["service_area"]


def _cells(row: Row, team: str, done: set[str]) -> Iterator[Cell]:
    yield row["held_on"] or row["planned_on"]
    yield team
    yield "HELD" if row["held_on"] else "CANCELLED" if row["cancelled_on"] else "SCHEDULED"
    yield from (len(row["linked_audits"]), len(row["linked_alerts"]), " ".join(row["roles"]) or None)
    yield from (row["decisions"], len(row["actions"]), len(done.intersection(row["actions"])))
    yield row["next_on"]


# -- in numbers -----------------------------------------------------------------------------------------------------

_COUNTS = columns({"unit": "text"}, unit="Unit", scheduled="Scheduled", held="Held", cancelled="Cancelled")


def _counted(meetings: list[Row], asked: Asked) -> tuple[int, ...]:
    """Each meeting once, by the days on which it was planned, held or cancelled."""
    return tuple(sum(in_period(asked, row[_DAY_OF[state]]) for row in meetings) for state in STATES)


def _measured(line: Line, asked: Asked) -> tuple[int, ...]:
    return numbers(Measures(line.of.over(asked.span.months).of("audit_cycle")), "meeting", *STATES)


FOUR_R = Written(CODE, TITLE, make)
