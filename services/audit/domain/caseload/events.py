"""What a team's case system reports of its open cases: numbers only."""

from __future__ import annotations

from datetime import date
from typing import Literal

from shared.deciding.events import StoredEvent
from shared.published.place import Place


class CaseloadReported(StoredEvent):
    """How many cases of each plan type were open in the team on a day. A later report of that day replaces it."""

    type: Literal["CaseloadReported.v1"] = "CaseloadReported.v1"
    place: Place
    as_at: date
    open_cases: dict[str, int]


CaseloadEvent = CaseloadReported
