"""A table of a report as flat rows: every cell, what kind of row it stands in, and which cells were restated."""

from __future__ import annotations

from services.reporting.reports.report import ReportTable
from services.reporting.views import Column, Table

BEFORE = (
    Column(code="row", label="Row", numeric=False),
    Column(code="unit_id", label="Unit", numeric=False),
)
AFTER = (Column(code="revised", label="Revised", numeric=False),)


def flat(table: ReportTable) -> Table:
    """`row` is TOTAL, PART, ITEM or FOOTER, `unit_id` the unit a row belongs to, `revised` the columns marked `r`."""
    columns = (Column(code=c.code, label=c.label, numeric=c.kind != "text") for c in table.columns)
    rows = (
        (row.kind, row.unit.id if row.unit else None, *row.cells, " ".join(row.revised) or None) for row in table.rows
    )
    return Table(name=table.name, caption=table.caption, columns=(*BEFORE, *columns, *AFTER), rows=tuple(rows))
