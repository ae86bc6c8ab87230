"""A report with every kind of row, column and symbol, and with text that programs might take for something else."""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.reporting.domain.periods import named
from services.reporting.domain.policy import ReportingPolicy
from services.reporting.reports.answering import Contents, Offered
from services.reporting.reports.report import Asked, Closing, Report, ReportColumn, ReportRow, ReportTable, Sources
from services.reporting.reports.shelf import ClosedPeriod
from services.reporting.reports.team_view import TEAM_VIEW
from services.reporting.structure import OfToday
from services.reporting.views import AsAt, Level, Structure, Unit
from shared.deciding.refusal import NotFound
from shared.web.principal import Principal
from tests.reporting.a_quarter import everything
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import InMemoryLibrary

LIBRARY = InMemoryLibrary(everything())
ELM = Unit(level="team", id="team-elm", name="Elm")
AUTHORITY = Unit(level="authority", id="901", name="Exampleton")
DUTY = Unit(level="service_area", id="area-duty", name="Duty and Assessment")
ALDER = Unit(level="team", id="team-alder", name="=D&A Alder [#strong]")
BIRCH = Unit(level="team", id="team-birch", name="D&A Birch")
GRADES = ("Outstanding", "Good", "Requires improvement", "Inadequate")

COLUMNS = (
    ReportColumn(code="unit", label="Unit", kind="text"),
    ReportColumn(code="expected", label="Expected"),
    *(ReportColumn(code=grade.lower().replace(" ", "_"), label=grade) for grade in GRADES),
    ReportColumn(code="graded", label="Graded"),
    ReportColumn(code="good_or_better_percent", label="Good or better", kind="percent"),
    ReportColumn(code="median_days", label="Median days to finalise"),
    ReportColumn(code="change", label="Change on last month"),
)
UNITS = ReportTable(
    name="units",
    caption="Audits by service area and team",
    columns=COLUMNS,
    chart=("unit", ("outstanding", "good", "requires_improvement", "inadequate")),
    rows=(
        ReportRow(key="total", kind="TOTAL", cells=("All", 24, 2, 12, 8, 2, 24, 58.3, 10.5, -3)),
        ReportRow(
            key="service_area:area-duty",
            kind="PART",
            cells=(DUTY.name, 24, 2, 12, 8, 2, 24, 58.3, 10.5, -3),
            unit=DUTY,
            revised=("good", "graded"),
        ),
        ReportRow(
            key="team:team-alder",
            kind="PART",
            depth=1,
            unit=ALDER,
            cells=(ALDER.name, 14, 1, 9, 3, 1, 14, 71.4, 9, 0),
        ),
        ReportRow(
            key="team:team-birch",
            kind="PART",
            depth=1,
            unit=BIRCH,
            cells=(BIRCH.name, 10, 1, 3, 5, 1, 10, None, "z", "x"),
        ),
    ),
)
ITEMS = ReportTable(
    name="re_audits",
    caption="Re-audits of the month",
    columns=(
        ReportColumn(code="parent", label="Audit", kind="text"),
        ReportColumn(code="team", label="Team", kind="text"),
        ReportColumn(code="trigger", label="Because of", kind="code"),
        ReportColumn(code="due", label="Due", kind="date"),
        ReportColumn(code="done", label="Done", kind="date"),
        ReportColumn(code="days_late", label="Days late"),
        ReportColumn(code="still", label="Domains still inadequate", kind="code"),
    ),
    rows=(
        ReportRow(
            key="re_audit-1",
            kind="ITEM",
            unit=ALDER,
            cells=(
                "audit-0001",
                ALDER.name,
                "OVERALL_INADEQUATE",
                "2026-05-14",
                "2026-05-29",
                15,
                "CHILD_VOICE PLANNING",
            ),
        ),
        ReportRow(
            key="re_audit-2",
            kind="ITEM",
            unit=BIRCH,
            cells=("audit-0002", BIRCH.name, "DOMAIN_INADEQUATE", "2026-06-01", None, None, None),
        ),
        ReportRow(key="due", kind="FOOTER", cells=("Due", None, None, None, None, 2, None)),
    ),
)
NONE = ReportTable(name="none", caption="What there was none of", columns=COLUMNS[:3], rows=())

OPEN = Report(
    code="R1",
    title="Head of Service monthly report",
    unit=AUTHORITY,
    structure="as-then",
    period="2026-05",
    period_kind="month",
    period_label="May 2026",
    tables=(UNITS, ITEMS, NONE),
    notes=(
        "Completed of expected less exempted; a percentage is shown for 10 audits or more.",
        '@SUM(A1) and #read("x") are only words here.',
    ),
    as_at=AsAt(time=datetime(2026, 6, 8, 8, 41, tzinfo=UTC), behind=3, positions=()),
)
CLOSED = OPEN.model_copy(
    update={
        "closing": Closing(
            closed_on=date(2026, 6, 5),
            cutoff=datetime(2026, 6, 5, 16, 0, tzinfo=UTC),
            version=2,
            hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        )
    }
)
AS_CLOSED = CLOSED.model_copy(
    update={"closing": CLOSED.closing.model_copy(update={"version": 1, "hash": "0" * 64})}  # type: ignore[union-attr]
)


class ExampleReadReports:
    """These reports for one made-up authority: May 2026 is closed in two versions, every other period is open.

    Team Elm has the page that its events make.
    """

    async def contents(self, reader: Principal, level: Level, unit_id: str) -> Contents:
        versions = tuple(one.closing for one in (AS_CLOSED, CLOSED) if one.closing is not None)
        closed = (ClosedPeriod(period="2026-05", versions=versions),)
        return Contents(
            unit=self._unit(level, unit_id),
            path=(),
            latest="2027-02",
            items=(
                Offered(code="R1", title=OPEN.title, closed=closed),
                Offered(code="R2", title="Re-audits", closed=()),
                *([Offered(code="R10", title="Team view", closed=())] if level == "team" else []),
            ),
        )

    async def report(
        self,
        reader: Principal,
        level: Level,
        unit_id: str,
        code: str,
        *,
        period: str | None = None,
        structure: Structure = "as-then",
        version: int | None = None,
    ) -> Report:
        if (code, unit_id) == ("R10", "team-elm"):
            asked = Asked(level, unit_id, named(period or "2026-06"), structure)
            return await TEAM_VIEW.make(
                Sources(LIBRARY, OfToday(an_organisation(), NOW.date()), ReportingPolicy()), asked
            )
        found = OPEN if period != "2026-05" or structure == "as-now" else AS_CLOSED if version == 1 else CLOSED
        span = named(period or "2027-02")
        about = {"period": span.key, "period_kind": span.kind, "period_label": span.label, "structure": structure}
        return found.model_copy(update={"unit": self._unit(level, unit_id), "code": code, **about})

    def _unit(self, level: Level, unit_id: str) -> Unit:
        known = {(unit.level, unit.id): unit for unit in (AUTHORITY, ELM)}
        if (level, unit_id) not in known:
            raise NotFound
        return known[level, unit_id]
