"""Audits of past years from a file: what each column means, and what to send for each row.

Every row is one finished audit. With its authority its reference makes it unique: the same row again is there already,
and a row that changed is refused, because an audit that counts is regraded and not loaded over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from deploy.loading.posting import Event
from deploy.loading.reading import BadFile
from deploy.loading.table import Row, Table
from services.audit.domain.audit import codes
from services.audit.domain.audit.independence import Independence
from services.audit.domain.template.version import TemplateVersion

SHEET = "audits"
SOURCE = "/goldenthread/import/audits"
TYPE = "goldenthread.intake.audit_graded.v1"
REMARK = "what_is_wrong"
EXAMPLE = "EXAMPLE"  # a row with this reference shows how, and is not loaded

Rule = Callable[[str], str]  # "" when the cell is right, else what is wrong


def _pattern(pattern: str, told: str) -> Rule:
    fits = re.compile(pattern)
    return lambda cell: "" if fits.fullmatch(cell) else told


def _one_of(known: Iterable[str]) -> Rule:
    allowed = frozenset(known)
    return lambda cell: "" if cell in allowed else "is not one of the codes that the template lists"


def _day(cell: str) -> str:
    return "" if day_of(cell) else "is not a date such as 2026-06-30 or 30/06/2026"


_REF = _pattern(r"[!-~]{1,64}", "is longer than 64 characters, or holds spaces or letters with accents")
_CODE = _pattern(r"[A-Za-z0-9_-]{1,60}", "is not a code: letters, digits, _ and - only")
DOMAIN = re.compile(r"[A-Z][A-Z0-9_]{0,59}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column with a name of its own; the others are domains, named by their codes."""

    name: str
    meaning: str
    rule: Rule
    example: str = ""
    needed: bool = False


