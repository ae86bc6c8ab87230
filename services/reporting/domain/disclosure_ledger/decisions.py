"""Releasing figures: an authority's tables of a period, or a region's sums of what its authorities released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.reporting.disclosure.audit import THRESHOLD
from services.reporting.disclosure.family import Family, Statement, all_inadequate
from services.reporting.disclosure.grades import (
    HIDDEN,
    NOTHING,
    TOTAL,
    GradeTable,
    Reason,
    RegionalTable,
    ReleasedTable,
    ShownCell,
)
from services.reporting.disclosure.protecting import nearest_ten, protect
from services.reporting.domain.disclosure_ledger.events import (
    DisclosureLedgerEvent,
    FiguresReleased,
    RegionalFiguresReleased,
)
from services.reporting.domain.disclosure_ledger.state import Ledger, family_quarter
from services.reporting.domain.periods import named
from shared.deciding.refusal import Refused


@dataclass(frozen=True, slots=True)
class ReleaseFigures:
    """All tables that the authority wants to show of the period; the same period again is a correction."""

    release_id: str
    authority: str
    period: str
    tables: tuple[GradeTable, ...]


@dataclass(frozen=True, slots=True)
class ReleaseRegionalFigures:
    """Sums over those of the region's authorities that released the period themselves."""

    release_id: str
    region: str
    period: str
    authorities: tuple[str, ...]
    domains: tuple[str | None, ...] = (None,)


def release_figures(command: ReleaseFigures, ledger: Ledger, secret: bytes) -> list[DisclosureLedgerEvent]:
    """What may be shown of the tables beside everything ever released. `secret` decides among equal choices.

    The same ledger, command and secret always give the same answer, and a release is made once.
    """
    if _made(ledger, command.release_id, command.authority, command.period):
        return []
    _check(command)
    tables = tuple(_decided(table, ledger, secret) for table in command.tables)
    return [
        FiguresReleased(
            release_id=command.release_id, authority=command.authority, period=command.period, tables=tables
        )
    ]


def release_regional_figures(
    command: ReleaseRegionalFigures, ledger: Ledger, secret: bytes
) -> list[DisclosureLedgerEvent]:
    """Rounded sums over what was released; a domain that none of the authorities released has no table."""
    if _made(ledger, command.release_id, command.region, command.period):
        return []
    if len(set(command.domains)) < len(command.domains):
        raise Refused("a release has one table for each domain", field="domains")
    tables = tuple(
        table for domain in command.domains if (table := _regional(command, domain, ledger, secret)) is not None
    )
    if not tables:
        raise Refused("a region is the sum of what its authorities released, and none released this period")
    return [
        RegionalFiguresReleased(
            release_id=command.release_id, region=command.region, period=command.period, tables=tables
        )
    ]


def _made(ledger: Ledger, release_id: str, place: str, period: str) -> bool:
    before = ledger.releases.get(release_id)
    if before not in (None, (place, period)):
        raise Refused("a release's id is used once", field="release_id")
    return before is not None


def _check(command: ReleaseFigures) -> None:
    months = set(named(command.period).months)
    if not command.tables:
        raise Refused("a release has at least one table", field="tables")
    if len({table.domain for table in command.tables}) < len(command.tables):
        raise Refused("a release has one table for each domain", field="tables")
    for table in command.tables:
        if (table.authority, table.period) != (command.authority, command.period) or set(table.months) != months:
            raise Refused("a table is of the release's authority and of all months of its period", field="tables")
        counts = [(code, count) for month in table.months.values() for code, count in month.items()]
        if not counts or any(count < 0 or code == TOTAL for code, count in counts):
            raise Refused("a table counts grades, from nothing upwards", field="tables")


def _decided(table: GradeTable, ledger: Ledger, secret: bytes) -> ReleasedTable:
    family = ledger.family(table.period, table.domain)
    former = family.latest.get((table.authority, table.period))
    months = {month: _held_to(family, table, month) for month in sorted(table.months)}
    held = family.with_counts(table.authority, months)
    draft = held.statement(table.authority, table.period, tuple(months))
    if isinstance(former, ReleasedTable):
        reason = _not_shown_for_its_change(family, draft)
        if reason is None:
            reason, hidden = _protected(held, draft, secret)
        if reason is not None:
            return former.model_copy(update={"outcome": "FORMER_STANDS", "reason": reason})
    else:
        reason, hidden = _protected(held, draft, secret)
    shown = _shown(draft, hidden, reason)
    return ReleasedTable(
        domain=table.domain,
        months=months,
        cells=shown.cells,
        total=shown.total,
        outcome=shown.outcome,
        reason=reason,
    )


