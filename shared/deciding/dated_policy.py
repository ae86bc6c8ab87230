"""A policy with its versions: each holds from a day on, until the next; what was decided names the version it used.

Pure and of no service: whoever keeps such a policy folds its events into `DatedPolicy` and asks `is_new` before a
change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from shared.deciding.refusal import Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PolicyVersion(Generic[T]):
    """What holds from `from_date` on. `retroactive_reason` is there when that day had passed when it was set."""

    name: str
    from_date: date
    value: T
    retroactive_reason: str | None = None


@dataclass(frozen=True, slots=True)
class DatedPolicy(Generic[T]):
    """The versions in the order in which they were set. The first holds from the beginning of time."""

    versions: tuple[PolicyVersion[T], ...]

    @staticmethod
    def beginning_with(name: str, value: T) -> DatedPolicy[T]:
        return DatedPolicy((PolicyVersion(name, date.min, value),))

    def on(self, day: date) -> PolicyVersion[T]:
        """The version in force on that day; of several that hold from one day on the one that was set last."""
        begun = [version for version in self.versions if version.from_date <= day]
        latest = max(version.from_date for version in begun)
        return next(version for version in reversed(begun) if version.from_date == latest)

    def after(self, day: date) -> PolicyVersion[T] | None:
        """The version that next comes into force after that day, if one is set."""
        coming = [version.from_date for version in self.versions if version.from_date > day]
        return self.on(min(coming)) if coming else None

    def named(self, name: str) -> PolicyVersion[T] | None:
        return next((version for version in self.versions if version.name == name), None)

    def with_version(self, version: PolicyVersion[T]) -> DatedPolicy[T]:
        return DatedPolicy((*self.versions, version))


def is_new(version: PolicyVersion[T], policy: DatedPolicy[T], today: date) -> bool:
    """Whether the version changes the policy: False when it was set before just so.

    Refused when its name means something else already, and when it would change what holds before `today` without a
    reason for reaching back: decisions of those days were made under another version, and keep its name.
    """
    before = policy.named(version.name)
    if before == version:
        return False
    if before is not None:
        raise Refused("a version's name is used once: decisions refer to it", field="policy_version")
    if version.from_date < today and version.retroactive_reason is None:
        raise Refused("a change that reaches into the past says why", field="retroactive_reason")
    if version.from_date >= today and version.retroactive_reason is not None:
        raise Refused("a change that does not reach into the past has no reason to", field="retroactive_reason")
    return True
