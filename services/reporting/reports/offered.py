"""Which reports there are for which kind of unit."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.reports.report import Registry
from services.reporting.views import Level

ONLY_AT: Mapping[str, tuple[Level, ...]] = {"R10": ("team",), "R14": ("team", "service_area", "authority")}
"""Reports that are not for every kind of unit: R10 is a team's, and nobody closes the periods of a region."""


NOT_CLOSED = frozenset({"R10"})
"""Reports to work with: they show things as they are known, and are not published with a period."""


def closed_with_periods(reports: Registry) -> Registry:
    return {code: one for code, one in reports.items() if code not in NOT_CLOSED}


def offered(reports: Registry, level: Level) -> Registry:
    return {code: one for code, one in reports.items() if level in ONLY_AT.get(code, (level,))}
