"""The rows behind a number: as many as the number says, and nothing in them that names a child or a worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.reporting.read_models.audit_quality.grades import PUBLIC_SCALE
from services.reporting.structure import OfToday, Reach
from services.reporting.views import CountedRow, Fact, Level, ModelName, Structure, Window
from shared.projecting.read_model import Row

FACTS: dict[ModelName, tuple[str, ...]] = {
    "audit_quality": (
        "scale",
        "overall",
        "raw",
        "audit_type",
        "plan_type",
        "independence",
        "source",
        "regrades",
        "days",
        "external",
    ),
    "audit_cycle": (
        *("kind", "audit_type", "plan_type", "cadence", "auditor_role", "window_first", "window_last", "exempted"),
        *("met_on", "withdrawn", "theme_code", "quarter", "sample_size", "frame_n", "n", "pair_kind", "scale"),
        *("role_a", "role_b", "overall_a", "overall_b", "consensus", "state", "domain", "priority", "owner_role"),
        *("due_on", "completed_on", "cancelled_on", "trigger", "scope", "generation", "grade_from", "grade_to"),
        *("outcome", "declined_domains", "still_inadequate", "not_possible_on", "planned_on", "held_on", "roles"),
        *("decisions", "source"),
    ),
    "practice_alerts": (
        *("kind", "alert_type", "categories", "plan_type", "risk", "raised_by_role", "stage", "open"),
        *("shared_on", "with_role", "settled_on", "review_on"),
    ),
    "feedback_themes": (
        *("kind", "channel", "respondent", "rating", "sentiment", "themes", "acknowledged_on", "days"),
        *("decided_on", "made_on", "told_on"),
    ),
}


def rows_query(
    structure: OfToday, reach: Reach, level: Level, unit_id: str, window: Window, model: ModelName
) -> dict[str, Any] | None:
    """What finds the rows that count in the unit and lie within reach; None when there can be none.

    Whoever sees a team's or a service area's figures sees its rows. The figures of an authority or a region are open
    to more people than their rows are, except for the public judgements of inspections.
    """
    unit = of_unit(structure, level, unit_id, window.structure)
    if reach.has_all_of(level, unit_id):
        return unit
    allowed = [query for query in (reach.query(), _public(model)) if query is not None]
    return {"$and": [unit, {"$or": allowed}]} if allowed else None


def of_unit(structure: OfToday, level: Level, unit_id: str, view: Structure) -> dict[str, Any]:
    """What finds the rows that counted in the unit.

    It always names authorities: the one index of rows begins with them, then months.
    """
    now = view == "as-now"
    place = structure.place(level, unit_id)
    within = {"place.authority": place.authority if place else ""}
    match level:
        case "service_area" if now:
            teams = sorted(structure.teams_in([unit_id]))
            of_no_team = {"place.service_area": unit_id, "place.team": None}
            either = [{"place.team": {"$in": teams}}, of_no_team]
            return {**within, "place.team": {"$in": [*teams, None]}, "$or": either}
        case "region" if now:
            members = structure.directory.authorities_of(unit_id, structure.today)
            return {"place.authority": {"$in": sorted(members)}}
        case "region":
            return {"place.authority": {"$in": structure.ever_in(unit_id)}, "place.regions": unit_id}
        case _:
            return {**within, f"place.{level}": unit_id}


def _public(model: ModelName) -> dict[str, Any] | None:
    whole = {"place.team": None, "place.service_area": None}
    return {"scale": PUBLIC_SCALE, "external": True, **whole} if model == "audit_quality" else None


def counted(row: Row, model: ModelName, contributions: Sequence[str], structure: OfToday) -> Iterator[CountedRow]:
    """The row once for each time that it counts in the number."""
    wanted = set(contributions)
    place = row["place"]
    for contribution in sorted(c for c in row["cells"] if c in wanted):
        yield CountedRow(
            stream=row["_id"],
            counted_in=contribution[:7],
            date=row["date"],
            team=structure.unit("team", place["team"]) if place["team"] else None,
            service_area=structure.unit("service_area", place["service_area"]) if place["service_area"] else None,
            authority=structure.unit("authority", place["authority"]),
            facts=tuple(_facts(row, model)),
        )


def _facts(row: Row, model: ModelName) -> Iterator[Fact]:
    for name in FACTS[model]:
        value = row.get(name)
        if value is not None and value != []:
            yield Fact(name=name, value=_word(value))
    if row.get("resolutions"):
        yield Fact(name="outcome", value=row["resolutions"][-1]["outcome"])
        if found := row["impacts"].get(str(len(row["resolutions"]))):
            yield Fact(name="impact", value=found["impact"])


def _word(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(str(part) for part in value)
        case _:
            return str(value)
