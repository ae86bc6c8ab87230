"""What the example program at Kafka keeps, whatever comes in whatever order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from examples.kafka_consumer import Inbox


def kept(path: Path, numbers: list[int]) -> list[int]:
    inbox = Inbox(path)
    for number in numbers:
        inbox.keep({"subscriptionseq": f"{number:020}"})
    return [int(json.loads(line)["subscriptionseq"]) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("came", "keeps"),
    [
        ([1, 2, 1, 2, 3], [1, 2, 3]),
        ([1, 3, 4, 1, 2, 3, 4], [1, 2, 3, 4]),
        ([7, 8, 9], [7, 8, 9]),  # a topic that was made late
    ],
)
def test_what_came_is_dropped_and_what_comes_early_is_left(came: list[int], keeps: list[int], tmp_path: Path) -> None:
    assert kept(tmp_path / "inbox.jsonl", came) == keeps


def test_a_program_that_was_killed_in_a_line_goes_on_before_it(tmp_path: Path) -> None:
    path = tmp_path / "inbox.jsonl"
    assert kept(path, [4, 5]) == [4, 5]
    path.write_bytes(path.read_bytes()[:-9])
    assert kept(path, [6, 4, 5, 6]) == [4, 5, 6]
