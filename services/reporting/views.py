"""The answers of reporting: what the JSON API sends, the pages show and the exports hold. Shapes only.

Every count carries the `measure` that finds the rows behind it (`GET /v1/<level>/{id}/rows?model=&measure=`).
Codes are those of the domain, never labels. There are no keys made from data: what varies is always in a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from shared.web.principal import Principal

Level = Literal["team", "service_area", "authority", "region"]
PeriodKind = Literal["month", "quarter"]
Structure = Literal["as-then", "as-now"]
ModelName = Literal["audit_quality", "audit_cycle", "practice_alerts", "feedback_themes"]


class View(BaseModel):
    """A frozen part of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unit(View):
    """A team, service area, authority or region by id, with the name it has on the last day of the answer.

    As a child of its own kind and id (`whole=True`) it stands for what concerns the unit as a whole and none of its
    parts, such as an inspection of an authority.
    """

    level: Level
    id: str
    name: str
    whole: bool = False


class Period(View):
    """A month ("2026-04") or a financial quarter ("2026-Q1", shown as "2026-Q1 (Apr-Jun 2026)"), by local date."""

    key: str
    kind: PeriodKind
    label: str
    first_month: str
    last_month: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many of one code: for instance `code` GOOD, `count` 3, `measure` OFSTED4.overall.GOOD."""

    code: str
    count: int
    measure: str


class Proportion(View):
    """`part` of `whole`, with the percentage only where it may be read.

    `percent`, `low` and `high` (Wilson 95% interval) are percentages with one decimal, None unless `whole` reaches
    the minimum. `display` is what stands in a table: "75.0%", "" (too few: read the counts) or "z" (nothing to
    count).
    """

    part: int
    whole: int
    percent: float | None
    low: float | None
    high: float | None
    display: str


class Median(View):
    """The median of whole days. `value` is None without any; `beyond` says it lies past the last bucket."""

    value: float | None
    of: int
    beyond: bool = False


class DomainGrades(View):
    """One audit domain: its grades, worst last; `graded` leaves out the non-grades."""

    code: str
    graded: int
    good_or_better: Proportion
    grades: tuple[Count, ...]


class Drift(View):
    """Raw against moderated grade, over moderated audits only. `mean` is raw minus moderated: positive is optimistic.

    `mean` is None when nothing was moderated or the scale has no order. `pairs` has a code RAW>MODERATED each.
    """

    moderated: int
    agreed: int
    mean: float | None
    pairs: tuple[Count, ...]


class Grades(View):
    """The audits of one unit in one period on ONE scale; two scales are never added together.

    `count` is every audit with a final result, `graded` those with a grade (the N of a percentage).
    `good_or_better.display` is "" for a scale that names no good grades.
    """

    scale: str
    count: int
    graded: int
    good_or_better: Proportion
    overall: tuple[Count, ...]
    raw: tuple[Count, ...]
    changed_up: Count
    changed_down: Count
    drift: Drift
    domains: tuple[DomainGrades, ...]
    types: tuple[Count, ...]
    plan_types: tuple[Count, ...]
    independence: tuple[Count, ...]
    grade_sources: tuple[Count, ...]
    days_to_finalise: Median


class Alerts(View):
    """The practice alerts of one unit in one period. opening + raised + reopened - resolved - withdrawn = closing.

    Good-practice alerts are counted apart (`good_practice`): they have no clock and are never open. `types` holds
    them too. `reached` counts escalations by the stage reached; `missed_stages` deadlines passed by stage, and
    `missed_total` those of all stages together. `answered_on_time` is answered in time out of answered + due and
    unanswered. `over_total` counts alerts that went past their total (20 working days by default). `impacts` are what
    was found when somebody looked whether a resolved alert helped. `informal_attempts` were made before anything
    formal and are in no other number here; `after_informal` are raised alerts that such an attempt came before.
    """

    opening: int
    raised: Count
    reopened: Count
    resolved: Count
    withdrawn: Count
    closing: int
    good_practice: Count
    good_practice_shared: Count
    after_informal: Count
    informal_attempts: Count
    informal_settled: Count
    informal_with: tuple[Count, ...]
    informal_categories: tuple[Count, ...]
    types: tuple[Count, ...]
    categories: tuple[Count, ...]
    plan_types: tuple[Count, ...]
    risks: tuple[Count, ...]
    raised_at_stage: tuple[Count, ...]
    reached: tuple[Count, ...]
    resolved_at_stage: tuple[Count, ...]
    outcomes: tuple[Count, ...]
    impacts: tuple[Count, ...]
    answered_in_time: Count
    answered_late: Count
    due_unanswered: Count
    answered_on_time: Proportion
    missed_stages: tuple[Count, ...]
    missed_total: Count
    over_total: Count
    skipped_stages: Count
    elapsed_working_days: Median


class Feedback(View):
    """The feedback of one unit in one period, by received date. Changes count by the date decided, made or told.

    `child_made` counts respondents CHILD and YOUNG_PERSON out of all received; `unclassified` nobody has
    classified yet. What discloses harm is in `received` and has neither sentiment nor theme. `changes_checked` counts
    each time that those who spoke were asked whether a change helped.
    """

    received: Count
    channels: tuple[Count, ...]
    respondents: tuple[Count, ...]
    ratings: tuple[Count, ...]
    sentiments: tuple[Count, ...]
    themes: tuple[Count, ...]
    unclassified: Count
    anonymous: Count
    child_made: Proportion
    child_made_channels: tuple[Count, ...]
    responded: Proportion
    days_to_respond: Median
    changes_decided: Count
    changes_decided_themes: tuple[Count, ...]
    changes_made: Count
    changes_made_themes: tuple[Count, ...]
    changes_told: Count
    changes_told_themes: tuple[Count, ...]
    changes_checked: Count
    changes_checked_results: tuple[Count, ...]


class Figures(View):
    """Everything about one unit in one period. `grades` has a row for each scale in use, by scale code.

    `withheld` is true for a region and for its authorities where not everything is within the reader's reach: alerts
    and feedback are then None, and `grades` holds the public judgements of inspections only.
    """

    grades: tuple[Grades, ...]
    alerts: Alerts | None
    feedback: Feedback | None
    withheld: bool = False


class UnitFigures(View):
    """A row of the table of children: one unit over the whole span asked for.

    `may_open` says whether the reader may ask for this unit by itself, or for the rows behind its numbers.
    """

    unit: Unit
    figures: Figures
    may_open: bool = True


class PeriodFigures(View):
    """A row of the table over time: the unit itself in one period."""

    period: Period
    figures: Figures


class Position(View):
    """How far one read model has read one partition of its topic."""

    model: ModelName
    partition: int
    seq: int


class AsAt(View):
    """What the answer is correct as at: `time` is that of the newest event counted in it (None before any).

    `behind` is how many published events are not yet counted, None while that is not known.
    """

    time: datetime | None
    behind: int | None
    positions: tuple[Position, ...]


class UnitView(View):
    """One unit from `first_month` to `last_month` inclusive ("YYYY-MM").

    `total` is over the whole span; `children` (teams of an area, areas of an authority, authorities of a region;
    none for a team) sum to it, and so do `periods`, oldest first. `path` leads from the authority down to the unit,
    over those units that the reader may open.
    """

    unit: Unit
    path: tuple[Unit, ...]
    structure: Structure
    period: PeriodKind
    first_month: str
    last_month: str
    as_at: AsAt
    total: Figures
    children: tuple[UnitFigures, ...]
    periods: tuple[PeriodFigures, ...]


class UnitList(View):
    """The units of one level within the reader's reach, by name."""

    items: tuple[Unit, ...]
    next_cursor: str | None
    as_at: datetime


