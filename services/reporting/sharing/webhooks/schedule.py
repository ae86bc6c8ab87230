"""When a delivery is tried again, and when an endpoint is given up. It has no clock and no chances of its own."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

DELAYS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = (0.8, 1.2)
LONGEST_WAIT = timedelta(hours=24)
GIVEN_UP_AFTER = timedelta(days=5)


class Outcome(StrEnum):
    """What came of one attempt."""

    DELIVERED = "DELIVERED"
    REFUSED = "REFUSED"  # an answer that is not 2xx: of this event, or of a redirect that is never followed
    BUSY = "BUSY"  # 429 or 5xx: the endpoint wants fewer, or none for now
    GONE = "GONE"  # 410: the endpoint wants no more, ever
    UNREACHED = "UNREACHED"  # no answer at all: no connection, no valid certificate, no answer in time
    FORBIDDEN = "FORBIDDEN"  # the address is not allowed (any more), so nothing was connected to


TELLS_OF_THE_ENDPOINT = frozenset({Outcome.BUSY, Outcome.UNREACHED, Outcome.FORBIDDEN, Outcome.GONE})


def outcome_of(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status == 410:
        return Outcome.GONE
    return Outcome.BUSY if status == 429 or status >= 500 else Outcome.REFUSED


def next_attempt(tried: int, moment: datetime, chances: random.Random, wait: timedelta | None = None) -> datetime:
    """When to try again what failed at `moment` for the `tried`-th time (from 1). Behind the last step: daily.

    `wait` is what the endpoint asked for: never sooner than that, unless it asks for more than a day.
    """
    delay = DELAYS[min(tried, len(DELAYS) - 1)] * chances.uniform(*JITTER)
    return moment + max(delay, min(wait or timedelta(0), LONGEST_WAIT))


def retry_after(status: int, header: str | None, moment: datetime) -> timedelta | None:
    """What a 429 or 503 asks for, as seconds or as a date; None when it asks for nothing that makes sense."""
    if status not in (429, 503) or header is None:
        return None
    text = header.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return timedelta(seconds=int(text))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), (until if until.tzinfo else until.replace(tzinfo=UTC)) - moment)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has been doing. `failing_since` is its first failure since it last took anything.

    `quiet_until`: the endpoint asked to be left alone until then.
    """

    failing_since: datetime | None = None
    quiet_until: datetime | None = None

    def after(self, outcome: Outcome, moment: datetime, wait: timedelta | None = None) -> Health:
        if outcome is Outcome.DELIVERED:
            return Health()
        quiet = self.quiet_until if wait is None else moment + min(wait, LONGEST_WAIT)
        return Health(self.failing_since or moment, quiet)

    def given_up(self, moment: datetime) -> bool:
        """Whether there were five days of nothing but failures."""
        return self.failing_since is not None and moment - self.failing_since >= GIVEN_UP_AFTER

    def quiet(self, moment: datetime) -> bool:
        return self.quiet_until is not None and moment < self.quiet_until
