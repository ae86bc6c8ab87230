"""What a reader asked for in the filter form, and what to say when it cannot be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.reporting.views import Level, PeriodKind, Window

MOST_MONTHS = 60
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """The window to show, what was typed, and what was wrong with it by field: `errors` is empty when all was right.

    With an error the window is the one shown without any filters, so that the page still answers.
    """

    window: Window
    typed: Mapping[str, str]
    errors: Mapping[str, str]


def asked(query: Mapping[str, str], level: Level, today: date) -> Asked:
    """Read the filters `from`, `to`, `period` and `structure`; what is left out is the level's own default."""
    usual = usual_window(level, today)
    typed = {
        "from": query.get("from", "").strip() or usual.first_month,
        "to": query.get("to", "").strip() or usual.last_month,
        "period": query.get("period") or usual.period,
        "structure": query.get("structure") or usual.structure,
    }
    errors = _errors(typed)
    return Asked(usual if errors else _window(typed), typed, errors)


def usual_window(level: Level, today: date) -> Window:
    """Twelve months to this one, or the four quarters for what is counted in quarters."""
    quarterly: PeriodKind = "quarter" if level in ("service_area", "region") else "month"
    last = f"{today:%Y-%m}"
    first = _add(last, -11) if quarterly == "month" else _add(last, -9 - (today.month - 1) % 3)
    return Window(first_month=first, last_month=last, period=quarterly)


def _errors(typed: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    for field, name in (("from", "First month"), ("to", "Last month")):
        if not _MONTH.fullmatch(typed[field]):
            errors[field] = f"{name} must be a year and a month, like 2026-04"
    if not errors:
        errors |= _span_errors(_number(typed["from"]), _number(typed["to"]))
    if typed["period"] not in ("month", "quarter"):
        errors["period"] = "Select month or quarter"
    if typed["structure"] not in ("as-then", "as-now"):
        errors["structure"] = "Select the structure as it was then or as it is now"
    return errors


def _span_errors(first: int, last: int) -> dict[str, str]:
    if last < first:
        return {"to": "Last month must be the same as or after the first month"}
    if last - first >= MOST_MONTHS:
        return {"to": f"Last month must be at most {MOST_MONTHS // 12} years after the first month"}
    return {}


def _window(typed: Mapping[str, str]) -> Window:
    return Window.model_validate(
        {
            "first_month": typed["from"],
            "last_month": typed["to"],
            "period": typed["period"],
            "structure": typed["structure"],
        }
    )


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _add(month: str, months: int) -> str:
    year, of_year = divmod(_number(month) + months, 12)
    return f"{year:04d}-{of_year + 1:02d}"
