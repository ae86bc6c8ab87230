"""The part of a page about audit quality: grades over time, by unit and by domain, and what moderation changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from services.reporting.dashboard import charts
from services.reporting.dashboard.page import Figure, Section
from services.reporting.dashboard.places import Places, short
from services.reporting.dashboard.tables import (
    NOT_SHARED,
    Cell,
    Measure,
    PageTable,
    Value,
    by_child,
    cell,
    listed,
    over_time,
)
from services.reporting.labels import CHILDREN, EXTERNAL_SCALES, GRADES, LEVELS, label
from services.reporting.views import (
    Column,
    Count,
    DomainGrades,
    Figures,
    Grades,
    Period,
    Proportion,
    UnitView,
)

NO_AUDITS = "No audits were graded in these months."
JUDGEMENTS = ("IMPACT_OF_LEADERS", "HELP_AND_PROTECTION", "CHILDREN_IN_CARE", "CARE_LEAVERS")
NON_GRADES = ("UNGRADED", "NOT_APPLICABLE", "NOT_EVIDENCED")
MOST_CATEGORIES = 4
"""A chart tells no more categories apart than this; a longer scale is shown as a table."""
UNRANKED = "This scale does not say which grades are good, so there are counts and no percentages."
FEW = "Percentages are shown for 10 audits or more. With fewer, read the counts."


def sections(view: UnitView, places: Places) -> list[Section]:
    """A section for each of our own scales: two scales are never added together."""
    scales = [grades.scale for grades in view.total.grades if grades.scale not in EXTERNAL_SCALES]
    if not scales:
        return [Section("audit-quality", "Audit quality", empty=NO_AUDITS)]
    return [_section(view, places, scale, alone=len(scales) == 1) for scale in scales]


def judgements(view: UnitView, places: Places) -> Section | None:
    """What outside bodies judged, on their own scale, if anything was judged in these months."""
    scales = [grades for grades in view.total.grades if grades.scale in EXTERNAL_SCALES and grades.count]
    if not scales:
        return None
    tables = [_judgement_table(view, places, grades) for grades in scales]
    intro = "Judgements of Ofsted's inspectors. They are not audits and are never counted with them."
    return Section("ofsted-judgements", "Ofsted judgements", intro=intro, tables=tuple(tables))


def _section(view: UnitView, places: Places, scale: str, *, alone: bool) -> Section:
    prefix = "audits" if alone else f"audits-{scale.lower()}"
    title = "Audit quality" if alone else f"Audit quality: {label(scale)}"
    total = _on(view.total, scale)
    if total is None or not total.count:
        return Section(prefix, title, empty=NO_AUDITS)
    over = _over_time(view, places, total, prefix)
    drawable = len(_graded(total)) <= MOST_CATEGORIES
    return Section(
        prefix,
        title,
        intro=FEW if knows_good(total) else UNRANKED,
        figures=tuple(_figures(view, places, total, prefix, over)) if drawable else (),
        tables=tuple(_tables(view, places, total, prefix, over if not drawable else None)),
        more=(_moderation_table(total, places, prefix), _mix_table(total, places, prefix)),
    )


def knows_good(grades: Grades) -> bool:
    """Whether the scale says which grades are good: Ofsted's four do, a scale of numbers does not."""
    return bool(set(GRADES) & {count.code for count in grades.overall})


def _over_time(view: UnitView, places: Places, total: Grades, prefix: str) -> PageTable:
    """Team months show counts only: a percentage of one or two audits says nothing."""
    measures = _measures(total, percentages=not _counts_only(view))
    return over_time(view, places, f"{prefix}-over-time", "Audit grades over time", measures)


def _counts_only(view: UnitView) -> bool:
    return view.unit.level == "team" and view.period == "month"


def _tables(view: UnitView, places: Places, total: Grades, prefix: str, over: PageTable | None) -> Iterator[PageTable]:
    if over is not None:
        yield over
    if view.children:
        kind = CHILDREN[view.unit.level]
        caption = f"Audit grades by {LEVELS[kind].lower()}"
        yield by_child(view, places, f"{prefix}-by-{kind.replace('_', '-')}", caption, _measures(total))
    if total.domains:
        yield _domain_table(total, places, f"{prefix}-by-domain")


def _figures(view: UnitView, places: Places, total: Grades, prefix: str, over: PageTable) -> Iterator[Figure]:
    grades = _graded(total)
    names = [label(code) for code in grades]
    bars = [charts.Bar(short(one.period), _counts(one.figures, total.scale, grades)) for one in view.periods]
    drawn = charts.dot_strip if _counts_only(view) else charts.stacked_bar
    good = total.good_or_better
    title = f"{good.part} of {total.graded} audits were good or better"
    if not knows_good(total):
        title = f"Audits graded on the scale {label(total.scale)}: {total.graded}"
    svg = drawn(f"{prefix}-grades", title, f"Audits by grade, {_span(view)}.", names, bars)
    yield Figure(f"{prefix}-grades", title, svg, over)
    if knows_good(total) and not _counts_only(view) and len(view.periods) > 1:
        yield _share_figure(view, places, total.scale, prefix)


