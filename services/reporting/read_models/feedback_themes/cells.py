"""Where feedback counts: all of it in the month it was received, however late; a step of a change in its own month."""

from __future__ import annotations

from collections.abc import Iterator

from services.reporting.read_models.contributions import contribution, days_bucket
from services.reporting.read_models.feedback_themes.row import CHANGE
from shared.projecting.read_model import Row

NOT_SHOWN = "NOT_SHOWN"  # what discloses harm is counted, and appears in no digest
CHILD_MADE = frozenset({"CHILD", "YOUNG_PERSON"})  # a care leaver is an adult


def cells(row: Row) -> list[str]:
    if row["kind"] == CHANGE:
        return list(_change(row))
    return [contribution(row["date"], *path) for path in _received(row)]


def _received(row: Row) -> Iterator[tuple[object, ...]]:
    yield "received", "count"
    yield "channel", row["channel"]
    yield "respondent", row["respondent"]
    if row["rating"] is not None:
        yield "rating", row["rating"]
    if row["anonymous"]:
        yield "anonymous", "count"
    if row["respondent"] in CHILD_MADE:
        yield "child_made", "count"
        yield "child_made_channel", row["channel"]
    if row["days"] is not None:
        yield "responded", "count"
        yield "days", days_bucket(row["days"])
    yield from _classified(row)


def _classified(row: Row) -> Iterator[tuple[object, ...]]:
    if row["sentiment"] is None:
        yield "unclassified", "count"
    if row["sentiment"] in (None, NOT_SHOWN):
        return
    yield "sentiment", row["sentiment"]
    for theme in sorted(set(row["themes"])):
        yield "theme", theme


def _change(row: Row) -> Iterator[str]:
    for word, on in (("decided", row["decided_on"]), ("made", row["made_on"]), ("told", row["told_on"])):
        if on is not None:
            yield contribution(on, word, "count")
            for theme in sorted(set(row["themes"])):
                yield contribution(on, f"{word}_theme", theme)
    for check in row["checks"]:
        yield contribution(check["on"], "checked", "count")
        yield contribution(check["on"], "checked_result", check["result"])
