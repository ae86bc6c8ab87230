"""Which reports there are for which kind of unit."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.reports.report import Registry
from services.reporting.views import Level

ONLY_AT: Mapping[str, tuple[Level, ...]] = {"R10": ("team",), "R14": ("team", "service_area", "authority")}
"""Reports that are not for every kind of unit: R10 is a team's, and nobody closes the periods of a region."""


def offered(reports: Registry, level: Level) -> Registry:
    return {code: one for code, one in reports.items() if level in ONLY_AT.get(code, (level,))}
