"""Taking in how many cases are open in a team on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.audit.domain.caseload.events import CaseloadEvent, CaseloadReported
from services.audit.domain.caseload.state import Caseload
from shared.deciding.refusal import Refused
from shared.published.place import Place

PLAN_TYPES = frozenset({"CONTACT", "EH", "CIN", "CP", "CLA", "CL", "PF", "PLO", "SEND", "YJ"})
MOST = 100_000


@dataclass(frozen=True, slots=True)
class ReportCaseload:
    """`place` is the team's on that day. Plan types that are not named have no open case."""

    place: Place
    as_at: date
    open_cases: Mapping[str, int]


def report_caseload(command: ReportCaseload, caseload: Caseload, today: date) -> list[CaseloadEvent]:
    if command.as_at > today:
        raise Refused("nobody knows what will be open on a day that has not come", field="as_at")
    if unknown := set(command.open_cases) - PLAN_TYPES:
        raise Refused(f"{len(unknown)} of these plan types are not known here", field="open_cases")
    if not all(0 <= n <= MOST for n in command.open_cases.values()):
        raise Refused("a number of open cases is not negative, nor beyond belief", field="open_cases")
    reported = CaseloadReported(
        place=command.place,
        as_at=command.as_at,
        open_cases={plan_type: n for plan_type, n in sorted(command.open_cases.items()) if n},
    )
    before = caseload.days.get(command.as_at)
    return [] if before is not None and before.open_cases == reported.open_cases else [reported]
