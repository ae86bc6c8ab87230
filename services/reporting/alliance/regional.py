"""The regional view, put together from improvement events as they stand: pure, and blind to anything unreleased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.reporting.alliance.comparing import alliance_median, flags, positions
from services.reporting.alliance.views import (
    NOT_RELEASED,
    OWN_SOURCE,
    AuthorityQuarter,
    AuthorityRow,
    ImprovementShown,
    Inspection,
    RegionalView,
    RegionQuarter,
    ReleasedFigures,
    SupportShown,
)
from services.reporting.domain.periods import Span
from services.reporting.views import Period, Proportion, Unit

Event = Mapping[str, Any]
LEARNING = frozenset({"LEARNING", "PRACTICE_CHANGE", "THEME_TREND"})
THEMES_SHOWN = 3
FIGURES = "GRADES"


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """A region's rounded sum, over so many authorities."""

    figures: ReleasedFigures
    authorities: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that a view is made of.

    `members` are the region's authorities by quarter. `region` are its released sums by quarter. `own` are the true
    figures by authority and quarter, only of those that the reader may see. `supports` are by the id of the request.
    """

    unit: Unit
    quarters: Sequence[Span]
    members: Mapping[str, Sequence[str]]
    names: Mapping[str, Unit]
    events: Sequence[Event]
    supports: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    region: Mapping[str, RegionFigures] = field(default_factory=dict)
    own: Mapping[tuple[str, str], Proportion] = field(default_factory=dict)
    inspections: Mapping[str, Sequence[Inspection]] = field(default_factory=dict)


def regional_view(of: Gathered) -> RegionalView:
    spoken = [event for event in of.events if event["la_code"] in of.names]
    shares = {span.key: _shares(spoken, span.key) for span in of.quarters}
    return RegionalView(
        region=of.unit,
        first_quarter=of.quarters[0].key,
        last_quarter=of.quarters[-1].key,
        quarters=tuple(_region_quarter(of, span, spoken, shares[span.key]) for span in of.quarters),
        authorities=tuple(_row(of, unit, spoken, shares) for unit in of.names.values()),
        events=tuple(_shown(event, of.supports) for event in spoken if event.get("kind") != FIGURES),
    )


def _shares(events: Iterable[Event], quarter: str) -> dict[str, ReleasedFigures]:
    """By authority what it shows of the whole quarter: its standing figures. Our own word goes before another's."""
    found: dict[str, ReleasedFigures] = {}
    foreign_first = sorted(events, key=lambda event: event["source"] == OWN_SOURCE)
    for event in foreign_first:
        if event["quarter"] == quarter and _stands(event) and _is_whole_quarter(event):
            found[event["la_code"]] = _figures(event["measure"])
    return found


def _is_whole_quarter(event: Event) -> bool:
    whole = event.get("month") is None and event.get("domain_code") is None
    return event["kind"] == FIGURES and whole and event.get("measure") is not None


def _figures(measure: Mapping[str, Any]) -> ReleasedFigures:
    interval = measure.get("interval")
    symbol = measure.get("symbol")
    return ReleasedFigures(
        numerator=symbol or measure["numerator_display"],
        denominator=symbol or measure["denominator_display"],
        percent=None if symbol else measure.get("pct_display"),
        interval=None if symbol or interval is None else (interval[0], interval[1]),
    )


def _stands(event: Event) -> bool:
    return event.get("retracted") is None and event.get("superseded_by") is None


def _percents(shares: Mapping[str, ReleasedFigures], members: Iterable[str]) -> dict[str, str]:
    return {name: shares[name].percent for name in members if name in shares and shares[name].percent}  # type: ignore[misc] # None is left out


def _region_quarter(
    of: Gathered, span: Span, events: Sequence[Event], shares: Mapping[str, ReleasedFigures]
) -> RegionQuarter:
    members = of.members[span.key]
    heard = {event["la_code"] for event in events if event["quarter"] == span.key and _stands(event)}
    summed = of.region.get(span.key)
    return RegionQuarter(
        period=Period(
            key=span.key, kind=span.kind, label=span.label, first_month=span.months[0], last_month=span.months[-1]
        ),
        members=len(members),
        with_figures=sum(name in shares for name in members),
        silent=sum(name not in heard for name in members),
        median=alliance_median(_percents(shares, members)),
        figures=summed.figures if summed else NOT_RELEASED,
        summed=summed.authorities if summed else None,
    )


def _row(
    of: Gathered, unit: Unit, events: Sequence[Event], shares: Mapping[str, Mapping[str, ReleasedFigures]]
) -> AuthorityRow:
    theirs = [event for event in events if event["la_code"] == unit.id]
    sources = sorted({event["source"] for event in theirs} or {OWN_SOURCE})
    return AuthorityRow(
        authority=unit,
        source=OWN_SOURCE if OWN_SOURCE in sources else sources[0],
        quarters=tuple(_quarter(of, unit.id, span.key, theirs, shares[span.key]) for span in of.quarters),
        inspections=tuple(of.inspections.get(unit.id, ())),
    )


def _quarter(
    of: Gathered, la_code: str, quarter: str, theirs: Sequence[Event], shares: Mapping[str, ReleasedFigures]
) -> AuthorityQuarter:
    members = of.members[quarter]
    percents = _percents(shares, members)
    now = [event for event in theirs if event["quarter"] == quarter]
    standing = [event for event in now if _stands(event)]
    kinds = Counter(event["kind"] for event in standing)
    return AuthorityQuarter(
        quarter=quarter,
        silent=not standing,
        figures=shares.get(la_code, NOT_RELEASED),
        position=positions(percents).get(la_code),
        flag=flags(percents).get(la_code),
        themes=_themes(standing),
        offers=kinds["OFFER"],
        requests=kinds["REQUEST"],
        retracted=sum(event.get("retracted") is not None for event in now),
        own=of.own.get((la_code, quarter)),
    )


def _themes(standing: Iterable[Event]) -> tuple[str, ...]:
    told = Counter(event["theme_code"] for event in standing if event["kind"] in LEARNING and event.get("theme_code"))
    return tuple(sorted(told, key=lambda code: (-told[code], code))[:THEMES_SHOWN])


def _shown(event: Event, supports: Mapping[tuple[str, str], Mapping[str, Any]]) -> ImprovementShown:
    names = ImprovementShown.model_fields.keys() - {"support"}
    support = supports.get((event["source"], event["event_id"]))
    kept = {name: event[name] for name in names if name in event}
    return ImprovementShown(**kept, support=_support(support) if support and _stands(event) else None)


def _support(kept: Mapping[str, Any]) -> SupportShown:
    return SupportShown(
        support_id=kept["support_id"],
        offered_by=tuple(sorted(offer["la_code"] for offer in kept.get("offers", ()))),
        accepted=kept.get("accepted"),
        held_in=tuple(sorted(met["held_in"] for met in kept.get("held", ()))),
        impact=kept.get("impact"),
    )
