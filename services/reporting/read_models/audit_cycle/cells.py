"""Where the things of the audit cycle count: each step in the month in which it happened or was due."""

from __future__ import annotations

from services.reporting.read_models.audit_cycle.kinds import KINDS
from shared.projecting.read_model import Row

_OF_KIND = {kind.name: kind.cells for kind in KINDS}


def cells(row: Row) -> list[str]:
    return list(_OF_KIND[row["kind"]](row))
