from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from deploy.loading import ofsted
from deploy.loading.ofsted import BadFile, authority_name, parse, rejects_csv

FILE = Path(__file__).parents[2] / "data" / "ofsted-ilacs-2026-06.csv"
GOOD = "80426,370,YH,E08000016,barnsley,good,good,requires improvement,good,good,short,2023-09-11,2023-09-15,2023-10-27"
HEADER = ",".join(ofsted.COLUMNS)


def lines() -> list[str]:
    return FILE.read_text().splitlines()


def a_file(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    return (end.join((header, *rows)) + end).encode()


def with_cell(column: str, cell: str) -> str:
    cells = dict(zip(ofsted.COLUMNS, GOOD.split(","), strict=True))
    return ",".join({**cells, column: cell}.values())


def test_the_published_file_has_153_rows_of_which_three_cannot_be_loaded() -> None:
    parsed = parse(FILE.read_bytes())

    assert len(parsed.outcomes) == 150
    assert [(one.line, one.column, one.reason, one.cells[4]) for one in parsed.rejects] == [
        (60, "overall_effectiveness_grade", "overall_effectiveness_grade is empty", "brent"),
        (89, "region_code", "region_code is empty", "medway"),
        (123, "overall_effectiveness_grade", "overall_effectiveness_grade is empty", "somerset"),
    ]


def test_overall_grades_by_region_are_those_of_a_plain_recount() -> None:
    rows = [line.split(",") for line in lines()[1:] if '"' not in line]
    quoted = [next(csv.reader([line])) for line in lines()[1:] if '"' in line]
    expected = Counter((row[2], row[5]) for row in [*rows, *quoted] if row[2] and row[5])

    found = Counter((one.region, one.overall) for one in parse(FILE.read_bytes()).outcomes)

    assert found == {(region, ofsted.GRADES[grade]): n for (region, grade), n in expected.items()}
    assert sum(found.values()) == 150


def test_every_authority_is_named_also_those_whose_row_is_rejected() -> None:
    authorities = parse(FILE.read_bytes()).authorities

    assert len(authorities) == 153
    assert authorities["304"] == ("Brent", "GL")
    assert authorities["887"] == ("Medway", "")
    assert sum(1 for _, region in authorities.values() if region) == 152


def test_an_inspection_before_the_judgement_on_care_leavers_has_none() -> None:
    outcomes = parse(FILE.read_bytes()).outcomes

    assert sum(one.domains["CARE_LEAVERS"] == "NOT_APPLICABLE" for one in outcomes) == 7
    assert all(len(one.domains) == 4 for one in outcomes)


def test_an_outcome_counts_on_its_publication_date() -> None:
    event = parse(a_file(GOOD)).outcomes[0].event()

    assert event.id == "80426-2023-10-27"
    assert event.data["effective_date"] == "2023-10-27"
    assert event.at.isoformat() == "2023-10-27T00:00:00+00:00"


def test_the_six_of_north_central_london_join_their_alliance() -> None:
    *_, allied = ofsted.structure(parse(FILE.read_bytes()).authorities)

    assert [command.path.split("/")[3] for command in allied] == ["302", "202", "308", "204", "309", "206"]


@pytest.mark.parametrize(
    ("published", "name"),
    [
        ("bath and north east somerset", "Bath and North East Somerset"),
        ("kingston upon hull", "Kingston upon Hull"),
        ("isle of wight", "Isle of Wight"),
        ("stoke-on-trent", "Stoke-on-Trent"),
        ("southend-on-sea", "Southend-on-Sea"),
        ("st helens", "St Helens"),
        ("telford & wrekin", "Telford and Wrekin"),
        ("bournemouth, christchurch & poole", "Bournemouth, Christchurch and Poole"),
        ("BLACKBURN WITH DARWEN", "Blackburn with Darwen"),
        ("of the east", "Of the East"),
    ],
)
def test_names_are_written_as_people_write_them(published: str, name: str) -> None:
    assert authority_name(published) == name


def test_rejects_can_be_mended_and_read_again() -> None:
    text = rejects_csv(parse(FILE.read_bytes()).rejects)
    mended = text.replace("80522,887,,", "80522,887,SE,").replace(",brent,,", ",brent,good,")

    again = parse(mended.encode())

    assert [one.authority for one in again.outcomes] == ["Brent", "Medway"]
    assert [(one.line, one.cells[4]) for one in again.rejects] == [(4, "somerset")]
    whole = parse(FILE.read_bytes().replace(b"80522,887,,", b"80522,887,SE,")).outcomes
    assert again.outcomes[1].event() in [one.event() for one in whole]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "line 1: the file is empty"),
        (a_file(GOOD, header=HEADER.replace("urn", "id")), "line 1, column 1: this column must be urn"),
        (a_file(GOOD, header=HEADER.replace("la_code,region_code", "region_code,la_code")), "line 1, column 2"),
        (a_file(GOOD, header=HEADER.removesuffix(",publication_date")), "missing at the end: publication_date"),
        (a_file(GOOD) + b"80427,800,SW,E06000022,b\xe9th,good\n", "line 3, column 5: not UTF-8"),
        ("\ufeffurn,la_code".encode("utf-16"), "line 1, column 1: the file is in UTF-16"),
        (a_file(GOOD) + b"\x00", "line 3: the file holds NUL bytes"),
        (a_file(GOOD, '80427,"800,SW'), "line 3: a quotation mark is not closed"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_the_place(raw: bytes, told: str) -> None:
    with pytest.raises(BadFile) as refused:
        parse(raw)

    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (with_cell("urn", "abc"), "urn", "urn is not a number"),
        (with_cell("la_code", "37"), "la_code", "la_code is not a code of three digits"),
        (with_cell("region_code", "XX"), "region_code", "region_code is not one of England's nine regions"),
        (
            with_cell("overall_effectiveness_grade", "Great"),
            "overall_effectiveness_grade",
            "not one of the four grades",
        ),
        (with_cell("in_care_grade", "inspection_pre_dates_judgement"), "in_care_grade", "not one of the four grades"),
        (with_cell("care_leavers_grade", ""), "care_leavers_grade", "care_leavers_grade is empty"),
        (with_cell("publication_date", "27/10/2023"), "publication_date", "is not a date such as 2026-06-30"),
        (with_cell("publication_date", "2023-02-30"), "publication_date", "is not a date such as 2026-06-30"),
        (with_cell("inspection_end_date", "soon"), "inspection_end_date", "is not a date such as 2026-06-30"),
        (with_cell("local_authority", "=cmd()"), "local_authority", "local_authority begins like a formula"),
        (with_cell("local_authority", "x" * 101), "local_authority", "longer than 100 characters"),
        (GOOD + ",surplus", "", "the row has 15 cells where there must be 14"),
        ("80426,370", "", "the row has 2 cells where there must be 14"),
    ],
)
def test_a_row_that_cannot_be_loaded_is_told_with_line_and_column(row: str, column: str, reason: str) -> None:
    parsed = parse(a_file(row))

    assert parsed.outcomes == []
    (reject,) = parsed.rejects
    assert (reject.line, reject.column) == (2, column)
    assert reason in reject.reason


