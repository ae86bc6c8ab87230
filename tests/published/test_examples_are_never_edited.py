"""An example stands for what is in stores already: its digest is on a list, to which lines are only added."""

from __future__ import annotations

import hashlib

import pytest

from tests.published.contracts import GOLDEN, STORED, TOLD, files

LISTED = {
    name: digest for digest, name in (line.split() for line in GOLDEN.with_suffix(".sha256").read_text().splitlines())
}


def test_every_example_is_on_the_list_and_no_line_has_lost_its_example() -> None:
    """For a new one: `cd tests/published/golden && sha256sum NAME.json >> ../golden.sha256`."""
    assert LISTED.keys() == {path.name for path in files().values()}


@pytest.mark.parametrize("name", sorted(LISTED))
def test_an_example_is_byte_for_byte_what_it_was(name: str) -> None:
    assert hashlib.sha256((GOLDEN / name).read_bytes()).hexdigest() == LISTED[name]


def test_examples_cover_what_is_stored_and_what_is_told() -> None:
    named = {name.removesuffix(".json") for name in LISTED}
    assert named >= STORED.keys()
    assert named >= TOLD.keys()
