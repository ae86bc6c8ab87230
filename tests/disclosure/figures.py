"""Tables of grades in few words, and what is shown of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.reporting.disclosure.grades import TOTAL, GradeTable, ReleasedTable
from services.reporting.domain.disclosure_ledger.decisions import (
    ReleaseFigures,
    ReleaseRegionalFigures,
    release_figures,
    release_regional_figures,
)
from services.reporting.domain.disclosure_ledger.state import DECIDER, Ledger
from services.reporting.domain.periods import named

GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
SECRET = b"a secret of the tests"


def counts(*numbers: int) -> dict[str, int]:
    return dict(zip(GRADES, numbers, strict=True))


def table(period: str, *months: Sequence[int], authority: str = "901", domain: str | None = None) -> GradeTable:
    """The counts of each month of the period, in its order, as O, G, RI, I."""
    told = {month: counts(*numbers) for month, numbers in zip(named(period).months, months, strict=True)}
    return GradeTable(authority, period, domain, told)


def releasing(release_id: str, *tables: GradeTable) -> ReleaseFigures:
    return ReleaseFigures(release_id, tables[0].authority, tables[0].period, tables)


class Released:
    """A ledger that grows while figures are released, and every event that made it."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.events: list[object] = []

    def figures(self, *tables: GradeTable) -> ReleasedTable:
        """What came of the first of the tables."""
        command = releasing(f"release-{len(self.events)}", *tables)
        (event,) = release_figures(command, self.ledger, SECRET)
        self._happened(event)
        return event.tables[0]

    def region(self, period: str, *authorities: str, domain: str | None = None):
        command = ReleaseRegionalFigures(f"release-{len(self.events)}", "london", period, authorities, (domain,))
        (event,) = release_regional_figures(command, self.ledger, SECRET)
        self._happened(event)
        return event.tables[0]

    def _happened(self, event) -> None:
        self.ledger = DECIDER.fold([event], self.ledger)
        self.events.append(event)


def displays(shown: ReleasedTable) -> str:
    """The grades' displays in order, with the total behind them: "c 47 50 c / 108"."""
    return " ".join([*(cell.display for cell in shown.cells), "/", shown.total])


def by_code(shown) -> Mapping[str, str]:
    return {**{cell.code: cell.display for cell in shown.cells}, TOTAL: shown.total}
