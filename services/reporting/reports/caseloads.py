"""The open cases that teams last reported, and in which units of a report they count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.reporting.reports.lines import lies_in, part_of
from services.reporting.reports.report import Asked, Sources
from services.reporting.structure import OfToday
from services.reporting.views import Structure, Unit
from shared.projecting.read_model import Row
from shared.published.place import Place


@dataclass(frozen=True, slots=True)
class Caseload:
    """What one team last reported, and where it counts: as it then stood, or as it stands today."""

    place: Place
    open_cases: Mapping[str, int]


async def caseloads(sources: Sources, asked: Asked, months: Sequence[str]) -> list[Caseload]:
    """Of every team of the unit the last report of these months.

    Each month of a team is a row of its own, with the place of its time: so they are found by authority and sorted
    here.
    """
    query = {"place.authority": {"$in": _authorities(sources.structure, asked)}, "months": {"$in": list(months)}}
    rows = await sources.reading.rows("audit_cycle", {**query, "kind": "CASELOAD"})
    found = [_counted(one, sources.structure, asked.structure) for one in _last_of_each_team(rows, months)]
    unit = sources.structure.unit(asked.level, asked.unit_id)
    return [one for one in found if belongs(one, unit, None)]


def _authorities(structure: OfToday, asked: Asked) -> list[str]:
    if asked.level == "region":
        now = structure.directory.authorities_of(asked.unit_id, structure.today)
        return sorted(now if asked.structure == "as-now" else structure.ever_in(asked.unit_id))
    place = structure.place(asked.level, asked.unit_id)
    return [place.authority] if place else []


def _last_of_each_team(rows: Iterable[Row], months: Sequence[str]) -> Iterable[Row]:
    """What each team reported last in these months, wherever it then was."""
    reports = [report for row in rows for month, report in row["reports"].items() if month in months]
    newest_last = sorted(reports, key=lambda report: str(report["as_at"]))
    return {report["place"]["team"]: report for report in newest_last}.values()


def _counted(report: Row, structure: OfToday, view: Structure) -> Caseload:
    then = Place.model_validate(report["place"])
    now = structure.place("team", then.team) if view == "as-now" and then.team is not None else None
    regions = structure.place("authority", then.authority) if view == "as-now" else None
    place = now or (then.model_copy(update={"regions": regions.regions}) if regions else then)
    return Caseload(place, report["open_cases"])


def belongs(one: Caseload, unit: Unit, above: Unit | None) -> bool:
    """Does it count in this unit, and within the one above in which the unit stands in the report?"""
    if not lies_in(unit, one.place):
        return False
    if unit.whole:
        return part_of(unit, one.place) is None
    return above is None or lies_in(above, one.place)
