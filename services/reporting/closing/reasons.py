"""What was recorded after a period's cutoff and counts in it: why its figures are no longer what was published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from services.reporting.closing.canonical import unit_key
from services.reporting.domain.periods import Span
from services.reporting.domain.reporting_period.events import Reason
from services.reporting.domain.reporting_period.state import Moment
from services.reporting.library import MODELS, PARTITIONS, Reading
from services.reporting.views import ModelName, Unit
from shared.event_store.partition import partition_of
from shared.projecting.read_model import Row

WITHDRAWN, RESTRUCTURED = "WITHDRAWN", "RESTRUCTURED"
LATE_ENTRY, DONE_LATER = "LATE_ENTRY", "DONE_LATER"
"""What happened in the period or before and was entered after the cutoff; what happened only later, such as an audit
that was expected in the period and done after it."""
SAYS_LITTLE = frozenset({LATE_ENTRY, DONE_LATER})
OVERTAKEN = timedelta(days=30)
"""How long before the cutoff something may have been recorded that was published only after it."""


@dataclass(frozen=True, slots=True)
class Late:
    """A row of a read model that was changed since, in months up to the period's end."""

    model: ModelName
    row: Row


async def late_rows(reading: Reading, authority: str, span: Span, since: Moment) -> list[Late]:
    """Rows of the authority that a period's reports may show otherwise than at that moment.

    Earlier months than the period's own are looked at as well: stocks are carried forward, and reports compare.
    A read model that there was not yet at that moment is in none of those reports.
    """
    query = {
        "place.authority": authority,
        "late.at": {"$gt": since.cutoff - OVERTAKEN},
        "late.first": {"$lte": span.months[-1]},
    }
    known = [model for model in MODELS if model in since.marks]
    return [
        Late(model, row)
        for model in known
        for row in await reading.rows(model, query)
        if row["late"]["seq"] > _mark(since, model, row)
    ]


def touched_units(late: Iterable[Late]) -> set[str]:
    """Every unit in which the rows count, or counted before, by `unit_key`."""
    places = [place for one in late for place in (one.row["place"], *one.row["late"].get("left", ()))]
    levels = ("team", "service_area", "authority")
    return {unit_key(level, place[level]) for place in places for level in levels if place[level] is not None}


def reasons_of(late: Iterable[Late], span: Span, *, restructured: bool) -> tuple[Reason, ...]:
    """In the order in which they were recorded, one for each stream, whichever read models heard of it.

    What counts in the period itself stands for all, when there is any.
    """
    each = list(late)
    in_period = [one for one in each if _counts_in(one.row, span)]
    of_stream: dict[str | None, Reason] = {}
    for reason in (_reason(one, span) for one in in_period or each):
        known = of_stream.get(reason.stream)
        if known is None or known.code in SAYS_LITTLE:  # the model that knows the grade says more than that it is late
            of_stream[reason.stream] = reason
    found = tuple(sorted(of_stream.values(), key=lambda one: (str(one.recorded_at), str(one.stream))))
    return (*found, Reason(code=RESTRUCTURED)) if restructured else found


def concerns(reason: Reason, unit: Unit) -> bool:
    """Whether it may be why figures of the unit changed."""
    match unit.level:
        case "team":
            return reason.stream is None or reason.team == unit.id
        case "service_area":
            return reason.stream is None or reason.service_area == unit.id
        case _:
            return True


def _reason(late: Late, span: Span) -> Reason:
    row, place = late.row, late.row["place"]
    return Reason(
        code=_code(row, span),
        model=late.model,
        stream=row["_id"],
        recorded_at=row["late"]["at"],
        team=place["team"],
        service_area=place["service_area"],
        approver_role=row.get("approver_role"),
    )


def _code(row: Row, span: Span) -> str:
    if row.get("withdrawn") is not None:
        return WITHDRAWN
    if row.get("regrade_reason") is not None:
        return str(row["regrade_reason"])
    return LATE_ENTRY if row["late"]["on"][:7] <= span.months[-1] else DONE_LATER


def _counts_in(row: Row, span: Span) -> bool:
    months = {*row["months"], row["late"]["first"], str(row.get("date", ""))[:7]}
    return not months.isdisjoint(span.months)


def _mark(since: Moment, model: ModelName, row: Row) -> int:
    marks, partition = since.marks[model], partition_of(row["_id"], len(PARTITIONS[model]))
    return marks[partition] if partition < len(marks) else -1
