"""All that was ever shown of one domain in one financial quarter: its months, the quarter, and regions' sums of them.

Months are the cells that everything else is a sum of; a quarter never reaches into another, so nothing ties two
families. A month's counts are those it was frozen with; what a correction added since is an offset that, to be on the
safe side, everybody is taken to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.reporting.disclosure.audit import THRESHOLD, Target
from services.reporting.disclosure.grades import TOTAL, WORST, Counts, RegionalTable, ReleasedTable
from services.reporting.disclosure.protecting import OUTSIDER, Cell, Problem, nearest_ten, told_by_rounded
from services.reporting.disclosure.sums import ANY, Interval, Key, Sum, both

AuthorityMonth = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A month's counts when they were first released, and as the newest correction left them."""

    first: Counts
    now: Counts


@dataclass(frozen=True, slots=True)
class Statement:
    """What is, or was once, told about a period of one authority, or of several as a region.

    `offsets` are what corrections had added to each count by then. `hidden` are the codes marked as such; of a
    withheld table nothing was told.
    """

    place: str
    period: str
    months: tuple[str, ...]
    authorities: tuple[str, ...]
    codes: tuple[str, ...]
    counts: Counts
    offsets: Counts
    regional: bool = False
    hidden: frozenset[str] = frozenset()
    withheld: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        return (*self.codes, TOTAL)

    def key(self, code: str) -> Key:
        """A region's sum with another authority in it is another cell."""
        if not self.regional:
            return _cell(self.place, self.period, code)
        return ("region", self.place, self.period, *self.authorities, code)


@dataclass(frozen=True, slots=True)
class Family:
    """`latest` is what stands now for each place and period."""

    frozen: Mapping[AuthorityMonth, Frozen] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    latest: Mapping[tuple[str, str], ReleasedTable | RegionalTable] = field(default_factory=dict)

    def told_apart(self, authority: str, period: str) -> bool:
        """Whether this very period of the authority was decided about before."""
        return any(one.place == authority and one.period == period and not one.regional for one in self.statements)

    def with_counts(self, authority: str, months: Mapping[str, Counts]) -> Family:
        """The months held to these counts; those that were frozen keep their first ones beside them."""
        frozen = dict(self.frozen)
        for month, counts in months.items():
            before = frozen.get((authority, month))
            frozen[authority, month] = Frozen(counts if before is None else before.first, counts)
        return replace(self, frozen=frozen)

    def statement(self, place: str, period: str, months: tuple[str, ...], region: tuple[str, ...] = ()) -> Statement:
        """What there is to tell of the period now, with nothing hidden; of a region when its authorities are given."""
        authorities = region or (place,)
        asked = [(authority, month) for authority in authorities for month in months]
        parts = [self.frozen[one] for one in asked if one in self.frozen]
        codes = tuple(dict.fromkeys(code for part in parts for code in part.now))
        first, now = (
            {code: sum(_count(getattr(part, when), code) for part in parts) for code in (*codes, TOTAL)}
            for when in ("first", "now")
        )
        offsets = {code: now[code] - first[code] for code in now}
        return Statement(place, period, months, authorities, codes, now, offsets, bool(region))

    def problem(self, draft: Statement, quarter: str) -> Problem:
        """What to ask before the draft is told, for each authority that takes part in a region also as it sees it."""
        return _Drawing(self, draft, quarter).problem()


def _cell(authority: str, period: str, code: str) -> Key:
    return ("authority", authority, period, code)


def _count(counts: Counts, code: str) -> int:
    return sum(counts.values()) if code == TOTAL else counts.get(code, 0)


