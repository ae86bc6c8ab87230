"""What partners make of all that was ever released: displays put together across months, quarters and regions."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from services.reporting.domain.disclosure_ledger.events import FiguresReleased, RegionalFiguresReleased
from services.reporting.domain.periods import following, named
from tests.disclosure.attacker import SMALL, Attacker, verdict
from tests.disclosure.figures import GRADES, Released, by_code, table

Part = tuple[str, str, str]  # authority, month, grade


@dataclass
class History:
    """What was released, and what only the authorities know: each month's counts then, and as corrected since."""

    first: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    now: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    secrets: list[tuple[tuple[Part, ...], int, int, str]] = field(default_factory=list)
    displays: list[tuple[tuple[Part, ...], str, int, bool]] = field(default_factory=list)
    guesses: list[tuple[tuple[Part, ...], int]] = field(default_factory=list)
    hidden: int = 0
    cells: int = 0

    def read(self, events: Iterable[object]) -> History:
        for event in events:
            if isinstance(event, FiguresReleased):
                self._figures(event)
            elif isinstance(event, RegionalFiguresReleased):
                self._region(event)
        self._never_told(list(events))
        return self

    def attackers(self) -> Iterator[tuple[str | None, Attacker]]:
        """Somebody outside, then each authority, which knows its own counts.

        They are told by how much a correction changed a count, and guess rightly that a month of which nothing is
        shown was not empty.
        """
        for insider in (None, *sorted({authority for authority, _ in self.first})):
            attacker = Attacker()
            for parts, display, offset, rounded in self.displays:
                if rounded and display.isdigit():
                    attacker.hears(parts, int(display) - 5 - offset, int(display) + 4 - offset)
                elif display == "c":
                    attacker.hears(parts, 1 - offset)
                else:
                    count = (0 if display == "z" else int(display)) - offset
                    attacker.hears(parts, count, count)
            for parts, least in self.guesses:
                attacker.hears(parts, least)
            for (authority, month), counts in self.first.items():
                for grade in GRADES if authority == insider else ():
                    count = counts.get(grade, 0)
                    attacker.hears([(authority, month, grade)], count, count)
            yield insider, attacker

    def verdicts(self) -> Counter[str]:
        """What the attackers have of each hidden figure that is not their own."""
        found: Counter[str] = Counter()
        for insider, attacker in self.attackers():
            known: dict[tuple[Part, ...], tuple[int, int]] = {}
            for parts, offset, truth, what in self.secrets:
                if all(part[0] == insider for part in parts):
                    continue
                if parts not in known:
                    known[parts] = attacker.range_of(parts)
                low, high = (end + offset for end in known[parts])
                assert low <= truth <= high
                if what == "others":
                    found["all inadequate" if high == 0 else "uncertain"] += 1
                else:
                    found[verdict(low, high)] += 1
        return found

    def _figures(self, event: FiguresReleased) -> None:
        (told,) = event.tables
        if told.outcome == "FORMER_STANDS":
            return
        for month, counts in told.months.items():
            self.first.setdefault((event.authority, month), counts)
            self.now[event.authority, month] = counts
        months = tuple(told.months)
        if told.outcome == "WITHHELD":
            self._withheld(event.authority, months)
            return
        for code, display in by_code(told).items():
            self._told(_parts([event.authority], months, code), display, rounded=False)

    def _region(self, event: RegionalFiguresReleased) -> None:
        (told,) = event.tables
        if told.outcome == "SHOWN":
            for code, display in by_code(told).items():
                self._told(_parts(told.authorities, named(event.period).months, code), display, rounded=True)

    def _told(self, parts: tuple[Part, ...], display: str, *, rounded: bool) -> None:
        self.cells += 1
        offset = self._count(parts) - self._count(parts, self.first)
        self.displays.append((parts, display, offset, rounded))
        if display == "c":
            self.hidden += 1
            self.secrets.append((parts, offset, self._count(parts), "hidden"))

    def _withheld(self, authority: str, months: Sequence[str]) -> None:
        whole = _parts([authority], months, "TOTAL")
        if self._count(whole, self.first):
            self.guesses.append((whole, 1))
        for parts in (*(_parts([authority], months, grade) for grade in GRADES), whole):
            if (count := self._count(parts)) in SMALL:
                self.secrets.append((parts, count - self._count(parts, self.first), count, "withheld"))
        others = tuple(part for part in whole if part[2] != "INADEQUATE")
        if self._count(whole) and not self._count(others):
            self.secrets.append((others, -self._count(others, self.first), 0, "others"))

    def _never_told(self, events: Sequence[object]) -> None:
        """Months that entered a quarter without having been released for themselves."""
        told = {(event.authority, event.period) for event in events if isinstance(event, FiguresReleased)}
        for authority, month in self.first.keys() - told:
            self._withheld(authority, [month])

    def _count(self, parts: Iterable[Part], when: dict[tuple[str, str], dict[str, int]] | None = None) -> int:
        counts = self.now if when is None else when
        return sum(counts[authority, month].get(grade, 0) for authority, month, grade in parts)


