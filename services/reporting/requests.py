"""What readers ask, from the query of a URL."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import BaseModel, Field

from services.reporting.domain import periods
from services.reporting.views import ModelName, PeriodKind, Structure, Window
from shared.calendar.clock import local_date
from shared.messaging.topics import PARTITIONS
from shared.web.desk import Position
from shared.web.problems import Problem

LONGEST = 120  # months in one answer
MIN_POSITION = "Golden-Thread-Min-Position"
MODELS_OF_SERVICE: dict[str, tuple[ModelName, ...]] = {
    "audit": ("audit_quality", "audit_cycle"),
    "escalation": ("practice_alerts",),
    "feedback": ("feedback_themes",),
}

Month = Annotated[str | None, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="A month such as 2026-04")]


def window(
    request: Request,
    from_: Annotated[Month, Query(alias="from")] = None,
    to: Month = None,
    period: PeriodKind = "month",
    structure: Structure = "as-then",
) -> Window:
    """The months asked for: by default the twelve up to this one. 400 when they run backwards or are too many."""
    last = to or periods.month_of(local_date(request.app.state.clock()))
    first = from_ or periods.following(last, -11)
    if first > last:
        raise Problem("bad-request", "from is later than to.")
    if len(periods.months(first, last)) > LONGEST:
        raise Problem("bad-request", f"One answer holds at most {LONGEST} months.")
    return Window(first_month=first, last_month=last, period=period, structure=structure)


def positions(request: Request, position: str | None = None) -> list[Position]:
    """The positions after which to read, from the header or `?position=`, separated by commas. 400 when malformed."""
    asked = request.headers.get(MIN_POSITION) or position
    if not asked:
        return []
    try:
        found = [Position.parse(part.strip()) for part in asked.split(",")]
    except ValueError as failed:
        raise Problem("bad-request", "A position looks like audit.3.1234.") from failed
    if any(one.service not in MODELS_OF_SERVICE for one in found):
        raise Problem("bad-request", "A position names audit, escalation or feedback.")
    if any(one.partition >= PARTITIONS for one in found):
        raise Problem("bad-request", f"Partitions are 0 to {PARTITIONS - 1}.")
    return found


TableName = Literal[
    "audit_quality",
    "audit_domains",
    "audit_counts",
    "practice_alerts",
    "alert_counts",
    "feedback_themes",
    "feedback_counts",
]


class Form(BaseModel):
    """In what form to answer; `excel` puts a byte-order mark before CSV."""

    format: Literal["json", "csv"] | None = None
    excel: bool = False


class UnitAsked(Form):
    """`table` is which of the view's tables to send as CSV."""

    table: TableName = "audit_quality"


class RowsAsked(Form):
    """Which number to open: a read model and one of its measures, such as OFSTED4.overall.GOOD."""

    model: ModelName
    measure: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,4}$", max_length=200)]
    cursor: str | None = Field(default=None, max_length=400)
    limit: int = Field(default=50, ge=1, le=200)
