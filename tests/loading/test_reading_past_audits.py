"""Audits of past years in a file: CSV and workbooks are read alike, and what is wrong is told by row and column."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from deploy.loading import audit_template
from deploy.loading.past_audits import COLUMNS, day_of
from deploy.loading.reading import BadFile
from services.audit.domain.audit import codes
from services.audit.domain.template.defaults import DEFAULTS
from services.audit.requests import GradedElsewhere
from tests.loading.past_audits import GOOD, a_csv, a_workbook, altered, as_dates, read, table, workbook_of

MAKE = pytest.mark.parametrize("make", [a_csv, a_workbook])


@MAKE
def test_a_row_becomes_what_the_intake_takes(make: Any, tmp_path: Path):
    (audit,) = read(make(tmp_path, GOOD)).audits
    data = GradedElsewhere.model_validate(audit.event.data)
    assert (data.external_ref, data.la_code, data.overall, data.raw_overall) == ("A-1", "902", "GOOD", "OUTSTANDING")
    assert data.effective_date.isoformat() == "2025-05-14"
    assert data.domains == {"CHILD_VOICE": "GOOD", "REVIEW": "NOT_EVIDENCED"}
    assert (audit.event.source, audit.event.id) == ("/goldenthread/import/audits/902", "A-1")


def test_a_workbook_with_real_dates_and_numbers_says_the_same_as_a_csv(tmp_path: Path):
    plain = {**GOOD, "template_version": "1", "child_ref": "4711", "reference": "17"}
    typed = {**as_dates(GOOD), "template_version": 1, "la_code": 902, "child_ref": 4711.0, "reference": 17}
    (from_csv,) = read(a_csv(tmp_path, plain)).audits
    (from_book,) = read(a_workbook(tmp_path, typed)).audits
    assert from_csv.event == from_book.event


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-05-14", "2025-05-14"),
        ("14/05/2025", "2025-05-14"),
        ("4/5/2025", "2025-05-04"),
        ("29/02/2024", "2024-02-29"),
        ("05/14/2025", None),
        ("29/02/2025", None),
        ("14/05/25", None),
        ("14-05-2025", None),
        ("14 May 2025", None),
        ("45791", None),
        ("2025-5-14", None),
        ("", None),
    ],
)
def test_a_date_in_words_has_its_day_first_and_four_digits_of_a_year(cell: str, day: str | None):
    found = day_of(cell)
    assert (found.isoformat() if found else None) == day


@MAKE
@pytest.mark.parametrize(
    ("update", "told"),
    [
        ({"reference": ""}, "reference is empty"),
        ({"reference": "Jane Smith"}, "reference is longer than 64"),
        ({"la_code": "90 2"}, "la_code is not a code"),
        ({"audit_type": "SECRET"}, "audit_type is not one of the codes"),
        ({"audit_type": "EXTERNAL"}, "audit_type is EXTERNAL for an external template"),
        ({"template_id": "SECRET"}, "template_id is not one that this installation has"),
        ({"template_version": "9"}, "template_version is not one that this installation has"),
        ({"template_version": "first"}, "template_version is not a number"),
        ({"plan_type": "SECRET"}, "plan_type is not one of the template's"),
        ({"effective_date": "14/05/25"}, "effective_date is not a date such as"),
        ({"effective_date": ""}, "effective_date is empty"),
        ({"overall": "SECRET"}, "overall is not a grade of the template"),
        ({"raw_overall": "SECRET"}, "raw_overall is not a grade of the template"),
        ({"CHILD_VOICE": "SECRET"}, "CHILD_VOICE is not a grade of the template"),
        ({"THRESHOLD": "GOOD"}, "THRESHOLD is not a domain of this template"),
        ({"grade_source": "SECRET"}, "grade_source is not one of the codes"),
        ({"independence": "SECRET"}, "independence is not one of the codes"),
        ({"independence": ""}, "independence is needed where auditor_ref is empty"),
        ({"child_ref": "case 4711"}, "child_ref is longer than 64"),
        ({"child_ref": "=cmd()"}, "child_ref"),
        ({"team_id": "+SECRET"}, "team_id begins like a formula"),
    ],
)
def test_a_row_that_cannot_be_loaded_is_told_with_its_column(make: Any, tmp_path: Path, update: dict, told: str):
    found = read(make(tmp_path, {**GOOD, **update}))
    assert found.audits == []
    (reject,) = found.rejects
    assert reject.line == 2
    assert told in reject.reason
    assert not any(word in reject.reason for word in ("SECRET", "Jane", "cmd", "4711"))


def test_everything_that_is_wrong_with_a_row_is_told_at_once(tmp_path: Path):
    (reject,) = read(a_csv(tmp_path, {**GOOD, "plan_type": "X", "overall": "FINE", "effective_date": "soon"})).rejects
    assert [column for column, _ in reject.problems] == ["effective_date", "plan_type", "overall"]


@MAKE
def test_a_reference_that_comes_twice_is_loaded_once_and_another_authority_may_have_it(make: Any, tmp_path: Path):
    found = read(make(tmp_path, GOOD, {**GOOD, "overall": "INADEQUATE"}, {**GOOD, "la_code": "903"}))
    assert [one.row.number for one in found.audits] == [2, 4]
    assert len({(one.event.source, one.event.id) for one in found.audits}) == 2
    assert [(one.line, one.reason) for one in found.rejects] == [(3, "reference is in row 2 already")]


@MAKE
def test_columns_come_in_any_order_and_empty_rows_do_no_harm(make: Any, tmp_path: Path):
    turned = dict(reversed(GOOD.items()))
    found = read(make(tmp_path, turned, dict.fromkeys(GOOD, ""), {**GOOD, "reference": "A-2"}))
    assert [one.row.number for one in found.audits] == [2, 4]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path):
    path = a_csv(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert len(read(path).audits) == 1


# ---- files that are none --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "told"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\nreference\n", "row 1 is empty"),
        ("a.csv", b"a,b\n1,2\n", "none of the columns is there"),
        ("a.csv", b"reference;la_code;team_id\n1;2;3\n", "separated by commas, not by semicolons"),
        ("a.csv", b"reference,la_code\n1,\xe9\n", "line 2, column 2: not UTF-8"),
        ("a.csv", "reference".encode("utf-16"), "UTF-16"),
        ("a.csv", b'reference,la_code\n"1,2\n', "a quotation mark is not closed"),
        ("a.csv", b"reference,la_code\n\x00,2\n", "NUL"),
        ("a.xlsx", b"reference,la_code\n1,2\n", "called a workbook and is none"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an old kind, or one with a password"),
        ("a.xlsx", b"PK\x03\x04" + b"SECRET" * 50, "no Excel workbook"),
        ("a.docx", b"PK\x03\x04" + bytes(300), "no Excel workbook"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_plain_words(tmp_path: Path, name: str, raw: bytes, told: str):
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(BadFile) as refused:
        read(path)
    assert told in str(refused.value)
    assert "SECRET" not in str(refused.value)


@MAKE
def test_missing_columns_are_named(make: Any, tmp_path: Path):
    with pytest.raises(BadFile, match="missing columns: audit_type, overall"):
        read(make(tmp_path, {name: cell for name, cell in GOOD.items() if name not in ("overall", "audit_type")}))


@MAKE
def test_a_column_that_nobody_knows_is_refused_by_its_number(make: Any, tmp_path: Path):
    for unknown in ("SECRET", "notes about Jane"):
        with pytest.raises(BadFile) as refused:
            read(make(tmp_path, {**GOOD, unknown: "x"}))
        assert f"column {len(GOOD) + 1}:" in str(refused.value)
        assert unknown not in str(refused.value)


def test_a_column_that_comes_twice_is_refused(tmp_path: Path):
    header = [*GOOD, "overall"]
    with pytest.raises(BadFile, match=f"column {len(header)}: the name of this column is there twice"):
        read(workbook_of(tmp_path, [header, [*GOOD.values(), "GOOD"]]))


def test_a_merged_header_is_refused_with_what_to_do(tmp_path: Path):
    path = a_workbook(tmp_path, GOOD)
    book = openpyxl.load_workbook(path)
    book["audits"].merge_cells("B1:C1")
    book.save(path)
    with pytest.raises(BadFile, match="row 1, column 3: no name; unmerge the header"):
        read(path)


def test_a_title_above_the_header_is_refused(tmp_path: Path):
    with pytest.raises(BadFile, match="row 1: none of the columns is there"):
        read(workbook_of(tmp_path, [["Audits of 2025"], list(GOOD), list(GOOD.values())]))


def test_a_formula_is_not_worked_out(tmp_path: Path):
    found = read(a_workbook(tmp_path, {**GOOD, "overall": '="GO"&"OD"', "child_ref": "=A1"}))
    (reject,) = found.rejects
    assert "overall holds a formula: put its value there" in reject.reason
    with pytest.raises(BadFile, match="row 1, column 1: holds a formula"):
        read(workbook_of(tmp_path, [['="reference"', *list(GOOD)[1:]], list(GOOD.values())]))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "is neither text, number nor date"),
        (datetime.fromisoformat("2025-05-14T09:30"), "holds a time of day beside the date"),
        (46112, "is not a date such as"),
        ("#N/A", "effective_date"),
    ],
)
def test_what_is_no_date_is_not_taken_for_one(tmp_path: Path, value: Any, told: str):
    (reject,) = read(a_workbook(tmp_path, {**GOOD, "effective_date": value})).rejects
    assert told in reject.reason


def test_what_stands_beyond_the_columns_is_not_dropped_in_silence(tmp_path: Path):
    for path in (
        workbook_of(tmp_path, [list(GOOD), [*GOOD.values(), "more"]]),
        a_raw_csv(tmp_path, [list(GOOD), [*GOOD.values(), "more"]]),
    ):
        (reject,) = read(path).rejects
        assert reject.reason == "something stands beyond the last column"
    (short,) = read(a_raw_csv(tmp_path, [list(GOOD), list(GOOD.values())[:3]])).rejects
    assert short.reason == f"the row has 3 cells where there are {len(GOOD)} columns"


def a_raw_csv(folder: Path, rows: list[list[Any]]) -> Path:
    path = folder / "raw.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    return path


def test_an_archive_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path):
    path = a_workbook(tmp_path, GOOD)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/bomb.xml", "w") as part:
        for _ in range(220):
            part.write(bytes(1024 * 1024))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(BadFile, match="larger than can be read once it is unpacked"):
        read(path)


def test_entities_that_multiply_are_not_expanded(tmp_path: Path):
    def laughing(content: bytes) -> bytes:
        levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
        doctype = f'<!DOCTYPE w [<!ENTITY l0 "ha">{levels}]>'.encode()
        assert content.count(b"A-1") == 1
        return content.replace(b"<worksheet", doctype + b"<worksheet").replace(b"A-1", b"&l11;")

    path = workbook_of(tmp_path, [list(GOOD), list(GOOD.values())])
    path = altered(path, "xl/worksheets/sheet1.xml", laughing)
    with pytest.raises(BadFile, match="no Excel workbook"):
        read(path)


def test_a_sheet_that_says_it_is_larger_or_smaller_than_it_is_is_read_as_it_is(tmp_path: Path):
    for told in (b'ref="A1:A1"', b'ref="A1:XFD1048576"'):
        last = f'ref="A1:{get_column_letter(len(GOOD))}2"'.encode()
        path = altered(
            a_workbook(tmp_path, GOOD), "xl/worksheets/sheet1.xml", lambda c, t=told, f=last: c.replace(f, t)
        )
        assert len(read(path).audits) == 1


def test_a_row_far_below_is_read_with_its_number(tmp_path: Path):
    path = a_workbook(tmp_path, GOOD)
    book = openpyxl.load_workbook(path)
    for column, cell in enumerate({**GOOD, "reference": "A-2", "overall": "FINE"}.values(), 1):
        book["audits"].cell(100_000, column, cell)
    book.save(path)
    found = read(path)
    assert [one.line for one in found.rejects] == [100_000]


def test_too_many_rows_or_columns_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deploy.loading.table.MOST_ROWS", 2)
    with pytest.raises(BadFile, match="row 4: more than 2 rows"):
        read(a_csv(tmp_path, *({**GOOD, "reference": f"A-{n}"} for n in range(3))))
    with pytest.raises(BadFile, match="row 1: more than 200 columns"):
        read(a_csv(tmp_path, {**GOOD, **{f"X{n}": "x" for n in range(200)}}))
    monkeypatch.setattr("deploy.loading.table.MOST_BYTES", 100)
    with pytest.raises(BadFile, match="the file is larger than"):
        read(a_csv(tmp_path, GOOD))


def test_of_several_sheets_the_one_called_audits_is_read(tmp_path: Path):
    path = a_workbook(tmp_path, GOOD)
    book = openpyxl.load_workbook(path)
    book.create_sheet("notes", 0).append(["anything"])
    book.save(path)
    assert len(read(path).audits) == 1
    book["audits"].title = "2025"
    book.save(path)
    with pytest.raises(BadFile, match="2 sheets, and none of them is called audits"):
        read(path)
    book["notes"].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    assert len(read(path).audits) == 1


# ---- the template ---------------------------------------------------------------------------------------------------


def test_the_template_is_a_file_that_can_be_loaded_and_holds_an_example(tmp_path: Path):
    written = audit_template.write(tmp_path / "past-audits")
    assert [path.name for path in written] == ["past-audits.xlsx", "past-audits.csv"]
    for path in written:
        found = table(path)
        assert set(found.header) >= {column.name for column in COLUMNS}
        assert (read(path).audits, read(path).rejects) == ([], [])
        assert len(found.rows) == 1


def test_the_example_is_right_once_it_has_a_reference_of_its_own(tmp_path: Path):
    (path,) = audit_template.write(tmp_path / "template.csv")
    path.write_text(path.read_text("utf-8").replace("EXAMPLE", "A-1"), "utf-8")
    (audit,) = read(path).audits
    GradedElsewhere.model_validate(audit.event.data)


def test_the_workbook_lists_every_code_with_notes(tmp_path: Path):
    (path,) = audit_template.write(tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["audits", "notes", "codes"]
    listed = {(row[0], row[1]) for row in book["codes"].iter_rows(min_row=2, values_only=True)}
    assert {code for column, code in listed if column == "audit_type"} == codes.AUDIT_TYPES
    assert {code for column, code in listed if column == "independence"} >= {"OWN_TEAM", "EXTERNAL"}
    for template in DEFAULTS:
        named = {code for column, code in listed if column == f"domains of {template.template_id}"}
        assert named == {domain.code for domain in template.domains}
    notes = [cell for row in book["notes"].iter_rows(values_only=True) for cell in row if cell]
    assert {column.name for column in COLUMNS} <= set(notes)
    assert all(column.meaning in notes for column in COLUMNS)


def test_the_codes_to_choose_from_are_those_of_the_column(tmp_path: Path):
    (path,) = audit_template.write(tmp_path / "template.xlsx")
    book = openpyxl.load_workbook(path)
    header = [cell.value for cell in book["audits"][1]]
    offered: dict[Any, list[Any]] = {}
    for validation in book["audits"].data_validations.dataValidation:
        (cells,) = validation.sqref.ranges
        listed = book["codes"][validation.formula1.removeprefix("codes!").replace("$", "")]
        offered[header[cells.min_col - 1]] = [row[0].value for row in listed]
    assert set(offered["audit_type"]) == codes.AUDIT_TYPES
    assert offered["overall"] == offered["raw_overall"] == offered["CHILD_VOICE"]
    assert offered["overall"][:4] == ["OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE"]
    assert "reference" not in offered


def test_a_template_is_never_written_over_a_file(tmp_path: Path):
    audit_template.write(tmp_path / "template.csv")
    for name in ("template.csv", "template", "template.pdf"):
        with pytest.raises(audit_template.CannotWrite):
            audit_template.write(tmp_path / name)
    assert not (tmp_path / "template.xlsx").exists()
