"""The one place that asks for the time. Everything else is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
Clock = Callable[[], datetime]


def now() -> datetime:
    """This moment, in UTC, to the millisecond (the precision the store keeps)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def local_date(moment: datetime) -> date:
    """The date on the wall in London: what quarters, months and deadlines go by.

    A moment so near an end of the calendar that it has none in London keeps the date it came with: rules that refuse
    what is too early or too late can then say so.
    """
    try:
        return moment.astimezone(LONDON).date()
    except OverflowError:
        return moment.date()


def end_of(day: date) -> datetime:
    """The moment at which that day was over in London: a deadline that nobody met passed then."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)
