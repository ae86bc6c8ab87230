"""The empty file for audits of past years: columns, an example, and what each column and code means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from deploy.loading.past_audits import BY_NAME, COLUMNS, EXAMPLE, REMARK, SHEET
from deploy.loading.table import MOST_ROWS, write_table
from services.audit.domain.audit import codes
from services.audit.domain.audit.independence import Independence
from services.audit.domain.template.defaults import DEFAULTS, EVERY_PLAN, OFSTED4
from services.audit.domain.template.version import NOT_APPLICABLE, NOT_EVIDENCED, UNGRADED
from services.audit.people import AUDITING

MEANINGS: Mapping[str, str] = {
    "QA_ROUTINE": "routine audit by a QA Officer",
    "TM_ROUTINE": "routine audit by a Team Manager",
    "REGULAR_MASH": "regular programme: multi-agency safeguarding hub",
    "REGULAR_PRIVATE_FOSTERING": "regular programme: private fostering",
    "REGULAR_MARAC": "regular programme: MARAC",
    "REGULAR_CSE": "regular programme: child sexual exploitation",
    "REGULAR_CONTACTS": "regular programme: open and closed contacts",
    "REGULAR_CLA_IN_OUT": "regular programme: children who came into care or left it",
    "THEMED": "one of a set on a theme",
    "MULTI_AGENCY": "one of a set on a theme that partners grade too",
    "DIP_SAMPLE": "a short check of one point",
    "RE_AUDIT": "a later audit of the same case",
    "OBSERVATION": "observed practice",
    "CONTACT": "a contact at the front door that has no plan yet",
    "EH": "early help",
    "CIN": "child in need",
    "CP": "child protection",
    "CLA": "looked after",
    "CL": "care leaver",
    "PF": "private fostering",
    "PLO": "pre-proceedings",
    "SEND": "special educational needs and disabilities",
    "YJ": "youth justice",
    NOT_APPLICABLE: "no grade: the domain does not apply to this plan",
    NOT_EVIDENCED: "no grade: it should apply, and nothing is on file",
    UNGRADED: "no grade: the audit was in words only",
    "RAW": "as the auditor submitted it",
    "MODERATED": "as the moderator changed or confirmed it",
    "CONSENSUS": "as both agreed in the end",
    "OWN_TEAM": "in the team's own line of management",
    "LINKED": "linked with the team",
    "PEER_TEAM": "of another team",
    "INDEPENDENT": "of no team",
    "EXTERNAL": "from outside of the authority, such as an inspection",
}
GRADES = (*(grade.code for grade in OFSTED4.grades), *OFSTED4.non_grades)
CODES: Mapping[str, Sequence[str]] = {
    "audit_type": sorted(codes.AUDIT_TYPES),
    "template_id": [template.template_id for template in DEFAULTS],
    "plan_type": EVERY_PLAN,
    "overall": GRADES,
    "grade_source": sorted(codes.GRADE_SOURCES),
    "auditor_role": AUDITING,
    "independence": [one.value for one in Independence],
}
NOTES = (
    f"Fill in the sheet {SHEET}, one row for each finished audit. Keep the names in row 1 as they are; columns may be",
    "left out or put in another order, as long as those that are needed are there.",
    f"The row with the reference {EXAMPLE} is an example: it is never loaded.",
    "Dates are real dates, or text such as 2026-06-30 or 30/06/2026.",
    "Codes are written exactly as the sheet codes has them.",
    "No formulas: put in what they show. No merged cells.",
    "A column in capitals is a domain: put in its grade. Leave it empty where the audit did not look at it.",
    "Authorities that publish templates of their own use those templates' ids, plans, domains and grades.",
    "The same row may be loaded again: it is there already. A row that was changed is refused: regrade that audit.",
    f"Rows that cannot be loaded come back in a file with the column {REMARK}: mend them there and load that file.",
    "The file names children by their numbers: keep it where only those may read it who may know, and delete it after.",
)


class CannotWrite(Exception):
    """The file cannot be written there; the message says why."""


def write(path: Path) -> list[Path]:
    """The XLSX, the CSV, or both when the path says neither. Raises CannotWrite; nothing is written over."""
    suffix = path.suffix.lower()
    if suffix not in ("", ".xlsx", ".csv"):
        raise CannotWrite("a template is .xlsx or .csv")
    paths = [path] if suffix else [path.with_suffix(".xlsx"), path.with_suffix(".csv")]
    if any(one.exists() for one in paths):
        raise CannotWrite("there is a file of that name already")
    for one in paths:
        one.parent.mkdir(parents=True, exist_ok=True)
        if one.suffix.lower() == ".csv":
            write_table("csv", SHEET, [header(), example()], one)
        else:
            _write_workbook(one)
    return paths


def header() -> list[str]:
    """All columns with names of their own, then the domains of the templates that come with the service."""
    inside = [template for template in DEFAULTS if not template.external]
    domains = dict.fromkeys(domain.code for template in inside for domain in template.domains)
    return [*BY_NAME, *domains]


def example() -> list[str]:
    graded = {"CHILD_VOICE": "GOOD", "ASSESSMENT": "REQUIRES_IMPROVEMENT", "PERMANENCE_PATHWAY": NOT_APPLICABLE}
    return [BY_NAME[name].example if name in BY_NAME else graded.get(name, "") for name in header()]


def code_rows() -> Iterator[tuple[str, str, str]]:
    """Every code: the column it may stand in, the code, what it means."""
    for column, known in CODES.items():
        for code in known:
            yield column, code, _title(code) if column == "template_id" else MEANINGS.get(code, "")
    for template in DEFAULTS:
        for domain in template.domains:
            yield f"domains of {template.template_id}", domain.code, f"for {', '.join(domain.plan_types)}"
        yield f"plans of {template.template_id}", ", ".join(template.plan_types), ""


def _title(template_id: str) -> str:
    return next(template.title for template in DEFAULTS if template.template_id == template_id)


def _write_workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        page, notes, listed = (book.add_worksheet(name) for name in (SHEET, "notes", "codes"))
        rows = list(code_rows())
        _write_rows(listed, [("column", "code", "meaning"), *rows], bold, widths=(28, 34, 60))
        _write_rows(notes, list(_note_rows()), bold, widths=(22, 12, 70, 40), other=wrapped)
        _write_rows(page, [header(), example()], bold, widths=[max(12, len(name) + 2) for name in header()])
        page.freeze_panes(1, 1)
        _offer_codes(page, [column for column, _, _ in rows])


def _note_rows() -> Iterator[tuple[str, ...]]:
    yield ("column", "needed", "meaning", "example")
    for column in COLUMNS:
        yield column.name, "yes" if column.needed else "", column.meaning, column.example
    yield "domains, such as CHILD_VOICE", "", "The grade of that domain", "GOOD"
    yield ("",)
    for line in NOTES:
        yield "", "", line


def _write_rows(page: Any, rows: Sequence[Sequence[str]], bold: Any, widths: Sequence[int], other: Any = None) -> None:
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.write_string(number, column, cell, other if number else bold)
    for column, width in enumerate(widths):
        page.set_column(column, column, width)


def _offer_codes(page: Any, listed: Sequence[str]) -> None:
    """A list to choose from in each cell that holds a code; another one may be typed, for templates of one's own."""
    for column, name in enumerate(header()):
        of = name if name in CODES else "overall" if name == "raw_overall" or name not in BY_NAME else None
        if of is not None:
            first, last = listed.index(of) + 2, len(listed) - list(reversed(listed)).index(of) + 1
            source = f"=codes!$B${first}:$B${last}"
            page.data_validation(
                1, column, MOST_ROWS, column, {"validate": "list", "source": source, "error_type": "warning"}
            )
