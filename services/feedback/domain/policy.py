"""Limits that a department may set differently from one year to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class FeedbackPolicy:
    """`route_within` is how soon after it was found a disclosure of harm must be on its way to safeguarding."""

    version: str = "2026-04"
    route_within: timedelta = timedelta(hours=1)
