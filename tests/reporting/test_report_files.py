"""A report as a file: the same cells as on its page, nothing that a spreadsheet runs, and readable for everybody."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

from services.reporting.csv_text import csv_text
from services.reporting.reports.exports import EXPORTS, as_csv
from services.reporting.reports.exports.flat import flat
from services.reporting.reports.exports.pdf import as_pdf
from services.reporting.reports.exports.workbook import as_workbook, sheet_names
from services.reporting.reports.report import ReportColumn, ReportRow, ReportTable
from tests import http
from tests.browser.serving import pages_app
from tests.examples.a_report import CLOSED, ITEMS, OPEN, UNITS
from tests.reporting.comparing_exports import compare


@pytest.fixture
async def reader() -> AsyncIterator[httpx2.AsyncClient]:
    async with http.client(pages_app(), "reader", authorities=["*"], headers={"Accept": "text/html"}) as talking:
        yield talking


@pytest.mark.parametrize("period", ["2026-05", "2026-Q1"], ids=["closed and restated", "open"])
async def test_every_cell_is_the_same_on_the_page_and_in_every_file(reader, period):
    assert await compare(reader, f"/authorities/901/reports/R1?period={period}&structure=as-then") > 60


@pytest.mark.parametrize("form", EXPORTS)
def test_the_same_report_has_the_same_bytes(form):
    again = CLOSED.model_validate_json(CLOSED.model_dump_json())
    assert EXPORTS[form].render(CLOSED) == EXPORTS[form].render(again)
    assert EXPORTS[form].render(CLOSED) != EXPORTS[form].render(OPEN) or form == "csv"


def workbook(report=CLOSED) -> Any:
    return load_workbook(io.BytesIO(as_workbook(report)))


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_a_workbook_begins_with_a_cover_contents_and_notes_and_then_has_one_table_a_sheet():
    book = workbook()
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Units", "Re audits", "None"]
    assert [len(sheet.tables) for sheet in book.worksheets] == [1] * 6
    assert [sheet.sheet_state for sheet in book.worksheets] == ["visible"] * 6
    assert book.properties.title == "R1 Head of Service monthly report: Exampleton, May 2026"
    contents = book["Contents"]
    assert [contents.cell(row, 1).hyperlink.location for row in range(4, 9)] == [
        f"'{name}'!A1" for name in ("Cover", "Notes", "Units", "Re audits", "None")
    ]


def test_every_sheet_says_what_it_is_in_its_first_cell_and_merges_nothing():
    for sheet in workbook().worksheets:
        assert sheet["A1"].font.bold
        assert "This worksheet contains one table" in sheet["A2"].value
        assert sheet.merged_cells.ranges == set()
        (table,) = sheet.tables.values()
        held = sheet[table.ref]
        heads = [cell.value for cell in held[0]]
        assert all(heads)
        assert len(set(heads)) == len(heads)
        assert held[0][0].column == 1
        assert sheet.freeze_panes is not None
        assert sheet.cell(held[-1][0].row + 1, 1).value is None


def test_cover_and_sheets_say_whose_figures_these_are_of_when_and_how_final():
    book = workbook()
    cover = dict(zip(*[iter(texts(book["Cover"])[4:])] * 2, strict=True))
    assert cover["Authority"] == "Exampleton (901)"
    assert cover["Period"] == "May 2026"
    assert cover["Teams"] == "As they were then"
    assert cover["Correct as at"] == "8 June 2026 at 09:41 London time"
    assert cover["Hash"] == CLOSED.closing.hash  # type: ignore[union-attr]
    assert cover["Version"] == "2, restated"
    head = texts(book["Units"])[:5]
    assert head[2] == "Exampleton, May 2026. Teams: as they were then."
    assert CLOSED.closing.hash in head[3]  # type: ignore[union-attr]


def test_what_was_restated_is_said_in_words():
    sheet = workbook()["Units"]
    assert sheet["K6"].value == "Restated figures"
    assert sheet["K8"].value == "Good, Graded"
    assert workbook()["Re audits"]["H6"].value is None


def test_symbols_stand_in_square_brackets_and_are_explained():
    sheet = workbook()["Units"]
    assert sheet["I10"].value == "[z]"
    assert sheet["J10"].value == "[x]"
    assert {"[z]", "[x]"} <= set(texts(workbook()["Notes"]))


HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://x")',
    "http://example.org",
    "{=1}",
    "007",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_text_is_ever_run(words):
    row = ReportRow(key="1", kind="ITEM", cells=(words, words, "A", None, None, None, None))
    table = ITEMS.model_copy(update={"rows": (row,), "caption": "Hostile"})
    report = OPEN.model_copy(update={"tables": (table,), "title": words, "notes": (words,)})
    with zipfile.ZipFile(io.BytesIO(as_workbook(report))) as inside:
        sheets = "".join(inside.read(name).decode() for name in inside.namelist() if "worksheets/sheet" in name)
    assert "<f>" not in sheets
    assert "http" not in sheets.replace("http://schemas.openxmlformats.org", "")
    cell = workbook(report)["Re audits"]["A7"]
    assert cell.data_type == "s"
    said = csv_text(flat(table)).splitlines()[-1] if "\r" not in words else csv_text(flat(table))
    assert f",{words}," not in said or words[0] not in "=+-@\t\r"


def test_words_that_mean_something_to_the_program_that_sets_the_pdf_are_only_words():
    report = OPEN.model_copy(
        update={"notes": ('#read("/etc/hostname") *b* _i_ $x$ `c` \\ ] } // =', "<label> @ref ~ ---")}
    )
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(as_pdf(report))).pages)
    assert '#read("/etc/hostname") *b* _i_ $x$ `c` \\ ] } // =' in text
    assert "<label> @ref ~ ---" in text


def test_a_pdf_is_tagged_and_says_which_standard_it_keeps():
    pdf = PdfReader(io.BytesIO(as_pdf(CLOSED)))
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert pdf.metadata is not None
    assert pdf.metadata.title == "R1 Head of Service monthly report: Exampleton, May 2026"
    kinds = tags(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure"} <= kinds
    text = pdf.pages[0].extract_text()
    for fact in ("Exampleton (901)", "As they were then", "8 June 2026 at 09:41 London time", "2, restated"):
        assert fact in text
    assert CLOSED.closing.hash in text  # type: ignore[union-attr]


def a_wide_table() -> ReportTable:
    """As wide as the list of re-audits: twenty columns, three of them with identifiers that have no spaces."""
    ids = ("re_audit-01a2142a-5c29-7bf0-9ed0-82c410eb5654", "01a2142a-5c29-7bf0-9ed0-82c410eb5654")
    kinds = ("text", "text", "text", *["code"] * 9, *["date"] * 2, *["number"] * 6)
    columns = [
        ReportColumn(code=f"c{n}", label=f"Domains still inadequate {n}", kind=kind)  # type: ignore[arg-type]
        for n, kind in enumerate(kinds)
    ]
    cells = (ids[0], ids[1], ids[1], *["CHILD_VOICE PLANNING"] * 9, "2026-05-14", "2026-12-31", *range(100, 106))
    row = ReportRow(key="1", kind="ITEM", cells=cells)
    return ReportTable(name="wide", caption="Wide", columns=tuple(columns), rows=(row, row.model_copy()))


def test_a_table_however_wide_stays_on_the_page():
    pdf = PdfReader(io.BytesIO(as_pdf(OPEN.model_copy(update={"tables": (a_wide_table(),)}))))
    page, starts = pdf.pages[0], []
    said = page.extract_text(visitor_text=lambda text, _cm, tm, _font, size: starts.append((tm[4], text.strip(), size)))
    assert "105" in said
    assert max(x for x, text, _ in starts if text) < float(page.mediabox.width) - 50
    assert min(size for _, text, size in starts if text) >= 5


def tags(node: Any) -> set[str]:
    """The kinds of elements in a PDF's tree of tags."""
    found, waiting = set(), [node]
    while waiting:
        one = waiting.pop().get_object()
        if isinstance(one, list):
            waiting.extend(part for part in one if not isinstance(part, int))
        elif hasattr(one, "get"):
            found.add(str(one.get("/S")))
            if "/K" in one and not isinstance(one.raw_get("/K"), int):
                waiting.append(one["/K"])
    return found


