"""R5: how far two who judged the same case agree, and what moderation made of grades, by the role of the auditor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.labels import label
from services.reporting.read_models.reading import proportion
from services.reporting.reports.judged import ALL, Compared, Judged, Key, Twice, compared, grades_of, judged
from services.reporting.reports.lines import Line, lines
from services.reporting.reports.making import NOTHING_TO_COUNT, Written, columns, frame, percent_in, table
from services.reporting.reports.report import Asked, Cell, Report, ReportColumn, ReportRow, ReportTable, Sources

CODE, TITLE = "R5", "Moderation and agreement"
NOT_CALCULABLE = "not calculable"
QUALITIES = ("THOROUGH", "ADEQUATE", "INSUFFICIENT")

NOTES = (
    "Agreement counts pairs: one case, graded by two independently of each other. Audits of different cases that were "
    "talked over together are not counted.",
    "Difference is the auditor's grade less the other's, drift the raw grade less the moderated one: above zero the "
    "auditor was the more optimistic. Percentages are shown for {least} or more.",
    "Kappa is weighted by the square of the distance and shown with its 95% interval for {pairs} pairs or more. It is "
    "not calculable where either of the two used one grade only: read the table of their grades.",
    "What is no grade, such as not evidenced, is left out.",
)


async def make(sources: Sources, asked: Asked) -> Report:
    found = await lines(sources, asked, asked.span.months, ("audit_quality", "audit_cycle"))
    of = {line.key: judged(line.of.over(asked.span.months)) for line in found}
    total = of[found[0].key]
    tables: list[ReportTable] = []
    for part in _PARTS:
        tables.append(_by_role(part, found[0], total, sources.policy))
        if asked.level != "team":
            tables.append(_by_unit(part, found, of, sources.policy))
    tables += _confusions(total)
    words = {"least": sources.policy.least_for_percent, "pairs": sources.policy.least_pairs}
    return frame(CODE, TITLE, sources, asked, tables, [note.format(**words) for note in NOTES])


# -- two tables with the same lines ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A table by role, and the same by unit; `keys` are the scales and roles that have something to say in it."""

    name: str
    caption: str
    heads: tuple[ReportColumn, ...]
    keys: Callable[[Judged], set[Key]]
    cells: Callable[[Judged, Key, ReportingPolicy], tuple[Cell, ...]]

    def scales(self, of: Judged) -> list[str]:
        return sorted({scale for scale, _ in self.keys(of)})

    def roles(self, of: Judged, scale: str) -> list[str]:
        return sorted(role for one, role in self.keys(of) if one == scale and role != ALL)


def _by_role(part: _Part, line: Line, of: Judged, policy: ReportingPolicy) -> ReportTable:
    """All auditors of a scale, then each role."""
    rows: list[ReportRow] = []
    for scale in part.scales(of) or [""]:
        rows.append(line.row(line.name, ALL, scale, *part.cells(of, (scale, ALL), policy), key=scale))
        for role in part.roles(of, scale):
            cells = (line.name, role, scale, *part.cells(of, (scale, role), policy))
            rows.append(ReportRow(key=f"{line.key}|{scale}|{role}", kind="PART", depth=1, cells=cells))
    return table(part.name, f"{part.caption} by auditor", part.heads, rows)


def _by_unit(part: _Part, found: list[Line], of: Mapping[str, Judged], policy: ReportingPolicy) -> ReportTable:
    """A row for each scale that a unit used; for one that used none, a row that says so."""
    first = (part.scales(of[found[0].key]) or [""])[0]
    rows = [
        line.row(line.name, ALL, scale, *part.cells(of[line.key], (scale, ALL), policy), key=scale)
        for line in found
        for scale in part.scales(of[line.key]) or [first]
    ]
    return table(f"{part.name}_by_unit", f"{part.caption} by unit", part.heads, rows)


# -- agreement ------------------------------------------------------------------------------------------------------

_ABOUT = {"unit": "Unit", "auditor_role": "Auditor", "scale": "Scale"}
_KINDS = {"unit": "text", "auditor_role": "code", "scale": "code"}
_AGREEMENT = columns(
    {**_KINDS, "exact_percent": "percent", "within_one_percent": "percent"},  # type: ignore[dict-item]
    **_ABOUT,
    pairs="Pairs",
    exact_percent="The same grade, %",
    within_one_percent="Within one grade, %",
    difference="Difference",
    kappa="Kappa",
    kappa_low="Kappa, lowest",
    kappa_high="Kappa, highest",
)


