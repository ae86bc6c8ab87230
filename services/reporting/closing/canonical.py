"""One spelling for everything that is said, so that the same things have the same hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from services.reporting.reports.report import Report

NOT_PART = {"as_at", "closing", "complete"}
"""What differs between two readings of the same report: when, of which version, and by whom it is read."""


def canonical(said: Any) -> bytes:
    """JSON with sorted keys and nothing between its parts. Raises ValueError for numbers that JSON does not have."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def content_of(report: Report) -> bytes:
    """What a report says."""
    return canonical(report.model_dump(mode="json", exclude=NOT_PART))


def report_content(report_id: str, units: Mapping[str, str]) -> bytes:
    """A report of all units of an authority: the hash of each by `unit_key`."""
    return canonical({"report": report_id, "units": dict(units)})


def snapshot_hash(authority: str, period: str, reports: Mapping[str, str]) -> str:
    """Over all reports of a period, by their hashes."""
    return digest(canonical({"authority": authority, "period": period, "reports": dict(reports)}))


def unit_key(level: str, unit_id: str) -> str:
    return f"{level}:{unit_id}"