def test_the_reason_never_repeats_what_stood_in_the_cell() -> None:
    (reject,) = parse(a_file(with_cell("overall_effectiveness_grade", "SECRET"))).rejects

    assert "SECRET" not in reject.reason + reject.column
    assert "SECRET" in rejects_csv([reject])


def test_everything_that_is_wrong_with_a_row_is_told_at_once() -> None:
    row = with_cell("urn", "").replace("good,short", "fine,short")

    (reject,) = parse(a_file(row)).rejects

    assert reject.column == "urn; care_leavers_grade"
    assert reject.reason.startswith("urn is empty; care_leavers_grade is neither")


def test_a_formula_is_harmless_in_the_list_of_rejects() -> None:
    (reject,) = parse(a_file(with_cell("local_authority", "=cmd()"))).rejects

    assert next(csv.DictReader(io.StringIO(rejects_csv([reject]))))["local_authority"] == "'=cmd()"


def test_a_row_that_comes_twice_is_loaded_once() -> None:
    parsed = parse(a_file(GOOD, GOOD))

    assert len(parsed.outcomes) == 1
    assert parsed.rejects[0].reason == "urn the same inspection is on line 2 already"


def test_an_authority_is_in_one_region() -> None:
    elsewhere = with_cell("region_code", "NW").replace("80426", "80999")

    (reject,) = parse(a_file(GOOD, elsewhere)).rejects

    assert (reject.line, reject.column) == (3, "region_code")


@pytest.mark.parametrize("raw", [a_file(GOOD, end="\r\n"), b"\xef\xbb\xbf" + a_file(GOOD), a_file(GOOD, "", GOOD[:0])])
def test_windows_line_ends_a_byte_order_mark_and_empty_lines_do_no_harm(raw: bytes) -> None:
    parsed = parse(raw)

    assert [one.ref for one in parsed.outcomes] == ["80426-2023-10-27"]
    assert parsed.rejects == []


def test_the_line_of_a_row_counts_line_breaks_within_quotes() -> None:
    parsed = parse(a_file(with_cell("local_authority", '"barn\nsley"'), with_cell("urn", "x")))

    assert [one.line for one in parsed.rejects] == [2, 4]