COLUMNS = (
    Column("reference", "The audit's own number, unique in the authority", _REF, EXAMPLE, needed=True),
    Column("la_code", "The authority's code", _CODE, "901", needed=True),
    Column("team_id", "The team's id. Empty for what concerns the whole authority", _REF, "901-elm"),
    Column("audit_type", "The type of audit", _one_of(codes.AUDIT_TYPES), "QA_ROUTINE", needed=True),
    Column("template_id", "The template that it was done with", _CODE, "practice", needed=True),
    Column("template_version", "Its version. Empty for the newest", _pattern(r"[1-9]\d{0,5}", "is not a number"), "1"),
    Column("plan_type", "The child's plan at the time", _CODE, "CIN", needed=True),
    Column(
        "effective_date", "The day on which the audit counts: when it was finished", _day, "2025-05-14", needed=True
    ),
    Column("overall", "The final overall grade", _CODE, "GOOD", needed=True),
    Column("raw_overall", "As the auditor submitted it. Empty when it is the final one", _CODE, "OUTSTANDING"),
    Column(
        "grade_source",
        "Where the final grade comes from. Empty: RAW, or MODERATED if the two differ",
        _one_of(codes.GRADE_SOURCES),
        "MODERATED",
    ),
    Column("auditor_role", "The role in which the auditor did it", _CODE, "QA_OFFICER", needed=True),
    Column("auditor_ref", "The auditor's staff reference, if it is known", _REF),
    Column(
        "independence",
        "How far the auditor stood from the case. May be empty where auditor_ref is given",
        _one_of(Independence),
        "LINKED",
    ),
    Column("allocated_on", "When it was allocated: days to finalise are counted from it", _day, "2025-05-01"),
    Column("child_ref", "The child's number in the case system. It is kept sealed", _REF, "case-4711"),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
# Which column the service means when it finds fault with a field of the event.
OF_FIELD: Mapping[str, str] = {"external_ref": "reference", "domains": "", "time": "effective_date"}

Problems = list[tuple[str, str]]  # column, what is wrong with it


@dataclass(frozen=True, slots=True)
class PastAudit:
    """A row as it will be sent."""

    row: Row
    event: Event


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not loaded: what is wrong with which column."""

    row: Row
    problems: tuple[tuple[str, str], ...]

    @property
    def line(self) -> int:
        return self.row.number

    @property
    def reason(self) -> str:
        return "; ".join(f"{column} {told}".strip() for column, told in self.problems)


@dataclass(frozen=True, slots=True)
class Read:
    audits: list[PastAudit] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


class Templates:
    """The installation's templates: the versions that there are, and the newest in use of each."""

    def __init__(self, versions: Sequence[TemplateVersion], retired: Iterable[tuple[str, int]] = ()) -> None:
        self._all = {(one.template_id, one.version): one for one in versions}
        out_of_use = set(retired)
        self._newest = {one.template_id: one for key, one in sorted(self._all.items()) if key not in out_of_use}

    def version(self, template_id: str, number: str) -> TemplateVersion | None:
        return self._all.get((template_id, int(number))) if number else self._newest.get(template_id)

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(domain.code for one in self._all.values() for domain in one.domains)


def check_columns(header: Sequence[str], templates: Templates) -> None:
    """Raises BadFile when a needed column is missing, or one is there that nobody knows."""
    missing = [column.name for column in COLUMNS if column.needed and column.name not in header]
    if len(missing) == sum(column.needed for column in COLUMNS):
        raise BadFile("row 1: none of the columns is there; row 1 must hold the names as the template has them")
    if missing:
        raise BadFile(f"row 1: missing columns: {', '.join(missing)}")
    for at, name in enumerate(header, 1):
        if name not in BY_NAME and name != REMARK and name not in templates.domains:
            raise BadFile(f"row 1, column {at}: neither a column of the template nor a domain of any audit template")


def read_audits(table: Table, templates: Templates) -> Read:
    """The audits to be sent, and the rows that cannot be; the example is neither. Raises BadFile for the header."""
    check_columns(table.header, templates)
    read, seen = Read(), dict[tuple[str, str], int]()
    for row in table.rows:
        values, problems = _values(table.header, row)
        if values.get("reference") == EXAMPLE:
            continue
        problems += [] if row.problem else _checked(values, problems, templates)
        if not problems:
            problems += _repeated(values, row.number, seen)
        if problems:
            read.rejects.append(Reject(row, tuple(problems)))
        else:
            read.audits.append(PastAudit(row, _event(values)))
    return read


def day_of(cell: str) -> date | None:
    """2026-06-30 or 30/06/2026. The day comes first, and years have four digits: nothing is guessed."""
    iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", cell)
    english = re.fullmatch(r"(\d\d?)/(\d\d?)/(\d{4})", cell)
    parts = iso.groups() if iso else english.groups()[::-1] if english else None
    try:
        return date(*(int(part) for part in parts)) if parts else None
    except ValueError:
        return None


def _values(header: Sequence[str], row: Row) -> tuple[dict[str, str], Problems]:
    """The cells that hold something by column, and what is wrong with some whatever their column is."""
    cells = {name: cell for name, cell in zip(header, row.cells, strict=True) if name != REMARK}
    problems: Problems = [("", row.problem)] if row.problem else []
    problems += [(name, cell.problem) for name, cell in cells.items() if cell.problem]
    return {name: cell.text for name, cell in cells.items() if cell.text}, problems


def _checked(values: Mapping[str, str], known: Problems, templates: Templates) -> Problems:
    """Everything that can be told without the service, but for columns that are wrong already."""
    bad = {column for column, _ in known}
    found: Problems = []
    for column in COLUMNS:
        if column.name in bad:
            continue
        if column.name not in values:
            found += [(column.name, "is empty")] if column.needed else []
        elif told := column.rule(values[column.name]):
            found.append((column.name, told))
    if "auditor_ref" not in values and "independence" not in values and "independence" not in bad:
        found.append(("independence", "is needed where auditor_ref is empty"))
    wrong = bad | {column for column, _ in found}
    if {"template_id", "template_version"} & wrong:
        return found
    return [*found, *((column, told) for column, told in _against(values, templates) if column not in wrong)]


def _against(values: Mapping[str, str], templates: Templates) -> Problems:
    """What the template of the row does not have."""
    template = templates.version(values["template_id"], values.get("template_version", ""))
    if template is None:
        column = "template_version" if "template_version" in values else "template_id"
        return [(column, "is not one that this installation has")]
    found: Problems = []
    if (values.get("audit_type") == "EXTERNAL") != template.external:
        found.append(("audit_type", "is EXTERNAL for an external template, and for no other"))
    if "plan_type" in values and values["plan_type"] not in template.plan_types:
        found.append(("plan_type", "is not one of the template's"))
    graded = {name: grade for name, grade in values.items() if name not in BY_NAME}
    for name in graded:
        if template.domain(name) is None:
            found.append((name, "is not a domain of this template"))
    grades = {**{name: values[name] for name in ("overall", "raw_overall") if name in values}, **graded}
    found += [(name, "is not a grade of the template") for name, one in grades.items() if not template.scale.knows(one)]
    return found


def _repeated(values: Mapping[str, str], number: int, seen: dict[tuple[str, str], int]) -> Problems:
    first = seen.setdefault((values["la_code"], values["reference"]), number)
    return [] if first == number else [("reference", f"is in row {first} already")]


def _event(values: Mapping[str, str]) -> Event:
    plain = {name: values[name] for name in BY_NAME if name in values and name != "reference"}
    days = {name: day for name in ("effective_date", "allocated_on") if (day := day_of(values.get(name, "")))}
    data: dict[str, Any] = {
        **plain,
        **{name: day.isoformat() for name, day in days.items()},
        "external_ref": values["reference"],
        "domains": {name: grade for name, grade in values.items() if name not in BY_NAME},
    }
    if "template_version" in values:
        data["template_version"] = int(values["template_version"])
    at = datetime.combine(days["effective_date"], time(), UTC)
    return Event("audit", TYPE, f"{SOURCE}/{values['la_code']}", values["reference"], at, data)
