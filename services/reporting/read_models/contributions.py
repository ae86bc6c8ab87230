"""How a row says where it counts."""

from __future__ import annotations

import re
from typing import Any

from shared.published.place import Place

LONGEST_DAYS = 180  # the exact number of days up to here; the next bucket means "longer"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def contribution(day: str, *path: object) -> str:
    """One count in the month of an ISO date: `contribution("2026-04-30", "OFSTED4", "count")`.

    Codes come from outside: what a measure's path cannot hold becomes an underscore.
    """
    return f"{day[:7]}|{'.'.join(_UNSAFE.sub('_', str(part)) or '_' for part in path)}"


def days_bucket(days: int, longest: int = LONGEST_DAYS) -> int:
    return min(max(days, 0), longest + 1)


def place_of(place: Place) -> dict[str, Any]:
    """The place as rows keep it."""
    return {
        "team": place.team,
        "service_area": place.service_area,
        "authority": place.authority,
        "regions": list(place.regions),
    }
