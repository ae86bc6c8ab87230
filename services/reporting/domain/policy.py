"""What may be shown, as dated configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportingPolicy:
    """`least_for_percent` audits before a percentage is printed, `least_pairs` pairs before a kappa is."""

    version: str = "2026-04"
    least_for_percent: int = 10
    least_pairs: int = 20
