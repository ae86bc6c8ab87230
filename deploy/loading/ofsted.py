"""Published inspection outcomes (ILACS) as external audits: reading the file, and what to send for each row.

An outcome counts on its publication date: before that day it is known to nobody outside, and it is the one date that
every row has. Rows that cannot be loaded are listed, never guessed at and never half loaded.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from deploy.loading import units
from deploy.loading.posting import Command, Event
from deploy.loading.reading import FORMULA, BadFile, csv_rows, decoded, harmless

COLUMNS = (
    "urn",
    "la_code",
    "region_code",
    "ltla23cd",
    "local_authority",
    "overall_effectiveness_grade",
    "impact_of_leaders_grade",
    "help_and_protection_grade",
    "in_care_grade",
    "care_leavers_grade",
    "inspection_framework",
    "inspection_start_date",
    "inspection_end_date",
    "publication_date",
)
REMARKS = ("line", "column", "reason")
SOURCE = "/ofsted/ilacs"
TYPE = "goldenthread.intake.audit_graded.v1"

REGIONS: Mapping[str, str] = {
    "E": "East of England",
    "EM": "East Midlands",
    "GL": "London",
    "NE": "North East",
    "NW": "North West",
    "SE": "South East",
    "SW": "South West",
    "WM": "West Midlands",
    "YH": "Yorkshire and The Humber",
}
GRADES: Mapping[str, str] = {
    "outstanding": "OUTSTANDING",
    "good": "GOOD",
    "requires improvement": "REQUIRES_IMPROVEMENT",
    "inadequate": "INADEQUATE",
}
OVERALL = "overall_effectiveness_grade"
DOMAINS: Mapping[str, str] = {
    "impact_of_leaders_grade": "IMPACT_OF_LEADERS",
    "help_and_protection_grade": "HELP_AND_PROTECTION",
    "in_care_grade": "CHILDREN_IN_CARE",
    "care_leavers_grade": "CARE_LEAVERS",
}
# A judgement of its own only since 2023: an older inspection has none, which is not the same as an empty cell.
PREDATES: Mapping[str, str] = {"inspection_pre_dates_judgement": "NOT_APPLICABLE"}
CARE_LEAVERS: Mapping[str, str] = {**GRADES, **PREDATES}

_SMALL_WORDS = frozenset({"and", "of", "on", "the", "upon", "with", "in", "under", "by", "le"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One inspection as published. `domains` are codes of the ofsted-ilacs template."""

    line: int
    urn: str
    la_code: str
    authority: str
    region: str
    overall: str
    domains: Mapping[str, str]
    published: date
    cells: tuple[str, ...]

    @property
    def ref(self) -> str:
        return f"{self.urn}-{self.published.isoformat()}"

    def event(self) -> Event:
        data = {
            "external_ref": self.ref,
            "audit_type": "EXTERNAL",
            "template_id": "ofsted-ilacs",
            "template_version": 1,
            "plan_type": "ALL",
            "la_code": self.la_code,
            "effective_date": self.published.isoformat(),
            "overall": self.overall,
            "domains": dict(self.domains),
            "independence": "EXTERNAL",
            "auditor_role": "OFSTED",
        }
        return Event("audit", TYPE, SOURCE, self.ref, datetime.combine(self.published, time(), UTC), data)


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not loaded: where, why, and its cells as they came."""

    line: int
    column: str
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """`authorities` are all that the file names properly, also of rows that were rejected: la_code -> name, region."""

    outcomes: list[Outcome] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    authorities: dict[str, tuple[str, str]] = field(default_factory=dict)


def parse(raw: bytes) -> Parsed:
    """The rows of the file. A file of rejects, with its three remarks, is read like the original.

    Raises BadFile when the file as a whole is not such a table.
    """
    parsed = Parsed()
    seen: dict[tuple[str, str], int] = {}
    for line, cells in _table(decoded(raw)):
        row, problems = _checked(cells)
        _note_authority(parsed, row, problems)
        if not problems:
            problems += _repeated(row, line, seen)
        if problems:
            parsed.rejects.append(_reject(line, problems, cells))
        else:
            parsed.outcomes.append(_outcome(line, row, cells))
    return parsed


def structure(authorities: Mapping[str, tuple[str, str]]) -> list[list[Command]]:
    """Commands for regions, authorities and memberships: all of one list can be sent before the next begins."""
    made = [units.authority(code, name) for code, (name, _) in authorities.items()]
    joined = [units.membership(code, region.lower()) for code, (_, region) in authorities.items() if region]
    allied = [
        units.membership(code, units.NCL, units.ALLIANCES_BEGAN)
        for code in units.NCL_AUTHORITIES
        if code in authorities
    ]
    regions = [units.region(code.lower(), name) for code, name in REGIONS.items()]
    return [[*regions, units.ncl(), *made], joined, allied]


def rejects_csv(rejects: Iterable[Reject]) -> str:
    """The rejected rows with their remarks. What a spreadsheet would run as a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*COLUMNS, *REMARKS))
    for reject in rejects:
        cells = (*reject.cells, *[""] * len(COLUMNS))[: len(COLUMNS)]
        writer.writerow((*map(harmless, cells), reject.line, reject.column, reject.reason))
    return out.getvalue()


def authority_name(published: str) -> str:
    """'bath and north east somerset' -> 'Bath and North East Somerset'; & is written out."""
    words = " ".join(published.replace("&", " and ").split()).lower().split(" ")
    return " ".join(_capital(word) if i == 0 else _title(word) for i, word in enumerate(words))


# ---- the file as a whole ---------------------------------------------------------------------------------------------


