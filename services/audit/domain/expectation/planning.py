"""Which audits a window expects: of each QA Officer, of each Team Manager, and by programme."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from services.audit.domain.expectation.events import AuditExpected
from services.audit.domain.programme.events import AuditProgrammeSet
from services.audit.domain.windows import Window
from shared.published.place import Place


class Cadence(StrEnum):
    QA_OFFICER = "QA_OFFICER"
    TEAM_MANAGER = "TEAM_MANAGER"
    PROGRAMME = "PROGRAMME"


@dataclass(frozen=True, slots=True)
class TeamThen:
    """A team as it stood on a window's first day, and the QA Officers linked with it on that day."""

    place: Place
    qa_officers: tuple[str, ...] = ()


def of_qa_officers(window: Window, n: int, teams: Iterable[TeamThen]) -> list[AuditExpected]:
    """`n` audits of each officer in each of their teams."""
    return [
        _expected(Cadence.QA_OFFICER, "QA_ROUTINE", team.place, window, number, n, "QA_OFFICER", auditor_ref=officer)
        for team in teams
        for officer in team.qa_officers
        for number in range(1, n + 1)
    ]


def of_team_managers(window: Window, n: int, teams: Iterable[TeamThen]) -> list[AuditExpected]:
    """`n` audits in each team, whoever manages it."""
    return [
        _expected(Cadence.TEAM_MANAGER, "TM_ROUTINE", team.place, window, number, n, "TEAM_MANAGER")
        for team in teams
        for number in range(1, n + 1)
    ]


def by_programme(window: Window, row: AuditProgrammeSet, place: Place) -> list[AuditExpected]:
    """As many as the row says, in its scope as it stood on the window's first day, by any auditor."""
    return [
        _expected(
            Cadence.PROGRAMME,
            row.audit_type,
            place,
            window,
            number,
            row.expected_n,
            None,
            programme_id=row.programme_id,
        )
        for number in range(1, row.expected_n + 1)
    ]


def _expected(
    cadence: Cadence,
    audit_type: str,
    place: Place,
    window: Window,
    number: int,
    of: int,
    role: str | None,
    *,
    auditor_ref: str | None = None,
    programme_id: str | None = None,
) -> AuditExpected:
    return AuditExpected(
        expectation_id=expectation_id(cadence, audit_type, place, window, number, auditor_ref),
        cadence=cadence,
        audit_type=audit_type,
        place=place,
        window_first=window.first,
        window_last=window.last,
        number=number,
        of=of,
        auditor_role=role,
        auditor_ref=auditor_ref,
        programme_id=programme_id,
    )


def expectation_id(
    cadence: str, audit_type: str, place: Place, window: Window, number: int, auditor_ref: str | None
) -> str:
    """The same for everybody who opens the window, however often: what is expected once is one stream."""
    scope = place.team or place.service_area or ""
    parts = (place.authority, cadence, scope, audit_type, auditor_ref or "", window.first.isoformat(), str(number))
    return str(uuid5(NAMESPACE_URL, "goldenthread:expectation|" + "|".join(parts)))
