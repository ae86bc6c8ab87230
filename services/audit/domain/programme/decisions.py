"""Setting rows of the programme: which audits an authority expects besides the routine of its auditors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import NAMESPACE_URL, uuid5

from services.audit.domain.programme.events import AuditProgrammeSet, ProgrammeEvent
from services.audit.domain.programme.state import PeriodUnit, Programme
from shared.deciding.refusal import Refused
from shared.published.place import Place

# The strategy's regular audits, as they stood in 2019. It does not say in which period: a month is the likelier one.
REGULAR: dict[str, int] = {
    "REGULAR_MASH": 12,
    "REGULAR_PRIVATE_FOSTERING": 1,
    "REGULAR_MARAC": 1,
    "REGULAR_CSE": 1,
    "REGULAR_CONTACTS": 10,
    "REGULAR_CLA_IN_OUT": 5,
}
# Routine audits are expected of auditors, not by programme; re-audits and inspections of outside bodies not at all.
PROGRAMME_TYPES = frozenset({*REGULAR, "THEMED", "MULTI_AGENCY", "DIP_SAMPLE", "OBSERVATION"})
MOST = 200


@dataclass(frozen=True, slots=True)
class Row:
    """`place` is the scope: a team, a service area or a whole authority. `last` None means no end."""

    place: Place
    audit_type: str
    period_unit: str
    expected_n: int
    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True)
class SetAuditProgramme:
    rows: tuple[Row, ...]


def regular(place: Place, period_unit: str, first: date) -> SetAuditProgramme:
    """The strategy's regular programme, for a whole authority."""
    rows = (Row(place, audit_type, period_unit, n, first) for audit_type, n in REGULAR.items())
    return SetAuditProgramme(tuple(rows))


def programme_id(place: Place, audit_type: str) -> str:
    """There is one row for each type in a scope: setting it again changes it."""
    scope = place.team or place.service_area or ""
    return str(uuid5(NAMESPACE_URL, f"goldenthread:programme|{place.authority}|{scope}|{audit_type}"))


def set_audit_programme(command: SetAuditProgramme, programme: Programme) -> list[ProgrammeEvent]:
    """All rows or none. Rows that are so already, and those that are not named, stay as they are."""
    events = [_set(row) for row in command.rows]
    if len({event.programme_id for event in events}) < len(events):
        raise Refused("each type of audit is named once for a scope", field="rows")
    return [event for event in events if not _says_the_same(event, programme.newest(event.programme_id))]


def _set(row: Row) -> AuditProgrammeSet:
    if row.audit_type not in PROGRAMME_TYPES:
        raise Refused("this type of audit is not expected by programme", field="audit_type")
    if row.period_unit not in set(PeriodUnit):
        raise Refused("a period is a month or a quarter", field="period_unit")
    if not 0 <= row.expected_n <= MOST:
        raise Refused(f"a programme expects from 0 to {MOST} audits in a period", field="expected_n")
    if not PeriodUnit(row.period_unit).windows.begins_on(row.first):
        raise Refused("a programme begins on the first day of a period", field="first")
    if row.last is not None and row.last < row.first:
        raise Refused("a programme does not end before it begins", field="last")
    return AuditProgrammeSet(
        programme_id=programme_id(row.place, row.audit_type),
        audit_type=row.audit_type,
        period_unit=row.period_unit,
        expected_n=row.expected_n,
        place=row.place,
        first=row.first,
        last=row.last,
    )


def _says_the_same(event: AuditProgrammeSet, before: AuditProgrammeSet | None) -> bool:
    """Where the team or the authority belongs may have changed in the meantime: that is no change of the programme."""
    return before is not None and event == before.model_copy(update={"place": event.place})
