"""What a page is made of, before any HTML: sections with figures and tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from services.reporting.dashboard.tables import Cell, PageTable


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with the table of what it shows. `title` says what is to be seen, in ten words or fewer."""

    name: str
    title: str
    svg: Markup
    table: PageTable


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page. `more` are tables that wait behind a link; `empty` says why there is nothing to show."""

    name: str
    title: str
    intro: str = ""
    figures: tuple[Figure, ...] = ()
    tables: tuple[PageTable, ...] = ()
    more: tuple[PageTable, ...] = ()
    empty: str = ""

    def every_table(self) -> Iterator[PageTable]:
        yield from (figure.table for figure in self.figures)
        yield from self.tables
        yield from self.more


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A number at the top of a page; `aside` gives it its sense."""

    name: str
    value: Cell
    aside: str = ""