def test_a_csv_is_of_the_first_table_and_says_what_kind_of_row_each_is():
    lines = as_csv(CLOSED, excel=True).decode().split("\r\n")
    assert lines[0].startswith("\ufeffrow,unit_id,unit,expected,")
    assert lines[1] == "TOTAL,,All,24,2,12,8,2,24,58.3,10.5,-3,"
    assert lines[2].endswith(",good graded")
    assert lines[3].startswith("PART,team-alder,'=D&A Alder [#strong],14,")


def test_sheets_of_like_names_are_told_apart_and_none_is_longer_than_allowed():
    long = "a_table_with_a_name_that_is_much_too_long_for_a_sheet"
    names = sheet_names([table(name) for name in (long, long, "cover", "a/b[c]:d*?", "units", "Units")])
    assert len({name.lower() for name in names}) == len(names)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in names)
    assert "Cover" not in names


def table(name: str) -> ReportTable:
    return UNITS.model_copy(update={"name": name})


def test_a_cell_that_does_not_fit_is_refused_and_not_cut_off():
    row = ReportRow(key="1", kind="ITEM", cells=("a" * 40_000, *[None] * 6))
    with pytest.raises(ValueError, match="32,767"):
        as_workbook(OPEN.model_copy(update={"tables": (ITEMS.model_copy(update={"rows": (row,)}),)}))
