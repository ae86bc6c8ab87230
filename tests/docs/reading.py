"""The project's documents, and what can be read in them: links, code, commands, tables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").glob("*.md")])

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def read(path: str) -> str:
    return (ROOT / path).read_text()


def blocks(text: str, language: str) -> list[str]:
    """What stands in fences of this language."""
    return [found[2] for found in _FENCED.finditer(text) if found[1] == language]


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCED.sub("", text)


def spans(text: str) -> list[str]:
    """What stands in backticks, outside of fences."""
    return _SPAN.findall(prose(text))


def links(text: str) -> list[str]:
    return _LINK.findall(prose(text))


def anchors(text: str) -> set[str]:
    """What the headings can be linked as: the way in which GitHub names them."""
    found = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(text)))
    return {heading.replace(" ", "-") for heading in found}


def command_lines(text: str) -> Iterator[list[str]]:
    """Every command that is spelled out in a span or a shell block, as words."""
    lines = [line for block in blocks(text, "sh") for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *spans(text)]:
        line = re.sub(r"\s#.*", "", line)
        for inner in re.findall(r"\$\((.+)\)", line):
            yield inner.split()
        yield line.split()


def calls_of(program: str, text: str) -> Iterator[list[str]]:
    """The arguments of each call of `program` (a path before its name does not matter)."""
    for words in command_lines(text):
        if words and words[0].rpartition("/")[2] == program:
            yield words[1:]


def first_cells(text: str, heading: str) -> list[str]:
    """The first column of the first table below a heading, without backticks."""
    below = text.split(f"\n## {heading}\n", 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert rows, f"no table below {heading}"
    return [row.split("|")[1].strip().strip("`") for row in rows[0].splitlines()[2:]]


def curls(text: str) -> Iterator[list[str]]:
    """The words of every curl command, in order."""
    for block in blocks(text, "sh"):
        found = re.search(r"^curl .*", block, re.DOTALL | re.MULTILINE)
        if found:
            yield shlex.split(found[0].replace("\\\n", " "))