def _table(text: str) -> list[tuple[int, list[str]]]:
    """The rows with the number of the line on which each begins, without the header, empty lines and remarks."""
    rows = csv_rows(text)
    width = _check_header(rows[0][1])
    return [(line, _without_remarks(cells, width)) for line, cells in rows[1:] if any(cells)]


def _check_header(header: list[str]) -> int:
    names = [name.strip() for name in header]
    expected = (*COLUMNS, *REMARKS) if len(names) > len(COLUMNS) else COLUMNS
    for at, (found, wanted) in enumerate(zip(names, expected, strict=False), 1):
        if found != wanted:
            raise BadFile(f"line 1, column {at}: this column must be {wanted}")
    if len(names) != len(expected):
        missing = ", ".join(expected[len(names) :]) or "nothing"
        raise BadFile(
            f"line 1: {len(names)} columns where there must be {len(expected)}; missing at the end: {missing}"
        )
    return len(names)


def _without_remarks(cells: list[str], width: int) -> list[str]:
    return cells[: len(COLUMNS)] if width > len(COLUMNS) and len(cells) == width else cells


# ---- one row ---------------------------------------------------------------------------------------------------------

Problems = list[tuple[str, str]]  # column, what is wrong with it


def _checked(cells: list[str]) -> tuple[dict[str, str], Problems]:
    if len(cells) != len(COLUMNS):
        return {}, [("", f"the row has {len(cells)} cells where there must be {len(COLUMNS)}")]
    row = {name: cell.strip() for name, cell in zip(COLUMNS, cells, strict=True)}
    problems = [(name, "begins like a formula") for name, cell in row.items() if cell.startswith(FORMULA)]
    bad = {name for name, _ in problems}
    problems += [(name, told) for name, rule in RULES.items() if name not in bad and (told := rule(row[name]))]
    return row, problems


Rule = Callable[[str], str]  # "" when the cell is right, else what is wrong


def _pattern(pattern: str, told: str) -> Rule:
    fits = re.compile(pattern)

    def rule(cell: str) -> str:
        if not cell:
            return "is empty"
        return "" if fits.fullmatch(cell) else told

    return rule


def _one_of(codes: Iterable[str], told: str) -> Rule:
    known = frozenset(codes)

    def rule(cell: str) -> str:
        if not cell:
            return "is empty"
        return "" if cell in known else told

    return rule


def _day(cell: str) -> str:
    if not cell:
        return "is empty"
    return "" if _date(cell) else "is not a date such as 2026-06-30"


def _day_or_empty(cell: str) -> str:
    return _day(cell) if cell else ""


_GRADE = _one_of(GRADES, "is not one of the four grades")
RULES: Mapping[str, Rule] = {
    "urn": _pattern(r"[0-9]{1,10}", "is not a number"),
    "la_code": _pattern(r"[0-9]{3}", "is not a code of three digits"),
    "region_code": _one_of(REGIONS, "is not one of England's nine regions"),
    "local_authority": _pattern(r"[^\x00-\x1f]{1,100}", "is longer than 100 characters, or holds control characters"),
    OVERALL: _GRADE,
    "impact_of_leaders_grade": _GRADE,
    "help_and_protection_grade": _GRADE,
    "in_care_grade": _GRADE,
    "care_leavers_grade": _one_of(CARE_LEAVERS, "is neither a grade nor says that the inspection predates it"),
    "inspection_start_date": _day_or_empty,
    "inspection_end_date": _day_or_empty,
    "publication_date": _day,
}


def _note_authority(parsed: Parsed, row: Mapping[str, str], problems: Problems) -> None:
    """An authority exists even when this inspection cannot be loaded, and may be named without its region."""
    bad = {name for name, _ in problems}
    if not row or bad & {"la_code", "local_authority"}:
        return
    region = "" if "region_code" in bad else row["region_code"]
    known = parsed.authorities.get(row["la_code"], ("", ""))
    if region and known[1] not in ("", region):
        problems.append(("region_code", "the authority is in another region in a row above"))
    parsed.authorities[row["la_code"]] = (known[0] or authority_name(row["local_authority"]), known[1] or region)


def _repeated(row: Mapping[str, str], line: int, seen: dict[tuple[str, str], int]) -> Problems:
    first = seen.setdefault((row["urn"], row["publication_date"]), line)
    return [] if first == line else [("urn", f"the same inspection is on line {first} already")]


def _reject(line: int, problems: Problems, cells: list[str]) -> Reject:
    columns = "; ".join(dict.fromkeys(name for name, _ in problems if name))
    reasons = "; ".join(f"{name} {told}".strip() for name, told in problems)
    return Reject(line, columns, reasons, tuple(cells[: len(COLUMNS)]))


def _outcome(line: int, row: Mapping[str, str], cells: list[str]) -> Outcome:
    return Outcome(
        line=line,
        urn=row["urn"],
        la_code=row["la_code"],
        authority=authority_name(row["local_authority"]),
        region=row["region_code"],
        overall=GRADES[row[OVERALL]],
        domains={code: CARE_LEAVERS[row[name]] for name, code in DOMAINS.items()},
        published=date.fromisoformat(row["publication_date"]),
        cells=tuple(cells),
    )


def _date(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell) if len(cell) == 10 else None
    except ValueError:
        return None


def _title(word: str) -> str:
    """Each part of a hyphenated word, but for the small ones: stoke-on-trent -> Stoke-on-Trent."""
    return "-".join(part if part in _SMALL_WORDS else _capital(part) for part in word.split("-"))


def _capital(word: str) -> str:
    first, *rest = word.split("-")
    return "-".join([first[:1].upper() + first[1:], *(p if p in _SMALL_WORDS else p.capitalize() for p in rest)])
