"""The part of a page about feedback: what children and families said, and what was done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from services.reporting.labels import CHILDREN, LEVELS, SENTIMENTS, label
from services.reporting.views import Column, Count, Feedback, Figures, UnitView

NO_FEEDBACK = "No feedback was received in these months."


def section(view: UnitView, places: Places) -> Section:
    feedback = view.total.feedback
    if feedback is None:
        return Section("feedback", "Feedback", empty="Feedback is not shared with you.")
    if not any(count.count for count in _counted(feedback)):
        return Section("feedback", "Feedback", empty=NO_FEEDBACK)
    tables = [_said_and_did(feedback, places)]
    if view.children:
        kind = CHILDREN[view.unit.level]
        caption = f"Feedback by {LEVELS[kind].lower()}"
        tables.append(by_child(view, places, f"feedback-by-{kind.replace('_', '-')}", caption, MEASURES))
    return Section(
        "feedback",
        "Feedback",
        intro="Feedback counts in the month in which it was received.",
        figures=(_sentiment(view, places, feedback),),
        tables=tuple(tables),
        more=(_sources(feedback, places),),
    )


def _counted(feedback: Feedback) -> tuple[Count, ...]:
    changes = (feedback.changes_decided, feedback.changes_made, feedback.changes_told, feedback.changes_checked)
    return (feedback.received, *changes)


def _sentiment(view: UnitView, places: Places, feedback: Feedback) -> Figure:
    positive = _number(feedback.sentiments, "POSITIVE")
    title = f"{positive} of {sum(c.count for c in feedback.sentiments)} comments were positive"
    bars = [charts.Bar(short(one.period), _felt(one.figures)) for one in view.periods]
    described = "Feedback by sentiment and period; feedback not yet classified is left out."
    names = [label(code) for code in SENTIMENTS]
    svg = charts.stacked_bar("feedback-sentiment", title, described, names, bars)
    table = over_time(view, places, "feedback-over-time", "Feedback over time", MEASURES)
    return Figure("feedback-sentiment", title, svg, table)


def _said_and_did(feedback: Feedback, places: Places) -> PageTable:
    """You said, we did: for each theme how often it was raised, how often practice changed and people were told."""
    columns = (
        Column(code="theme", label="You said", numeric=False),
        Column(code="said", label="Times raised"),
        Column(code="decided", label="Changes decided"),
        Column(code="made", label="We did: changes made"),
        Column(code="told", label="People told"),
    )
    changes = (feedback.changes_decided_themes, feedback.changes_made_themes, feedback.changes_told_themes)
    kinds = (feedback.themes, *changes)
    codes = list(dict.fromkeys(count.code for counts in kinds for count in counts))
    codes.sort(key=lambda code: (-_number(feedback.themes, code), label(code)))
    rows = [[Cell(label(code)), *(_theme(counts, code, places) for counts in kinds)] for code in codes]
    return listed("you-said-we-did", "You said, we did", columns, rows)


def _theme(counts: Sequence[Count], code: str, places: Places) -> Cell:
    found = next((count for count in counts if count.code == code), None)
    return cell(found, "feedback_themes", places, label(code)) if found else Cell("0")


def _of(value: Callable[[Feedback], Value], figures: Figures) -> Value:
    return NOT_SHARED if figures.feedback is None else value(figures.feedback)


def _measure(code: str, title: str, value: Callable[[Feedback], Value]) -> Measure:
    return Measure(code, title, partial(_of, value), "feedback_themes")


def _felt_as(code: str, feedback: Feedback) -> Value:
    return next((count for count in feedback.sentiments if count.code == code), 0)


MEASURES = (
    _measure("received", "Received", lambda f: f.received),
    *(_measure(code.lower(), label(code), partial(_felt_as, code)) for code in SENTIMENTS),
    _measure("responded", "Answered", lambda f: f.responded.part),
    _measure("days", "Median days to answer", lambda f: f.days_to_respond),
    _measure("changes_decided", "Changes decided", lambda f: f.changes_decided),
    _measure("changes_made", "Changes made", lambda f: f.changes_made),
    _measure("changes_told", "People told", lambda f: f.changes_told),
    _measure("changes_checked", "Changes checked", lambda f: f.changes_checked),
)


def _number(counts: Sequence[Count], code: str) -> int:
    return next((count.count for count in counts if count.code == code), 0)


def _felt(figures: Figures) -> tuple[int, ...]:
    if figures.feedback is None:
        return (0,) * len(SENTIMENTS)
    return tuple(_number(figures.feedback.sentiments, code) for code in SENTIMENTS)


def _sources(feedback: Feedback, places: Places) -> PageTable:
    groups = (
        ("Channel", feedback.channels),
        ("From", feedback.respondents),
        ("Rating (1 worst, 5 best)", feedback.ratings),
        ("Made by a child, by channel", feedback.child_made_channels),
        ("Change checked with those who spoke", feedback.changes_checked_results),
    )
    named = [(f"{group}: {label(count.code)}", count) for group, counts in groups for count in counts]
    named += [("Anonymous", feedback.anonymous), ("Not yet classified", feedback.unclassified)]
    rows = [[Cell(name), cell(count, "feedback_themes", places, name)] for name, count in named]
    columns = (Column(code="source", label="Source", numeric=False), Column(code="number", label="Number"))
    return listed("feedback-sources", "Where feedback came from, and whether changes helped, whole span", columns, rows)
