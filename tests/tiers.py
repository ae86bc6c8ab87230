"""How much a test tries, and with which chances: small on every change, large at night, the same again when asked.

`GOLDENTHREAD_TIER` is P (every change, the default), N (nightly) or R (before a release). `GOLDENTHREAD_SEED` repeats
the run that printed it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import hypothesis

TIERS = ("P", "N", "R")
TIER = os.environ.get("GOLDENTHREAD_TIER", "P")
SEED = int(os.environ.get("GOLDENTHREAD_SEED") or random.SystemRandom().randrange(2**32))

if TIER not in TIERS:
    raise ValueError(f"GOLDENTHREAD_TIER is {TIER!r}: it can be {', '.join(TIERS)}")


def by_tier(p: int, n: int, r: int | None = None) -> int:
    """The number for this run's tier; a release tries at least what a night does."""
    return {"P": p, "N": n, "R": n if r is None else r}[TIER]


def chances(what: str) -> random.Random:
    """A source of chances of this test's own. Says the seed, which pytest shows beside a failure."""
    print(f"{what}: GOLDENTHREAD_SEED={SEED} repeats these chances")
    return random.Random(f"{SEED} {what}")


def seeded(test: Callable[..., Any]) -> Callable[..., Any]:
    """A Hypothesis test that makes the same cases again under the same seed."""
    return hypothesis.seed(SEED)(test)
