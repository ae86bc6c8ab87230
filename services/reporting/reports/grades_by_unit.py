"""R1, as far as the grades of audits go: the units below, with their grades and what moderation changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.reporting.read_models.audit_quality.grades import GRADES
from services.reporting.read_models.audit_quality.query import grades
from services.reporting.reports.report import (
    Asked,
    Cell,
    Make,
    Report,
    ReportColumn,
    ReportRow,
    ReportTable,
    Sources,
)
from services.reporting.summing import Summing, children_by_structure
from services.reporting.views import Unit, Window
from shared.projecting.reading import ByMonth, add

COLUMNS = (
    ReportColumn(code="unit", label="Unit", kind="text"),
    ReportColumn(code="outstanding", label="Outstanding"),
    ReportColumn(code="good", label="Good"),
    ReportColumn(code="requires_improvement", label="Requires improvement"),
    ReportColumn(code="inadequate", label="Inadequate"),
    ReportColumn(code="graded", label="Graded"),
    ReportColumn(code="good_or_better", label="Good or better"),
    ReportColumn(code="good_or_better_percent", label="Good or better, %", kind="percent"),
)


@dataclass(frozen=True, slots=True)
class _Written:
    code: str
    title: str
    make: Make


async def make(sources: Sources, asked: Asked) -> Report:
    months = asked.span.months
    cells = await sources.reading.cells("audit_quality")
    summing = Summing(cells, sources.structure, asked.level, asked.unit_id, months, {})
    own, children = await summing.both(asked.structure)
    rows = [_row("total", "All", "TOTAL", own.by_month, sources)]
    window = Window(first_month=months[0], last_month=months[-1], structure=asked.structure)
    if asked.level != "team":
        listed = children_by_structure(sources.structure, asked.level, asked.unit_id, window) | children.keys()
        rows += _parts(listed, {child: part.by_month for child, part in children.items()}, sources, asked)
    table = ReportTable(
        name="grades",
        caption="Audits by grade",
        columns=COLUMNS,
        rows=tuple(rows),
        chart=("unit", ("outstanding", "good", "requires_improvement", "inadequate")),
    )
    return Report(
        code="R1",
        title="Head of Service monthly report",
        unit=sources.structure.unit(asked.level, asked.unit_id),
        structure=asked.structure,
        period=asked.span.key,
        period_kind=asked.span.kind,
        period_label=asked.span.label,
        tables=(table,),
        notes=("Good or better is a percentage of graded audits, shown for 10 or more.",),
    )


def _parts(listed: set[str], found: Mapping[str, ByMonth], sources: Sources, asked: Asked) -> Iterator[ReportRow]:
    level = {"service_area": "team", "authority": "service_area", "region": "authority"}[asked.level]
    units = [sources.structure.unit(level, child) for child in listed]  # type: ignore[arg-type]
    for unit in sorted(units, key=lambda one: one.name):
        yield _row(f"{unit.level}:{unit.id}", unit.name, "PART", found.get(unit.id, {}), sources, unit)


def _row(key: str, name: str, kind: str, by_month: ByMonth, sources: Sources, unit: Unit | None = None) -> ReportRow:
    scales = grades(add(by_month.values()), sources.policy, only="OFSTED4")
    by_grade = {count.code: count.count for one in scales for count in one.overall}
    good = scales[0].good_or_better if scales else None
    counts: list[Cell] = [by_grade.get(grade, 0) for grade in GRADES]
    counts += [scales[0].graded if scales else 0, good.part if good else 0]
    percent: Cell = "z" if good is None else good.percent
    return ReportRow(key=key, kind=kind, cells=(name, *counts, percent), depth=int(kind == "PART"), unit=unit)  # type: ignore[arg-type]


GRADES_BY_UNIT = _Written("R1", "Head of Service monthly report", make)
