"""The JSON and CSV interface: figures of a unit, lists of units, and the rows behind a number."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from services.reporting.answering import Answers
from services.reporting.csv_text import MEDIA_TYPE, csv_text
from services.reporting.requests import MODELS_OF_SERVICE, RowsAsked, UnitAsked, positions, window
from services.reporting.tables import TABLES, rows_table, units_table
from services.reporting.views import AsAt, CountedRows, Level, Table, UnitList, UnitView, Window
from shared.calendar.clock import Clock
from shared.web.desk import Position
from shared.web.identity import requires
from shared.web.policy import REGIONAL, REPORTS, R
from shared.web.principal import Principal
from shared.web.problems import Problem

LEVELS: Mapping[str, Level] = {
    "teams": "team",
    "service-areas": "service_area",
    "authorities": "authority",
    "regions": "region",
}
DATA_AS_OF = "X-Data-As-Of"
PATIENCE = 2.0  # seconds to wait for a position before answering 202
CSV = {"text/csv": {"schema": {"type": "string"}}}

Asked = Annotated[Window, Depends(window)]
Positions = Annotated[list[Position], Depends(positions)]


def router(answers: Answers, clock: Clock) -> APIRouter:
    """All routes under /v1. Regions ask for the right to regional figures, everything else for reports."""
    api = APIRouter(prefix="/v1", tags=["reports"])
    for segment, level in LEVELS.items():
        _add_list(api, answers, segment, level, clock)
        _add_unit(api, answers, segment, level)
        _add_rows(api, answers, segment, level)
    return api


def right(level: Level) -> Any:
    return requires(REGIONAL if level == "region" else REPORTS, R, "read")


def _add_list(api: APIRouter, answers: Answers, segment: str, level: Level, clock: Clock) -> None:
    guard = right(level)

    @api.get(f"/{segment}", name=f"list_{segment}", response_model=UnitList, responses={200: {"content": CSV}})
    async def units(
        request: Request,
        reader: Principal = guard,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: str | None = None,
        format: str | None = None,  # noqa: A002 - the word in the URL
    ) -> Response:
        found, next_cursor = await answers.page_of_units(reader, level, cursor, limit)
        listed = UnitList(items=found, next_cursor=next_cursor, as_at=clock())
        return Representation(request, format).of(listed, lambda: units_table(found), next_cursor=next_cursor)


def _add_unit(api: APIRouter, answers: Answers, segment: str, level: Level) -> None:
    guard = right(level)

    @api.get(f"/{segment}/{{unit_id}}", name=f"read_{segment}", response_model=UnitView, responses=RESPONSES)
    async def unit(
        request: Request,
        unit_id: str,
        asked: Asked,
        after: Positions,
        more: Annotated[UnitAsked, Query()],
        reader: Principal = guard,
    ) -> Response:
        if not await reached(answers, after):
            return not_yet(await answers.as_at())
        shown = Representation(request, "csv" if unit_id.endswith(".csv") else more.format)
        view = await answers.unit(reader, level, unit_id.removesuffix(".csv"), asked)
        return shown.of(view, lambda: TABLES[more.table](view), as_at=view.as_at, bom=more.excel)


def _add_rows(api: APIRouter, answers: Answers, segment: str, level: Level) -> None:
    guard = right(level)

    @api.get(f"/{segment}/{{unit_id}}/rows", name=f"rows_{segment}", response_model=CountedRows, responses=RESPONSES)
    async def rows(
        request: Request,
        unit_id: str,
        asked: Asked,
        after: Positions,
        more: Annotated[RowsAsked, Query()],
        reader: Principal = guard,
    ) -> Response:
        if not await reached(answers, after):
            return not_yet(await answers.as_at())
        found = await answers.rows(
            reader,
            level,
            unit_id,
            asked,
            model=more.model,
            measure=more.measure,
            cursor=more.cursor,
            limit=more.limit,
        )
        shown = Representation(request, more.format)
        return shown.of(
            found, lambda: rows_table(found), as_at=found.as_at, next_cursor=found.next_cursor, bom=more.excel
        )


async def reached(answers: Answers, after: list[Position]) -> bool:
    """Wait until every position asked for is counted, so that people read their own writes."""
    waits = (
        answers.reached(model, p.partition, p.seq, PATIENCE) for p in after for model in MODELS_OF_SERVICE[p.service]
    )
    return all(await asyncio.gather(*waits))


def not_yet(as_at: AsAt) -> Response:
    body = NotYet(as_at=as_at).model_dump_json()
    return Response(body, 202, {"Retry-After": "1", "Cache-Control": "no-store"}, "application/json")


class NotYet(BaseModel):
    """The answer while what was asked to be included is not yet counted: ask again."""

    status: str = "not yet counted"
    as_at: AsAt


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": CSV},
    202: {"model": NotYet, "description": "The position asked for is not yet counted: ask again"},
    304: {"description": "Nothing changed"},
}


@dataclass(frozen=True, slots=True)
class Representation:
    """The form in which a request wants its answer: JSON, or CSV by `format=csv` or the Accept header."""

    request: Request
    format: str | None

    def of(
        self,
        body: BaseModel,
        table: Callable[[], Table],
        *,
        as_at: AsAt | None = None,
        next_cursor: str | None = None,
        bom: bool = False,
    ) -> Response:
        """The answer, or 304 when the reader has it already."""
        text = csv_text(table(), bom=bom) if self._wants_csv else body.model_dump_json()
        headers = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}
        tagged = text if as_at is not None else body.model_dump_json(exclude={"as_at"})  # a list is as at any moment
        headers["ETag"] = f'W/"{hashlib.sha256(tagged.encode()).hexdigest()[:32]}"'
        if as_at is not None and as_at.time is not None:
            headers[DATA_AS_OF] = as_at.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if next_cursor is not None:
            following = self.request.url.include_query_params(cursor=next_cursor)
            first = self.request.url.remove_query_params("cursor")
            headers["Link"] = f'<{following}>; rel="next", <{first}>; rel="first"'
        if known(self.request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(text, 200, headers, MEDIA_TYPE if self._wants_csv else "application/json")

    @property
    def _wants_csv(self) -> bool:
        if self.format not in (None, "json", "csv"):
            raise Problem("not-acceptable")
        if self.format is not None:
            return self.format == "csv"
        return self.request.headers.get("accept", "").split(",")[0].split(";")[0].strip() == "text/csv"


def known(if_none_match: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in tags