def _held_to(family: Family, table: GradeTable, month: str) -> dict[str, int]:
    """The counts that a month enters with.

    A month that was released for itself enters a quarter as it was released; one that was frozen by its quarter is
    first released for itself as the quarter has it. Otherwise it enters as it is counted now.
    """
    frozen = family.frozen.get((table.authority, month))
    if frozen is None:
        return dict(table.months[month])
    apart = family.told_apart(table.authority, month)
    own = table.period == month
    if apart != own:
        return dict(frozen.now)
    return {**dict.fromkeys(frozen.now, 0), **table.months[month]}


def _not_shown_for_its_change(family: Family, draft: Statement) -> Reason | None:
    before = next(one for one in reversed(family.statements) if one.key(TOTAL) == draft.key(TOTAL))
    changes = {abs(count - before.counts.get(code, 0)) for code, count in draft.counts.items()}
    if changes == {0}:
        return "UNCHANGED"
    return "DIFFERENCE_SMALL" if any(0 < change < THRESHOLD for change in changes) else None


def _protected(family: Family, draft: Statement, secret: bytes) -> tuple[Reason | None, frozenset[str]]:
    """Why nothing may be shown, or what has to be hidden."""
    if not draft.regional and 0 < draft.counts[TOTAL] < THRESHOLD:
        return "TOTAL_SMALL", frozenset()
    if not draft.regional and all_inadequate(draft):
        return "ALL_INADEQUATE", frozenset()
    keys = protect(family.problem(draft, family_quarter(draft.period)), secret)
    if keys is None:
        return "NOT_SAFE", frozenset()
    hidden = frozenset(code for code in draft.cells if draft.key(code) in keys)
    shown = [code for code in draft.cells if code not in hidden and draft.counts[code]]
    return (None, hidden) if shown or not draft.counts[TOTAL] else ("NOT_SAFE", frozenset())


@dataclass(frozen=True, slots=True)
class _Shown:
    """The part of a table that says what is shown of it."""

    cells: tuple[ShownCell, ...]
    total: str
    outcome: Literal["SHOWN", "WITHHELD"]


def _shown(draft: Statement, hidden: frozenset[str], reason: Reason | None) -> _Shown:
    if reason is not None:
        return _Shown((), HIDDEN, "WITHHELD")
    cells = (ShownCell(code=code, display=_display(draft, code, hidden)) for code in draft.codes)
    return _Shown(tuple(cells), _display(draft, TOTAL, hidden), "SHOWN")


def _display(draft: Statement, code: str, hidden: frozenset[str]) -> str:
    if code in hidden:
        return HIDDEN
    if draft.counts[TOTAL] == 0:
        return NOTHING
    return str(nearest_ten(draft.counts[code]) if draft.regional else draft.counts[code])


def _regional(
    command: ReleaseRegionalFigures, domain: str | None, ledger: Ledger, secret: bytes
) -> RegionalTable | None:
    family = ledger.family(command.period, domain)
    released = tuple(name for name in sorted(set(command.authorities)) if family.told_apart(name, command.period))
    if not released:
        return None
    months = named(command.period).months
    draft = family.statement(command.region, command.period, months, released)
    former = family.latest.get((command.region, command.period))
    if isinstance(former, RegionalTable) and any(
        one.key(TOTAL) == draft.key(TOTAL) and one.offsets == draft.offsets for one in family.statements[-1:]
    ):
        return former.model_copy(update={"outcome": "FORMER_STANDS", "reason": "UNCHANGED"})
    reason, hidden = _protected(family, draft, secret)
    if reason is not None and isinstance(former, RegionalTable):
        return former.model_copy(update={"outcome": "FORMER_STANDS", "reason": reason})
    shown = _shown(draft, hidden, reason)
    return RegionalTable(
        domain=domain,
        authorities=released,
        cells=shown.cells,
        total=shown.total,
        outcome=shown.outcome,
        reason=reason,
    )