def _share_figure(view: UnitView, places: Places, scale: str, prefix: str) -> Figure:
    counted = [
        Measure("good", "Number good or better", partial(_of, scale, lambda g: g.good_or_better.part, 0)),
        Measure("graded", "Graded", partial(_of, scale, lambda g: g.graded, 0)),
    ]
    caption = "Good or better, with 95% interval"
    table = over_time(view, places, f"{prefix}-share-over-time", caption, [*counted, *_shares(scale)])
    few = view.unit.level != "team"
    points = [_point(one.period, _on(one.figures, scale), few=few) for one in view.periods]
    said = trend(points)
    described = (
        "Good or better as a percentage with its 95% interval; n is the number of audits, a hollow mark fewer than 10."
    )
    return Figure(f"{prefix}-share", said, charts.line(f"{prefix}-share", said, described, points), table)


def trend(points: Sequence[charts.Point]) -> str:
    """What the first and the last share say: a change only where their intervals do not overlap."""
    known = [p for p in points if p.value is not None and p.low is not None and p.high is not None]
    if len(known) < 2:
        return "Too few audits to show a change"
    first, last = known[0], known[-1]
    if (last.low or 0) > (first.high or 0):
        return "More audits were good or better than at first"
    if (last.high or 0) < (first.low or 0):
        return "Fewer audits were good or better than at first"
    return "No clear change in good or better"


def _point(period: Period, grades: Grades | None, *, few: bool) -> charts.Point:
    """A point for the share; `few` draws one for less than ten as well, hollow and without an interval."""
    if grades is None:
        return charts.Point(_under(period), None, 0)
    share = grades.good_or_better
    value = share.percent
    if value is None and few and share.whole:
        value = 100 * share.part / share.whole
    return charts.Point(_under(period), value, grades.graded, share.low, share.high)


def _under(period: Period) -> str:
    """What stands under a point: "Apr", or "Q1"."""
    return short(period)[-2:] if period.kind == "quarter" else short(period)[:3]


def _span(view: UnitView) -> str:
    return f"{view.first_month} to {view.last_month}"


def _on(figures: Figures, scale: str) -> Grades | None:
    return next((grades for grades in figures.grades if grades.scale == scale), None)


def _codes(total: Grades) -> tuple[str, ...]:
    """The grades of the scale in its own order: Ofsted's four always, others as they were counted."""
    seen = tuple(count.code for count in total.overall)
    return (*GRADES, *(code for code in seen if code not in GRADES)) if knows_good(total) else seen


def _graded(total: Grades) -> tuple[str, ...]:
    """Grades without the non-grades."""
    return tuple(code for code in _codes(total) if code not in NON_GRADES)


def _counts(figures: Figures, scale: str, codes: Sequence[str]) -> tuple[int, ...]:
    grades = _on(figures, scale)
    found = {count.code: count.count for count in grades.overall} if grades else {}
    return tuple(found.get(code, 0) for code in codes)


def _measures(total: Grades, *, percentages: bool = True) -> list[Measure]:
    scale = total.scale
    columns = [Measure(code.lower(), label(code), partial(_grade, scale, code)) for code in _codes(total)]
    columns.append(Measure("graded", "Graded", partial(_of, scale, lambda g: g.graded, 0)))
    return [*columns, *(_shares(scale) if percentages and knows_good(total) else [])]


def _shares(scale: str) -> list[Measure]:
    nothing = "z"
    return [
        Measure("good_or_better", "Good or better", partial(_of, scale, lambda g: g.good_or_better, nothing)),
        Measure("interval", "95% interval", partial(_of, scale, lambda g: interval(g.good_or_better), "")),
    ]


def interval(share: Proportion) -> str:
    return "" if share.low is None or share.high is None else f"{share.low:.1f}% to {share.high:.1f}%"


def _grade(scale: str, code: str, figures: Figures) -> Value:
    return _of(scale, lambda grades: _count(grades.overall, code), 0, figures)


def _of(scale: str, value: Callable[[Grades], Value], otherwise: Value, figures: Figures) -> Value:
    grades = _on(figures, scale)
    if grades is None:
        return NOT_SHARED if figures.withheld else otherwise
    return value(grades)


def _count(counts: Sequence[Count], code: str) -> Value:
    return next((count for count in counts if count.code == code), 0)


