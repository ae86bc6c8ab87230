"""What happens to a row of an authority's audit programme."""

from __future__ import annotations

from datetime import date
from typing import Literal

from shared.deciding.events import StoredEvent
from shared.published.place import Place


class AuditProgrammeSet(StoredEvent):
    """So many audits of a type are expected in each period, from `first` until `last` (None: no end).

    The `place` is the scope in which they are counted: a team, a service area or the whole authority. From its first
    day on this replaces what was set before.
    """

    type: Literal["AuditProgrammeSet.v1"] = "AuditProgrammeSet.v1"
    programme_id: str
    audit_type: str
    period_unit: str
    expected_n: int
    place: Place
    first: date
    last: date | None = None


ProgrammeEvent = AuditProgrammeSet
