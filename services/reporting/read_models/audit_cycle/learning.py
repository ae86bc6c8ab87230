"""One learning point, told to whom it concerns, and looked at again to see whether practice changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from services.reporting.read_models.audit_cycle.kind import Kind
from services.reporting.read_models.contributions import contribution, place_of
from shared.projecting.read_model import Row
from shared.published.audit_cycle import (
    LearningImpactReviewedV1,
    LearningPointDisseminatedV1,
    LearningPointRecordedV1,
)


def learn(row: Row | None, event: Any, _on: date) -> Row | None:
    match event:
        case LearningPointRecordedV1():
            return dict(row) if row is not None else _recorded(event)
        case LearningPointDisseminatedV1():
            on = event.disseminated_on.isoformat()
            told = {"on": on, "channel": event.channel, "audience": list(event.audience)}
            return row and {**row, "disseminations": [*row["disseminations"], told]}
        case LearningImpactReviewedV1():
            on = event.reviewed_on.isoformat()
            found = {"on": on, "result": event.result, "method": event.method, "cases": event.cases}
            return row and {**row, "reviews": [*row["reviews"], found]}
        case _:
            raise TypeError(f"not an event of a learning point: {type(event).__name__}")


def _recorded(recorded: LearningPointRecordedV1) -> Row:
    return {
        "place": place_of(recorded.place),
        "date": recorded.recorded_on.isoformat(),
        "learning_id": recorded.learning_id,
        "theme_code": recorded.theme_code,
        "domain": recorded.domain,
        "source": recorded.source,
        "theme_id": recorded.theme_id,
        "disseminations": [],
        "reviews": [],
    }


def cells(row: Row) -> Iterator[str]:
    yield contribution(row["date"], "learning", "recorded")
    yield contribution(row["date"], "learning_theme", row["theme_code"])
    yield contribution(row["date"], "learning_source", row["source"])
    if row["domain"] is not None:
        yield contribution(row["date"], "learning_domain", row["domain"])
    for told in row["disseminations"]:
        yield contribution(told["on"], "learning", "disseminated")
        yield contribution(told["on"], "learning_channel", told["channel"])
    for found in row["reviews"]:
        yield contribution(found["on"], "learning", "reviewed")
        yield contribution(found["on"], "learning_result", found["result"])


KIND = Kind("LEARNING", (LearningPointRecordedV1, LearningPointDisseminatedV1, LearningImpactReviewedV1), learn, cells)
