"""The yardstick: events of a fixed seed, the one rule by which everybody counts them, and the right answer.

Every worker imports `counter_ids`, `fact_of` and `changes` from here, so that all do the same work and differ only in
the machinery around it. Only the standard library is used: peers run in environments of their own.

An event is a dictionary, about 414 bytes as JSON. Of 60,000, 36,000 are first gradings of an audit, 9,000 regrades
(which do not carry the old grade: whoever counts must know it), 9,000 alerts raised or resolved, 6,000 feedback. The
answer is 47,000 facts and 2,616 documents of counters, one for each month of each team, area and region.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SEED = 20190607
GRADES = ("outstanding", "good", "requires_improvement", "inadequate")
DOMAINS = ("assess", "plan", "review", "voice", "manage", "record", "timely", "impact")
MONTHS = tuple(f"2025-{month:02}" for month in range(1, 13))
SEVERITIES = ("high", "medium", "low")

Event = dict[str, Any]
Fact = Mapping[str, Any]
Counters = dict[str, int]


def generate(n: int, seed: int = SEED) -> Iterator[Event]:
    """The first n events. However many are asked for, they begin with the same ones."""
    year = _Year(seed)
    return (year.event() for _ in range(n))


def encode(event: Event) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


# -- the rule ----------------------------------------------------------------------------------------------------------


def counter_ids(event: Event) -> tuple[str, str, str]:
    """The documents of counters that an event changes."""
    month = event["period"]
    return f"team|{event['team']}|{month}", f"area|{event['area']}|{month}", f"region|{event['region']}|{month}"


def fact_of(event: Event) -> dict[str, Any]:
    """What an event sets in the fact of its stream, over what was there."""
    fact = {name: event[name] for name in ("version", "region", "authority", "area", "team", "period", "at")}
    fact["kind"] = event["stream"].partition("-")[0]
    data = event["data"]
    match event["type"]:
        case "AuditGraded":
            return {**fact, "grade": data["grade"], "domains": data["domains"]}
        case "AlertRaised":
            return {**fact, "severity": data["severity"], "status": "open"}
        case "AlertResolved":
            return {**fact, "outcome": data["outcome"], "status": "resolved"}
        case _:
            return {**fact, "rating": data["rating"], "from": data["from"]}


def changes(event: Event, before: Fact | None) -> Counters:
    """By how much an event changes its counters, given the fact as it stood before. Names are dotted paths."""
    data = event["data"]
    match event["type"]:
        case "AuditGraded":
            return _of_a_grading(data, before)
        case "AlertRaised":
            return {"events": 1, "alerts.raised": 1, "severity." + data["severity"]: 1}
        case "AlertResolved":
            return {"events": 1, "alerts.resolved": 1}
        case _:
            return {"events": 1, "feedback." + data["rating"]: 1}


def _of_a_grading(data: Mapping[str, Any], before: Fact | None) -> Counters:
    changed = {"events": 1, **dict.fromkeys(_graded(data), 1)}
    for name in _graded(before) if before else ():
        changed[name] = changed.get(name, 0) - 1
    return changed


def _graded(said: Mapping[str, Any]) -> list[str]:
    return ["graded." + said["grade"], *(f"domains.{domain}.{grade}" for domain, grade in said["domains"].items())]


# -- the answer --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """Facts by stream; counters by document, flat (`domains.plan.good`), zeros left out."""

    facts: Mapping[str, Fact]
    counters: Mapping[str, Counters]


@dataclass(frozen=True)
class Verdict:
    """What of an answer is wrong. `too_much` and `too_little` are sums over all counters of all documents."""

    facts_wrong: int
    facts_missing: int
    documents: int
    documents_wrong: int
    too_much: int
    too_little: int

    @property
    def right(self) -> bool:
        return not (self.facts_wrong or self.facts_missing or self.documents_wrong)


def expected(events: Iterable[Event]) -> Answer:
    """The right answer, in plain Python."""
    facts: dict[str, Fact] = {}
    counters: dict[str, Counters] = {}
    for event in events:
        before = facts.get(event["stream"])
        changed = changes(event, before)
        for id_ in counter_ids(event):
            add(counters.setdefault(id_, {}), changed)
        facts[event["stream"]] = {**(before or {}), **fact_of(event)}
    return Answer(facts, {id_: without_zeros(document) for id_, document in counters.items()})


def add(document: Counters, changed: Mapping[str, int]) -> None:
    for name, by in changed.items():
        document[name] = document.get(name, 0) + by


def without_zeros(document: Counters) -> Counters:
    return {name: n for name, n in document.items() if n}


def flat(document: Mapping[str, Any], path: str = "") -> Counters:
    """A document of nested counters with dotted names."""
    found: Counters = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{path}{name}.")
        else:
            found[path + name] = int(value)
    return found


def verify(found: Answer, right: Answer) -> Verdict:
    """Compare every fact and every counter. A fact may hold more than is asked for; a counter may not."""
    facts_wrong = sum(not _says(fact, right.facts.get(stream)) for stream, fact in found.facts.items())
    documents_wrong = too_much = too_little = 0
    for id_ in found.counters.keys() | right.counters.keys():
        off = _off(found.counters.get(id_, {}), right.counters.get(id_, {}))
        documents_wrong += any(off)
        too_much += sum(by for by in off if by > 0)
        too_little -= sum(by for by in off if by < 0)
    missing = len(right.facts.keys() - found.facts.keys())
    return Verdict(facts_wrong, missing, len(right.counters), documents_wrong, too_much, too_little)


def _says(fact: Fact, wanted: Fact | None) -> bool:
    return wanted is not None and all(fact.get(name) == value for name, value in wanted.items())


def _off(found: Counters, right: Counters) -> list[int]:
    return [found.get(name, 0) - right.get(name, 0) for name in found.keys() | right.keys()]


# -- the events --------------------------------------------------------------------------------------------------------


@dataclass
class _Audit:
    stream: str
    version: int
    period: str
    place: dict[str, str]


class _Year:
    """What happens in a year, one event after the other."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self._events = 0
        self._begun = {"audit": 0, "alert": 0, "feedback": 0}
        self._audits: list[_Audit] = []
        self._open: list[tuple[str, dict[str, str]]] = []

    def event(self) -> Event:
        kind = self._random.random()
        if kind < 0.60 or (kind < 0.75 and not self._audits):
            event = self._first_grading()
        elif kind < 0.75:
            event = self._regrade()
        elif kind < 0.90:
            event = self._resolved() if self._open and self._random.random() < 0.4 else self._raised()
        else:
            event = self._feedback()
        self._events += 1
        return event

    def _first_grading(self) -> Event:
        stream, place, period = self._begin("audit"), self._place(), self._random.choice(MONTHS)
        self._audits.append(_Audit(stream, 1, period, place))
        return {**self._head("AuditGraded", stream, 1, period, place), "data": self._grades()}

    def _regrade(self) -> Event:
        audit = self._random.choice(self._audits)
        audit.version += 1
        head = self._head("AuditGraded", audit.stream, audit.version, audit.period, audit.place)
        return {**head, "data": self._grades()}

    def _grades(self) -> dict[str, Any]:
        choose = self._random.choice
        return {"grade": choose(GRADES), "domains": {domain: choose(GRADES) for domain in DOMAINS}}

    def _raised(self) -> Event:
        stream, place = self._begin("alert"), self._place()
        self._open.append((stream, place))
        head = self._head("AlertRaised", stream, 1, self._random.choice(MONTHS), place)
        data = {
            "severity": self._random.choice(SEVERITIES),
            "by": f"auditor-{self._random.randrange(900):04}",
            "note": "threshold decision not recorded within the standard " + "x" * self._random.randrange(80),
        }
        return {**head, "data": data}

    def _resolved(self) -> Event:
        chosen = self._random.randrange(len(self._open))
        self._open[chosen], self._open[-1] = self._open[-1], self._open[chosen]
        stream, place = self._open.pop()
        head = self._head("AlertResolved", stream, 2, self._random.choice(MONTHS), place)
        data = {
            "outcome": self._random.choice(("action", "none", "learning")),
            "by": f"manager-{self._random.randrange(900):04}",
            "note": "resolved after review of the case file and supervision record " + "x" * self._random.randrange(60),
        }
        return {**head, "data": data}

    def _feedback(self) -> Event:
        stream, period = self._begin("feedback"), self._random.choice(MONTHS)
        head = self._head("FeedbackReceived", stream, 1, period, self._place())
        data = {
            "rating": str(self._random.randrange(1, 6)),
            "from": self._random.choice(("child", "parent", "carer", "partner")),
            "text": "we felt listened to and understood what would happen next " + "x" * self._random.randrange(80),
        }
        return {**head, "data": data}

    def _begin(self, kind: str) -> str:
        number = self._begun[kind]
        self._begun[kind] += 1
        return f"{kind}-{number:06}"

    def _place(self) -> dict[str, str]:
        authority, area, team = self._random.randrange(6), self._random.randrange(6), self._random.randrange(5)
        name = f"A{authority + 1}S{area + 1}"
        return {
            "region": f"R{1 + authority // 3}",
            "authority": f"A{authority + 1}",
            "area": name,
            "team": f"{name}T{team + 1}",
        }

    def _head(self, kind: str, stream: str, version: int, period: str, place: dict[str, str]) -> Event:
        pick = self._random.randrange
        at = f"{period}-{pick(1, 29):02}T{pick(24):02}:{pick(60):02}:{pick(60):02}Z"
        id_ = hashlib.md5(f"{self._seed}-{self._events}".encode(), usedforsecurity=False).hexdigest()
        return {"id": id_, "type": kind, "stream": stream, "version": version, "at": at, "period": period, **place}
