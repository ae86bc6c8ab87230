"""CSV that a spreadsheet reads and never runs."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.csv_text import csv_text
from services.reporting.views import Column, Table


def a_table(*cells) -> Table:
    columns = tuple(Column(code=f"c{i}", label=f"C{i}") for i in range(len(cells)))
    return Table(name="a", caption="A", columns=columns, rows=(tuple(cells),))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_would_be_a_formula_is_text(start):
    row = list(csv.reader(io.StringIO(csv_text(a_table(f"{start}1+1")), newline="")))[1]
    assert row == [f"'{start}1+1"]


def test_numbers_stay_numbers_and_nothing_stays_empty():
    assert csv_text(a_table(-0.5, 3, None, "")) == "c0,c1,c2,c3\r\n-0.5,3,,\r\n"


def test_quotes_and_commas_are_quoted():
    assert csv_text(a_table('a "b", c')).splitlines()[1] == '"a ""b"", c"'


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00")), min_size=1, max_size=4))
def test_any_text_comes_back_as_it_was_but_for_the_apostrophe(cells):
    (_, row) = csv.reader(io.StringIO(csv_text(a_table(*cells)), newline=""))
    assert [a.removeprefix("'") for a in row] == [b.removeprefix("'") for b in cells]
