"""The regional view as flat tables: the same cells on the page, as CSV and over the interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from services.reporting.alliance.views import (
    OWN_SOURCE,
    AuthorityQuarter,
    AuthorityRow,
    ImprovementShown,
    RegionalView,
    ReleasedFigures,
    SupportShown,
)
from services.reporting.labels import label
from services.reporting.views import Column, Table

Cells = tuple[str | int | float | None, ...]
POSITIONS = {"ABOVE": "Above", "BELOW": "Below", "AT": "At the median"}
FLAGS = {"TOP_20": "Highest 20%", "BOTTOM_20": "Lowest 20%"}
KINDS = {"THEME_TREND": "Trend", "GRADES": "Figures"}


def _column(code: str, words: str, numeric: bool = False) -> Column:
    return Column(code=code, label=words, numeric=numeric)


_BY_AUTHORITY = (
    _column("authority", "Authority"),
    _column("quarter", "Quarter"),
    _column("graded", "Audits graded", True),
    _column("good_or_better", "Good or better", True),
    _column("percent", "Good or better %", True),
    _column("interval", "95% interval"),
    _column("against_median", "Against the median"),
    _column("flag", "Highest or lowest 20%"),
    _column("themes", "Learning themes"),
    _column("offers", "Offers", True),
    _column("requests", "Requests", True),
    _column("retracted", "Retracted", True),
    _column("source", "Source"),
)
_OWN = (
    _column("own_graded", "Counted now: graded", True),
    _column("own_good_or_better", "Counted now: good or better", True),
)
_BY_QUARTER = (
    _column("quarter", "Quarter"),
    _column("with_figures", "Authorities with figures"),
    _column("silent", "Silent authorities", True),
    _column("median", "Median %", True),
    _column("graded", "Audits graded, to the nearest 10", True),
    _column("good_or_better", "Good or better, to the nearest 10", True),
    _column("summed", "Authorities in these sums"),
)
_EVENTS = (
    _column("what", "What"),
    _column("quarter", "Quarter"),
    _column("authority", "Authority"),
    _column("theme", "Theme"),
    _column("summary", "Summary"),
    _column("evidence", "Evidence"),
    _column("contact", "Contact"),
    _column("support", "Support"),
    _column("source", "Source"),
    _column("event_id", "Reference"),
)
_INSPECTIONS = (_column("authority", "Authority"), _column("date", "Published"), _column("outcome", "Outcome"))


def regional_table(view: RegionalView) -> Table:
    """One row for each authority and quarter. Own true figures have columns only for those who have any."""
    own = any(one.own for row in view.authorities for one in row.quarters)
    columns = (*_BY_AUTHORITY, *_OWN) if own else _BY_AUTHORITY
    rows = [_cells(row, one, own) for row in view.authorities for one in reversed(row.quarters)]
    return Table(name="by-authority", caption="Released figures by authority", columns=columns, rows=tuple(rows))


def quarters_table(view: RegionalView) -> Table:
    rows = tuple(
        (
            one.period.label,
            f"{one.with_figures} of {one.members} authorities",
            one.silent,
            one.median or "x",
            one.figures.denominator,
            one.figures.numerator,
            "x" if one.summed is None else f"{one.summed} of {one.members} authorities",
        )
        for one in reversed(view.quarters)
    )
    return Table(name="by-quarter", caption="The region by quarter", columns=_BY_QUARTER, rows=rows)


def events_table(view: RegionalView) -> Table:
    names = {row.authority.id: row.authority.name for row in view.authorities}
    rows = tuple(_event(one, names) for one in reversed(view.events))
    return Table(name="events", caption="Shared learning, offers and requests", columns=_EVENTS, rows=rows)


def inspections_table(view: RegionalView) -> Table:
    rows = tuple(
        (row.authority.name, one.date, label(one.outcome)) for row in view.authorities for one in row.inspections
    )
    return Table(name="inspections", caption="Published inspection outcomes", columns=_INSPECTIONS, rows=rows)


def tables(view: RegionalView) -> Sequence[Table]:
    return (quarters_table(view), regional_table(view), events_table(view), inspections_table(view))


def percent_of(figures: ReleasedFigures) -> str:
    """What stands for the percentage: the mark of whatever hides it, where there is none."""
    marks = [one for one in (figures.denominator, figures.numerator) if not one.isdigit()]
    return figures.percent or (marks[0] if marks else "c")


def source_words(source: str) -> str:
    return "This Golden Thread" if source == OWN_SOURCE else f"Read from {source}"


def _cells(row: AuthorityRow, one: AuthorityQuarter, own: bool) -> Cells:
    figures = one.figures
    interval = "" if figures.interval is None else f"{figures.interval[0]} to {figures.interval[1]}"
    released = (
        row.authority.name,
        one.quarter,
        figures.denominator,
        figures.numerator,
        percent_of(figures),
        interval,
        POSITIONS.get(one.position or "", ""),
        FLAGS.get(one.flag or "", ""),
        "x" if one.silent else ", ".join(map(label, one.themes)),
        "x" if one.silent else one.offers,
        "x" if one.silent else one.requests,
        one.retracted,
        source_words(row.source),
    )
    if not own:
        return released
    return (*released, *(("", "") if one.own is None else (one.own.whole, one.own.part)))


def _event(one: ImprovementShown, names: Mapping[str, str]) -> Cells:
    where = (one.quarter, names.get(one.la_code, one.la_code))
    if one.retracted is not None:
        gone = ("", "No longer stands.", "", "", "", source_words(one.source), one.event_id)
        return (f"Retracted: {label(one.retracted).lower()}", *where, *gone)
    kind = one.kind or ""
    return (
        f"{KINDS.get(kind) or label(kind)}{', replaced since' if one.superseded_by else ''}",
        *where,
        label(one.theme_code) if one.theme_code else "",
        one.summary or "",
        label(one.evidence_level) if one.evidence_level else "",
        one.contact_role_mailbox or "",
        "; ".join(_support(one.support, names)) if one.support else "",
        source_words(one.source),
        one.event_id,
    )


def _support(support: SupportShown, names: Mapping[str, str]) -> Iterator[str]:
    if support.offered_by:
        yield f"offered by {', '.join(names.get(one, one) for one in support.offered_by)}"
    if support.accepted:
        yield f"accepted from {names.get(support.accepted, support.accepted)}"
    if support.held_in:
        yield f"peer challenge in {', '.join(support.held_in)}"
    if support.impact:
        yield f"impact: {label(support.impact).lower()}"
