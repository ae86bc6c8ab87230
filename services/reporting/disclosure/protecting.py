"""Choosing what to hide: small counts first, then as little else as keeps every hidden count uncertain."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.reporting.disclosure.audit import THRESHOLD, Audit, Target
from services.reporting.disclosure.sums import ANY, Interval, Key, Known, Sum, both

OUTSIDER: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell about to be shown or hidden; its count is `offset` more than when it was first counted.

    A rounded cell is shown to the nearest 10, which is no exact count but an interval.
    """

    key: Key
    count: int
    offset: int = 0
    rounded: bool = False

    @property
    def small(self) -> bool:
        return not self.rounded and 0 < self.count < THRESHOLD

    @property
    def shown(self) -> Interval:
        """What showing it tells of the count as it was first."""
        if not self.rounded:
            return self.count - self.offset, self.count - self.offset
        return told_by_rounded(nearest_ten(self.count), self.offset)


def nearest_ten(count: int) -> int:
    """5 is rounded up, as the national tables do."""
    return (count + 5) // 10 * 10


def told_by_rounded(shown: int, offset: int) -> Interval:
    return max(0, shown - 5 - offset), shown + 4 - offset


@dataclass(frozen=True, slots=True)
class Problem:
    """What is about to be shown beside all that was shown before.

    `truth` is the count of every cell when it was first counted, `intervals` what was told of cells before, `targets`
    what was hidden before. Each of `viewers` is the cells that somebody counts themselves and therefore knows.
    """

    truth: Mapping[Key, int]
    sums: Sequence[Sum]
    cells: Sequence[Cell]
    intervals: Mapping[Key, Interval] = field(default_factory=dict)
    targets: Sequence[Target] = ()
    viewers: Sequence[frozenset[Key]] = (OUTSIDER,)


def protect(problem: Problem, secret: bytes) -> frozenset[Key] | None:
    """The cells to hide, or None when no choice keeps every hidden count uncertain for every viewer.

    Zeros are always shown, and a hidden cell is known not to be zero. Which cells are hidden beside the small ones
    depends on their counts by class of size only; `secret` decides among equals.
    """
    search = _Search(problem, secret)
    while (threat := search.threat()) is not None:
        chosen = threat.cheapest()
        if chosen is None:
            return None
        search.hide(chosen)
    return frozenset(search.hidden)


class _Search:
    def __init__(self, problem: Problem, secret: bytes) -> None:
        self._problem = problem
        self.secret = secret
        self.shown = {cell.key: cell for cell in problem.cells}
        self.hidden: dict[Key, Cell] = {}
        self._views = [_View(problem, own) for own in problem.viewers]
        for cell in problem.cells:
            if cell.small:
                self.hide(cell)

    def hide(self, cell: Cell) -> None:
        del self.shown[cell.key]
        self.hidden[cell.key] = cell
        for view in self._views:
            view.hide(cell)

    def threat(self) -> _Threat | None:
        """The first hidden count that somebody could narrow down too far."""
        now = [Target((cell.key,), cell.offset) for cell in self._problem.cells if cell.key in self.hidden]
        targets = [*self._problem.targets, *now]
        for view in self._views:
            found = view.threat(targets)
            if found is not None:
                return _Threat(self, view.known, *found)
        return None


class _View:
    """One viewer's knowledge while cells are hidden."""

    def __init__(self, problem: Problem, own: frozenset[Key]) -> None:
        self._problem, self._own = problem, own
        intervals = dict(problem.intervals)
        intervals |= {cell.key: both(intervals.get(cell.key, ANY), cell.shown) for cell in problem.cells}
        intervals |= {key: (problem.truth[key], problem.truth[key]) for key in own}
        self.known = Known(problem.sums, intervals)
        self._audit = Audit(self.known, problem.truth)

    def hide(self, cell: Cell) -> None:
        if cell.key not in self._own:
            before = self._problem.intervals.get(cell.key, ANY)
            self.known.set(cell.key, both(before, (1 - cell.offset, None)))

    def threat(self, targets: Iterable[Target]) -> tuple[Target, Sum | None] | None:
        """A target that is not safe, and the sum that alone gives it away, if one does: that is looked at first."""
        asked = [target for target in targets if not self._own.issuperset(target.keys)]
        for target in asked:
            for one in self._tying(target):
                if not target.safe(*self.known.within(one, target.keys[0])):
                    return target, one
        unsafe = self._audit.first_unsafe(asked)
        return None if unsafe is None else (unsafe, None)

    def _tying(self, target: Target) -> Iterable[Sum]:
        return self.known.touching(target.keys[0]) if len(target.keys) == 1 else ()


@dataclass(frozen=True, slots=True)
class _Threat:
    """A target that is not safe, and who sees it so."""

    search: _Search
    known: Known
    target: Target
    by: Sum | None

    def cheapest(self) -> Cell | None:
        """What to hide next: in the sum that gives the target away, else in what is tied to it, nearest first."""
        if self.by is not None:
            beside = [cell for key in self.by.cells if (cell := self._open(key))]
            if beside:
                return min(beside, key=self._cost)
        tied = self.known.component(self.target.keys).sums or tuple(self._around())
        return min((cell for key in _cells(tied) if (cell := self._open(key))), key=self._cost, default=None)

    def _around(self) -> Iterable[Sum]:
        return (one for key in self.target.keys for one in self.known.touching(key))

    def _open(self, key: Key) -> Cell | None:
        """The cell, if hiding it can tell anybody less: it is shown, is no zero, and does not follow from the past."""
        cell = self.search.shown.get(key)
        if cell is None or cell.count == 0:
            return None
        return None if any(self._settled(one, key) for one in self.known.touching(key)) else cell

    def _settled(self, one: Sum, key: Key) -> bool:
        others = [other for other in one.cells if other != key]
        return all(self.known.exactly(other) and other not in self.search.shown for other in others)

    def _cost(self, cell: Cell) -> tuple[bool, bool, int, bytes]:
        sums = list(self.known.touching(cell.key))
        near = any(key in one.cells for one in sums for key in self.target.keys)
        whole = any(one.whole == cell.key for one in ([self.by] if self.by else sums))
        tie = hmac.digest(self.search.secret, "\0".join(cell.key).encode(), hashlib.sha256)
        return not near, whole, cell.count // THRESHOLD, tie


def _cells(sums: Iterable[Sum]) -> Iterable[Key]:
    return dict.fromkeys(key for one in sums for key in one.cells)
