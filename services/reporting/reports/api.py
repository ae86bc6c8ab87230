"""The interface of reports: which there are for a unit, and each as JSON, CSV, a workbook or a PDF."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.reporting.answering import Answers
from services.reporting.api import DATA_AS_OF, LEVELS, RESPONSES, known, not_yet, reached, right
from services.reporting.reports.answering import Contents, ReadReports, wrong
from services.reporting.reports.exports import EXPORTS, as_csv
from services.reporting.reports.report import Report
from services.reporting.reports.requests import Asking, Format, ReportAsked
from services.reporting.requests import positions
from services.reporting.views import Level
from shared.web.desk import Position
from shared.web.principal import Principal

KEPT = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}
Positions = Annotated[list[Position], Depends(positions)]
_FILES: dict[str, Any] = {export.media_type.split(";")[0]: {} for export in EXPORTS.values()}
_RESPONSES = {**RESPONSES, 200: {"content": _FILES}}


def router(reports: ReadReports, answers: Answers) -> APIRouter:
    """The routes under /v1. `answers` waits for the positions that a reader asks to be included."""
    api = APIRouter(prefix="/v1", tags=["reports"])
    for segment, level in LEVELS.items():
        _add_list(api, reports, segment, level)
        _add_report(api, reports, answers, segment, level)
    return api


def _add_list(api: APIRouter, reports: ReadReports, segment: str, level: Level) -> None:
    guard = right(level)

    @api.get(f"/{segment}/{{unit_id}}/reports", name=f"reports_{segment}", response_model=Contents)
    async def contents(request: Request, unit_id: str, reader: Principal = guard) -> Response:
        found = await reports.contents(reader, level, unit_id)
        return _answered(request, found.model_dump_json().encode(), "application/json")


def _add_report(api: APIRouter, reports: ReadReports, answers: Answers, segment: str, level: Level) -> None:
    guard = right(level)

    @api.get(
        f"/{segment}/{{unit_id}}/reports/{{code}}",
        name=f"report_{segment}",
        response_model=Report,
        responses=_RESPONSES,
    )
    async def report(
        request: Request, unit_id: str, code: str, asked: Asking, after: Positions, reader: Principal = guard
    ) -> Response:
        if not await reached(answers, after):
            return not_yet(await answers.as_at())
        return await sent(request, asked, await asked_of(reports, reader, level, unit_id, code, asked))


async def asked_of(
    reports: ReadReports, reader: Principal, level: Level, unit_id: str, code: str, asked: ReportAsked
) -> Report:
    """The report, narrowed to one table where one was asked for."""
    found = await reports.report(
        reader, level, unit_id, code, period=asked.period, structure=asked.structure, version=asked.version
    )
    if asked.table is None:
        return found
    narrowed = tuple(table for table in found.tables if table.name == asked.table)
    if not narrowed:
        raise wrong("query", "table", f"must be one of {', '.join(table.name for table in found.tables)}")
    return found.model_copy(update={"tables": narrowed})


async def sent(request: Request, asked: ReportAsked, report: Report) -> Response:
    """The report in the form asked for, or 304 when the reader has it already. Files are made beside the loop."""
    form = _form(request, asked)
    headers = dict(KEPT)
    if report.as_at is not None and report.as_at.time is not None:
        headers[DATA_AS_OF] = report.as_at.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if form != "json":
        headers["Content-Disposition"] = f'attachment; filename="{_file_name(report)}.{form}"'
    tag = _tag(f"{form} {asked.excel} ".encode() + report.model_dump_json().encode())
    if known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers={**headers, "ETag": tag})
    if form == "csv":
        content = as_csv(report, excel=asked.excel)
    else:
        content = await asyncio.to_thread(EXPORTS[form].render, report)
    return Response(content, 200, {**headers, "ETag": tag}, EXPORTS[form].media_type)


def _answered(request: Request, content: bytes, media_type: str) -> Response:
    tag = _tag(content)
    if known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers={**KEPT, "ETag": tag})
    return Response(content, 200, {**KEPT, "ETag": tag}, media_type)


def _tag(content: bytes) -> str:
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def _form(request: Request, asked: ReportAsked) -> Format:
    if asked.format is not None:
        return asked.format
    wanted = request.headers.get("accept", "").split(",")[0].split(";")[0].strip()
    return next((form for form, export in EXPORTS.items() if export.media_type.split(";")[0] == wanted), "json")


def _file_name(report: Report) -> str:
    """Such as R1-901-2026-05, with the version of a closed period; letters that file systems dislike are dashes."""
    version = f"-v{report.closing.version}" if report.closing else ""
    name = f"{report.code}-{report.unit.id}-{report.period}{version}"
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
