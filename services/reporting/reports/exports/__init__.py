"""A report as a file: the same cells as on its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.reporting.csv_text import MEDIA_TYPE, csv_text
from services.reporting.reports.exports.flat import flat
from services.reporting.reports.exports.pdf import as_pdf
from services.reporting.reports.exports.workbook import as_workbook
from services.reporting.reports.report import Report
from services.reporting.reports.requests import Format


@dataclass(frozen=True, slots=True)
class Export:
    """One form of file: what it is, and what makes its bytes."""

    media_type: str
    render: Callable[[Report], bytes]


def as_csv(report: Report, *, excel: bool = False) -> bytes:
    """The report's first table."""
    return csv_text(flat(report.tables[0]), bom=excel).encode()


EXPORTS: Mapping[Format, Export] = {
    "json": Export("application/json", lambda report: report.model_dump_json().encode()),
    "csv": Export(MEDIA_TYPE, as_csv),
    "xlsx": Export("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_workbook),
    "pdf": Export("application/pdf", as_pdf),
}
