"""The regional view (R11) as it is answered: what was released, and nothing that could not be told to everybody.

Numbers are displays: "17", "0", "c" (hidden), "x" (nothing was released) or "z" (nothing to count). Only `own` holds
true figures, and only for an authority in which the reader may read reports.
"""

from __future__ import annotations

from typing import Literal

from services.reporting.views import Period, Proportion, Unit, View

OWN_SOURCE = "own"


class ReleasedFigures(View):
    """Good or better of all graded, as it was released. `percent` and `interval` have one decimal place."""

    numerator: str
    denominator: str
    percent: str | None = None
    interval: tuple[str, str] | None = None


NOT_RELEASED = ReleasedFigures(numerator="x", denominator="x")


class AuthorityQuarter(View):
    """One authority in one quarter.

    `silent`: it released nothing at all. `position` and `flag` are from what is displayed: against the median of the
    alliance, and whether it is in the highest or lowest 20 %. `themes` are those of its learning, most frequent first.
    `retracted` counts what no longer stands. `own` is what is counted now, for the authority's own people.
    """

    quarter: str
    silent: bool
    figures: ReleasedFigures
    position: Literal["ABOVE", "BELOW", "AT"] | None = None
    flag: Literal["TOP_20", "BOTTOM_20"] | None = None
    themes: tuple[str, ...] = ()
    offers: int = 0
    requests: int = 0
    retracted: int = 0
    own: Proportion | None = None


class Inspection(View):
    """A published outcome of an inspection of the whole authority."""

    date: str
    outcome: str


class AuthorityRow(View):
    """`source` is "own", or the other authority's Golden Thread that its events were read from."""

    authority: Unit
    source: str
    quarters: tuple[AuthorityQuarter, ...]
    inspections: tuple[Inspection, ...] = ()


class RegionQuarter(View):
    """The region in one quarter.

    `with_figures` of `members` authorities show figures; `median` is of their percentages. `figures` is the region's
    sum, rounded to the nearest 10, over `summed` authorities: "x" where none was released.
    """

    period: Period
    members: int
    with_figures: int
    silent: int
    median: str | None
    figures: ReleasedFigures
    summed: int | None


class SupportShown(View):
    """What became of a request: who offered, whose offer was accepted, when the two met, and the impact."""

    support_id: str
    offered_by: tuple[str, ...]
    accepted: str | None
    held_in: tuple[str, ...]
    impact: str | None


class ImprovementShown(View):
    """One improvement event. Of a retracted one only that it was, and why; `superseded_by` replaced it."""

    event_id: str
    la_code: str
    source: str
    quarter: str
    retracted: str | None = None
    superseded_by: str | None = None
    kind: str | None = None
    theme_code: str | None = None
    domain_code: str | None = None
    summary: str | None = None
    direction: str | None = None
    evidence_level: str | None = None
    contact_role_mailbox: str | None = None
    answers: str | None = None
    support: SupportShown | None = None


class RegionalView(View):
    """A region or alliance from one financial quarter to another, both included."""

    region: Unit
    first_quarter: str
    last_quarter: str
    quarters: tuple[RegionQuarter, ...]
    authorities: tuple[AuthorityRow, ...]
    events: tuple[ImprovementShown, ...]
