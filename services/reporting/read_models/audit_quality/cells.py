"""Where an audit counts: in the month of its effective date, under its own scale."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.read_models.audit_quality.grades import PUBLIC_SCALE, is_grade, rank
from services.reporting.read_models.contributions import contribution, days_bucket
from shared.projecting.read_model import Row

JUDGED_AGAIN = frozenset({"MODERATED", "CONSENSUS"})


def cells(row: Row) -> list[str]:
    if row["withdrawn"] is not None:
        return []
    return [contribution(row["date"], _scale(row), *path) for path in _paths(row)]


def _scale(row: Row) -> str:
    """The row's scale. What is public is read by this name alone, so nothing else may count under it."""
    place = row["place"]
    public = row["external"] and place["team"] is None and place["service_area"] is None
    return f"{PUBLIC_SCALE}_LOCAL" if row["scale"] == PUBLIC_SCALE and not public else row["scale"]


def _paths(row: Row) -> Iterator[tuple[object, ...]]:
    yield ("count",)
    yield "overall", row["overall"]
    yield "raw", row["raw"]
    for code, grade in row["domains"].items():
        yield "domain", code, grade
    yield "type", row["audit_type"]
    yield "plan", row["plan_type"]
    yield "independence", row["independence"]
    yield "source", row["source"]
    if row["days"] is not None:
        yield "days", days_bucket(row["days"])
    yield "auditor", row["auditor_role"], row["independence"]
    yield from _changes(row)
    yield from _moderation(row)


def _changes(row: Row) -> Iterator[tuple[object, ...]]:
    """What became of the raw grade. Drift is read from `moderated`, which pairs it with the moderated one."""
    raw, final = row["raw"], row["overall"]
    before, after = rank(raw), rank(final)
    if before is not None and after is not None and before != after:
        yield ("changed_up" if after > before else "changed_down",)
    judged = (row["source"] == "MODERATED" and row.get("moderated")) or final
    if row["source"] in JUDGED_AGAIN and is_grade(raw) and is_grade(judged):
        yield "moderated", raw, judged


def _moderation(row: Row) -> Iterator[tuple[object, ...]]:
    """What a moderator found, by the role of the auditor; a consensus of two is not a moderator's grade."""
    role, raw = row["auditor_role"], row["raw"]
    found = row.get("moderated") or (row["overall"] if row["source"] == "MODERATED" else None)
    if found is not None and is_grade(raw) and is_grade(found):
        yield "moderation", role, raw, found
    if row.get("quality") is not None:  # rows made before this was published have none
        yield "quality", role, row["quality"]
