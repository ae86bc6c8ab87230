"""The addresses of pages: every page, table and number has a lasting one that carries its filters."""

from __future__ import annotations

from calendar import month_abbr
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from services.reporting.views import Count, Level, ModelName, Period, Unit, Window

SEGMENTS: dict[Level, str] = {
    "team": "teams",
    "service_area": "service-areas",
    "authority": "authorities",
    "region": "regions",
}


def unit_path(level: Level, unit_id: str) -> str:
    return f"/{SEGMENTS[level]}/{quote(unit_id, safe='')}"


def filters(window: Window) -> dict[str, str]:
    """The window as the query that asks for it."""
    return {
        "from": window.first_month,
        "to": window.last_month,
        "period": window.period,
        "structure": window.structure,
    }


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses around one unit seen through one window."""

    level: Level
    unit_id: str
    window: Window

    @property
    def page(self) -> str:
        return f"{unit_path(self.level, self.unit_id)}?{urlencode(filters(self.window))}"

    def table(self, name: str) -> str:
        return f"{unit_path(self.level, self.unit_id)}/tables/{quote(name)}.csv?{urlencode(filters(self.window))}"

    def rows(self, model: ModelName, count: Count) -> str:
        """The page of what stands behind a number."""
        return self.rows_of(model, count.measure)

    def rows_of(self, model: ModelName, measure: str, cursor: str | None = None) -> str:
        more = {} if cursor is None else {"cursor": cursor}
        return f"{unit_path(self.level, self.unit_id)}/rows?{urlencode(self._query(model, measure) | more)}"

    def rows_csv(self, model: ModelName, measure: str) -> str:
        return f"{unit_path(self.level, self.unit_id)}/rows.csv?{urlencode(self._query(model, measure))}"

    def _query(self, model: ModelName, measure: str) -> dict[str, str]:
        return {"model": model, "measure": measure, **filters(self.window)}

    def within(self, period: Period) -> Places:
        """The same unit in one period only."""
        narrow = self.window.model_copy(update={"first_month": period.first_month, "last_month": period.last_month})
        return replace(self, window=narrow)

    def of(self, unit: Unit) -> Places:
        """Another unit through the same window."""
        return replace(self, level=unit.level, unit_id=unit.id)


def short(period: Period) -> str:
    """A period where there is little room: "Apr 2026", or "2026-Q1" for a financial quarter."""
    if period.kind == "quarter":
        return period.key
    return f"{month_abbr[int(period.key[5:])]} {period.key[:4]}"
