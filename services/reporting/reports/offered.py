"""Which reports there are for which kind of unit."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.reports.report import Registry
from services.reporting.views import Level

ONLY_AT: Mapping[str, tuple[Level, ...]] = {"R10": ("team",)}
"""Reports that are about one kind of unit; every other is offered at all levels."""


def offered(reports: Registry, level: Level) -> Registry:
    return {code: one for code, one in reports.items() if level in ONLY_AT.get(code, (level,))}
