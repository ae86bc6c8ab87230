"""What readers ask of a report, from the query of a URL."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from services.reporting.views import Structure

PERIOD = r"^20\d\d-(0[1-9]|1[0-2]|Q[1-4])$"
Format = Literal["json", "csv", "xlsx", "pdf"]


class ReportAsked(BaseModel):
    """`period` is a month or a financial quarter, by default the last whole month. `version` is of a closed period.

    `table` narrows the answer to one table; CSV holds the first when none is named. `excel` puts a byte-order mark
    before CSV.
    """

    period: Annotated[str | None, Field(pattern=PERIOD, description="2026-05, or 2026-Q1 for April to June 2026")] = (
        None
    )
    structure: Structure = "as-then"
    version: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    format: Format | None = None
    table: Annotated[str | None, Field(max_length=80)] = None
    excel: bool = False


Asking = Annotated[ReportAsked, Query()]