def _agreement(of: Judged, key: Key, policy: ReportingPolicy) -> tuple[Cell, ...]:
    found = compared(of.pairs.get(key, Counter()))
    return found.n, *_shares(found, policy), _mean(found), *_kappa(found, policy)


def _shares(found: Compared, policy: ReportingPolicy) -> Iterator[Cell]:
    for fraction in (found.agreement.exact, found.agreement.within_one) if found.agreement else (0.0, 0.0):
        yield percent_in(proportion(round(fraction * found.n), found.n, policy))


def _mean(found: Compared) -> Cell:
    return round(found.agreement.signed, 4) if found.agreement else NOTHING_TO_COUNT


def _kappa(found: Compared, policy: ReportingPolicy) -> tuple[Cell, Cell, Cell]:
    if found.n == 0:
        return NOTHING_TO_COUNT, None, None
    if found.kappa is None:
        return NOT_CALCULABLE, None, None
    if found.n < policy.least_pairs:
        return None, None, None
    return round(found.kappa.value, 4), round(found.kappa.low, 4), round(found.kappa.high, 4)


# -- moderation -----------------------------------------------------------------------------------------------------

_MODERATION = columns(
    {**_KINDS, "unchanged_percent": "percent", "own_team_percent": "percent"},  # type: ignore[dict-item]
    **_ABOUT,
    audits="Audits",
    own_team="Of their own team",
    own_team_percent="Of their own team, %",
    moderated="Moderated",
    unchanged_percent="Unchanged, %",
    raised="Raised",
    lowered="Lowered",
    drift="Drift",
    **{quality.lower(): label(quality) for quality in QUALITIES},
)


def _moderation(of: Judged, key: Key, policy: ReportingPolicy) -> tuple[Cell, ...]:
    found = compared(of.moderated.get(key, Counter()))
    independence, qualities = of.independence.get(key, Counter()), of.qualities.get(key, Counter())
    own = independence["OWN_TEAM"]
    share = percent_in(proportion(own, independence.total(), policy))
    unchanged = next(_shares(found, policy))
    moved = (found.raised, found.lowered, _mean(found))
    counts = (qualities[quality] for quality in QUALITIES)
    return independence.total(), own, share, found.n, unchanged, *moved, *counts


_PARTS = (
    _Part("agreement", "Agreement", _AGREEMENT, lambda of: set(of.pairs), _agreement),
    _Part("moderation", "Moderation", _MODERATION, lambda of: {*of.independence, *of.moderated}, _moderation),
)

# -- both grades ----------------------------------------------------------------------------------------------------


def _confusions(of: Judged) -> Iterator[ReportTable]:
    """How often which grade met which, on each scale, for all auditors and for each role."""
    yield from _confused("pairs", "The auditor's grade against the other's", of.pairs)
    yield from _confused("moderated", "The raw grade against the moderated one", of.moderated)


def _confused(name: str, caption: str, twice: Mapping[Key, Twice]) -> Iterator[ReportTable]:
    for scale in sorted({scale for scale, _ in twice}):
        roles = sorted((role for one, role in twice if one == scale), key=lambda role: (role != ALL, role))
        grades = grades_of(scale, twice)
        codes = {grade: label(grade) for grade in grades}
        heads = columns({"auditor_role": "code", "grade": "code"}, auditor_role="Auditor", grade="Grade", **codes)
        rows = [row for role in roles for row in _confusion(role, twice[scale, role], grades)]
        yield table(f"{name}_{scale}", f"{caption} ({label(scale)})", heads, rows)


def _confusion(role: str, twice: Twice, grades: tuple[str, ...]) -> Iterator[ReportRow]:
    for first in grades:
        counts = (twice[first, second] for second in grades)
        kind, depth = ("TOTAL", 0) if role == ALL else ("PART", 1)
        yield ReportRow(key=f"{role}|{first}", kind=kind, depth=depth, cells=(role, first, *counts))  # type: ignore[arg-type]


AGREEMENT = Written(CODE, TITLE, make)
