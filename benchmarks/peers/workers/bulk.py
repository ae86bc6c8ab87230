"""A batch as bulk writes: what is in the database already, folded on, then each event's facts and counters."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import UpdateOne

from benchmarks.yardstick import Event, Fact, changes, counter_ids, fact_of


def streams(events: Sequence[Event]) -> list[str]:
    return list({event["stream"] for event in events})


def writes(events: Sequence[Event], stored: Mapping[str, Fact]) -> tuple[list[UpdateOne], list[UpdateOne]]:
    """(of facts, of counters), in the order of the events."""
    known = dict(stored)
    facts: list[UpdateOne] = []
    counters: list[UpdateOne] = []
    for event in events:
        before: Any = known.get(event["stream"])
        now, changed = fact_of(event), changes(event, before)
        known[event["stream"]] = {**(before or {}), **now}
        facts.append(UpdateOne({"_id": event["stream"]}, {"$set": now}, upsert=True))
        counters += [UpdateOne({"_id": id_}, {"$inc": changed}, upsert=True) for id_ in counter_ids(event)]
    return facts, counters
