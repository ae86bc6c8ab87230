"""Which expected audit a finished one meets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.audit.domain.expectation.events import AuditExpected
from services.audit.domain.windows import Window, first_of_month
from shared.published.place import Place


@dataclass(frozen=True, slots=True)
class Done:
    """A finalised audit, as far as expectations go. `period` is the month it was planned for, if it said so."""

    audit_id: str
    audit_type: str
    auditor_role: str
    place: Place
    counts_on: date
    period: str | None = None
    auditor_ref: str | None = None

    @property
    def day(self) -> date:
        """The day whose window it was done for."""
        return first_of_month(self.period) if self.period else self.counts_on


@dataclass(frozen=True, slots=True)
class Known:
    """An expectation as the register knows it."""

    expected: AuditExpected
    is_open: bool

    @property
    def window(self) -> Window:
        return Window(self.expected.window_first, self.expected.window_last)


def fits(expected: AuditExpected, done: Done) -> bool:
    """Type, role and place fit, and the audit was not done for a time before the window."""
    return (
        expected.audit_type == done.audit_type
        and expected.auditor_role in (None, done.auditor_role)
        and _covers(expected.place, done.place)
        and expected.window_first <= done.day
    )


def candidates(done: Done, known: Iterable[Known]) -> list[str]:
    """Ids of the open expectations that the audit may meet, the one that it should meet first.

    First those whose window holds the audit's day: the auditor's own before another's. An audit that was done for no
    month in particular, and is one more than its own window asked for, makes up for an earlier window, the oldest
    first. That waits until everything is known that its own window expects: it may be opened later than the audit was
    done.
    """
    fitting = [one for one in known if fits(one.expected, done)]
    own = [one for one in fitting if one.window.holds(done.day)]
    chosen = [one for one in own if one.is_open]
    if done.period is None and _complete(own):
        chosen += [one for one in fitting if one.is_open and one.window.last < done.day]
    return [one.expected.expectation_id for one in sorted(chosen, key=lambda one: _turn(one, done))]


def _turn(one: Known, done: Done) -> tuple[bool, date, bool, int, int, str]:
    expected = one.expected
    somebody_elses = expected.auditor_ref not in (None, done.auditor_ref)
    narrowness = 0 if expected.place.team else 1 if expected.place.service_area else 2
    late = not one.window.holds(done.day)
    return late, one.window.last, somebody_elses, narrowness, expected.number, expected.expectation_id


def _complete(own: Sequence[Known]) -> bool:
    """Whether as many are known of the window as are expected in it."""
    alike = Counter((_like(one.expected), one.expected.of) for one in own)
    return bool(own) and all(n >= of for (_, of), n in alike.items())


def _like(expected: AuditExpected) -> tuple[object, ...]:
    where = expected.place.team, expected.place.service_area
    return expected.cadence, expected.programme_id, expected.auditor_ref, where, expected.window_first


def _covers(scope: Place, place: Place) -> bool:
    if scope.team is not None:
        return scope.team == place.team
    if scope.service_area is not None:
        return scope.service_area == place.service_area
    return scope.authority == place.authority
