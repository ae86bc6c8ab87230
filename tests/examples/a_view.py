"""A year of one small, made-up authority as reporting would show it, without any engine: the same numbers every time.

Everything is counted from one list of imagined things, so children sum to their parents and periods to the whole.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from services.reporting.views import (
    Alerts,
    AsAt,
    Count,
    CountedRow,
    CountedRows,
    DomainGrades,
    Drift,
    Fact,
    Feedback,
    Figures,
    Grades,
    Level,
    Median,
    ModelName,
    Period,
    PeriodFigures,
    Proportion,
    Unit,
    UnitFigures,
    UnitView,
    Window,
)
from shared.deciding.refusal import NotFound
from shared.web.principal import Principal

NOW = datetime(2027, 3, 19, 9, 50, tzinfo=UTC)
AS_AT = AsAt(time=datetime(2027, 3, 19, 9, 41, tzinfo=UTC), behind=3, positions=())

REGION = Unit(level="region", id="north-thames", name="North Thames")
AUTHORITY = Unit(level="authority", id="901", name="Exampleton")
SILENT = Unit(level="authority", id="902", name="Otherborough")
AREAS = (
    Unit(level="service_area", id="area-duty", name="Duty and Assessment"),
    Unit(level="service_area", id="area-plan", name="Intervention and Planning"),
    Unit(level="service_area", id="area-parent", name="Corporate Parenting"),
)
TEAMS = {
    "area-duty": ("alder", "birch", "cedar"),
    "area-plan": ("elm", "fern", "gorse", "hazel"),
    "area-parent": ("larch", "maple"),
}
TEAM_NAMES = {"area-duty": "D&A", "area-plan": "I&P", "area-parent": "Children in Care"}
ALDER = Unit(level="team", id="team-alder", name="D&A Alder")
GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
DOMAINS = ("CHILD_VOICE", "ASSESSMENT", "PLANNING", "MANAGEMENT_OVERSIGHT", "SUPERVISION", "IMPACT_OUTCOMES")
SENTIMENTS = ("POSITIVE", "MIXED", "NEUTRAL", "NEGATIVE")
THEMES = ("LISTENED_TO", "WORKER_CHANGE", "COMMUNICATION", "INVOLVED_IN_PLAN", "STAFF_PRAISE", "TIMELINESS")
MONTHS = [f"2026-{m:02d}" for m in range(1, 13)] + ["2027-01", "2027-02", "2027-03"]
JUDGED = {
    "overall": "GOOD",
    "IMPACT_OF_LEADERS": "GOOD",
    "HELP_AND_PROTECTION": "REQUIRES_IMPROVEMENT",
    "CHILDREN_IN_CARE": "OUTSTANDING",
    "CARE_LEAVERS": "GOOD",
}


@dataclass(frozen=True)
class Thing:
    """An imagined audit, alert or piece of feedback: `measures` is every count that it adds to, in its month."""

    stream: str
    model: ModelName
    team: Unit | None
    area: Unit | None
    month: str
    measures: tuple[str, ...]
    authority: Unit = AUTHORITY


def _team(area: Unit, name: str) -> Unit:
    return Unit(level="team", id=f"team-{name}", name=f"{TEAM_NAMES[area.id]} {name.capitalize()}")


def _things() -> list[Thing]:
    random = Random(2027)
    things: list[Thing] = []
    for area in AREAS:
        for name in TEAMS[area.id]:
            for month in MONTHS:
                things += _month_of(random, area, _team(area, name), month)
    judged = tuple(f"OFSTED4E.{'overall' if k == 'overall' else 'domain.' + k}.{v}" for k, v in JUDGED.items())
    things.append(Thing("audit-inspection", "audit_quality", None, None, "2026-10", judged))
    return things


def _month_of(random: Random, area: Unit, team: Unit, month: str) -> Iterable[Thing]:
    for n in range(random.choice((1, 1, 2))):
        yield Thing(f"audit-{team.id}-{month}-{n}", "audit_quality", team, area, month, _audit(random))
    for n in range(random.choice((0, 1, 1, 2))):
        yield Thing(f"alert-{team.id}-{month}-{n}", "practice_alerts", team, area, month, _alert(random))
    for n in range(random.randint(2, 6)):
        yield Thing(f"feedback-{team.id}-{month}-{n}", "feedback_themes", team, area, month, _feedback(random))


def _audit(random: Random) -> tuple[str, ...]:
    grade = random.choices(GRADES, (8, 47, 37, 8))[0]
    domains = [f"OFSTED4.domain.{d}.{random.choices(GRADES, (8, 47, 37, 8))[0]}" for d in DOMAINS[:-1]]
    kind = random.choice(("ROUTINE", "ROUTINE", "THEMED"))
    last = random.choice(("GOOD", "NOT_EVIDENCED"))
    plan = random.choice(("CIN", "CP", "CLA"))
    moved = random.choice(("", "", "", "OFSTED4.changed.DOWN", "OFSTED4.changed.UP"))
    described = (f"OFSTED4.domain.{DOMAINS[-1]}.{last}", f"OFSTED4.type.{kind}", f"OFSTED4.plan_type.{plan}")
    return (f"OFSTED4.overall.{grade}", *domains, *described, *([moved] if moved else []))


def _alert(random: Random) -> tuple[str, ...]:
    answered = random.choices(("answered_in_time", "answered_late", "due_unanswered"), (8, 2, 1))[0]
    resolved = ("resolved", "resolved_at_stage.1") if random.random() < 0.9 else ()
    category = random.choice(("DRIFT_DELAY", "PLAN_QUALITY", "STAT_VISIT_OVERDUE"))
    return ("raised", "raised_at_stage.1", "type.CONCERN", f"category.{category}", answered, *resolved)


def _feedback(random: Random) -> tuple[str, ...]:
    theme = random.choice(THEMES)
    channel = random.choice(("SURVEY", "TEXT", "MIND_OF_MY_OWN"))
    done = random.random()
    changes = ("changes_made", f"changes_made_theme.{theme}") if done < 0.15 else ()
    told = ("changes_told", f"changes_told_theme.{theme}") if done < 0.08 else ()
    respondent = random.choice(("CHILD", "PARENT", "YOUNG_PERSON"))
    sentiment = random.choices(SENTIMENTS, (5, 2, 1, 2))[0]
    told_us = ("received", f"channel.{channel}", f"respondent.{respondent}", f"sentiment.{sentiment}", f"theme.{theme}")
    return (*told_us, *changes, *told)


THINGS = _things()


def _wilson(part: int, whole: int) -> Proportion:
    if not whole:
        return Proportion(part=0, whole=0, percent=None, low=None, high=None, display="z")
    if whole < 10:
        return Proportion(part=part, whole=whole, percent=None, low=None, high=None, display="")
    z, p = 1.959964, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * math.sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    percent, low, high = (round(100 * v, 1) for v in (p, middle - half, middle + half))
    return Proportion(part=part, whole=whole, percent=percent, low=low, high=high, display=f"{percent:.1f}%")


def _counts(found: Counter[str], prefix: str, codes: Sequence[str] | None = None) -> tuple[Count, ...]:
    """The counts whose measure is `prefix.CODE`; in the order of `codes`, or else by code."""
    names = codes if codes is not None else sorted(m[len(prefix) + 1 :] for m in found if m.startswith(f"{prefix}."))
    return tuple(Count(code=c, count=found[f"{prefix}.{c}"], measure=f"{prefix}.{c}") for c in names)


def _one(found: Counter[str], measure: str) -> Count:
    return Count(code=measure.upper(), count=found[measure], measure=measure)


def _grades(found: Counter[str], scale: str) -> Grades:
    overall = _counts(found, f"{scale}.overall", GRADES)
    graded = sum(c.count for c in overall)
    good = _wilson(overall[0].count + overall[1].count, graded)
    domains = sorted({m.split(".")[2] for m in found if m.startswith(f"{scale}.domain.")})
    down, up = found[f"{scale}.changed.DOWN"], found[f"{scale}.changed.UP"]
    mean = (down - up) / graded if graded and down + up else None
    return Grades(
        scale=scale,
        count=graded,
        graded=graded,
        good_or_better=good,
        overall=overall,
        raw=(),
        changed_up=Count(code="UP", count=up, measure=f"{scale}.changed.UP"),
        changed_down=Count(code="DOWN", count=down, measure=f"{scale}.changed.DOWN"),
        drift=Drift(moderated=graded, agreed=graded - down - up, mean=mean, pairs=()),
        domains=tuple(_domain(found, scale, code) for code in domains),
        types=_counts(found, f"{scale}.type"),
        plan_types=_counts(found, f"{scale}.plan_type"),
        independence=(),
        grade_sources=(),
        days_to_finalise=Median(value=12.5 if graded else None, of=graded),
    )


def _domain(found: Counter[str], scale: str, code: str) -> DomainGrades:
    prefix = f"{scale}.domain.{code}"
    extra = ("NOT_EVIDENCED",) if found[f"{prefix}.NOT_EVIDENCED"] else ()
    grades = _counts(found, prefix, (*GRADES, *extra))
    graded = sum(c.count for c in grades[:4])
    share = _wilson(grades[0].count + grades[1].count, graded)
    return DomainGrades(code=code, graded=graded, good_or_better=share, grades=grades)


def _alerts(found: Counter[str], before: Counter[str]) -> Alerts:
    opening = before["raised"] - before["resolved"]
    in_time, late, due = (_one(found, m) for m in ("answered_in_time", "answered_late", "due_unanswered"))
    return Alerts(
        opening=opening,
        raised=_one(found, "raised"),
        reopened=_one(found, "reopened"),
        resolved=_one(found, "resolved"),
        withdrawn=_one(found, "withdrawn"),
        closing=opening + found["raised"] - found["resolved"],
        good_practice=_one(found, "good_practice"),
        good_practice_shared=_one(found, "good_practice_shared"),
        after_informal=_one(found, "after_informal"),
        informal_attempts=_one(found, "informal_attempts"),
        informal_settled=_one(found, "informal_settled"),
        informal_with=(),
        informal_categories=(),
        types=_counts(found, "type"),
        categories=_counts(found, "category"),
        plan_types=(),
        risks=(),
        raised_at_stage=_counts(found, "raised_at_stage"),
        reached=(),
        resolved_at_stage=_counts(found, "resolved_at_stage"),
        outcomes=(),
        impacts=(),
        answered_in_time=in_time,
        answered_late=late,
        due_unanswered=due,
        answered_on_time=_wilson(in_time.count, in_time.count + late.count + due.count),
        missed_stages=(),
        missed_total=_one(found, "missed_total"),
        over_total=_one(found, "over_total"),
        skipped_stages=_one(found, "skipped_stages"),
        elapsed_working_days=Median(value=4, of=found["resolved"]),
    )


def _told(found: Counter[str]) -> Feedback:
    received = found["received"]
    return Feedback(
        received=_one(found, "received"),
        channels=_counts(found, "channel"),
        respondents=_counts(found, "respondent"),
        ratings=(),
        sentiments=_counts(found, "sentiment", SENTIMENTS),
        themes=_counts(found, "theme"),
        unclassified=_one(found, "unclassified"),
        anonymous=_one(found, "anonymous"),
        child_made=_wilson(found["respondent.CHILD"] + found["respondent.YOUNG_PERSON"], received),
        child_made_channels=(),
        responded=_wilson(received // 2, received),
        days_to_respond=Median(value=6 if received else None, of=received // 2),
        changes_decided=_one(found, "changes_decided"),
        changes_decided_themes=(),
        changes_made=_one(found, "changes_made"),
        changes_made_themes=_counts(found, "changes_made_theme"),
        changes_told=_one(found, "changes_told"),
        changes_told_themes=_counts(found, "changes_told_theme"),
        changes_checked=_one(found, "changes_checked"),
        changes_checked_results=(),
    )


Mine = Callable[[Thing], bool]


def _figures(mine: Mine, months: Sequence[str]) -> Figures:
    def counted(model: str, when: Callable[[str], bool]) -> Counter[str]:
        kept = (t for t in THINGS if t.model == model and mine(t) and when(t.month))
        return Counter(measure for thing in kept for measure in thing.measures)

    audits = counted("audit_quality", months.__contains__)
    scales = sorted({measure.split(".")[0] for measure in audits})
    alerts = _alerts(counted("practice_alerts", months.__contains__), counted("practice_alerts", months[0].__gt__))
    feedback = _told(counted("feedback_themes", months.__contains__))
    return Figures(grades=tuple(_grades(audits, s) for s in scales), alerts=alerts, feedback=feedback)


def _within(unit: Unit) -> Mine:
    match unit.level:
        case "team":
            return lambda thing: thing.team is not None and thing.team.id == unit.id
        case "service_area":
            return lambda thing: thing.area is not None and thing.area.id == unit.id
        case "authority" if unit.whole:
            return lambda thing: thing.area is None
        case _:
            return lambda thing: True


def _all_teams() -> list[Unit]:
    return [_team(area, name) for area in AREAS for name in TEAMS[area.id]]


UNITS: dict[Level, Sequence[Unit]] = {
    "region": (REGION,),
    "authority": (AUTHORITY,),
    "service_area": AREAS,
    "team": _all_teams(),
}


def _children(unit: Unit) -> list[Unit]:
    match unit.level:
        case "region":
            return [AUTHORITY]
        case "authority":
            return [*AREAS, AUTHORITY.model_copy(update={"whole": True})]
        case "service_area":
            return [_team(unit, name) for name in TEAMS[unit.id]]
        case "team":
            return []


def _path(unit: Unit) -> tuple[Unit, ...]:
    match unit.level:
        case "team":
            area = next(area for area in AREAS if unit in _children(area))
            return (AUTHORITY, area, unit)
        case "service_area":
            return (AUTHORITY, unit)
        case _:
            return (unit,)


def _months(window: Window) -> list[str]:
    first, last = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in (window.first_month, window.last_month))
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, last + 1)]


def _periods(window: Window) -> list[tuple[Period, list[str]]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for month in _months(window):
        groups.setdefault(_named(month, window), []).append(month)
    return [
        (Period(key=key, kind=window.period, label=label, first_month=months[0], last_month=months[-1]), months)
        for (key, label), months in groups.items()
    ]


def _named(month: str, window: Window) -> tuple[str, str]:
    at = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=UTC)
    if window.period == "month":
        return month, f"{at:%B %Y}"
    year, quarter = (at.year, (at.month - 4) // 3 + 1) if at.month > 3 else (at.year - 1, 4)
    spans = {1: "Apr-Jun", 2: "Jul-Sep", 3: "Oct-Dec", 4: "Jan-Mar"}
    key = f"{year}-Q{quarter}"
    return key, f"{key} ({spans[quarter]} {at.year})"


WITHHELD = Figures(grades=(), alerts=None, feedback=None, withheld=True)


class ExampleReports:
    """Answers as `Reports` does, from the list above; everybody may see everything but the authority SILENT."""

    async def unit(self, reader: Principal, level: Level, unit_id: str, window: Window) -> UnitView:
        unit = _found(level, unit_id)
        mine, months = _within(unit), _months(window)
        children = [UnitFigures(unit=c, figures=_figures(_within(c), months)) for c in _children(unit)]
        if level == "region":
            children.append(UnitFigures(unit=SILENT, figures=WITHHELD, may_open=False))
        return UnitView(
            unit=unit,
            path=_path(unit),
            structure=window.structure,
            period=window.period,
            first_month=window.first_month,
            last_month=window.last_month,
            as_at=AS_AT,
            total=_figures(mine, months),
            children=tuple(children),
            periods=tuple(PeriodFigures(period=p, figures=_figures(mine, ms)) for p, ms in _periods(window)),
        )

    async def units(self, reader: Principal, level: Level) -> tuple[Unit, ...]:
        return tuple(sorted(UNITS[level], key=lambda unit: unit.name))

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
        mine, months = _within(_found(level, unit_id)), _months(window)
        found = [t for t in THINGS if t.model == model and mine(t) and t.month in months and measure in t.measures]
        start = int(cursor) if cursor else 0
        more = str(start + limit) if start + limit < len(found) else None
        items = tuple(_row(thing) for thing in found[start : start + limit])
        return CountedRows(items=items, next_cursor=more, complete=True, as_at=AS_AT)

    async def as_at(self) -> AsAt:
        return AS_AT


def _found(level: Level, unit_id: str) -> Unit:
    unit = next((unit for unit in UNITS[level] if unit.id == unit_id), None)
    if unit is None:
        raise NotFound
    return unit


def _row(thing: Thing) -> CountedRow:
    facts = [Fact(name=m.split(".")[-2], value=m.split(".")[-1]) for m in thing.measures if "." in m][:3]
    return CountedRow(
        stream=thing.stream,
        counted_in=thing.month,
        date=f"{thing.month}-14",
        team=thing.team,
        service_area=thing.area,
        authority=thing.authority,
        facts=tuple(facts),
    )
