"""How commands answer: data on standard output, words and progress on the other one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

T = TypeVar("T")

words = Console(stderr=True)  # progress and words; standard output is for what was asked

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def print_json(answer: Any) -> None:
    print(json.dumps(answer, default=str, indent=None if isinstance(answer, dict) else 1))  # noqa: T201 - the answer


def show(answer: list[dict[str, Any]], as_json: bool, empty: str) -> None:
    """The rows as a table, or as JSON."""
    if as_json:
        print_json(answer)
        return
    if not answer:
        words.print(empty)
        return
    table = Table(*answer[0])
    for row in answer:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console().print(table)


def progress_bar(*more: ProgressColumn) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, *more, console=words)