class Fact(View):
    """A described property of a counted row, such as name "overall", value "GOOD"."""

    name: str
    value: str


class CountedRow(View):
    """One thing behind a number, once for each time it counts there. No child, worker or narrative.

    `stream` is its reference (audit-…, alert-…, informal_resolution-…, feedback-…, change-…), `counted_in` the month,
    `date` the day that counts; `facts` are the codes that describe it, such as "overall", "alert_type" or "channel".
    """

    stream: str
    counted_in: str
    date: str | None
    team: Unit | None
    service_area: Unit | None
    authority: Unit
    facts: tuple[Fact, ...]


class CountedRows(View):
    """The rows behind a number, a page at a time.

    `complete` is false when the number counts things outside the reader's reach, which are left out here.
    """

    items: tuple[CountedRow, ...]
    next_cursor: str | None
    complete: bool
    as_at: AsAt


class Column(View):
    """A column of a table: `code` is the CSV header, `label` what people read."""

    code: str
    label: str
    numeric: bool = True


class Table(View):
    """A view as one flat table: the same cells on a page, as CSV and in a workbook. The total comes first."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]


class Window(View):
    """What a reader asks of a unit: the months ("YYYY-MM", both included), the rows over time, and the structure."""

    first_month: str
    last_month: str
    period: PeriodKind = "month"
    structure: Structure = "as-then"


class Reports(Protocol):
    """What pages and routes ask. Built in `app.py`, held as `app.state.reports`.

    Raises NotFound for a unit that does not exist or lies outside the reader's reach.
    """

    async def unit(self, reader: Principal, level: Level, unit_id: str, window: Window) -> UnitView:
        """The figures of one unit with its children and its periods."""
        ...

    async def units(self, reader: Principal, level: Level) -> tuple[Unit, ...]:
        """The units of this level within the reader's reach, by name."""
        ...

    async def rows(
        self,
        reader: Principal,
        level: Level,
        unit_id: str,
        window: Window,
        *,
        model: ModelName,
        measure: str,
        cursor: str | None = None,
        limit: int = 50,
    ) -> CountedRows:
        """The rows behind one number; `cursor` is the `next_cursor` of the page before."""
        ...

    async def as_at(self) -> AsAt:
        """How far the read models have come."""
        ...
