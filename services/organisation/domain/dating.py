"""Dated facts: values that hold from a date on, and spans. The structure is asked for any date, past or to come.

Two values of one date: the later told replaces the earlier. A value told for a date between two others holds until
the later one. A span may end on the day it began: then it never held, which is how a mistake is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class Entry:
    """A value that holds from `since` on, until the next entry."""

    since: date
    value: str


Entries = tuple[Entry, ...]


def put(entries: Entries, since: date, value: str) -> Entries:
    """The entries with this one in its place, in order."""
    others = [entry for entry in entries if entry.since != since]
    return tuple(sorted([*others, Entry(since, value)], key=lambda entry: entry.since))


def at(entries: Entries, on: date) -> str | None:
    """The value that held on that date; None before the first."""
    held = [entry.value for entry in entries if entry.since <= on]
    return held[-1] if held else None


@dataclass(frozen=True, slots=True)
class Span:
    """`what` holds from `since` (inclusive) until `until` (exclusive; None while it lasts)."""

    what: tuple[str, ...]
    since: date
    until: date | None = None

    def holds(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)

    def overlaps(self, other: Span) -> bool:
        """Whether there is a day on which both hold; a span that never held overlaps nothing."""
        last_start = max(self.since, other.since)
        return self.holds(last_start) and other.holds(last_start)


Spans = tuple[Span, ...]


def begin(spans: Spans, span: Span) -> Spans:
    return (*spans, span)


def end(spans: Spans, what: Sequence[str], on: date) -> Spans:
    """The spans with the one of `what` that holds on that date ended on it."""
    key = tuple(what)
    return tuple(replace(span, until=on) if span.what == key and span.holds(on) else span for span in spans)


def is_new(spans: Spans, span: Span) -> bool:
    """False when exactly this is known already. Raises Refused when it contradicts what is known."""
    if span.until is not None and span.until <= span.since:
        raise Refused("it cannot end before it has begun", field="until")
    if span in spans:
        return False
    if any(known.what == span.what and known.overlaps(span) for known in spans):
        raise Refused("the same holds already on some of these days")
    return True


def has_to_end(spans: Spans, what: Sequence[str], on: date) -> bool:
    """False when it ended on that date already. Raises Refused when it does not hold then."""
    same = [span for span in spans if span.what == tuple(what)]
    if any(span.holds(on) for span in same):
        return True
    if any(span.until == on for span in same):
        return False
    raise Refused("only what holds on that date can end on it", field="effective_date")


def check_within(opened_on: date | None, closed_on: date | None, on: date, unit: str) -> None:
    """Raises Refused unless the unit exists and is open on that date; the closing date itself is after its end."""
    if opened_on is None:
        raise Refused(f"there is no such {unit}")
    if on < opened_on:
        raise Refused(f"the {unit} did not exist on that date", field="effective_date")
    if closed_on is not None and on >= closed_on:
        raise Refused(f"the {unit} is closed on that date", field="effective_date")
