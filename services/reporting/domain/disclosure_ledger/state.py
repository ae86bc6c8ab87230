"""The ledger: everything ever released, in families that nothing ties to one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from pydantic import TypeAdapter

from services.reporting.disclosure.family import Family
from services.reporting.disclosure.grades import HIDDEN, TOTAL, RegionalTable, ReleasedTable
from services.reporting.domain.disclosure_ledger.events import (
    DisclosureLedgerEvent,
    FiguresReleased,
    RegionalFiguresReleased,
)
from services.reporting.domain.periods import named, quarter
from shared.deciding.decider import Decider

LEDGER = "all"  # there is one: what two authorities released may be subtracted


@dataclass(frozen=True, slots=True)
class Ledger:
    """`releases` says for each release whose and which period's it was; families go by financial quarter and domain."""

    releases: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    families: Mapping[tuple[str, str | None], Family] = field(default_factory=dict)

    def family(self, period: str, domain: str | None) -> Family:
        return self.families.get((family_quarter(period), domain), Family())

    def stands(self, place: str, period: str, domain: str | None) -> ReleasedTable | RegionalTable | None:
        """What is shown now of a place, an authority or a region, in a period."""
        return self.family(period, domain).latest.get((place, period))


def family_quarter(period: str) -> str:
    """The financial quarter that a month lies in, or that the period is."""
    return period if "Q" in period else quarter(period)


def evolve(ledger: Ledger, event: DisclosureLedgerEvent) -> Ledger:
    match event:
        case FiguresReleased():
            place = event.authority
        case RegionalFiguresReleased():
            place = event.region
        case _:
            assert_never(event)
    families = dict(ledger.families)
    for table in event.tables:
        told = _told(ledger.family(event.period, table.domain), table, place, event.period)
        families[family_quarter(event.period), table.domain] = told
    return replace(ledger, releases={**ledger.releases, event.release_id: (place, event.period)}, families=families)


def _told(family: Family, table: ReleasedTable | RegionalTable, place: str, period: str) -> Family:
    if table.outcome == "FORMER_STANDS":
        return family
    region: tuple[str, ...] = ()
    if isinstance(table, ReleasedTable):
        family = family.with_counts(place, table.months)
    else:
        region = table.authorities
    withheld = table.outcome == "WITHHELD"
    hidden = {cell.code for cell in (*table.cells,) if cell.display == HIDDEN}
    if table.total == HIDDEN:
        hidden.add(TOTAL)
    statement = replace(
        family.statement(place, period, named(period).months, region), hidden=frozenset(hidden), withheld=withheld
    )
    latest = {**family.latest, (place, period): table}
    return replace(family, statements=(*family.statements, statement), latest=latest)


DECIDER: Decider[Ledger, DisclosureLedgerEvent] = Decider(
    "disclosure_ledger", Ledger(), evolve, TypeAdapter(DisclosureLedgerEvent)
)