def _domain_table(grades: Grades, places: Places, name: str) -> PageTable:
    percentages = knows_good(grades)
    ours = GRADES if percentages else ()
    codes = [*ours, *dict.fromkeys(c.code for d in grades.domains for c in d.grades if c.code not in ours)]
    columns = [Column(code="domain", label="Domain", numeric=False)]
    columns += [Column(code=code.lower(), label=label(code)) for code in codes]
    columns += [Column(code="graded", label="Graded")]
    if percentages:
        columns += [
            Column(code="good_or_better", label="Good or better"),
            Column(code="interval", label="95% interval"),
        ]
    rows = [_domain_row(domain, codes, places, percentages=percentages) for domain in grades.domains]
    return listed(name, "Grades by domain, whole span", columns, rows)


def _domain_row(domain: DomainGrades, codes: Sequence[str], places: Places, *, percentages: bool) -> list[Cell]:
    name = label(domain.code)
    row = [Cell(name)]
    row += [cell(_count(domain.grades, code), "audit_quality", places, f"{label(code)}, {name}") for code in codes]
    row.append(Cell(str(domain.graded)))
    if percentages:
        row += [Cell(domain.good_or_better.display), Cell(interval(domain.good_or_better))]
    return row


def _moderation_table(grades: Grades, places: Places, prefix: str) -> PageTable:
    drift = grades.drift
    mean = "z" if drift.mean is None else f"{drift.mean:.2f}"
    rows = [
        ("Audits moderated", Cell(str(drift.moderated))),
        ("Moderator agreed", Cell(str(drift.agreed))),
        ("Grade raised", cell(grades.changed_up, "audit_quality", places, "grade raised by moderation")),
        ("Grade lowered", cell(grades.changed_down, "audit_quality", places, "grade lowered by moderation")),
        ("Grade drift: auditor's grade less moderator's, mean", Cell(mean)),
        ("Median days from allocation to final grade", cell(grades.days_to_finalise, "audit_quality", None, "")),
    ]
    return _pairs(f"{prefix}-moderation", "Moderation and timeliness, whole span", "Measure", rows)


def _mix_table(grades: Grades, places: Places, prefix: str) -> PageTable:
    groups = (
        ("Type", grades.types),
        ("Plan", grades.plan_types),
        ("Independence", grades.independence),
        ("Grade from", grades.grade_sources),
    )
    rows = [
        (f"{group}: {label(count.code)}", cell(count, "audit_quality", places, label(count.code)))
        for group, counts in groups
        for count in counts
    ]
    return _pairs(f"{prefix}-mix", "What was audited, and by whom, whole span", "Kind", rows)


def _pairs(name: str, caption: str, first: str, rows: Sequence[tuple[str, Cell]]) -> PageTable:
    columns = (Column(code=first.lower(), label=first, numeric=False), Column(code="number", label="Number"))
    return listed(name, caption, columns, [(Cell(title), value) for title, value in rows])


def _judgement_table(view: UnitView, places: Places, total: Grades) -> PageTable:
    """One row for each unit judged; a column for the overall judgement and one for each key judgement."""
    domains = sorted((domain.code for domain in total.domains), key=_as_ofsted_lists)
    columns = [Column(code="authority", label="Authority", numeric=False)]
    columns.append(Column(code="overall", label="Overall effectiveness", numeric=False))
    columns += [Column(code=code.lower(), label=label(code), numeric=False) for code in domains]
    found = [(child, _on(child.figures, total.scale)) for child in view.children]
    rows = [_judged(child.unit.name, places.of(child.unit), grades, domains) for child, grades in found if grades]
    if not rows:
        rows = [_judged(view.unit.name, places, total, domains)]
    return listed("ofsted-judgements", "Ofsted judgements in these months", columns, rows)


def _as_ofsted_lists(code: str) -> tuple[int, str]:
    return (JUDGEMENTS.index(code) if code in JUDGEMENTS else len(JUDGEMENTS), code)


def _judged(name: str, places: Places, grades: Grades, domains: Sequence[str]) -> list[Cell]:
    by_code = {domain.code: domain.grades for domain in grades.domains}
    kept = [grades.overall, *(by_code.get(code, ()) for code in domains)]
    return [Cell(name), *(_words(counts, places, name) for counts in kept)]


def _words(counts: Sequence[Count], places: Places, name: str) -> Cell:
    """A single judgement in words; several as numbers of each."""
    given = [count for count in counts if count.count]
    if not given:
        return Cell("z")
    if len(given) == 1 and given[0].count == 1:
        return Cell(label(given[0].code), places.rows("audit_quality", given[0]), f"for {name}")
    return Cell(", ".join(f"{count.count} {label(count.code).lower()}" for count in given))