def _parts(authorities: Sequence[str], months: Sequence[str], code: str) -> tuple[Part, ...]:
    grades = GRADES if code == "TOTAL" else (code,)
    return tuple((name, month, grade) for name in authorities for month in months for grade in grades)


@dataclass
class Year:
    """Some authorities' year: months and quarters are released, months are regraded between, some again."""

    chances: random.Random
    authorities: tuple[str, ...]
    regional: bool
    released: Released = field(default_factory=Released)

    def lived(self) -> Released:
        counts = {(name, month): self._month() for name in self.authorities for month in _months()}
        for n, month in enumerate(_months()):
            for name in self.authorities:
                if self.chances.random() < 0.9:
                    self._release(counts, name, month)
            if self.regional and self.chances.random() < 0.6:
                self._region(month)
            self._regraded(counts)
            if n % 3 == 2:
                self._quarter(counts, named(_quarter_of(n)).key)
        return self.released

    def _quarter(self, counts, quarter: str) -> None:
        for name in self.authorities:
            self._release(counts, name, quarter)
        if self.regional:
            self._region(quarter)
        for name in self.authorities:  # what was regraded since, and what came late
            if self.chances.random() < 0.5:
                again = self.chances.choice([*named(quarter).months, quarter])
                for month in named(again).months:
                    counts[name, month] = self._corrected(counts[name, month])
                self._release(counts, name, again)
        if self.regional and self.chances.random() < 0.5:
            self._region(quarter)

    def _release(self, counts, name: str, period: str) -> None:
        months = [[counts[name, month][grade] for grade in GRADES] for month in named(period).months]
        self.released.figures(table(period, *months, authority=name))

    def _region(self, period: str) -> None:
        if any(self.released.ledger.family(period, None).told_apart(name, period) for name in self.authorities):
            self.released.region(period, *self.authorities)

    def _month(self) -> dict[str, int]:
        if self.chances.random() < 0.05:
            return dict.fromkeys(GRADES, 0)
        busy = self.chances.choice([0.15, 0.5, 1.0, 2.0])
        means = {"OUTSTANDING": 4, "GOOD": 15, "REQUIRES_IMPROVEMENT": 9, "INADEQUATE": 2}
        return {grade: int(self.chances.gammavariate(1.5, busy * mean / 1.5) + 0.5) for grade, mean in means.items()}

    def _regraded(self, counts) -> None:
        for key, month in counts.items():
            if self.chances.random() < 0.3:
                counts[key] = self._moved(month, self.chances.randint(1, 2))

    def _corrected(self, month: dict[str, int]) -> dict[str, int]:
        how = self.chances.random()
        if how < 0.3:
            return month
        if how < 0.6:
            return self._moved(month, self.chances.randint(6, 8))
        more = dict(month)
        more[self.chances.choice(GRADES)] += self.chances.randint(1, 9)
        return more

    def _moved(self, month: dict[str, int], number: int) -> dict[str, int]:
        source, target = self.chances.sample(GRADES, 2)
        number = min(number, month[source])
        return {**month, source: month[source] - number, target: month[target] + number}


def _months() -> list[str]:
    return [following("2026-04", by) for by in range(12)]


def _quarter_of(n: int) -> str:
    return f"2026-Q{n // 3 + 1}"
