"""The end of a year's loading: months that are closed, and what is decided after that and has to be told again.

What the services make of a year's records by themselves takes a while: nothing is closed before all of it is counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.loading.audits import GRADES, Done, audits
from deploy.loading.chance import Month
from deploy.loading.people import wide
from deploy.loading.posting import Command, Poster, Sent, Story, Unreachable
from deploy.loading.re_audits import again, lapsed
from deploy.loading.released import released
from services.audit.following_up.re_audits import re_audit_id
from services.reporting.domain import periods

HEAD, DIRECTOR = "HEAD_OF_SAFEGUARDING_QA", "DCS"
CLOSED = {True: 4, False: 0}  # months before the newest, besides those of the newest quarter that can be closed
CHANGED = (1, 2)  # how many months before the newest those are in which something changes after closing
MONTHS = 3  # of a quarter
LAPSED = 4  # re-audits of which it was found that there can be none
REVIEWED = 5  # cases that were inadequate twice
REASONS = ("CLOSED", "MOVED_LA", "TURNED_18", "CLOSED")
DUPLICATE = {"reason": "DUPLICATE"}
CALM, LOOK = 2.0, 0.2  # seconds without anything new, and between two looks
SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Ending:
    """What is sent when everything else is there. Nothing is closed, or told again, before all of it is counted.

    `watched` is the path of a report, which says how far the figures have come.
    """

    watched: str
    decided: list[Story]
    closed: list[Story]
    changed: list[Story]
    restated: list[Story]
    shared: list[Story]

    @property
    def steps(self) -> int:
        parts = (self.decided, self.closed, self.changed, self.restated, self.shared)
        return sum(len(story) for part in parts for story in part)


def ending(authorities: Iterable[list[Month]]) -> Ending:
    """`authorities` are the months of each, the newest first."""
    every = list(authorities)
    whole = [month for months in every for month in months if month.whole]
    later = [month for month in whole if month.age in CHANGED]
    newest = every[0][0]
    return Ending(
        watched=f"/v1/authorities/{newest.authority}/reports/R3?period={_key(newest)}",
        decided=_decided(whole),
        closed=[story for months in every if (story := [*_closings(months)])],
        changed=[story for month in later for story in _changes(month)],
        restated=_restatements(later, [one for months in every for one in _closed(months)]),
        shared=released({months[0].authority: _newest_quarter(months) for months in every}),
    )


async def close(end: Ending, poster: Poster) -> Sent:
    """Send it. Raises Unreachable when the figures do not come to rest."""
    sent = Sent()
    for parts in ((end.decided,), (end.closed, end.changed), (end.restated, end.shared)):
        await _calm(poster, end.watched)
        for story in (story for part in parts for story in part):  # one at a time: each makes many reports at once
            sent.add(await poster.story(story))
    return sent


async def _calm(poster: Poster, report: str) -> None:
    """Return when reporting counts everything and has heard nothing new for a while."""
    loop = asyncio.get_running_loop()
    deadline, known, since = loop.time() + SECONDS, None, loop.time()
    while known is None or known.get("behind") != 0 or loop.time() - since < CALM:
        if loop.time() > deadline:
            raise Unreachable("the figures do not come to rest: do relay and projector run?")
        await asyncio.sleep(LOOK)
        seen: dict[str, Any] = (await poster.get("reporting", report))["as_at"]
        if seen != known:
            known, since = seen, loop.time()


def _decided(months: Sequence[Month]) -> list[Story]:
    """Cases that cannot be audited again, and directors' reviews of those that were inadequate twice."""
    found: list[Story] = []
    gone = [(month, one) for month in months for one in audits(month) if lapsed(month, one)]
    for reason, (month, audit) in zip(REASONS, gone[:LAPSED], strict=False):
        by = {"reason": reason, "on_behalf_of": audit.wanted.team.links["QA_OFFICER"]}
        found.append([_on_re_audit(audit.id, "impossibility", by, month.last)])
    twice = [(month, one) for month in months for audit in audits(month) for one in again(month, audit)]
    failed = [[_review(month, one)] for month, one in twice if one.overall == GRADES[0]]
    return [*found, *failed[:REVIEWED]]


def _review(month: Month, inadequate: Done) -> Command:
    body = {"decision": "RE_AUDIT_GOES_AHEAD"}
    return _on_re_audit(inadequate.id, "director-review", body, month.last, wide(month.authority, DIRECTOR))


def _on_re_audit(parent_id: str, noun: str, body: dict[str, Any], on: date, who: str | None = None) -> Command:
    path = f"/v1/re-audits/{re_audit_id(parent_id)}/{noun}"
    told, key = {**body, "effective_date": on.isoformat()}, f"demo-{noun}-{parent_id}"
    return Command("audit", path, told, key) if who is None else Command("audit", path, told, key, who)


def _closings(months: Sequence[Month]) -> Iterator[Command]:
    """Each month, and each quarter after its last month, by the Head: in the order in which they ended."""
    closed = _closed(months)
    for month in closed:
        for key in _keys(month, closed, finished=True):
            yield _period(month, key, "closing")


def _closed(months: Sequence[Month]) -> list[Month]:
    """Those that are closed, the oldest first."""
    quarter = _newest_quarter(months)
    over = [month for month in reversed(months) if month.age]
    return [one for one in over if one.age <= CLOSED[one.whole] or periods.quarter(_key(one)) == quarter]


def _newest_quarter(months: Sequence[Month]) -> str | None:
    """The newest quarter all of whose months lie before the newest month, if there is one."""
    counted = Counter(periods.quarter(_key(month)) for month in months if month.age)
    return max((quarter for quarter, n in counted.items() if n == MONTHS), default=None)


def _keys(month: Month, closed: Sequence[Month], *, finished: bool = False) -> Iterator[str]:
    """The month's period, and that of its quarter if all of its months are closed (and this one is its last)."""
    key = _key(month)
    yield key
    quarter = periods.named(periods.quarter(key))
    if {_key(one) for one in closed}.issuperset(quarter.months) and (not finished or quarter.months[-1] == key):
        yield quarter.key


def _changes(month: Month) -> list[Story]:
    """Two grades and an audit that did not hold: what was told of the closed month is not so any more."""
    standing = [one for one in audits(month) if one.stands and f"{one.on:%Y-%m}" == _key(month)]
    better = [one for one in standing if one.overall == "GOOD"][:2]
    worse = [one for one in standing if one.overall == "REQUIRES_IMPROVEMENT"][:1]
    regraded = [_change(month, one, "regrade", {"overall": GRADES[1], "reason": "APPEAL"}) for one in better]
    return [*([one] for one in regraded), *([_change(month, one, "withdrawal", DUPLICATE)] for one in worse)]


def _change(month: Month, audit: Done, noun: str, body: dict[str, Any]) -> Command:
    who = wide(month.authority, HEAD)
    return Command("audit", f"/v1/audits/{audit.id}/{noun}", body, f"{audit.event.id}-late-{noun}", who)


def _restatements(later: Sequence[Month], closed: Sequence[Month]) -> list[Story]:
    keys = {key: month for month in later for key in _keys(month, closed)}
    return [[_period(month, key, "restatement")] for key, month in keys.items()]


def _period(month: Month, key: str, noun: str) -> Command:
    path = f"/v1/authorities/{month.authority}/periods/{key}/{noun}"
    name = f"demo-{month.seed}-{month.authority}-{key}-{noun}"
    return Command("reporting", path, {}, name, wide(month.authority, HEAD))


def _key(month: Month) -> str:
    return f"{month.first:%Y-%m}"
