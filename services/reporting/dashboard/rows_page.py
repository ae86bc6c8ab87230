"""What stands behind a number: the audits, alerts or feedback it counts, without child, worker or narrative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.reporting.dashboard.tables import Cell, PageTable, listed
from services.reporting.labels import MODELS, label
from services.reporting.views import Column, CountedRow, ModelName, Unit

NOTHING = ""


def measure_words(model: ModelName, measure: str) -> str:
    """The number as people say it: OFSTED4.overall.GOOD is "Audit quality: overall, good (Ofsted descriptors)"."""
    words = [label(segment) for segment in measure.split(".") if segment != "count"]
    scale = f" ({words.pop(0)})" if model == "audit_quality" and len(words) > 1 else ""
    return f"{MODELS[model]}: {', '.join(_inside(word) for word in words)}{scale}"


def _inside(word: str) -> str:
    """A word inside a sentence: abbreviations keep their capitals."""
    return word if word[:2].isupper() else word[:1].lower() + word[1:]


def rows_table(rows: Sequence[CountedRow], caption: str) -> PageTable:
    """One row for each thing counted; a column for each fact that any of them has."""
    facts = list(dict.fromkeys(fact.name for row in rows for fact in row.facts))
    heads = ["Reference", "Date", "Counted in", "Team", "Service area", "Authority", *(label(name) for name in facts)]
    columns = [Column(code=head.lower().replace(" ", "_"), label=head, numeric=False) for head in heads]
    return listed("rows", caption, columns, [list(_row(row, facts)) for row in rows])


def _row(row: CountedRow, facts: Sequence[str]) -> Iterator[Cell]:
    known = {fact.name: _words(fact.value) for fact in row.facts}
    yield Cell(row.stream)
    yield Cell(row.date or NOTHING)
    yield Cell(row.counted_in)
    yield from (Cell(_name(unit)) for unit in (row.team, row.service_area, row.authority))
    yield from (Cell(known.get(name, NOTHING)) for name in facts)


def _words(codes: str) -> str:
    """The words for one code or several; numbers and dates stay as they are."""
    return ", ".join(code if code[:1].isdigit() else label(code) for code in codes.split(" "))


def _name(unit: Unit | None) -> str:
    return unit.name if unit else NOTHING
