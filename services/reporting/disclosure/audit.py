"""Whether somebody who knows all that was shown can work out a hidden count, or narrow it down too far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.reporting.disclosure.bounds import extreme, in_one_sum
from services.reporting.disclosure.sums import Key, Known

THRESHOLD = 6  # counts from 1 to 5 are small


@dataclass(frozen=True, slots=True)
class Target:
    """Cells whose counts together must stay uncertain; `offset` is what a correction has added to them since."""

    keys: tuple[Key, ...]
    offset: int = 0

    def safe(self, low: int, high: int | None) -> bool:
        """Whether a count between these is uncertain enough: it may be no small one, and takes six values or more."""
        return high is None or (high + self.offset >= THRESHOLD and high - low >= THRESHOLD - 1)


class Audit:
    """Audits targets against what is known while cells are hidden one after the other.

    `truth` has the true count of every cell. Hiding only ever widens what is possible, so a target that was once
    found safe stays so, and a possibility that was once found stays one: both are kept and not asked for again.
    """

    def __init__(self, known: Known, truth: Mapping[Key, int]) -> None:
        self.known = known
        self._truth = truth
        self._safe: set[Target] = set()
        self._seen: dict[Target, tuple[int, int]] = {}

    def first_unsafe(self, targets: Iterable[Target]) -> Target | None:
        """The first, in the order given, that is not safe."""
        asked = list(targets)
        return next((target for target in asked if not self._is_safe(target, asked)), None)

    def _is_safe(self, target: Target, others: list[Target]) -> bool:
        if target not in self._safe and self._proven(target, others):
            self._safe.add(target)
        return target in self._safe

    def _proven(self, target: Target, others: list[Target]) -> bool:
        component = self.known.component(target.keys)
        if not component.cells:
            return target.safe(*self._seen_of(target))
        if len(target.keys) == 1 and (exact := in_one_sum(self.known, component, target.keys[0])) is not None:
            return target.safe(*exact)
        if target.safe(*self._seen_of(target)):
            return True
        self._see({**self._truth, **extreme(self.known, component, target.keys, "high")}, others)
        low, high = self._seen_of(target)
        if not target.safe(min(0, low), high):
            return False  # not even if it could be nothing at all
        if not target.safe(low, high):
            self._see({**self._truth, **extreme(self.known, component, target.keys, "low")}, others)
        return target.safe(*self._seen_of(target))

    def _seen_of(self, target: Target) -> tuple[int, int]:
        if target not in self._seen:
            count = sum(self._truth[key] for key in target.keys)
            self._seen[target] = (count, count)
        return self._seen[target]

    def _see(self, possible: Mapping[Key, int], targets: list[Target]) -> None:
        """Remember what these counts, which are possible together, show to be possible for each target."""
        for target in targets:
            low, high = self._seen_of(target)
            count = sum(possible[key] for key in target.keys)
            self._seen[target] = (min(low, count), max(high, count))
