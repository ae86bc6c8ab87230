"""Where an alert or an informal attempt counts: each thing that happened to it, in the month it happened in."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.read_models.contributions import contribution, days_bucket
from services.reporting.read_models.practice_alerts.row import GOOD_PRACTICE, INFORMAL
from shared.projecting.read_model import Row

LONGEST_WORKING_DAYS = 100


def cells(row: Row) -> list[str]:
    if row["kind"] == INFORMAL:
        return list(_informal(row))
    if row["alert_type"] == GOOD_PRACTICE:
        return list(_recognition(row))
    return [*_raising(row), *_stages(row), *_endings(row)]


def _informal(row: Row) -> Iterator[str]:
    """An attempt counts when it was made, and once more when it was settled; it is no alert and never open."""
    on = row["date"]
    yield contribution(on, "informal_attempts", "count")
    yield contribution(on, "informal_with", row["with_role"])
    for category in sorted(set(row["categories"])):
        yield contribution(on, "informal_category", category)
    if row["settled_on"] is not None:
        yield contribution(row["settled_on"], "informal_settled", "count")


def _recognition(row: Row) -> Iterator[str]:
    """Recognition has no clock and is never open: it stays out of the balance and of what raised alerts are about."""
    if row["withdrawals"]:
        return
    yield contribution(row["date"], "good_practice", "count")
    yield contribution(row["date"], "type", GOOD_PRACTICE)
    if row["shared_on"] is not None:
        yield contribution(row["shared_on"], "good_practice_shared", "count")


def _raising(row: Row) -> Iterator[str]:
    on = row["date"]
    yield contribution(on, "raised", "count")
    yield contribution(on, "type", row["alert_type"])
    for category in sorted(set(row["categories"])):
        yield contribution(on, "category", category)
    yield contribution(on, "plan", row["plan_type"])
    yield contribution(on, "risk", row["risk"])
    if row["raised_at_stage"] is not None:
        yield contribution(on, "raised_at", row["raised_at_stage"])
    if row["after_informal"]:
        yield contribution(on, "informal", "count")


def _stages(row: Row) -> Iterator[str]:
    for answer in row["answers"]:
        yield contribution(answer["on"], "answered", "in_time" if answer["in_time"] else "late")
    for step in row["escalations"]:
        yield contribution(step["on"], "reached", step["to"])
        for _ in range(step["skipped"]):
            yield contribution(step["on"], "skipped", "count")
    for missed in row["missed"]:
        yield from _missed(missed["stage"], missed["on"], answered=missed["answered"])
    for due in row["past_total"].values():
        yield contribution(due, "over_total", "count")


def _missed(stage: int | None, due: str, *, answered: bool) -> Iterator[str]:
    if stage is None:
        yield contribution(due, "missed_total", "count")
        return
    yield contribution(due, "missed", stage)
    if not answered:
        yield contribution(due, "unanswered", "count")


def _endings(row: Row) -> Iterator[str]:
    for end in row["resolutions"]:
        yield contribution(end["on"], "resolved", "count")
        yield contribution(end["on"], "resolved_at", end["stage"])
        yield contribution(end["on"], "outcome", end["outcome"])
        yield contribution(end["on"], "elapsed", days_bucket(end["elapsed"], LONGEST_WORKING_DAYS))
    for found in row["impacts"].values():
        yield contribution(found["on"], "impact", found["impact"])
    for on in row["reopenings"]:
        yield contribution(on, "reopened", "count")
    for on in row["withdrawals"]:
        yield contribution(on, "withdrawn", "count")