class _Drawing:
    """Draws up the cells, sums and targets of a family with one more statement."""

    def __init__(self, family: Family, draft: Statement, quarter: str) -> None:
        self._family, self._draft, self._quarter = family, draft, quarter
        told = (*family.statements, draft)
        self._regional = any(one.regional for one in told)
        own = {draft.place} if not self._regional else {authority for authority, _ in family.frozen}
        self._authorities = sorted(own)
        self._statements = [one for one in family.statements if self._regional or one.place in own]
        self._in_quarters = {name for one in told if one.period == quarter for name in one.authorities}
        self._codes = tuple(
            dict.fromkeys(
                code for (name, _), month in family.frozen.items() if name in own for code in (*month.first, *month.now)
            )
        )
        self._truth: dict[Key, int] = {}
        self._sums: list[Sum] = []
        self._intervals: dict[Key, Interval] = {}
        self._targets: list[Target] = []

    def problem(self) -> Problem:
        for authority in self._authorities:
            self._draw(authority)
        for one in self._statements:
            self._told(one)
        draft = self._draft
        if draft.regional:
            self._add_region(draft)
        return Problem(
            self._truth,
            self._sums,
            [Cell(draft.key(code), draft.counts[code], draft.offsets[code], draft.regional) for code in draft.cells],
            self._intervals,
            list(dict.fromkeys(self._targets)),
            (OUTSIDER, *(self._own(name) for name in self._authorities)) if self._regional else (OUTSIDER,),
        )

    def _own(self, authority: str) -> frozenset[Key]:
        return frozenset(key for key in self._truth if key[:2] == ("authority", authority))

    def _draw(self, authority: str) -> None:
        """The months, and the quarter if anything is told of it, with the sums that tie them."""
        months = {month: frozen for (name, month), frozen in sorted(self._family.frozen.items()) if name == authority}
        cells = (*self._codes, TOTAL)
        for month, frozen in months.items():
            self._truth |= {_cell(authority, month, code): _count(frozen.first, code) for code in cells}
            if _count(frozen.first, TOTAL):
                # Whoever is told nothing of a month will guess that there was something to tell.
                self._intervals[_cell(authority, month, TOTAL)] = (1, None)
            if not self._family.told_apart(authority, month) and not self._is_draft(authority, month):
                self._untold(authority, month, frozen)
        periods = list(months)
        if authority in self._in_quarters:
            periods.append(self._quarter)
            for code in cells:
                parts = tuple(_cell(authority, month, code) for month in months)
                self._truth[_cell(authority, self._quarter, code)] = sum(self._truth[part] for part in parts)
                self._sums.append(Sum(_cell(authority, self._quarter, code), parts))
        for period in periods:
            parts = tuple(_cell(authority, period, code) for code in self._codes)
            self._sums.append(Sum(_cell(authority, period, TOTAL), parts))

    def _is_draft(self, authority: str, month: str) -> bool:
        return not self._draft.regional and (self._draft.place, self._draft.period) == (authority, month)

    def _untold(self, authority: str, month: str, frozen: Frozen) -> None:
        codes = (*self._codes, TOTAL)
        offsets = {code: _count(frozen.now, code) - _count(frozen.first, code) for code in codes}
        counts = {code: _count(frozen.now, code) for code in codes}
        self._withheld(Statement(authority, month, (month,), (authority,), self._codes, counts, offsets))

    def _told(self, one: Statement) -> None:
        if one.withheld:
            self._withheld(one)
            return
        if one.regional:
            self._add_region(one)
        for code in (*self._codes, TOTAL) if not one.regional else one.cells:
            key, offset = one.key(code), one.offsets.get(code, 0)
            if code in one.hidden:
                self._narrow(key, (1 - offset, None))
                self._targets.append(Target((key,), offset))
            elif one.regional:
                self._narrow(key, told_by_rounded(nearest_ten(one.counts[code]), offset))
            else:
                self._narrow(key, (self._truth[key], self._truth[key]))

    def _narrow(self, key: Key, told: Interval) -> None:
        self._intervals[key] = both(self._intervals.get(key, ANY), told)

    def _withheld(self, one: Statement) -> None:
        """Its small counts must stay uncertain; and that every audit was inadequate, where every one was."""
        if one.regional:
            return
        for code in one.cells:
            if 0 < one.counts[code] < THRESHOLD:
                self._targets.append(Target((one.key(code),), one.offsets[code]))
        if all_inadequate(one):
            others = [code for code in one.codes if code != WORST]
            self._targets.append(Target(tuple(map(one.key, others)), sum(one.offsets[code] for code in others)))

    def _add_region(self, one: Statement) -> None:
        for code in one.cells:
            if one.key(code) in self._truth:
                continue  # told before, and corrected since
            parts = tuple(_cell(authority, one.period, code) for authority in one.authorities)
            self._truth[one.key(code)] = sum(self._truth[part] for part in parts)
            self._sums.append(Sum(one.key(code), parts))


def all_inadequate(one: Statement) -> bool:
    return one.counts[TOTAL] > 0 and one.counts.get(WORST, 0) == one.counts[TOTAL]
