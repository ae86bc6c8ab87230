"""What a reader picked on the page of a report, and what to say when it cannot be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.reporting.domain import periods
from services.reporting.reports.requests import PERIOD
from services.reporting.reports.showing import STRUCTURES
from services.reporting.views import Structure

MONTHS_BACK = 24
QUARTERS_BACK = 8
_VERSION = re.compile(r"[1-9]\d{0,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Picked:
    """The report to show, and what was wrong with what was asked, by field: with an error it is the usual one."""

    period: str
    structure: Structure
    version: int | None
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One period to pick; `closed` are its figures final."""

    key: str
    label: str
    closed: bool


def picked(query: Mapping[str, str], latest: str, today: date) -> Picked:
    """Read `period`, `structure` and `version`; what is left out is the last whole month, as the teams were then."""
    period, structure, version = (
        query.get("period") or latest,
        query.get("structure") or "as-then",
        query.get("version"),
    )
    errors = {}
    if not re.fullmatch(PERIOD, period, re.ASCII):
        errors["period"] = "Select a month or a quarter"
    elif periods.named(period).months[0] > periods.month_of(today):
        errors["period"] = "The period must not lie in the future"
    if structure not in STRUCTURES:
        errors["structure"] = "Select the teams as they were then or as they are now"
    if version and not _VERSION.fullmatch(version):
        errors["version"] = "A version is a number from 1"
    if errors:
        return Picked(latest, "as-then", None, errors)
    return Picked(period, "as-now" if structure == "as-now" else "as-then", int(version) if version else None, {})


def choices(shown: str, today: date, closed: Sequence[str]) -> tuple[list[Choice], list[Choice]]:
    """The months and the quarters to pick from, newest first; the one that is shown and every closed one are in it."""
    this = periods.month_of(today)
    months = {periods.following(this, -n) for n in range(MONTHS_BACK + 1)}
    quarters = {periods.quarter(periods.following(this, -3 * n)) for n in range(QUARTERS_BACK + 1)}
    for key in (shown, *closed):
        (quarters if "Q" in key else months).add(key)
    listed = (
        [Choice(k, periods.named(k).label, k in closed) for k in sorted(of, reverse=True)] for of in (months, quarters)
    )
    return next(listed), next(listed)
